//! The parking lot as a model checker sees it: the same functions, built from the checker's
//! mutexes, channels and atomics.
//!
//! - Under `--cfg sync_primitives_loom` the checker is loom. It tries every schedule, and every
//!   value that the memory model allows a load to return.
//! - Under `--cfg sync_primitives_shuttle` it is shuttle. It tries many random schedules of larger
//!   programs, in which every access is sequentially consistent.
//! - Each key has a bucket of its own, which a mutex of the checker guards. So a model gives no
//!   ordering between different keys, although they may share a bucket in the real parking lot.
//! - A parked thread waits on a channel. An unparker removes it from the wait queue under the
//!   bucket lock, and sends it its token.
//! - Time is a single tick. When a thread of the model calls [`tick`], all timed waits that have
//!   begun run out, and timed waits that begin later run out at once. The checker puts the tick at
//!   any point of a schedule. As in the real parking lot, the thread that it wakes takes the bucket
//!   lock itself, and finds out whether it has been unparked in the meantime. A waiter that began
//!   to wait before the tick is overdue after it.

use super::{
    FilterOp, Instant, Ordering, ParkResult, ParkToken, RequeueOp, UnparkResult, UnparkToken,
};
#[cfg(sync_primitives_loom)]
use loom as checker;
#[cfg(sync_primitives_shuttle)]
use shuttle as checker;

#[cfg(sync_primitives_loom)]
pub(crate) use checker::cell::Cell;
#[cfg(sync_primitives_loom)]
use checker::cell::UnsafeCell;
pub(crate) use checker::sync::atomic::{AtomicPtr, AtomicU8, AtomicU64, AtomicUsize, fence};
use checker::{
    lazy_static,
    sync::{
        Mutex, MutexGuard,
        atomic::AtomicBool,
        mpsc::{Receiver, Sender, channel},
    },
};
#[cfg(sync_primitives_shuttle)]
pub(crate) use std::cell::Cell;
use std::{collections::VecDeque, mem::MaybeUninit, sync::Arc};

lazy_static! {
    static ref LOT: Lot = Lot::new();
}
checker::thread_local! {
    static ID: usize = LOT.next_thread.fetch_add(1, Ordering::Relaxed);
}

/// The wait queues of one execution.
struct Lot {
    buckets: std::sync::Mutex<Buckets>,
    /// Whether the clock has ticked. A thread may read an old value here, because the memory model
    /// allows that for a load that nothing orders.
    ticked: AtomicBool,
    next_thread: std::sync::atomic::AtomicUsize,
}

struct Buckets {
    /// In the order in which the keys were first used, which is the same whenever the checker
    /// repeats a schedule. The index of a bucket is its rank in the order of locking.
    by_key: Vec<(usize, Arc<Bucket>)>,
    /// The value of `WaitQueue::ticked` in a new bucket.
    ticked: bool,
}

type Bucket = Mutex<WaitQueue>;

/// The threads parked at one key, in the order in which they parked.
struct WaitQueue {
    waiters: VecDeque<Arc<Waiter>>,
    /// Whether a timed wait that begins now runs out at once.
    ticked: bool,
}

struct Waiter {
    /// The key at which the thread is parked. A requeue changes it while it holds both bucket
    /// locks.
    key: std::sync::atomic::AtomicUsize,
    token: ParkToken,
    timed: bool,
    wake: Sender<Wake>,
}

enum Wake {
    Unparked(UnparkToken),
    Tick,
}

impl Lot {
    fn new() -> Self {
        Lot {
            buckets: std::sync::Mutex::new(Buckets {
                by_key: Vec::new(),
                ticked: false,
            }),
            ticked: AtomicBool::new(false),
            next_thread: std::sync::atomic::AtomicUsize::new(1),
        }
    }

    /// Returns the bucket of `key` and its rank.
    fn bucket(&self, key: usize) -> (usize, Arc<Bucket>) {
        let mut buckets = self.buckets.lock().unwrap();
        if let Some(rank) = buckets.by_key.iter().position(|(k, _)| *k == key) {
            return (rank, buckets.by_key[rank].1.clone());
        }
        let queue = WaitQueue {
            waiters: VecDeque::new(),
            ticked: buckets.ticked,
        };
        let bucket = Arc::new(Mutex::new(queue));
        buckets.by_key.push((key, bucket.clone()));
        (buckets.by_key.len() - 1, bucket)
    }

    /// Locks the queue that `waiter` is in, or was in last, and calls `f` with its key.
    fn with_queue_of<R>(&self, waiter: &Waiter, f: impl FnOnce(usize, &mut WaitQueue) -> R) -> R {
        loop {
            let key = waiter.key.load(Ordering::Relaxed);
            let bucket = self.bucket(key).1;
            let mut queue = bucket.lock().unwrap();
            // Relaxed: the key changes only under the bucket lock, which this thread holds.
            if waiter.key.load(Ordering::Relaxed) == key {
                return f(key, &mut queue);
            }
        }
    }
}

/// Ends every timed wait that has begun. A timed wait that begins later ends at once.
pub fn tick() {
    LOT.ticked.store(true, Ordering::Relaxed);
    let buckets: Vec<_> = {
        let mut buckets = LOT.buckets.lock().unwrap();
        buckets.ticked = true;
        buckets
            .by_key
            .iter()
            .map(|(_, bucket)| bucket.clone())
            .collect()
    };
    for bucket in buckets {
        let mut queue = bucket.lock().unwrap();
        queue.ticked = true;
        for waiter in queue.waiters.iter().filter(|waiter| waiter.timed) {
            waiter.wake.send(Wake::Tick).unwrap();
        }
    }
}

/// Like `parking_lot_core::park`.
pub(crate) unsafe fn park(
    key: usize,
    validate: impl FnOnce() -> bool,
    before_sleep: impl FnOnce(),
    timed_out: impl FnOnce(usize, bool),
    token: ParkToken,
    deadline: Option<Instant>,
) -> ParkResult {
    let (wake, woken) = channel();
    let timed = deadline.is_some();
    let waiter = Arc::new(Waiter {
        key: key.into(),
        token,
        timed,
        wake,
    });

    let bucket = LOT.bucket(key).1;
    let mut queue = bucket.lock().unwrap();
    if !validate() {
        return ParkResult::Invalid;
    }
    queue.waiters.push_back(waiter.clone());
    let expired = timed && queue.ticked;
    drop(queue);

    before_sleep();
    let result = sleep(&waiter, &woken, expired, timed_out);
    // The clock may have sent a tick after the wait had ended. Loom reports a message that is never
    // received.
    while woken.try_recv().is_ok() {}
    result
}

/// Waits until `waiter` is unparked, or until the tick comes while it is still in the wait queue.
fn sleep(
    waiter: &Arc<Waiter>,
    woken: &Receiver<Wake>,
    expired: bool,
    timed_out: impl FnOnce(usize, bool),
) -> ParkResult {
    if !expired && let Wake::Unparked(token) = woken.recv().unwrap() {
        return ParkResult::Unparked(token);
    }
    let timed_out_in_queue = LOT.with_queue_of(waiter, |key, queue| {
        let position = queue
            .waiters
            .iter()
            .position(|other| Arc::ptr_eq(other, waiter));
        if let Some(position) = position {
            queue.waiters.remove(position);
            timed_out(key, queue.waiters.is_empty());
        }
        position.is_some()
    });
    if timed_out_in_queue {
        return ParkResult::TimedOut;
    }
    // Another thread unparked this one before it could leave the queue. The token is in the
    // channel, perhaps behind the tick.
    loop {
        if let Wake::Unparked(token) = woken.recv().unwrap() {
            return ParkResult::Unparked(token);
        }
    }
}

/// Like `parking_lot_core::unpark_filter`.
pub(crate) unsafe fn unpark_filter(
    key: usize,
    mut filter: impl FnMut(ParkToken) -> FilterOp,
    callback: impl FnOnce(UnparkResult) -> UnparkToken,
) -> UnparkResult {
    let bucket = LOT.bucket(key).1;
    let mut queue = bucket.lock().unwrap();
    let mut unparked = Vec::new();
    let mut position = 0;
    while let Some(waiter) = queue.waiters.get(position) {
        match filter(waiter.token) {
            FilterOp::Unpark => unparked.extend(queue.waiters.remove(position)),
            FilterOp::Skip => position += 1,
            FilterOp::Stop => break,
        }
    }
    let mut result = UnparkResult::default();
    result.unparked_threads = unparked.len();
    result.have_more_threads = !queue.waiters.is_empty();
    let token = callback(result);
    for waiter in unparked {
        waiter.wake.send(Wake::Unparked(token)).unwrap();
    }
    result
}

/// Like `parking_lot_core::unpark_requeue`.
pub(crate) unsafe fn unpark_requeue(
    key_from: usize,
    key_to: usize,
    validate: impl FnOnce() -> RequeueOp,
    callback: impl FnOnce(RequeueOp, UnparkResult) -> UnparkToken,
) -> UnparkResult {
    let ((rank_from, from), (rank_to, to)) = (LOT.bucket(key_from), LOT.bucket(key_to));
    let (mut from, mut to) = lock_both((rank_from, &from), (rank_to, &to));
    let mut result = UnparkResult::default();
    let op = validate();
    let (unpark, requeue) = match op {
        RequeueOp::Abort => return result,
        RequeueOp::UnparkOneRequeueRest => (1, usize::MAX),
        RequeueOp::RequeueAll => (0, usize::MAX),
        RequeueOp::UnparkOne => (1, 0),
        RequeueOp::RequeueOne => (0, 1),
    };
    let unparked: Vec<_> = (0..unpark)
        .map_while(|_| from.waiters.pop_front())
        .collect();
    result.unparked_threads = unparked.len();
    while result.requeued_threads < requeue
        && let Some(waiter) = from.waiters.pop_front()
    {
        waiter.key.store(key_to, Ordering::Relaxed);
        if waiter.timed && to.ticked && !from.ticked {
            // This wait began before the tick, but the new queue has already been told of the tick.
            waiter.wake.send(Wake::Tick).unwrap();
        }
        to.waiters.push_back(waiter);
        result.requeued_threads += 1;
    }
    result.have_more_threads = !from.waiters.is_empty();
    let token = callback(op, result);
    for waiter in unparked {
        waiter.wake.send(Wake::Unparked(token)).unwrap();
    }
    result
}

/// Locks two buckets in the order of their ranks, and returns the guards in the order of the
/// arguments.
fn lock_both<'a>(
    a: (usize, &'a Bucket),
    b: (usize, &'a Bucket),
) -> (MutexGuard<'a, WaitQueue>, MutexGuard<'a, WaitQueue>) {
    if a.0 < b.0 {
        let first = a.1.lock().unwrap();
        (first, b.1.lock().unwrap())
    } else {
        let first = b.1.lock().unwrap();
        (a.1.lock().unwrap(), first)
    }
}

/// Never spins. A schedule in which a thread looks once more is among those that the checker tries
/// in any case.
pub(crate) struct SpinWait;

impl SpinWait {
    pub(crate) const SHORT: Self = SpinWait;
    pub(crate) const PATIENT: Self = SpinWait;
    pub(crate) const QUEUE: Self = SpinWait;

    pub(crate) fn spin(&mut self, _: Option<Instant>) -> bool {
        false
    }

    pub(crate) fn spin_watching(&mut self, _: Option<Instant>, _: impl Fn() -> u64) -> bool {
        false
    }

    pub(crate) fn reset(&mut self) {}
}

/// Never waits, for the same reason.
pub(crate) struct Coalescer;

impl Coalescer {
    pub(crate) fn new() -> Self {
        Coalescer
    }

    pub(crate) fn wait(&self, _: impl Fn() -> u64) {}
}

/// Lets the other threads run.
///
/// Two threads that wait for a third could let each other run forever, and loom would try that. So
/// a schedule in which a thread has looked twice without success is not explored further. A look
/// changes nothing, so the rest of that schedule is the same as if the thread had come later. But
/// it would have cost a preemption, and the number of preemptions in a model is bounded.
pub(crate) struct Backoff {
    looks: usize,
}

impl Backoff {
    pub(crate) fn new() -> Self {
        Backoff { looks: 0 }
    }

    pub(crate) fn wait(&mut self) {
        self.looks += 1;
        #[cfg(sync_primitives_loom)]
        if self.looks > 1 {
            checker::skip_branch();
        }
        checker::thread::yield_now();
    }
}

/// Memory for one item of a queue. loom reports two threads that access it at the same time.
pub(crate) struct Slot<T>(UnsafeCell<MaybeUninit<T>>);

impl<T> Slot<T> {
    pub(crate) fn new_slice(count: usize) -> Box<[Self]> {
        (0..count)
            .map(|_| Slot(UnsafeCell::new(MaybeUninit::uninit())))
            .collect()
    }

    /// # Safety
    ///
    /// As for the slot of a normal build.
    pub(crate) unsafe fn write(&self, item: T) {
        let pointer = self.0.get_mut();
        // SAFETY: the caller makes sure that nobody else accesses the slot.
        unsafe { pointer.deref() }.write(item);
    }

    /// # Safety
    ///
    /// As for the slot of a normal build.
    pub(crate) unsafe fn read(&self) -> T {
        let pointer = self.0.get_mut();
        // SAFETY: the caller makes sure that there is an item, and that nobody else accesses it.
        unsafe { pointer.deref().assume_init_read() }
    }
}

/// The part of loom's `UnsafeCell` that `Slot` uses.
#[cfg(sync_primitives_shuttle)]
struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

#[cfg(sync_primitives_shuttle)]
impl<T> UnsafeCell<T> {
    fn new(value: T) -> Self {
        UnsafeCell(std::cell::UnsafeCell::new(value))
    }

    fn get_mut(&self) -> MutPtr<T> {
        MutPtr(self.0.get())
    }
}

#[cfg(sync_primitives_shuttle)]
struct MutPtr<T>(*mut T);

#[cfg(sync_primitives_shuttle)]
impl<T> MutPtr<T> {
    /// # Safety
    ///
    /// Nobody else accesses the value as long as the reference is used.
    unsafe fn deref(&self) -> &mut T {
        // SAFETY: the caller's.
        unsafe { &mut *self.0 }
    }
}

/// A point in time: before or after the tick, as far as the thread that reads the clock knows.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    ticked: bool,
}

impl Moment {
    pub(crate) fn now() -> Self {
        Moment {
            ticked: LOT.ticked.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn is_overdue(self, now: Moment) -> bool {
        now.ticked && !self.ticked
    }

    /// Always `true`, so that a model tries a hand-off whenever one is allowed.
    pub(crate) fn is_long_ago(self, _: Moment) -> bool {
        true
    }
}

/// Always `false`, because only the tick ends a wait.
pub(crate) fn has_passed(_: Option<Instant>) -> bool {
    false
}

/// Every thread of a model has an id from the start.
pub(crate) fn thread_id_if_assigned() -> usize {
    thread_id()
}

/// Returns a number from the checker's thread-locals, because all threads of a model share those of
/// the standard library.
pub(crate) fn thread_id() -> usize {
    ID.with(|id| *id)
}
