//! The seam of a normal build: `parking_lot_core` and the standard library.

pub(crate) use super::spin::{Backoff, Coalescer, SpinWait};
#[cfg(not(feature = "trace"))]
pub(crate) use parking_lot_core::park;
pub(crate) use parking_lot_core::{unpark_filter, unpark_requeue};
pub(crate) use std::{
    cell::Cell,
    sync::atomic::{AtomicPtr, AtomicU8, AtomicU64, AtomicUsize, fence},
};

use super::{Duration, Instant, Ordering};
#[cfg(feature = "trace")]
use super::{ParkResult, ParkToken};
use std::{cell::UnsafeCell, mem::MaybeUninit};

/// Parks the current thread as `parking_lot_core::park` does, and reports that to the trace.
///
/// The events are sent before the bucket lock is taken and after it is released.
///
/// # Safety
///
/// As for `parking_lot_core::park`.
#[cfg(feature = "trace")]
pub(crate) unsafe fn park(
    key: usize,
    validate: impl FnOnce() -> bool,
    before_sleep: impl FnOnce(),
    timed_out: impl FnOnce(usize, bool),
    token: ParkToken,
    deadline: Option<Instant>,
) -> ParkResult {
    let _sleep = crate::trace::Sleep::begin();
    // SAFETY: the caller makes the same promises to this function.
    unsafe { parking_lot_core::park(key, validate, before_sleep, timed_out, token, deadline) }
}

/// How long a waiter has to wait before it takes precedence over running threads. This is far
/// longer than a context switch, so that a busy primitive stays fast, and far shorter than what a
/// person notices.
const OVERDUE_AFTER: Duration = Duration::from_millis(1);

/// How long after a hand-off the next one may happen. A hand-off costs a context switch, on a busy
/// machine up to a time slice, and hand-offs should take a small part of the time.
const LONG_AGO: Duration = Duration::from_millis(20);

/// A point in monotonic time.
#[derive(Clone, Copy)]
pub(crate) struct Moment(Instant);

impl Moment {
    #[inline]
    pub(crate) fn now() -> Self {
        Moment(Instant::now())
    }

    /// Whether a wait that began at `self` is overdue at `now`.
    #[inline]
    pub(crate) fn is_overdue(self, now: Moment) -> bool {
        now.0.saturating_duration_since(self.0) >= OVERDUE_AFTER
    }

    /// Whether a hand-off that happened at `self` allows another one at `now`.
    #[inline]
    pub(crate) fn is_long_ago(self, now: Moment) -> bool {
        now.0.saturating_duration_since(self.0) >= LONG_AGO
    }
}

/// Memory for one item of a queue. Only the positions of the queue tell whether it holds one.
#[repr(transparent)]
pub(crate) struct Slot<T>(UnsafeCell<MaybeUninit<T>>);

impl<T> Slot<T> {
    /// Makes empty slots, without a copy of any of them on the stack.
    pub(crate) fn new_slice(count: usize) -> Box<[Self]> {
        let slots = Box::new_uninit_slice(count);
        // SAFETY: a slot is nothing but memory that may be uninitialized.
        unsafe { slots.assume_init() }
    }

    /// Puts an item into the slot.
    ///
    /// # Safety
    ///
    /// The slot is empty, and no other thread accesses it at the same time.
    #[inline]
    pub(crate) unsafe fn write(&self, item: T) {
        // SAFETY: the caller makes sure that nobody else accesses the slot.
        unsafe { self.0.get().cast::<T>().write(item) };
    }

    /// Takes the item out of the slot.
    ///
    /// # Safety
    ///
    /// The slot holds an item, and no other thread accesses it at the same time.
    #[inline]
    pub(crate) unsafe fn read(&self) -> T {
        // SAFETY: the caller makes sure that there is an item, and that nobody else accesses it.
        unsafe { self.0.get().cast::<T>().read() }
    }
}

/// Whether `deadline` has passed. A wait with such a deadline is a single try: it neither spins nor
/// parks.
pub(crate) fn has_passed(deadline: Option<Instant>) -> bool {
    deadline.is_some_and(|deadline| deadline <= Instant::now())
}

thread_local! {
    // Constant and without a destructor, so it can be read while other thread-locals are destroyed.
    static ID: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Returns the id of the current thread if it has one already, or 0 otherwise.
///
/// This is the fast way to find out whether an id belongs to the current thread.
#[inline]
pub(crate) fn thread_id_if_assigned() -> usize {
    ID.get()
}

/// Returns the id of the current thread, which no other thread of the process ever has. It is
/// neither 0 nor `usize::MAX`.
#[inline]
pub(crate) fn thread_id() -> usize {
    #[cold]
    fn assign() -> usize {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        // Relaxed: only the addition has to be atomic for the ids to be unique.
        let fresh = NEXT
            .try_update(Ordering::Relaxed, Ordering::Relaxed, |next| {
                next.checked_add(1)
            })
            .expect("more threads were started than a usize can number");
        ID.set(fresh);
        fresh
    }

    match thread_id_if_assigned() {
        0 => assign(),
        id => id,
    }
}
