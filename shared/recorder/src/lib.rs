//! Writes the events of `sync-primitives` into a trace file as they happen, and what tokio does
//! with its tasks, and reads such a file.
//!
//! [`Recorder`] is a `tracing` subscriber. Each event becomes one line and one `write`, so a
//! program that hangs or is killed leaves its story up to that moment. [`install_from_env`] is all
//! that the library calls; `cargo timeline` reads by [`Reader`]. The format stands in one file,
//! `format.rs`, and nobody else knows it.

mod format;
mod subscriber;

pub use format::{
    Event, Fault, HEADER, Op, Place, Primitive, Reader, Record, Task, TaskKind, What,
};
pub use subscriber::{Recorder, VARIABLE, install_from_env};
