//! The tool as its users meet it, in copies of the fixture book.

mod bench;
mod build;
mod check;
mod command_line;
mod examples;
mod new;
mod repository;
mod run;
mod serve;
mod terms;
mod workspace;
