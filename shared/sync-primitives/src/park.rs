//! The seam: the only module that puts a thread to sleep or wakes one, tells time, or knows which thread is running.
//!
//! The state machines of this crate import their atomics, cells and parking from here and from nowhere else. In a
//! normal build these names are the standard library's and `parking_lot_core`'s; under `--cfg sync_primitives_loom` and `--cfg sync_primitives_shuttle` the
//! same names come from [`model`], so that a model checker runs the code that ships, down to the last ordering.
//!
//! # What a parking lot promises
//!
//! A parking lot keeps a queue of sleeping threads for every address that somebody waits on, each guarded by a *bucket
//! lock*. `park` takes the bucket lock, asks `validate` whether there is still a reason to sleep, and only then joins
//! the queue; an `unpark_*` takes the same lock. So between "I checked" and "I am in the queue" nobody can wake in vain:
//! this is what makes a lost wake-up impossible as long as `validate` reads the state that wakers change first.
//! The idea is the Linux futex's compare-and-wait (futex(2)), the queue in user space is WebKit's `ParkingLot`.
//!
//! Memory: what a thread did before it unparked another is visible to that other once `park` returns.
//!
//! # Safety
//!
//! The functions re-exported here are unsafe for the reasons that `parking_lot_core` gives. Every caller in this crate
//! answers them: the key is the address of a field of the primitive itself, so nobody else parks there; callbacks that
//! run under a bucket lock touch atomics and waiters' cells only, so they neither unwind nor park.

#[cfg(any(sync_primitives_loom, sync_primitives_shuttle))]
pub(crate) mod model;
#[cfg(not(any(sync_primitives_loom, sync_primitives_shuttle)))]
mod spin;

#[cfg(any(sync_primitives_loom, sync_primitives_shuttle))]
pub(crate) use model::{
    AtomicBool, AtomicPtr, AtomicU8, AtomicU64, AtomicUsize, Backoff, Cell, Coalescer, Moment,
    Slot, SpinWait, fence, has_passed, park, thread_id, thread_id_if_assigned, unpark_filter,
    unpark_requeue,
};
#[cfg(not(any(sync_primitives_loom, sync_primitives_shuttle, feature = "trace")))]
pub(crate) use parking_lot_core::park;
pub(crate) use parking_lot_core::{
    DEFAULT_PARK_TOKEN, DEFAULT_UNPARK_TOKEN, FilterOp, ParkResult, ParkToken, RequeueOp,
    UnparkResult, UnparkToken,
};
#[cfg(not(any(sync_primitives_loom, sync_primitives_shuttle)))]
pub(crate) use parking_lot_core::{unpark_filter, unpark_requeue};
#[cfg(not(any(sync_primitives_loom, sync_primitives_shuttle)))]
pub(crate) use spin::{Backoff, Coalescer, SpinWait};
#[cfg(not(any(sync_primitives_loom, sync_primitives_shuttle)))]
pub(crate) use std::{
    cell::Cell,
    sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU64, AtomicUsize, fence},
};
#[cfg(not(any(sync_primitives_loom, sync_primitives_shuttle)))]
use std::{cell::UnsafeCell, mem::MaybeUninit};
pub(crate) use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

/// `parking_lot_core`'s `park`, told before the bucket lock is taken and after it is given up.
///
/// # Safety
///
/// As there.
#[cfg(all(
    feature = "trace",
    not(any(sync_primitives_loom, sync_primitives_shuttle))
))]
pub(crate) unsafe fn park(
    key: usize,
    validate: impl FnOnce() -> bool,
    before_sleep: impl FnOnce(),
    timed_out: impl FnOnce(usize, bool),
    token: ParkToken,
    deadline: Option<Instant>,
) -> ParkResult {
    let _sleep = crate::trace::Sleep::begin();
    // SAFETY: the caller's.
    unsafe { parking_lot_core::park(key, validate, before_sleep, timed_out, token, deadline) }
}

/// How long a waiter lets running threads take what it waits for before it is served first: far above a context switch,
/// so that a busy primitive keeps its speed, and far below what a person notices.
#[cfg(not(any(sync_primitives_loom, sync_primitives_shuttle)))]
const OVERDUE_AFTER: Duration = Duration::from_millis(1);

/// How long after a hand-over the next one may come: a hand-over costs a change of threads, up to a time slice on a busy
/// machine, and is to take little of the time.
#[cfg(not(any(sync_primitives_loom, sync_primitives_shuttle)))]
const LONG_AGO: Duration = Duration::from_millis(20);

/// A point in monotonic time, taken by waiters when they begin to wait.
#[cfg(not(any(sync_primitives_loom, sync_primitives_shuttle)))]
#[derive(Clone, Copy)]
pub(crate) struct Moment(Instant);

#[cfg(not(any(sync_primitives_loom, sync_primitives_shuttle)))]
impl Moment {
    #[inline]
    pub(crate) fn now() -> Self {
        Moment(Instant::now())
    }

    /// Whether a wait that began at `self` has outlasted the waiter's patience at `now`.
    #[inline]
    pub(crate) fn is_overdue(self, now: Moment) -> bool {
        now.0.saturating_duration_since(self.0) >= OVERDUE_AFTER
    }

    /// Whether what happened at `self` is no reason any more at `now` to save the expense.
    #[inline]
    pub(crate) fn is_long_ago(self, now: Moment) -> bool {
        now.0.saturating_duration_since(self.0) >= LONG_AGO
    }
}

/// Memory for one item of a queue. Whether it holds an item is known to the queue only.
#[cfg(not(any(sync_primitives_loom, sync_primitives_shuttle)))]
#[repr(transparent)]
pub(crate) struct Slot<T>(UnsafeCell<MaybeUninit<T>>);

#[cfg(not(any(sync_primitives_loom, sync_primitives_shuttle)))]
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

/// The instant at which a wait of `duration` ends; `None`, for ever, if the clock cannot count that far.
pub(crate) fn deadline_after(duration: Duration) -> Option<Instant> {
    Instant::now().checked_add(duration)
}

/// Whether a wait with this deadline is over before it begins: then it is one try, without spinning and without sleep.
#[cfg(not(any(sync_primitives_loom, sync_primitives_shuttle)))]
pub(crate) fn has_passed(deadline: Option<Instant>) -> bool {
    deadline.is_some_and(|deadline| deadline <= Instant::now())
}

#[cfg(not(any(sync_primitives_loom, sync_primitives_shuttle)))]
thread_local! {
    // Constant and without a destructor, so it can be read while other thread-locals are destroyed.
    static ID: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Returns the id of the current thread if it has one already, or 0 otherwise.
///
/// This is the fast way to find out whether an id belongs to the current thread.
#[cfg(not(any(sync_primitives_loom, sync_primitives_shuttle)))]
#[inline]
pub(crate) fn thread_id_if_assigned() -> usize {
    ID.get()
}

/// Returns the id of the current thread, which no other thread of the process ever has. It is neither
/// 0 nor `usize::MAX`.
#[cfg(not(any(sync_primitives_loom, sync_primitives_shuttle)))]
#[inline]
pub(crate) fn thread_id() -> usize {
    #[cold]
    fn assign() -> usize {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        // Relaxed: uniqueness needs the atomicity of the addition only.
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

/// How many threads are parked at `key` at this moment. For tests' hand-shakes; a user can do nothing sound with it.
pub(crate) fn waiters(key: usize) -> usize {
    let mut count = 0;
    let count_and_leave = |_| {
        count += 1;
        FilterOp::Skip
    };
    // SAFETY: the filter only counts and the callback does nothing, so neither unwinds nor parks; no thread is woken,
    // so a key that is not ours could not be disturbed either.
    unsafe { unpark_filter(key, count_and_leave, |_| DEFAULT_UNPARK_TOKEN) };
    count
}

/// Declares a `const fn` that becomes a plain `fn` in model-checking builds, whose atomics are made at run time.
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
