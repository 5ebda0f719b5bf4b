//! The seam between the primitives and the system: the only module that parks and unparks threads,
//! tells time, or identifies the running thread.
//!
//! All other modules take their atomics, cells and parking functions from here. In a normal build,
//! these come from the standard library and from `parking_lot_core` (see `real.rs`). Under
//! `--cfg sync_primitives_loom` and `--cfg sync_primitives_shuttle` they come from a model checker
//! (see `model.rs`), so a model checker runs the code that ships, with all of its orderings.
//!
//! # The parking lot
//!
//! A parking lot has a wait queue of parked threads for every address that threads wait at. Each
//! wait queue is protected by a *bucket lock*:
//!
//! - `park` takes the bucket lock and calls `validate`. If that returns `true`, the thread joins
//!   the wait queue and sleeps. If it returns `false`, `park` returns at once.
//! - `unpark_filter` and `unpark_requeue` take the same lock, remove threads from the wait queue,
//!   and wake them.
//!
//! So nobody can look for waiters between the moment when a thread validates that it has to wait
//! and the moment when it is in the queue. No wakeup is lost, as long as a waker changes the state
//! that `validate` reads before it looks for waiters.
//!
//! The idea to check and wait in one step is that of the Linux futex (see futex(2)). Wait queues in
//! user space come from WebKit's `ParkingLot` (Filip Pizlo, "Locking in WebKit", 2016).
//!
//! What a thread did before it unparked another thread is visible to that thread when its `park`
//! returns.
//!
//! # Safety
//!
//! `park`, `unpark_filter` and `unpark_requeue` are unsafe for the reasons that `parking_lot_core`
//! documents. Every caller in this crate meets their conditions in the same way. The key is the
//! address of a field of the primitive, so only its own waiters park there. The callbacks that run
//! under a bucket lock only access atomics and the data of waiters, so they neither panic nor call
//! into the parking lot.

#[cfg(any(sync_primitives_loom, sync_primitives_shuttle))]
pub(crate) mod model;
#[cfg(not(any(sync_primitives_loom, sync_primitives_shuttle)))]
mod real;
#[cfg(not(any(sync_primitives_loom, sync_primitives_shuttle)))]
mod spin;

#[cfg(any(sync_primitives_loom, sync_primitives_shuttle))]
use model as implementation;
#[cfg(not(any(sync_primitives_loom, sync_primitives_shuttle)))]
use real as implementation;

pub(crate) use implementation::{
    AtomicPtr, AtomicU8, AtomicU64, AtomicUsize, Backoff, Cell, Coalescer, Moment, Slot, SpinWait,
    fence, has_passed, park, thread_id, thread_id_if_assigned, unpark_filter, unpark_requeue,
};
pub(crate) use parking_lot_core::{
    DEFAULT_PARK_TOKEN, DEFAULT_UNPARK_TOKEN, FilterOp, ParkResult, ParkToken, RequeueOp,
    UnparkResult, UnparkToken,
};
pub(crate) use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

/// The deadline of a wait that begins now and lasts for `duration`. Returns `None`, which means no
/// deadline, if the clock cannot represent it.
pub(crate) fn deadline_after(duration: Duration) -> Option<Instant> {
    Instant::now().checked_add(duration)
}

/// The number of threads that are parked at `key` at this moment. Tests use it to wait until a
/// thread has parked. It has no sound use outside of tests.
pub(crate) fn waiters(key: usize) -> usize {
    let mut count = 0;
    let filter = |_| {
        count += 1;
        FilterOp::Skip
    };
    // SAFETY: the filter only counts, and the callback does nothing, so they neither panic nor call
    // into the parking lot. No thread is woken, so a key of somebody else would do no harm.
    unsafe { unpark_filter(key, filter, |_| DEFAULT_UNPARK_TOKEN) };
    count
}

/// Declares a `const fn` that becomes an ordinary `fn` in model-checking builds, because the
/// atomics of the model checkers are created at run time.
macro_rules! const_fn {
    ($(#[$attribute:meta])* $visibility:vis const fn $($rest:tt)*) => {
        #[cfg(not(any(sync_primitives_loom, sync_primitives_shuttle)))]
        $(#[$attribute])*
        $visibility const fn $($rest)*

        #[cfg(any(sync_primitives_loom, sync_primitives_shuttle))]
        $(#[$attribute])*
        $visibility fn $($rest)*
    };
}
pub(crate) use const_fn;
