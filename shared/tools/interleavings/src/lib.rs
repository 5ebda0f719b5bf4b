//! Explores every schedule of a few threads, in models small enough to look at each state.
//!
//! A [`Model`] has shared variables and threads. A thread has steps, and each step stands for a
//! line of Rust. [`Graph::explore`] finds every state that some schedule reaches, breadth first.
//! Then it counts the schedules and the bad ones among them, and finds a shortest schedule that
//! leads to a bad state. A state is bad if the model says so. It is also bad if some threads have
//! steps left but none of them can step: a deadlock. The [`subjects`] are the models that the book
//! shows.
//!
//! ```
//! use interleavings::{Graph, Model};
//!
//! let mut model = Model::new("Each line takes the lock separately");
//! let count = model.number("count", 0);
//! model.threads(["A", "B"], |thread| {
//!     let n = thread.local("n");
//!     thread.run("let n = *count.lock();", move |s| s[n] = s[count]);
//!     thread.run("let n = n + 1;", move |s| s[n] += 1);
//!     thread.run("*count.lock() = n;", move |s| s[count] = s[n]);
//! });
//! model.bad_end("an update was lost", move |s| s[count] != 2);
//!
//! let graph = Graph::explore(&model);
//! assert_eq!((graph.states.len(), graph.schedules(), graph.bad_schedules()), (22, 20, 18));
//! ```
//!
//! To add a subject, write the mistake and its correction in `subjects.rs`, add the pair to
//! [`subjects`], add its numbers to `tests/subjects.rs`, and put `{{#explore NAME}}` on a page.
//!
//! A step is indivisible, and every thread sees its effect at once. So a model has no memory
//! orderings and no spurious wakeups: its purpose is to be understood. The library itself is
//! checked by loom, which runs its real code.

mod graph;
mod model;
mod state;
mod subjects;

pub use graph::Graph;
pub use model::{Model, Program, Step, Thread, Variable};
pub use state::{Lock, Number, State, WaitQueue};
pub use subjects::{Subject, subjects};
