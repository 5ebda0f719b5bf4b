//! What threads do with the primitives, told as `tracing` events. Without the feature `trace` all of this is empty, and
//! the compiler leaves nothing of it.
//!
//! Every public method that may wait makes a [`Call`]. While it lives, whatever the same thread does inside belongs to
//! it: a `LifoQueue`'s own lock, say, is nobody's business, so a `Call` made within another reports nothing. The seam
//! reports when a call begins to wait and when it sleeps; the call itself how it ended. No event is sent with a bucket
//! lock held, and none while a subscriber is at work on the one before: a subscriber may itself use a lock of ours, if
//! it is not one that the program uses too.

#[cfg(feature = "trace")]
mod events;
#[cfg(not(feature = "trace"))]
mod nothing;

#[cfg(feature = "trace")]
pub(crate) use events::{Call, Place, Sleep, Subject, about_to_wait, outside, quietly, report};
#[cfg(not(feature = "trace"))]
pub(crate) use nothing::{Call, Place, Subject, about_to_wait, outside, quietly, report};

/// What an event is about.
#[derive(Clone, Copy)]
pub(crate) enum Primitive {
    Lock,
    RLock,
    Semaphore,
    Condition,
    Event,
    Barrier,
    Queue,
    LifoQueue,
    PriorityQueue,
}

/// What happened.
#[derive(Clone, Copy)]
pub(crate) enum Op {
    /// Has begun to wait; over with the thread's next event at the same address that is neither of the two below.
    #[cfg(feature = "trace")]
    Wait,
    /// Sleeps; and has woken up.
    #[cfg(feature = "trace")]
    Park,
    #[cfg(feature = "trace")]
    Wake,
    /// Has got what it asked for; how much of it.
    Acquire,
    /// Is about to give back; how much, or for an `RLock` how many levels remain.
    Release,
    /// Waited, and goes on.
    Pass,
    /// Waited, and gave up.
    Timeout,
    /// Has taken so many threads off the line.
    Notify,
    Push,
    Pop,
    Done,
    /// Is about to close, set, clear, break, reset.
    Close,
    Set,
    Clear,
    Arrive,
    Break,
    Reset,
}
