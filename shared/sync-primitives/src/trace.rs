//! Reports what threads do with the primitives, as `tracing` events.
//!
//! Without the feature `trace`, every item of this module is empty, and the compiler removes it.
//!
//! Every public method that may wait makes a [`Call`], which reports how the call ends. The module
//! [`park`](crate::park) reports when the call begins to wait, when its thread parks, and when it
//! wakes up. While a `Call` exists, everything that its thread does belongs to that call. For
//! example, a `LifoQueue` has a lock of its own, which is no concern of the user, so a `Call` that
//! is made during another call reports nothing.
//!
//! # When a subscriber runs
//!
//! A subscriber is code of the user. It may block, panic, or use the same primitives. To report an
//! event is therefore not the same as to deliver it. A reported event is first put into a list that
//! belongs to the thread, which runs no code of a subscriber. The list is delivered in order:
//!
//! - **At the end of a call**, if the thread holds no `Lock` and no `RLock`. A subscriber that
//!   prints waits for the lock of the standard output. If the thread held a lock of the program at
//!   that moment, and the owner of the standard output waited for that lock, both would deadlock.
//! - **When the thread is about to park.** If it holds locks, this is the exception to the rule
//!   above: a deadlock can only be found if the blocked threads have told what they hold. A
//!   condition gives up one lock while it waits. If that is the only lock that the thread holds,
//!   the thread cannot block any other thread, so its events are not delivered until later.
//! - **At the end of a call, even if the thread holds locks**, once the list has reached
//!   `MOST_PENDING` events. Otherwise a thread that holds a lock for hours would fill the memory.
//! - **When the thread ends.**
//!
//! So a subscriber never runs between two steps of an operation, except before the thread parks. A
//! caller of [`park::park`](crate::park::park) must not rely on anything that a subscriber can
//! change in the meantime. No bucket lock is held when a subscriber runs, and what the subscriber
//! does with the primitives is not reported.
//!
//! The crate's own recorder (feature `trace-file`) takes the time when an event arrives, so it gets
//! every event at once. This is safe, because the only lock that it waits for is one that no other
//! code can hold.

#[cfg(feature = "trace")]
mod events;
#[cfg(not(feature = "trace"))]
mod nothing;

#[cfg(feature = "trace")]
pub(crate) use events::{Call, Place, Sleep, Subject, about_to_wait, outside, quietly, report};
#[cfg(not(feature = "trace"))]
pub(crate) use nothing::{Call, Place, Subject, about_to_wait, outside, quietly, report};

/// The kind of primitive that an event is about.
#[derive(Clone, Copy, PartialEq, Eq)]
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

/// What a thread has done.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    /// The thread begins to wait. The wait ends with the thread's next event at the same address
    /// that is neither `Park` nor `Wake`.
    #[cfg(feature = "trace")]
    Wait,
    /// The thread is about to park.
    #[cfg(feature = "trace")]
    Park,
    /// The thread has woken up, or has not parked after all.
    #[cfg(feature = "trace")]
    Wake,
    /// The thread has acquired a lock or permits. The event counts the permits, or the levels of an
    /// `RLock` that the thread now holds.
    Acquire,
    /// The thread has released a lock or permits. The event counts the permits, or the levels of an
    /// `RLock` that the thread still holds.
    Release,
    /// The thread has got what it waited for.
    Pass,
    /// The thread has stopped waiting, because its time was over.
    Timeout,
    /// The thread has notified waiters. The event counts them.
    Notify,
    Push,
    Pop,
    /// The thread has marked items as done. The event counts them.
    Done,
    Close,
    Set,
    Clear,
    /// The thread arrives at a barrier. The event counts the threads that arrived before it.
    Arrive,
    Break,
    Reset,
}
