//! The tool as its users meet it, in copies of the fixture book.

mod build;
mod command_line;
mod serve;
mod workspace;
