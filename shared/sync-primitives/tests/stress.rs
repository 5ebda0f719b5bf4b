//! Every primitive under random operations, time-outs and panics, and in a crowd of two thousand threads.
//!
//! A test plays episodes: a fresh primitive, a few threads, random operations, and at the end the books must balance.
//! Exclusion, permits and order are checked all the time; an episode that does not end is a failure; and there are two
//! rounds of episodes, after the second of which no more memory may be live than after the first.
//!
//! Each test takes three quarters of a second, or `STRESS_SECONDS`. The long run, with its figures:
//!
//! ```console
//! $ STRESS_SECONDS=60 cargo test --release -p sync-primitives --test stress -- --nocapture
//! ```
//!
//! A failure names the seed of its episode. `TEST_SEED` plays the episode of that seed again and again. The seed decides
//! what each thread does, not how the threads interleave, so it may take some episodes until the failure comes back.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    cmp, env,
    hash::{BuildHasher, RandomState},
    iter, mem,
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc, Mutex, Once, PoisonError,
        atomic::{
            AtomicBool, AtomicU64, AtomicUsize,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
    thread,
    time::{Duration, Instant},
};

use sync_primitives::{
    Barrier, BarrierWaitResult, BoundedSemaphore, BrokenBarrier, Closed, Condition, Event,
    LifoQueue, Lock, LockGuard, OwnedSemaphorePermit, PriorityQueue, PushError, Queue, RLock,
    RLockGuard, Semaphore, SemaphorePermit, Task, TaskDoneError, TooManyPermits, TryPopError,
    TryPushError, Waitable,
};

use dice::{below, one_in};

const CROWD: usize = 2_000;
/// Small, so that a crowd fits into memory; large enough for the message of a failed assertion.
const STACK: usize = 128 * 1024;
/// An episode that takes longer hangs. The longest takes well below a second on a free machine.
const STALL: Duration = Duration::from_secs(60);
/// One in so many calls of a callback panics; which of these holds is drawn for each episode.
const PANICS: [usize; 3] = [8, 32, 128];

#[test]
fn lock() {
    stress("Lock", lock_episode);
}

#[test]
fn rlock() {
    stress("RLock", rlock_episode);
}

#[test]
fn condition_with_lock() {
    stress("Condition with Lock", || trade(&LockStock::default()));
}

#[test]
fn condition_with_rlock() {
    stress("Condition with RLock", || trade(&RLockStock::default()));
}

#[test]
fn condition_with_outermost() {
    stress("Condition with Outermost", || {
        trade(&OutermostStock::default())
    });
}

#[test]
fn condition_with_all_three() {
    stress("Condition with all three", || {
        let stocks: [&dyn Stock; 3] = [
            &LockStock::default(),
            &RLockStock::default(),
            &OutermostStock::default(),
        ];
        // The first in line may have come with another lock than the one whose stock has grown.
        market(stocks, |condition, _| _ = condition.notify_all());
    });
}

#[test]
fn semaphore() {
    stress("Semaphore", || {
        if one_in(2) {
            semaphore_episode::<Semaphore>()
        } else {
            semaphore_market()
        }
    });
}

#[test]
fn bounded_semaphore() {
    stress("BoundedSemaphore", semaphore_episode::<BoundedSemaphore>);
}

#[test]
fn event() {
    stress("Event", || {
        if one_in(2) {
            event_in_step(team(), few())
        } else {
            event_at_will()
        }
    });
}

#[test]
fn barrier() {
    stress("Barrier", || match below(3) {
        0 => barrier_in_step(team(), few()),
        1 => barrier_until_one_gives_up(),
        _ => barrier_storm(),
    });
}

#[test]
fn queue() {
    stress("Queue", || {
        if one_in(2) {
            traffic::<Queue<Item>>()
        } else {
            passers_by::<Queue<Item>>()
        }
    });
}

#[test]
fn lifo_queue() {
    stress("LifoQueue", || {
        if one_in(2) {
            traffic::<LifoQueue<Item>>()
        } else {
            passers_by::<LifoQueue<Item>>()
        }
    });
}

#[test]
fn priority_queue() {
    stress("PriorityQueue", || {
        if one_in(2) {
            traffic::<PriorityQueue<Item>>()
        } else {
            passers_by::<PriorityQueue<Item>>()
        }
    });
}

#[test]
fn event_and_two_thousand_threads() {
    stress("Event in a crowd", || event_in_step(CROWD, 3));
}

#[test]
fn barrier_and_two_thousand_threads() {
    stress("Barrier in a crowd", || {
        barrier_in_step(CROWD, 2);
        barrier_breaks_for_all(CROWD);
    });
}

#[test]
fn semaphore_and_two_thousand_threads() {
    stress("Semaphore in a crowd", semaphore_crowd);
}

// ---- Lock

fn lock_episode() {
    let lock = Lock::new(0);
    let room = Room::with_seats(1);
    let counted = AtomicUsize::new(0);
    let steps = few();
    crew(team(), |_| {
        times(steps, || _ = survive(|| visit_lock(&lock, &room, &counted)))
    });
    assert!(!lock.is_locked());
    assert_eq!(lock.waiters(), 0);
    assert_eq!(lock.into_inner(), counted.into_inner());
}

fn visit_lock(lock: &Lock<usize>, room: &Room, counted: &AtomicUsize) {
    let Some(mut count) = lock_somehow(lock) else {
        return;
    };
    let seat = room.enter(1);
    maybe_panic();
    add_one(&mut count, counted);
    maybe_panic();
    drop(seat);
    match below(8) {
        0 => LockGuard::unlock_fair(count),
        1 => {
            LockGuard::unlocked(&mut count, || {
                maybe_panic();
                add_one(&mut lock.lock(), counted);
            });
            let _seat = room.enter(1);
            add_one(&mut count, counted);
        }
        2 => {
            let mut same = LockGuard::map(count, |count| {
                maybe_panic();
                count
            });
            let _seat = room.enter(1);
            add_one(&mut same, counted);
        }
        3 => {
            mem::forget(count);
            // SAFETY: this thread holds the lock, and the line above forgot the guard.
            unsafe { lock.force_unlock() };
        }
        _ => drop(count),
    }
}

fn lock_somehow(lock: &Lock<usize>) -> Option<LockGuard<'_, usize>> {
    let patience = Patience::random();
    match below(8) {
        0 => lock.try_lock(),
        1 => patience.check(lock.try_lock_for(patience.duration())),
        2 => patience.check(lock.try_lock_until(patience.deadline())),
        _ => Some(lock.lock()),
    }
}

/// An addition that loses something unless it is alone.
fn add_one(count: &mut usize, counted: &AtomicUsize) {
    let before = *count;
    dawdle();
    *count = before + 1;
    counted.fetch_add(1, Relaxed);
}

// ---- RLock

fn rlock_episode() {
    let lock = RLock::new(Cell::new(0));
    let room = Room::with_seats(1);
    let counted = AtomicUsize::new(0);
    let steps = few();
    crew(team(), |_| {
        times(steps, || {
            assert!(!lock.is_owned());
            survive(|| visit_rlock(&lock, &room, &counted));
            assert_eq!(lock.depth(), 0);
        });
    });
    assert!(!lock.is_locked());
    assert_eq!(lock.waiters(), 0);
    assert_eq!(lock.into_inner().get(), counted.into_inner());
}

/// Takes some levels, counts on each, and releases them in any order.
fn visit_rlock(lock: &RLock<Cell<usize>>, room: &Room, counted: &AtomicUsize) {
    let mut levels = Vec::new();
    let mut seat = None;
    for depth in 1..=1 + below(5) {
        let Some(level) = rlock_somehow(lock) else {
            assert_eq!(depth, 1, "the owner always gets in");
            return;
        };
        seat.get_or_insert_with(|| room.enter(1));
        assert_eq!(lock.depth(), depth);
        let before = level.get();
        levels.push(level);
        maybe_panic();
        dawdle();
        levels[0].set(before + 1);
        counted.fetch_add(1, Relaxed);
    }
    drop(seat);
    while !levels.is_empty() {
        let level = levels.swap_remove(below(levels.len()));
        match below(4) {
            0 => RLockGuard::unlock_fair(level),
            1 => drop(RLockGuard::map(level, |count| {
                maybe_panic();
                count
            })),
            _ => drop(level),
        }
        assert_eq!(lock.depth(), levels.len());
        maybe_panic();
    }
}

fn rlock_somehow<T>(lock: &RLock<T>) -> Option<RLockGuard<'_, T>> {
    let patience = Patience::random();
    match below(8) {
        0 => lock.try_lock(),
        1 => patience.check(lock.try_lock_for(patience.duration())),
        2 => patience.check(lock.try_lock_until(patience.deadline())),
        _ => Some(lock.lock()),
    }
}

// ---- Condition

/// Goods behind a lock, which its takers wait for with a condition.
trait Stock: Sync {
    /// Adds `n` and calls `notify`, under the lock or after.
    fn put(&self, n: usize, notify: &dyn Fn());

    /// Takes one, if it does not run out of patience.
    fn take(&self, condition: &Condition) -> bool;

    fn count(&self) -> usize;

    fn assert_free(&self);
}

fn trade(stock: &dyn Stock) {
    if one_in(2) {
        market([stock], notify_somehow)
    } else {
        window_shopping(stock)
    }
}

/// To each taker a putter, which puts as much as the taker will take: so whoever is notified of nothing waits for ever.
fn market<const N: usize>(stocks: [&dyn Stock; N], notify: fn(&Condition, usize)) {
    let condition = Condition::new();
    let quota = few();
    crew(2 * N.max(team()), |member| {
        let stock = stocks[member / 2 % N];
        let mut left = quota;
        while left > 0 {
            if member % 2 == 0 {
                left -= usize::from(take_or_pass_on(stock, &condition, notify));
            } else {
                let n = 1 + below(left.min(3));
                stock.put(n, &|| notify(&condition, n));
                left -= n;
            }
        }
        OPERATIONS.fetch_add(quota, Relaxed);
    });
    assert_eq!(condition.waiters(), 0);
    for stock in stocks {
        stock.assert_free();
        assert_eq!(stock.count(), 0);
    }
}

/// Takers that come once. Nobody is to wait for goods that are there.
fn window_shopping(stock: &dyn Stock) {
    let (takers, putters) = (1 + below(8), 1 + below(4));
    let condition = Condition::new();
    let (taking, putting) = (AtomicUsize::new(takers), AtomicUsize::new(putters));
    crew(1 + takers + putters, |member| match member {
        0 => {
            until(|| {
                putting.load(Relaxed) == 0 && (taking.load(Relaxed) == 0 || stock.count() == 0)
            });
            stock.put(taking.load(Relaxed), &|| _ = condition.notify_all());
        }
        _ if member <= takers => {
            take_or_pass_on(stock, &condition, notify_somehow);
            taking.fetch_sub(1, Relaxed);
        }
        _ => {
            let n = 1 + below(3);
            stock.put(n, &|| notify_somehow(&condition, n));
            putting.fetch_sub(1, Relaxed);
        }
    });
    OPERATIONS.fetch_add(takers + putters, Relaxed);
    assert_eq!(condition.waiters(), 0);
    stock.assert_free();
}

/// A taker that panics may have used up a notification.
fn take_or_pass_on(
    stock: &dyn Stock,
    condition: &Condition,
    notify: fn(&Condition, usize),
) -> bool {
    survive(|| stock.take(condition)).unwrap_or_else(|| {
        notify(condition, 1);
        false
    })
}

fn notify_somehow(condition: &Condition, n: usize) {
    match below(4) {
        0 => _ = condition.notify_all(),
        1 => assert!(condition.notify_n(n) <= n),
        _ => (0..n).for_each(|_| _ = condition.notify_one()),
    }
}

/// Waits until `count` says that there is something. Returns whether there is.
fn await_goods<G: Waitable>(
    condition: &Condition,
    guard: &mut G,
    count: impl Fn(&G::Target) -> usize,
) -> bool {
    let patience = Patience::random();
    let sold_out = |stock: &G::Target| {
        maybe_panic();
        count(stock) == 0
    };
    let came = match below(6) {
        0 => {
            condition.wait_while(guard, sold_out);
            true
        }
        1 => !condition
            .wait_while_for(guard, patience.duration(), sold_out)
            .timed_out(),
        2 => !condition
            .wait_while_until(guard, patience.deadline(), sold_out)
            .timed_out(),
        3 => {
            while count(guard) == 0 {
                condition.wait(guard);
            }
            true
        }
        // Who was not notified leaves without another look: that must not cost the others a notification.
        4 => loop {
            if count(guard) > 0 {
                break true;
            }
            if condition.wait_for(guard, patience.duration()).timed_out() {
                break false;
            }
        },
        _ => {
            let deadline = patience.deadline();
            loop {
                if count(guard) > 0 {
                    break true;
                }
                if condition.wait_until(guard, deadline).timed_out() {
                    break false;
                }
            }
        }
    };
    assert!(count(guard) > 0 || !came);
    assert!(came || !patience.is_endless());
    came
}

#[derive(Default)]
struct LockStock {
    lock: Lock<usize>,
    room: Room,
}

impl Stock for LockStock {
    fn put(&self, n: usize, notify: &dyn Fn()) {
        let mut count = self.lock.lock();
        let seat = self.room.enter(1);
        *count += n;
        drop(seat);
        notify_around(count, notify);
    }

    fn take(&self, condition: &Condition) -> bool {
        let mut count = self.lock.lock();
        let came = await_goods(condition, &mut count, |count| *count);
        let _seat = self.room.enter(1);
        dawdle();
        *count -= usize::from(came);
        came
    }

    fn count(&self) -> usize {
        *self.lock.lock()
    }

    fn assert_free(&self) {
        assert_eq!((self.lock.is_locked(), self.lock.waiters()), (false, 0));
    }
}

/// The count is atomic because a condition waits on an `RLockGuard` of a `Sync` value only; it is changed in two steps,
/// so that it comes out wrong if two threads are in.
#[derive(Default)]
struct RLockStock {
    lock: RLock<AtomicUsize>,
    room: Room,
}

impl Stock for RLockStock {
    fn put(&self, n: usize, notify: &dyn Fn()) {
        let count = self.lock.lock();
        let seat = self.room.enter(1);
        count.store(count.load(Relaxed) + n, Relaxed);
        drop(seat);
        notify_around(count, notify);
    }

    fn take(&self, condition: &Condition) -> bool {
        let outer: Vec<_> = (0..below(4)).map(|_| self.lock.lock()).collect();
        let mut count = self.lock.lock();
        let came = await_goods(condition, &mut count, |count| count.load(Relaxed));
        assert_eq!(
            self.lock.depth(),
            outer.len() + 1,
            "every level is taken back"
        );
        let _seat = self.room.enter(1);
        dawdle();
        count.store(count.load(Relaxed) - usize::from(came), Relaxed);
        came
    }

    fn count(&self) -> usize {
        self.lock.lock().load(Relaxed)
    }

    fn assert_free(&self) {
        assert_eq!(
            (
                self.lock.is_locked(),
                self.lock.depth(),
                self.lock.waiters()
            ),
            (false, 0, 0)
        );
    }
}

#[derive(Default)]
struct OutermostStock {
    lock: RLock<Cell<usize>>,
    room: Room,
}

impl Stock for OutermostStock {
    fn put(&self, n: usize, notify: &dyn Fn()) {
        let count = self.lock.lock();
        let seat = self.room.enter(1);
        count.update(|count| count + n);
        drop(seat);
        notify_around(count, notify);
    }

    fn take(&self, condition: &Condition) -> bool {
        let mut count = self.lock.lock();
        let mut only_level = RLockGuard::outermost(&mut count).expect("there is one level");
        let came = await_goods(condition, &mut only_level, Cell::get);
        assert_eq!(self.lock.depth(), 1);
        let _seat = self.room.enter(1);
        dawdle();
        count.update(|count| count - usize::from(came));
        came
    }

    fn count(&self) -> usize {
        self.lock.lock().get()
    }

    fn assert_free(&self) {
        assert_eq!(
            (
                self.lock.is_locked(),
                self.lock.depth(),
                self.lock.waiters()
            ),
            (false, 0, 0)
        );
    }
}

/// Notifies after it releases, or before; then those who are notified wait for the lock, sometimes until they give up.
fn notify_around<G>(guard: G, notify: &dyn Fn()) {
    if one_in(2) {
        drop(guard);
        notify();
    } else {
        notify();
        if one_in(8) {
            until_passed(Duration::from_micros(below(200) as u64));
        }
        drop(guard);
    }
}

// ---- Semaphore, BoundedSemaphore

trait AnySemaphore: Send + Sync {
    fn with(permits: usize) -> Self;
    fn acquire_somehow(&self, n: usize) -> Option<SemaphorePermit<'_>>;
    fn acquire_owned_somehow(self: Arc<Self>, n: usize) -> Option<OwnedSemaphorePermit>;
    /// Adds permits that were forgotten.
    fn restore(&self, n: usize);
    fn assert_has_all(&self, permits: usize);
}

macro_rules! impl_any_semaphore {
    ($Semaphore:ident, restore: $restore:expr, has_all: $has_all:expr) => {
        impl AnySemaphore for $Semaphore {
            fn with(permits: usize) -> Self {
                $Semaphore::new(permits)
            }

            fn acquire_somehow(&self, n: usize) -> Option<SemaphorePermit<'_>> {
                let patience = Patience::random();
                match below(8) {
                    0 => self.try_acquire_many(n),
                    1 => patience.check(self.try_acquire_many_for(n, patience.duration())),
                    2 => patience.check(self.try_acquire_many_until(n, patience.deadline())),
                    _ => Some(self.acquire_many(n)),
                }
            }

            fn acquire_owned_somehow(self: Arc<Self>, n: usize) -> Option<OwnedSemaphorePermit> {
                if one_in(4) {
                    self.try_acquire_many_owned(n)
                } else {
                    Some(self.acquire_many_owned(n))
                }
            }

            fn restore(&self, n: usize) {
                $restore(self, n)
            }

            fn assert_has_all(&self, permits: usize) {
                assert_eq!((self.available_permits(), self.waiters()), (permits, 0));
                assert!($has_all(self));
            }
        }
    };
}
impl_any_semaphore!(
    Semaphore,
    restore: |semaphore: &Semaphore, n| semaphore.add_permits(n),
    has_all: |_| true
);
impl_any_semaphore!(
    BoundedSemaphore,
    restore: |semaphore: &BoundedSemaphore, n| semaphore.add_permits(n).expect("room for what was forgotten"),
    has_all: |semaphore: &BoundedSemaphore| semaphore.add_permits(1) == Err(TooManyPermits)
);

trait Permit: Sized {
    fn part(&mut self, n: usize) -> Self;
    fn join(&mut self, part: Self);
    fn forget(self);
}

macro_rules! impl_permit {
    ($Permit:ty) => {
        impl Permit for $Permit {
            fn part(&mut self, n: usize) -> Self {
                self.split(n).expect("a part of what it is")
            }

            fn join(&mut self, part: Self) {
                self.merge(part)
            }

            fn forget(self) {
                self.forget()
            }
        }
    };
}
impl_permit!(SemaphorePermit<'_>);
impl_permit!(OwnedSemaphorePermit);

fn semaphore_episode<S: AnySemaphore>() {
    let permits = 1 + below(5);
    let semaphore = Arc::new(S::with(permits));
    let room = Room::with_seats(permits);
    let steps = few();
    crew(team(), |_| {
        times(steps, || {
            _ = survive(|| visit_semaphore(&semaphore, below(permits + 1), &room))
        })
    });
    semaphore.assert_has_all(permits);
    assert_eq!(Arc::strong_count(&semaphore), 1);
}

fn visit_semaphore<S: AnySemaphore>(semaphore: &Arc<S>, n: usize, room: &Room) {
    let restore = |n| semaphore.restore(n);
    let got_them = if one_in(4) {
        Arc::clone(semaphore)
            .acquire_owned_somehow(n)
            .map(|permit| hold(permit, n, room, restore))
    } else {
        semaphore
            .acquire_somehow(n)
            .map(|permit| hold(permit, n, room, restore))
    };
    assert!(got_them.is_some() || n > 0, "0 permits are always there");
}

fn hold(mut permit: impl Permit, n: usize, room: &Room, restore: impl Fn(usize)) {
    let seats = room.enter(n);
    maybe_panic();
    dawdle();
    drop(seats);
    match below(4) {
        0 => {
            let part = permit.part(below(n + 1));
            drop(permit);
            maybe_panic();
            drop(part);
        }
        1 => {
            let part = permit.part(below(n + 1));
            maybe_panic();
            permit.join(part);
            let _seats = room.enter(n);
            dawdle();
        }
        2 => {
            permit.forget();
            restore(n);
        }
        _ => drop(permit),
    }
}

/// To each taker of permits, which keeps them, a thread that adds as many: so a wake-up that is lost is missed. In half
/// of the episodes a rival is with them, which wants more than there will be: it may hold up the others until it gives up.
fn semaphore_market() {
    let semaphore = Semaphore::new(0);
    let (pairs, rivals, quota) = (team(), below(2), few());
    let takers = AtomicUsize::new(pairs);
    crew(2 * pairs + rivals, |member| {
        if member == 2 * pairs {
            let too_many = 2 * pairs * quota;
            let patience = || Duration::from_micros(below(3_000) as u64);
            return until(|| {
                assert!(
                    semaphore
                        .try_acquire_many_for(too_many, patience())
                        .is_none()
                );
                takers.load(Relaxed) == 0
            });
        }
        let mut left = quota;
        while left > 0 {
            let n = 1 + below(left.min(3));
            if member % 2 == 1 {
                semaphore.add_permits(n);
                dawdle();
                left -= n;
            } else if let Some(permit) = semaphore.acquire_somehow(n) {
                permit.forget();
                left -= n;
            }
        }
        takers.fetch_sub(1 - member % 2, Relaxed);
        OPERATIONS.fetch_add(quota, Relaxed);
    });
    semaphore.assert_has_all(0);
}

/// All wait in line at once; then each gets what it wants, or gives up and comes back.
fn semaphore_crowd() {
    const PERMITS: usize = 7;
    let semaphore = Arc::new(Semaphore::new(PERMITS));
    let room = Room::with_seats(PERMITS);
    crew(CROWD + 1, |member| {
        if member == 0 {
            let all = semaphore.acquire_many(PERMITS);
            until(|| semaphore.waiters() == CROWD);
            drop(all);
        } else {
            until(|| semaphore.available_permits() == 0);
            drop(semaphore.acquire_many(1 + member % PERMITS));
            times(2, || {
                _ = survive(|| visit_semaphore(&semaphore, below(PERMITS + 1), &room))
            });
        }
    });
    semaphore.assert_has_all(PERMITS);
}

// ---- Event

/// The waiters stand in line, one `set` and `clear` lets all of them through, and nobody gets through twice.
fn event_in_step(waiters: usize, rounds: usize) {
    let event = Event::new();
    let [message, cleared, returned] = [(); 3].map(|()| AtomicUsize::new(0));
    crew(waiters + 1, |member| {
        for round in 1..=rounds {
            if member == 0 {
                until(|| event.waiters() == waiters);
                assert_eq!(returned.load(Relaxed), waiters * (round - 1));
                message.store(round, Relaxed);
                event.set();
                event.clear();
                cleared.store(round, Relaxed);
                until(|| returned.load(Acquire) == waiters * round);
            } else {
                until(|| cleared.load(Relaxed) == round - 1);
                assert!(wait_for_event(&event, Patience::endless()));
                assert_eq!(message.load(Relaxed), round);
                returned.fetch_add(1, Release);
            }
        }
        OPERATIONS.fetch_add(rounds, Relaxed);
    });
    assert_eq!(event.waiters(), 0);
}

/// One thread sets and clears as it likes; the others wait as they like.
fn event_at_will() {
    let event = Event::new();
    let (begun, cleared) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let steps = few();
    crew(1 + team(), |member| {
        if member > 0 {
            return times(steps, || wait_at_will(&event, &begun, &cleared));
        }
        times(steps, || {
            begun.fetch_add(1, Relaxed);
            (0..1 + below(2)).for_each(|_| event.set());
            dawdle();
            event.clear();
            cleared.fetch_add(1, Release);
            dawdle();
        });
        begun.fetch_add(1, Relaxed);
        event.set();
    });
    assert_eq!((event.is_set(), event.waiters()), (true, 0));
}

fn wait_at_will(event: &Event, begun: &AtomicUsize, cleared: &AtomicUsize) {
    let patience = Patience::random();
    let over = cleared.load(Acquire);
    let start = Instant::now();
    if wait_for_event(event, patience) {
        assert!(
            begun.load(Relaxed) > over,
            "all that was set before this wait was cleared before it"
        );
    } else {
        assert!(
            start.elapsed() >= patience.duration(),
            "gave up before its time"
        );
    }
}

fn wait_for_event(event: &Event, patience: Patience) -> bool {
    match below(3) {
        0 => event.wait_for(patience.duration()),
        1 => event.wait_until(patience.deadline()),
        _ if patience.is_endless() => {
            event.wait();
            true
        }
        _ => event.is_set() || event.wait_for(patience.duration()),
    }
}

// ---- Barrier

/// No party is ever a round ahead, and each round has one leader, one action and all places.
fn barrier_in_step(parties: usize, rounds: usize) {
    let phases: Vec<_> = (0..parties).map(|_| AtomicUsize::new(0)).collect();
    let (actions, tally) = (AtomicUsize::new(0), Tally::default());
    let barrier = Barrier::with_action(parties, || {
        let round = actions.fetch_add(1, Relaxed) + 1;
        assert!(phases.iter().all(|phase| phase.load(Relaxed) == round));
    });
    crew(parties, |me| {
        for round in 1..=rounds {
            phases[me].store(round, Relaxed);
            let result = wait_at_barrier(&barrier, Patience::endless());
            tally.note(result.expect("nobody breaks it"));
            assert_eq!(actions.load(Relaxed), round);
            assert!(
                phases
                    .iter()
                    .all(|phase| [round, round + 1].contains(&phase.load(Relaxed)))
            );
        }
        OPERATIONS.fetch_add(rounds, Relaxed);
    });
    assert_eq!(
        (
            tally.rounds(parties),
            barrier.waiting(),
            barrier.is_broken()
        ),
        (rounds, 0, false)
    );
}

/// Only time-outs break a round, and none breaks one whose last party has arrived: then its action runs.
fn barrier_until_one_gives_up() {
    let parties = 2 + below(3);
    let (actions, tally) = (AtomicUsize::new(0), Tally::default());
    let barrier = Barrier::with_action(parties, || {
        actions.fetch_add(1, Relaxed);
        until_passed(Duration::from_micros(below(200) as u64));
    });
    let most = few();
    crew(parties + below(3), |_| {
        let patience = || {
            if tally.leaders.load(Relaxed) < most {
                Patience::random()
            } else {
                Patience::None
            }
        };
        while let Ok(result) = wait_at_barrier(&barrier, patience()) {
            tally.note(result);
            OPERATIONS.fetch_add(1, Relaxed);
        }
    });
    assert_eq!(
        (
            tally.rounds(parties),
            barrier.is_broken(),
            barrier.waiters()
        ),
        (actions.load(Relaxed), true, 0)
    );
}

/// Rounds broken in every way, by more threads than parties.
fn barrier_storm() {
    let parties = 1 + below(4);
    let threads = parties + below(3);
    let (stage, actions, tally) = (Room::with_seats(1), AtomicUsize::new(0), Tally::default());
    let barrier = Barrier::with_action(parties, || {
        let _seat = stage.enter(1);
        actions.fetch_add(1, Relaxed);
        dawdle();
        maybe_panic();
    });
    let (present, gone) = (AtomicUsize::new(threads), AtomicBool::new(false));
    let steps = few();
    crew(1 + threads, |member| {
        if member == 0 {
            // Once one has gone, nobody is to wait for the full number.
            return until(|| {
                if gone.load(Relaxed) && !barrier.is_broken() {
                    barrier.abort();
                }
                present.load(Relaxed) == 0
            });
        }
        times(steps, || _ = survive(|| meet_at_will(&barrier, &tally)));
        gone.store(true, Relaxed);
        present.fetch_sub(1, Relaxed);
    });
    assert!(tally.rounds(parties) <= actions.load(Relaxed));
    assert_eq!(barrier.waiters(), 0);
}

fn meet_at_will<A: Fn() + Sync>(barrier: &Barrier<A>, tally: &Tally) {
    match below(32) {
        0 => barrier.abort(),
        1 => barrier.reset(),
        _ => match wait_at_barrier(barrier, Patience::random()) {
            Ok(result) => tally.note(result),
            Err(BrokenBarrier) if one_in(2) => barrier.reset(),
            Err(BrokenBarrier) => thread::yield_now(),
        },
    }
}

/// One party gives up, and later one party's action panics: both times every other party hears of it.
fn barrier_breaks_for_all(parties: usize) {
    let barrier = Barrier::with_action(parties, panic_as_planned);
    crew(parties - 1, |member| {
        if member == 0 {
            until(|| barrier.waiters() == parties - 2);
            assert_eq!(barrier.wait_for(Duration::ZERO), Err(BrokenBarrier));
        } else {
            assert_eq!(
                wait_at_barrier(&barrier, Patience::endless()),
                Err(BrokenBarrier)
            );
        }
    });
    assert!(barrier.is_broken());
    barrier.reset();
    let panics = AtomicUsize::new(0);
    crew(parties, |_| match survive(|| barrier.wait()) {
        Some(result) => assert_eq!(result, Err(BrokenBarrier)),
        None => _ = panics.fetch_add(1, Relaxed),
    });
    assert_eq!(
        (panics.into_inner(), barrier.is_broken(), barrier.waiting()),
        (1, true, 0)
    );
    OPERATIONS.fetch_add(2 * parties, Relaxed);
}

fn wait_at_barrier<A: Fn() + Sync>(
    barrier: &Barrier<A>,
    patience: Patience,
) -> Result<BarrierWaitResult, BrokenBarrier> {
    match below(3) {
        0 => barrier.wait_for(patience.duration()),
        1 => barrier.wait_until(patience.deadline()),
        _ => barrier.wait(),
    }
}

/// What the parties were told, added up over all rounds.
#[derive(Default)]
struct Tally {
    passed: AtomicUsize,
    leaders: AtomicUsize,
    places: AtomicUsize,
}

impl Tally {
    fn note(&self, result: BarrierWaitResult) {
        self.passed.fetch_add(1, Relaxed);
        self.leaders
            .fetch_add(usize::from(result.is_leader()), Relaxed);
        self.places.fetch_add(result.index(), Relaxed);
    }

    /// How many rounds passed, if the sums are those of whole rounds.
    fn rounds(&self, parties: usize) -> usize {
        let rounds = self.leaders.load(Relaxed);
        assert_eq!(
            self.passed.load(Relaxed),
            rounds * parties,
            "all parties of a round pass"
        );
        assert_eq!(
            self.places.load(Relaxed),
            rounds * (parties * (parties - 1) / 2),
            "each place once a round"
        );
        rounds
    }
}

// ---- Queue, LifoQueue, PriorityQueue

/// What goes through the queues. Comparing and dropping it may panic.
struct Item {
    id: usize,
    producer: usize,
    fate: Arc<Fate>,
}

/// What has become of an item.
#[derive(Default)]
struct Fate {
    made: AtomicUsize,
    accepted: AtomicBool,
    delivered: AtomicUsize,
    dropped: AtomicUsize,
}

impl Item {
    /// Many items are of the same rank.
    fn rank(&self) -> usize {
        self.id % 8
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        self.fate.dropped.fetch_add(1, Relaxed);
        maybe_panic();
    }
}

impl Ord for Item {
    fn cmp(&self, other: &Self) -> cmp::Ordering {
        maybe_panic();
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Item {}

trait AnyQueue: Sync {
    fn with(capacity: Option<usize>) -> Self;
    fn push_somehow(&self, item: Item) -> Result<(), Item>;
    /// Takes items in one of the ways and calls `work` for each. Returns whether the queue is closed and empty.
    fn work_somehow(&self, work: &mut dyn FnMut(&Item)) -> bool;
    /// Waits for all items to be done. Returns whether they are.
    fn join_somehow(&self, patience: Patience) -> bool;
    fn close(&self);
    fn close_now(&self) -> Vec<Item>;
    /// Pops an item that is left in a closed queue.
    fn pop_left(&self) -> Option<Item>;
    fn len(&self) -> usize;
    fn is_full(&self) -> bool;
    fn waiters(&self) -> usize;
    fn nothing_is_unfinished(&self) -> bool;
    /// Whether `later` may come out after `earlier`, if both were in the queue when `earlier` came out.
    fn may_follow(earlier: &Item, later: &Item) -> bool;
    /// Whether that holds for all that one thread pops, too.
    const FIRST_IN_FIRST_OUT: bool = false;
}

macro_rules! impl_any_queue {
    ($Queue:ident { $($order:item)* }) => {
        impl AnyQueue for $Queue<Item> {
            fn with(capacity: Option<usize>) -> Self {
                capacity.map_or_else($Queue::unbounded, $Queue::bounded)
            }

            fn push_somehow(&self, item: Item) -> Result<(), Item> {
                let patience = Patience::random();
                match below(8) {
                    0 => self.try_push(item).map_err(TryPushError::into_inner),
                    1 => self.try_push_for(item, patience.duration()).map_err(TryPushError::into_inner),
                    2 => self.try_push_until(item, patience.deadline()).map_err(TryPushError::into_inner),
                    _ => self.push(item).map_err(PushError::into_inner),
                }
            }

            fn work_somehow(&self, work: &mut dyn FnMut(&Item)) -> bool {
                let patience = Patience::random();
                let done = || self.task_done().expect("a popped item is unfinished until now");
                let outcome = match below(12) {
                    0 => work_on_item(self.try_pop(), done, work),
                    1 => work_on_item(self.try_pop_for(patience.duration()), done, work),
                    2 => work_on_item(self.try_pop_until(patience.deadline()), done, work),
                    3 => work_on_item(self.pop().map_err(|Closed| TryPopError::Closed), done, work),
                    4 => work_on_task(self.try_task(), work),
                    5 => work_on_task(self.try_task_for(patience.duration()), work),
                    6 => work_on_task(self.try_task_until(patience.deadline()), work),
                    7 => self.try_iter().take(below(4)).try_for_each(|item| work_on_item(Ok(item), done, work)),
                    8 => self.iter().take(below(4)).try_for_each(|item| work_on_item(Ok(item), done, work)),
                    9 => self.tasks().take(below(4)).try_for_each(|task| work_on_task(Ok(task), work)),
                    _ => work_on_task(self.task().map_err(|Closed| TryPopError::Closed), work),
                };
                outcome == Err(TryPopError::Closed)
            }

            fn join_somehow(&self, patience: Patience) -> bool {
                match below(3) {
                    0 => self.join_for(patience.duration()),
                    1 => self.join_until(patience.deadline()),
                    _ if patience.is_endless() => {
                        self.join();
                        true
                    }
                    _ => self.join_for(patience.duration()),
                }
            }

            fn close(&self) {
                self.close();
            }

            fn close_now(&self) -> Vec<Item> {
                self.close_now()
            }

            fn pop_left(&self) -> Option<Item> {
                self.pop().ok().inspect(|_| self.task_done().expect("it was not done"))
            }

            fn len(&self) -> usize {
                self.len()
            }

            fn is_full(&self) -> bool {
                self.is_full()
            }

            fn waiters(&self) -> usize {
                self.waiters()
            }

            fn nothing_is_unfinished(&self) -> bool {
                self.task_done() == Err(TaskDoneError) && self.join_for(Duration::ZERO)
            }

            $($order)*
        }
    };
}
impl_any_queue!(Queue {
    fn may_follow(earlier: &Item, later: &Item) -> bool {
        earlier.producer != later.producer || earlier.id < later.id
    }

    const FIRST_IN_FIRST_OUT: bool = true;
});
impl_any_queue!(LifoQueue {
    fn may_follow(earlier: &Item, later: &Item) -> bool {
        earlier.producer != later.producer || earlier.id > later.id
    }
});
impl_any_queue!(PriorityQueue {
    fn may_follow(earlier: &Item, later: &Item) -> bool {
        earlier.rank() <= later.rank()
    }
});

fn work_on_item(
    popped: Result<Item, TryPopError>,
    done: impl Fn(),
    work: &mut dyn FnMut(&Item),
) -> Result<(), TryPopError> {
    /// Marks the item done also if the work on it panics.
    struct Done<F: Fn()>(F);
    impl<F: Fn()> Drop for Done<F> {
        fn drop(&mut self) {
            (self.0)();
        }
    }
    let item = popped?;
    let _done = Done(done);
    work(&item);
    Ok(())
}

fn work_on_task(
    popped: Result<Task<'_, Item>, TryPopError>,
    work: &mut dyn FnMut(&Item),
) -> Result<(), TryPopError> {
    work(&*popped?);
    Ok(())
}

/// What becomes of the items that are in the queue when it is closed.
#[derive(Clone, Copy, PartialEq)]
enum Ending {
    /// The consumers work on them.
    Drain,
    /// Who closes the queue gets them.
    TakeBack,
    /// They are dropped with the queue.
    Leave,
}

/// Producers, consumers and a thread that joins.
fn traffic<Q: AnyQueue>() {
    let (producers, consumers, quota) = (1 + below(3), 1 + below(3), few());
    // Within a segment of a `Queue`, and over some.
    let capacity = (!one_in(3)).then(|| {
        if one_in(3) {
            33 + below(64)
        } else {
            1 + below(4)
        }
    });
    let mut traffic = Traffic::<Q>::new(capacity, producers, consumers, quota);
    traffic.ending = [Ending::Drain, Ending::TakeBack, Ending::Leave][below(3)];
    traffic.closed_by = below(2 * producers * quota);
    crew(1 + producers + consumers, |member| match member {
        0 => traffic.join(),
        _ if member <= producers => traffic.produce(member - 1),
        _ => traffic.consume(producers),
    });
    traffic.check();
}

/// Threads that push once or pop once. Nobody is to wait for an item or for room that is there.
fn passers_by<Q: AnyQueue>() {
    let (producers, consumers) = (1 + below(8), 1 + below(8));
    let traffic = Traffic::<Q>::new(Some(1 + below(4)), producers, consumers, 1);
    crew(1 + producers + consumers, |member| match member {
        0 => {
            until(|| {
                (traffic.queue.len() == 0 || traffic.consuming.load(Relaxed) == 0)
                    && (traffic.queue.is_full() || traffic.producing.load(Relaxed) == 0)
            });
            traffic.close();
        }
        _ if member <= producers => traffic.produce(member - 1),
        _ => {
            survive(|| {
                traffic
                    .queue
                    .work_somehow(&mut |item| traffic.work_on(item))
            });
            traffic.consuming.fetch_sub(1, Relaxed);
        }
    });
    traffic.check();
}

struct Traffic<Q> {
    queue: Q,
    ending: Ending,
    /// The item whose producer closes the queue, unless there is none of this number.
    closed_by: usize,
    /// How many items each producer pushes.
    quota: usize,
    fates: Vec<Arc<Fate>>,
    /// How many producers have not gone.
    producing: AtomicUsize,
    /// How many consumers have not gone.
    consuming: AtomicUsize,
    closed: AtomicBool,
    /// How many items have been worked on.
    finished: AtomicUsize,
}

impl<Q: AnyQueue> Traffic<Q> {
    fn new(capacity: Option<usize>, producers: usize, consumers: usize, quota: usize) -> Self {
        Traffic {
            queue: Q::with(capacity),
            ending: Ending::Leave,
            closed_by: usize::MAX,
            quota,
            fates: (0..producers * quota).map(|_| Arc::default()).collect(),
            producing: AtomicUsize::new(producers),
            consuming: AtomicUsize::new(consumers),
            closed: AtomicBool::new(false),
            finished: AtomicUsize::new(0),
        }
    }

    fn produce(&self, producer: usize) {
        for id in producer * self.quota..(producer + 1) * self.quota {
            // Who has panicked often goes, and must not take along the wake-up of another.
            if !self.push(producer, id) && one_in(2) {
                break;
            }
            if id == self.closed_by {
                self.close();
            }
        }
        OPERATIONS.fetch_add(self.quota, Relaxed);
        // Release: for `join`, which adds up what was accepted.
        self.producing.fetch_sub(1, Release);
    }

    /// Returns whether it did not panic.
    fn push(&self, producer: usize, id: usize) -> bool {
        let fate = &self.fates[id];
        fate.made.store(1, Relaxed);
        let item = Item {
            id,
            producer,
            fate: Arc::clone(fate),
        };
        match survive(|| self.queue.push_somehow(item)) {
            Some(Ok(())) => fate.accepted.store(true, Relaxed),
            Some(Err(refused)) => {
                assert_eq!(refused.id, id);
                survive(|| drop(refused));
            }
            None => {
                assert_eq!(
                    fate.dropped.load(Relaxed),
                    1,
                    "a comparison panicked, and the item went with it"
                );
                return false;
            }
        }
        true
    }

    fn close(&self) {
        self.closed.store(true, Relaxed);
        if self.ending == Ending::TakeBack {
            self.take_back()
        } else {
            self.queue.close()
        }
    }

    /// Takes what is left in the queue and checks its order.
    fn take_back(&self) {
        // A comparison that panics changes nothing, so it can be tried again.
        self.count(
            survive(|| self.queue.close_now()).unwrap_or_else(|| calmly(|| self.queue.close_now())),
        );
    }

    /// Takes it one by one.
    fn take_out(&self) {
        self.count(calmly(|| iter::from_fn(|| self.queue.pop_left()).collect()));
    }

    fn count(&self, left: Vec<Item>) {
        for (place, earlier) in left.iter().enumerate() {
            assert!(
                left[place + 1..]
                    .iter()
                    .all(|later| Q::may_follow(earlier, later))
            );
            earlier.fate.delivered.fetch_add(1, Relaxed);
        }
        survive(|| drop(left));
    }

    fn consume(&self, producers: usize) {
        let mut latest = vec![None; producers];
        let mut work = |item: &Item| {
            let before = latest[item.producer].replace(item.id);
            assert!(!Q::FIRST_IN_FIRST_OUT || before < Some(item.id));
            self.work_on(item);
        };
        loop {
            let outcome = survive(|| self.queue.work_somehow(&mut work));
            let drained = outcome == Some(true);
            let leaves = self.ending == Ending::Leave && self.closed.load(Relaxed);
            if drained
                || leaves
                || (outcome.is_none() && one_in(2) && self.is_not_the_last_consumer())
            {
                break;
            }
        }
    }

    fn work_on(&self, item: &Item) {
        item.fate.delivered.fetch_add(1, Relaxed);
        dawdle();
        self.finished.fetch_add(1, Relaxed);
        maybe_panic();
    }

    /// Counts one consumer less, unless there is only one left.
    fn is_not_the_last_consumer(&self) -> bool {
        self.consuming
            .try_update(Relaxed, Relaxed, |consuming| {
                (consuming > 1).then(|| consuming - 1)
            })
            .is_ok()
    }

    /// Joins again and again, at last when all has been pushed; and then closes the queue.
    fn join(&self) {
        loop {
            let producing = self.producing.load(Acquire) > 0;
            // What is left in the queue will never be done.
            let patience = if self.ending == Ending::Leave {
                Patience::None
            } else {
                Patience::random()
            };
            let joined = self.queue.join_somehow(patience);
            assert!(joined || !patience.is_endless());
            if joined && !producing && self.ending == Ending::Drain {
                assert_eq!(
                    self.finished.load(Relaxed),
                    self.accepted(),
                    "not all was done that is joined"
                );
            }
            if !producing && (joined || self.ending == Ending::Leave) {
                break self.close();
            }
            thread::yield_now();
        }
    }

    fn accepted(&self) -> usize {
        self.fates
            .iter()
            .filter(|fate| fate.accepted.load(Relaxed))
            .count()
    }

    fn check(self) {
        assert_eq!(self.queue.waiters(), 0);
        match below(3) {
            0 => self.take_back(),
            1 => self.take_out(),
            _ => {}
        }
        let delivered: usize = self
            .fates
            .iter()
            .map(|fate| fate.delivered.load(Relaxed))
            .sum();
        let left = self.queue.len();
        assert_eq!(self.accepted(), delivered + left);
        assert!(left == 0 || self.ending == Ending::Leave);
        assert!(left > 0 || self.queue.nothing_is_unfinished());
        survive(|| drop(self.queue));
        for fate in &self.fates {
            assert!(fate.delivered.load(Relaxed) <= usize::from(fate.accepted.load(Relaxed)));
            assert_eq!(fate.dropped.load(Relaxed), fate.made.load(Relaxed));
        }
    }
}

// ---- What the episodes are made of

/// Runs `work` on so many threads, each with dice of its own, and fails if it fails on one of them.
fn crew(members: usize, work: impl Fn(usize) + Sync) {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..members)
            .map(|member| {
                let (seed, work) = (dice::roll(), &work);
                let run = move || {
                    dice::seed(seed);
                    work(member);
                };
                thread::Builder::new()
                    .stack_size(STACK)
                    .spawn_scoped(scope, run)
                    .expect("one more thread")
            })
            .collect();
        // One by one: a scope alone ends before its threads have given back their memory.
        for thread in threads {
            thread
                .join()
                .unwrap_or_else(|failure| panic::resume_unwind(failure));
        }
    });
}

/// How many threads share a primitive, outside a crowd.
fn team() -> usize {
    2 + below(4)
}

/// How often a thread does something in an episode. Seldom is as good as often: most of what can go wrong does when
/// the last one goes.
fn few() -> usize {
    1 << below(9)
}

fn times(steps: usize, mut step: impl FnMut()) {
    (0..steps).for_each(|_| step());
    OPERATIONS.fetch_add(steps, Relaxed);
}

/// Mostly nothing; sometimes others may run; and seldom it takes longer than the millisecond after which those who
/// wait are served first.
fn dawdle() {
    match below(256) {
        0 => until_passed(Duration::from_micros(1_200)),
        1..16 => thread::yield_now(),
        _ => {}
    }
}

fn until_passed(time: Duration) {
    let start = Instant::now();
    until(|| start.elapsed() >= time);
}

fn until(mut condition: impl FnMut() -> bool) {
    while !condition() {
        thread::yield_now();
    }
}

/// How long a wait is ready to wait.
#[derive(Clone, Copy, PartialEq)]
enum Patience {
    None,
    Little(Duration),
    /// For longer than any episode lasts.
    AnHour,
    /// More than the clock can count.
    Endless,
}

impl Patience {
    fn random() -> Self {
        match below(4) {
            0 => Patience::None,
            1 => Patience::Little(Duration::from_nanos(below(100_000) as u64)),
            _ => Patience::endless(),
        }
    }

    fn endless() -> Self {
        if one_in(2) {
            Patience::AnHour
        } else {
            Patience::Endless
        }
    }

    fn is_endless(self) -> bool {
        matches!(self, Patience::AnHour | Patience::Endless)
    }

    fn duration(self) -> Duration {
        match self {
            Patience::None => Duration::ZERO,
            Patience::Little(time) => time,
            Patience::AnHour => Duration::from_secs(3_600),
            Patience::Endless => Duration::MAX,
        }
    }

    fn deadline(self) -> Instant {
        Instant::now() + self.duration().min(Patience::AnHour.duration())
    }

    /// Who is ready to wait without end gets what it waits for.
    fn check<T>(self, got: Option<T>) -> Option<T> {
        assert!(got.is_some() || !self.is_endless());
        got
    }
}

/// A place for so many at once. Relaxed, so that it orders nothing for the primitive under test.
struct Room {
    seats: usize,
    taken: AtomicUsize,
}

#[must_use]
struct Seats<'a> {
    room: &'a Room,
    n: usize,
}

impl Room {
    fn with_seats(seats: usize) -> Self {
        Room {
            seats,
            taken: AtomicUsize::new(0),
        }
    }

    fn enter(&self, n: usize) -> Seats<'_> {
        let taken = self.taken.fetch_add(n, Relaxed) + n;
        assert!(
            taken <= self.seats,
            "{taken} are in a room for {}",
            self.seats
        );
        Seats { room: self, n }
    }
}

impl Default for Room {
    fn default() -> Self {
        Room::with_seats(1)
    }
}

impl Drop for Seats<'_> {
    fn drop(&mut self) {
        self.room.taken.fetch_sub(self.n, Relaxed);
    }
}

/// What the callbacks panic with.
struct Planned;

thread_local! {
    static CALM: Cell<bool> = const { Cell::new(false) };
}

fn maybe_panic() {
    if one_in(ONE_IN.load(Relaxed)) && !CALM.get() && !thread::panicking() {
        panic_as_planned();
    }
}

/// Past the hook: an expected panic leaves no message.
fn panic_as_planned() {
    PLANNED_PANICS.fetch_add(1, Relaxed);
    panic::resume_unwind(Box::new(Planned));
}

/// Without planned panics, for what makes so many comparisons that one of them would always panic.
fn calmly<R>(f: impl FnOnce() -> R) -> R {
    CALM.set(true);
    let result = f();
    CALM.set(false);
    result
}

/// What `f` returns, or `None` if it panics as planned. Any other panic goes on.
fn survive<R>(f: impl FnOnce() -> R) -> Option<R> {
    match panic::catch_unwind(AssertUnwindSafe(f)) {
        Ok(result) => Some(result),
        Err(payload) if payload.is::<Planned>() => None,
        Err(payload) => panic::resume_unwind(payload),
    }
}

/// A generator for each thread (SplitMix64), because `Ord` and `Drop` take no generator as an argument.
mod dice {
    use std::cell::Cell;

    thread_local! {
        static STATE: Cell<u64> = const { Cell::new(0) };
    }

    pub(crate) fn seed(seed: u64) {
        STATE.set(seed);
    }

    pub(crate) fn roll() -> u64 {
        STATE.set(STATE.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
        let mixed = STATE.get();
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(n: usize) -> usize {
        (roll() % n as u64) as usize
    }

    pub(crate) fn one_in(n: usize) -> bool {
        below(n) == 0
    }
}

// ---- How episodes are run

static EPISODES: AtomicUsize = AtomicUsize::new(0);
static OPERATIONS: AtomicUsize = AtomicUsize::new(0);
static PLANNED_PANICS: AtomicUsize = AtomicUsize::new(0);
/// The one of `PANICS` that holds in the present episode.
static ONE_IN: AtomicUsize = AtomicUsize::new(PANICS[0]);
/// The seed of the present episode.
static SEED: AtomicU64 = AtomicU64::new(0);

/// Plays `episode` again and again for the time that a test has.
fn stress(name: &'static str, episode: fn()) {
    // The tests take turns: they share the counters above, and the count of live memory.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for counter in [&EPISODES, &OPERATIONS, &PLANNED_PANICS] {
        counter.store(0, Relaxed);
    }
    let time = setting("STRESS_SECONDS").map_or(Duration::from_millis(750), Duration::from_secs);
    let repeated = setting("TEST_SEED");
    let rounds = thread::spawn(move || two_rounds(episode, time, repeated));
    let (mut seen, mut since) = (0, Instant::now());
    while !rounds.is_finished() {
        thread::park_timeout(Duration::from_millis(10));
        let played = EPISODES.load(Relaxed);
        if played != seen {
            (seen, since) = (played, Instant::now());
        }
        let seed = SEED.load(Relaxed);
        assert!(
            since.elapsed() < STALL,
            "{name} hangs: the episode has not ended after {STALL:?}; TEST_SEED={seed}"
        );
    }
    let [first, second] = rounds.join().unwrap_or_else(|failure| {
        eprintln!(
            "{name}: to play the episode that failed again: TEST_SEED={}",
            SEED.load(Relaxed)
        );
        panic::resume_unwind(failure);
    });
    let [episodes, operations, panics] =
        [&EPISODES, &OPERATIONS, &PLANNED_PANICS].map(|counter| counter.load(Relaxed));
    println!(
        "{name}: {episodes} episodes, {operations} operations, {panics} planned panics; \
         live bytes {first} after the first round, {second} after the second"
    );
    assert!(
        second <= first,
        "{name} keeps memory: {first} bytes after one round, {second} after two"
    );
}

/// Returns the bytes that were live after each.
fn two_rounds(episode: fn(), time: Duration, repeated: Option<u64>) -> [usize; 2] {
    warm_up();
    let mut next = RandomState::new().hash_one("the first seed");
    [(); 2].map(|()| {
        let start = Instant::now();
        loop {
            next = next.wrapping_add(1);
            let seed = repeated.unwrap_or(next);
            SEED.store(seed, Relaxed);
            dice::seed(seed);
            ONE_IN.store(PANICS[below(PANICS.len())], Relaxed);
            episode();
            EPISODES.fetch_add(1, Relaxed);
            if start.elapsed() >= time / 2 {
                break LIVE.load(Relaxed);
            }
        }
    })
}

fn setting(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is a whole number, not {text:?}")),
    )
}

/// The parking lot's table grows with the number of threads that there ever were, and stays as large.
fn warm_up() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| event_in_step(CROWD, 1));
}

/// Bytes that are allocated at this moment.
static LIVE: AtomicUsize = AtomicUsize::new(0);

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: `System` does the work, and is handed what was asked for; counting does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Relaxed);
        // SAFETY: the caller keeps `alloc`'s contract, which is that of `System` too.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller keeps `dealloc`'s contract, and all that it was given is from `System`.
        unsafe { System.dealloc(place, layout) }
    }
}
