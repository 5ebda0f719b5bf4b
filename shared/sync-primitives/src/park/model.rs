//! The parking lot as a model checker sees it: the same functions over the checker's mutexes, channels and atomics.
//!
//! - Under `--cfg sync_primitives_loom` the checker is loom, which tries every schedule and every value that the memory model allows a
//!   load to return. Under `--cfg sync_primitives_shuttle` it is shuttle, which tries many random schedules of larger programs, with every
//!   access sequentially consistent.
//! - One bucket a key, guarded by a mutex of the checker's, so the model grants no ordering between different keys.
//! - A parked thread waits on a channel; an unparker dequeues it under the bucket lock and sends it its token.
//! - Time is one tick. [`tick`], called by a thread of the model, is the moment at which every timed wait that has
//!   begun runs out; a timed wait that begins later runs out at once. The checker puts the tick at any point, and as in
//!   the real parking lot the woken thread itself takes the bucket lock and finds out whether it had been unparked
//!   meanwhile. Waiters that began before the tick are overdue after it.

use super::{
    FilterOp, Instant, Ordering, ParkResult, ParkToken, RequeueOp, UnparkResult, UnparkToken,
};
#[cfg(sync_primitives_loom)]
use loom as checker;
#[cfg(sync_primitives_shuttle)]
use shuttle as checker;

#[cfg(sync_primitives_loom)]
pub(crate) use checker::cell::Cell;
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
use std::{collections::VecDeque, ops::Range, sync::Arc};

lazy_static! {
    static ref LOT: Lot = Lot::new();
}
checker::thread_local! {
    static ID: usize = LOT.next_thread.fetch_add(1, Ordering::Relaxed);
}

/// The waiting lines of one execution.
struct Lot {
    buckets: std::sync::Mutex<Buckets>,
    /// What the clock shows: a thread may read it late, as the memory model allows of an unordered load.
    ticked: AtomicBool,
    waits_give_way: std::sync::atomic::AtomicBool,
    next_thread: std::sync::atomic::AtomicUsize,
}

struct Buckets {
    /// In order of first use, which is the same whenever the checker repeats a schedule. An index is a lock rank.
    by_key: Vec<(usize, Arc<Bucket>)>,
    /// What new buckets start with.
    ticked: bool,
}

type Bucket = Mutex<Line>;

/// The threads parked at one key, first come first.
struct Line {
    waiters: VecDeque<Arc<Waiter>>,
    /// Timed waits end at once.
    ticked: bool,
}

struct Waiter {
    /// Where the thread is parked now; changed by a requeue, under both bucket locks.
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
            waits_give_way: std::sync::atomic::AtomicBool::new(cfg!(sync_primitives_shuttle)),
            next_thread: std::sync::atomic::AtomicUsize::new(1),
        }
    }

    /// The bucket of `key` and its lock rank.
    fn bucket(&self, key: usize) -> (usize, Arc<Bucket>) {
        let mut buckets = self.buckets.lock().unwrap();
        if let Some(rank) = buckets.by_key.iter().position(|(k, _)| *k == key) {
            return (rank, buckets.by_key[rank].1.clone());
        }
        let line = Line {
            waiters: VecDeque::new(),
            ticked: buckets.ticked,
        };
        let bucket = Arc::new(Mutex::new(line));
        buckets.by_key.push((key, bucket.clone()));
        (buckets.by_key.len() - 1, bucket)
    }

    /// Calls `f` with the line that `waiter` is in, or was in last, locked.
    fn with_line_of<R>(&self, waiter: &Waiter, f: impl FnOnce(usize, &mut Line) -> R) -> R {
        loop {
            let key = waiter.key.load(Ordering::Relaxed);
            let bucket = self.bucket(key).1;
            let mut line = bucket.lock().unwrap();
            if waiter.key.load(Ordering::Relaxed) == key {
                return f(key, &mut line);
            }
        }
    }
}

/// Ends every timed wait that has begun, now; those that begin later end at once.
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
        let mut line = bucket.lock().unwrap();
        line.ticked = true;
        for waiter in line.waiters.iter().filter(|waiter| waiter.timed) {
            waiter.wake.send(Wake::Tick).unwrap();
        }
    }
}

/// Begins a model in which a queue's waits offer their work once before they sleep. The others do without, as there would be
/// many times more schedules.
pub fn let_waits_give_way() {
    LOT.waits_give_way.store(true, Ordering::Relaxed);
}

/// As `parking_lot_core::park`.
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
    let mut line = bucket.lock().unwrap();
    if !validate() {
        return ParkResult::Invalid;
    }
    line.waiters.push_back(waiter.clone());
    let expired = timed && line.ticked;
    drop(line);

    before_sleep();
    let result = sleep(&waiter, &woken, expired, timed_out);
    // A tick may have been sent to a thread that was about to leave by itself; loom reports a message left behind.
    while woken.try_recv().is_ok() {}
    result
}

/// Waits until `waiter` is unparked, or until the tick finds it still in line.
fn sleep(
    waiter: &Arc<Waiter>,
    woken: &Receiver<Wake>,
    expired: bool,
    timed_out: impl FnOnce(usize, bool),
) -> ParkResult {
    if !expired && let Wake::Unparked(token) = woken.recv().unwrap() {
        return ParkResult::Unparked(token);
    }
    let left_the_line = LOT.with_line_of(waiter, |key, line| {
        let place = line
            .waiters
            .iter()
            .position(|other| Arc::ptr_eq(other, waiter));
        if let Some(place) = place {
            line.waiters.remove(place);
            timed_out(key, line.waiters.is_empty());
        }
        place.is_some()
    });
    if left_the_line {
        return ParkResult::TimedOut;
    }
    // Somebody unparked us before we could leave: the token is in the channel, perhaps behind the tick.
    loop {
        if let Wake::Unparked(token) = woken.recv().unwrap() {
            return ParkResult::Unparked(token);
        }
    }
}

/// As `parking_lot_core::unpark_filter`.
pub(crate) unsafe fn unpark_filter(
    key: usize,
    mut filter: impl FnMut(ParkToken) -> FilterOp,
    callback: impl FnOnce(UnparkResult) -> UnparkToken,
) -> UnparkResult {
    let bucket = LOT.bucket(key).1;
    let mut line = bucket.lock().unwrap();
    let mut unparked = Vec::new();
    let mut place = 0;
    while let Some(waiter) = line.waiters.get(place) {
        match filter(waiter.token) {
            FilterOp::Unpark => unparked.extend(line.waiters.remove(place)),
            FilterOp::Skip => place += 1,
            FilterOp::Stop => break,
        }
    }
    let mut result = UnparkResult::default();
    result.unparked_threads = unparked.len();
    result.have_more_threads = !line.waiters.is_empty();
    let token = callback(result);
    for waiter in unparked {
        waiter.wake.send(Wake::Unparked(token)).unwrap();
    }
    result
}

/// As `parking_lot_core::unpark_requeue`.
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
            // It began before the tick that its new line has already seen.
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

/// Locks two buckets in the order of their ranks and returns them in the order given.
fn lock_both<'a>(
    a: (usize, &'a Bucket),
    b: (usize, &'a Bucket),
) -> (MutexGuard<'a, Line>, MutexGuard<'a, Line>) {
    if a.0 < b.0 {
        let first = a.1.lock().unwrap();
        (first, b.1.lock().unwrap())
    } else {
        let first = b.1.lock().unwrap();
        (a.1.lock().unwrap(), first)
    }
}

/// A model does not spin: a schedule in which a thread looks again is already one of those tried. But who gives way may be
/// served meanwhile: with [`let_waits_give_way`], that is done once.
pub(crate) struct SpinWait {
    has_given_way: bool,
}

impl SpinWait {
    pub(crate) const PATIENT: Self = SpinWait {
        has_given_way: false,
    };
    pub(crate) const ATTENTIVE: Self = SpinWait {
        has_given_way: false,
    };
    pub(crate) const SHORT: Self = SpinWait {
        has_given_way: false,
    };

    pub(crate) fn spin(&mut self) -> bool {
        false
    }

    pub(crate) fn may_yield(&self) -> bool {
        !self.has_given_way && LOT.waits_give_way.load(Ordering::Relaxed)
    }

    pub(crate) fn give_way(&mut self, _: impl Fn() -> u64) {
        self.has_given_way = true;
    }

    pub(crate) fn reset(&mut self) {}
}

/// Never pauses, for the same reason.
pub(crate) struct Pauses;

impl Pauses {
    pub(crate) fn new() -> Self {
        Pauses
    }

    pub(crate) fn are_in_vain(&self) -> bool {
        true
    }

    pub(crate) fn until(&self, _: impl Fn() -> bool, _: bool) -> bool {
        false
    }
}

/// Waiting for another thread: lets the others run.
///
/// Two threads that wait for a third could let each other run for ever, and loom would try it. So it explores no further
/// where a thread has looked in vain twice in one call. A look changes nothing, so from there on all goes as
/// where it came later; but there it costs a preemption, of which a model may have only so many.
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

/// Never waits: it changes when a thread looks again, and a model has it look at all times.
pub(crate) struct Gather;

impl Gather {
    pub(crate) fn new(_: Range<u64>) -> Self {
        Gather
    }

    pub(crate) fn wait(&self, _: u64, _: impl Fn() -> bool) -> bool {
        false
    }
}

/// Before or after the tick, as far as the reading thread knows.
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

    /// In models no expense is saved.
    pub(crate) fn is_long_ago(self, _: Moment) -> bool {
        true
    }
}

/// Only the tick ends a wait.
pub(crate) fn has_passed(_: Option<Instant>) -> bool {
    false
}

/// A number of the model's own: its threads share the standard library's thread-locals.
pub(crate) fn thread_id() -> usize {
    ID.with(|id| *id)
}
