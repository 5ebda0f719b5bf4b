//! Every schedule of a few threads, on a model small enough to look at each state.
//!
//! A [`Model`] has shared variables and threads; a thread has steps, each with the line of Rust that it stands for.
//! [`Graph::explore`] finds every state that some schedule reaches, breadth first, and then how many schedules there
//! are, how many of them are bad, and a shortest way to a bad state. A state is bad if the model says so, or if threads
//! have work left and none of them can step: a deadlock. The [`subjects`] are the models that the book shows.
//!
//! ```
//! use interleavings::{Graph, Model};
//!
//! let mut model = Model::new("Each line locks for itself");
//! let count = model.number("count", 0);
//! model.threads(["A", "B"], |thread| {
//!     let n = thread.local("n");
//!     thread.run("let n = *count.lock();", move |s| s[n] = s[count]);
//!     thread.run("let n = n + 1;", move |s| s[n] += 1);
//!     thread.run("*count.lock() = n;", move |s| s[count] = s[n]);
//! });
//! model.bad_end("an update is lost", move |s| s[count] != 2);
//!
//! let graph = Graph::explore(&model);
//! assert_eq!((graph.states.len(), graph.schedules(), graph.bad_schedules()), (22, 20, 18));
//! ```
//!
//! To add one: write it into `subjects.rs` with what mends it, name the pair in [`subjects`], put its numbers into
//! `tests/subjects.rs`, and `{{#explore NAME}}` on a page.
//!
//! What a step does is one indivisible thing, and every thread sees it at once: a model has no memory orderings and no
//! spurious wakeups. It is drawn to be understood. What checks the library itself is loom, which runs its real code.

mod graph;
mod model;
mod state;
mod subjects;

pub use graph::Graph;
pub use model::{Model, Program, Step, Thread, Variable};
pub use state::{Line, Lock, Number, State};
pub use subjects::{Subject, subjects};
