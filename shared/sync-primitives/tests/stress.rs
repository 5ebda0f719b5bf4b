//! Runs every primitive under random operations, timeouts and panics, and with two thousand
//! threads.
//!
//! A test runs episodes. In each of them, a random_steps threads perform random operations on a new
//! primitive, and at the end all counts must agree. Exclusion, permits and order are checked
//! throughout. An episode that does not end is a failure. The episodes are divided into two rounds,
//! and after the second round no more memory may be allocated than after the first.
//!
//! Each test takes 0.75 seconds, or `STRESS_SECONDS`. The long run prints its counts:
//!
//! ```console
//! $ STRESS_SECONDS=60 cargo test --release -p sync-primitives --test stress -- --nocapture
//! ```
//!
//! A failure prints the seed of its episode. If you set `TEST_SEED` to it, the test repeats this
//! episode. The seed determines what each thread does, but not how the threads interleave, so it
//! may take some repetitions until the failure occurs again.

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
    Barrier, BarrierWaitResult, BoundedSemaphore, BrokenBarrier, BrokenBarrierReason, Closed,
    Condition, Event, LifoQueue, Lock, LockGuard, OwnedSemaphorePermit, PriorityQueue, PushError,
    Queue, RLock, RLockGuard, Semaphore, SemaphorePermit, Task, TaskDoneError, TooManyPermits,
    TryPopError, TryPushError, Waitable,
};

use dice::{below, one_in};

const CROWD: usize = 2_000;
/// The stack of a thread. It is small, so that two thousand threads fit into memory, but large
/// enough to print the message of a failed assertion.
const STACK: usize = 128 * 1024;
/// An episode that takes longer counts as hung. On an idle machine, the longest takes much less
/// than a second.
const EPISODE_LIMIT: Duration = Duration::from_secs(60);
/// One in this many calls of a callback panics. Each episode picks one of these numbers.
const PANIC_RATES: [usize; 3] = [8, 32, 128];

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
    stress("Condition with Lock", || {
        condition_episode(&LockStock::default())
    });
}

#[test]
fn condition_with_rlock() {
    stress("Condition with RLock", || {
        condition_episode(&RLockStock::default())
    });
}

#[test]
fn condition_with_outermost() {
    stress("Condition with Outermost", || {
        condition_episode(&OutermostStock::default())
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
        // The first waiter may use another lock than the one whose stock has grown, so a
        // notification of a single waiter could go to the wrong one.
        condition_market(stocks, |condition, _| _ = condition.notify_all());
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
            event_in_step(team_size(), random_steps())
        } else {
            event_at_random()
        }
    });
}

#[test]
fn barrier() {
    stress("Barrier", || match below(3) {
        0 => barrier_in_step(team_size(), random_steps()),
        1 => barrier_until_a_timeout(),
        _ => barrier_storm(),
    });
}

#[test]
fn queue() {
    stress("Queue", || {
        if one_in(2) {
            traffic::<Queue<Item>>()
        } else {
            queue_single_operations::<Queue<Item>>()
        }
    });
}

#[test]
fn lifo_queue() {
    stress("LifoQueue", || {
        if one_in(2) {
            traffic::<LifoQueue<Item>>()
        } else {
            queue_single_operations::<LifoQueue<Item>>()
        }
    });
}

#[test]
fn priority_queue() {
    stress("PriorityQueue", || {
        if one_in(2) {
            traffic::<PriorityQueue<Item>>()
        } else {
            queue_single_operations::<PriorityQueue<Item>>()
        }
    });
}

#[test]
fn event_with_two_thousand_threads() {
    stress("Event with two thousand threads", || {
        event_in_step(CROWD, 3)
    });
}

#[test]
fn barrier_with_two_thousand_threads() {
    stress("Barrier with two thousand threads", || {
        barrier_in_step(CROWD, 2);
        barrier_breaks_for_every_party(CROWD);
    });
}

#[test]
fn semaphore_with_two_thousand_threads() {
    stress("Semaphore with two thousand threads", semaphore_crowd);
}

// ---- Lock

fn lock_episode() {
    let lock = Lock::new(0);
    let room = Room::with_seats(1);
    let counted = AtomicUsize::new(0);
    let steps = random_steps();
    crew(team_size(), |_| {
        times(steps, || {
            _ = catch_planned(|| use_lock(&lock, &room, &counted))
        })
    });
    assert!(!lock.is_locked());
    assert_eq!(lock.waiters(), 0);
    assert_eq!(lock.into_inner(), counted.into_inner());
}

fn use_lock(lock: &Lock<usize>, room: &Room, counted: &AtomicUsize) {
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

/// Adds one in two steps, so that an update is lost if two threads do it at the same time.
fn add_one(count: &mut usize, counted: &AtomicUsize) {
    let before = *count;
    maybe_delay();
    *count = before + 1;
    counted.fetch_add(1, Relaxed);
}

// ---- RLock

fn rlock_episode() {
    let lock = RLock::new(Cell::new(0));
    let room = Room::with_seats(1);
    let counted = AtomicUsize::new(0);
    let steps = random_steps();
    crew(team_size(), |_| {
        times(steps, || {
            assert!(!lock.is_owned());
            catch_planned(|| use_rlock(&lock, &room, &counted));
            assert_eq!(lock.depth(), 0);
        });
    });
    assert!(!lock.is_locked());
    assert_eq!(lock.waiters(), 0);
    assert_eq!(lock.into_inner().get(), counted.into_inner());
}

/// Acquires several levels, adds one at each of them, and releases them in a random order.
fn use_rlock(lock: &RLock<Cell<usize>>, room: &Room, counted: &AtomicUsize) {
    let mut levels = Vec::new();
    let mut seat = None;
    for depth in 1..=1 + below(5) {
        let Some(level) = rlock_somehow(lock) else {
            assert_eq!(depth, 1, "the owner always gets another level");
            return;
        };
        seat.get_or_insert_with(|| room.enter(1));
        assert_eq!(lock.depth(), depth);
        let before = level.get();
        levels.push(level);
        maybe_panic();
        maybe_delay();
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

/// A number of goods behind a lock. Takers use a condition to wait for them.
trait Stock: Sync {
    /// Adds `n` goods and calls `notify`, either while it holds the lock or after unlocking.
    fn put(&self, n: usize, notify: &dyn Fn());

    /// Takes one of the goods, unless it times out. Returns whether it took one.
    fn take(&self, condition: &Condition) -> bool;

    fn count(&self) -> usize;

    fn assert_free(&self);
}

fn condition_episode(stock: &dyn Stock) {
    if one_in(2) {
        condition_market([stock], notify_somehow)
    } else {
        condition_single_takers(stock)
    }
}

/// For each taker, a thread adds as many goods as the taker needs. So if a notification is lost,
/// the episode hangs.
fn condition_market<const N: usize>(stocks: [&dyn Stock; N], notify: fn(&Condition, usize)) {
    let condition = Condition::new();
    let quota = random_steps();
    crew(2 * N.max(team_size()), |member| {
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

/// Each taker comes once. No taker may stay parked while there are goods.
fn condition_single_takers(stock: &dyn Stock) {
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

/// Takes one of the goods. If the taker panics, it notifies another one, because it may have used
/// up a notification.
fn take_or_pass_on(
    stock: &dyn Stock,
    condition: &Condition,
    notify: fn(&Condition, usize),
) -> bool {
    catch_planned(|| stock.take(condition)).unwrap_or_else(|| {
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

/// Waits until `count` returns more than 0. Returns `false` if it timed out.
fn wait_for_goods<G: Waitable>(
    condition: &Condition,
    guard: &mut G,
    count: impl Fn(&G::Target) -> usize,
) -> bool {
    let patience = Patience::random();
    let sold_out = |stock: &G::Target| {
        maybe_panic();
        count(stock) == 0
    };
    let available = match below(6) {
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
        // A waiter that times out leaves without checking the count again. It must not take a
        // notification from the others.
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
    assert!(count(guard) > 0 || !available);
    assert!(available || !patience.is_endless());
    available
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
        notify_and_unlock(count, notify);
    }

    fn take(&self, condition: &Condition) -> bool {
        let mut count = self.lock.lock();
        let available = wait_for_goods(condition, &mut count, |count| *count);
        let _seat = self.room.enter(1);
        maybe_delay();
        *count -= usize::from(available);
        available
    }

    fn count(&self) -> usize {
        *self.lock.lock()
    }

    fn assert_free(&self) {
        assert_eq!((self.lock.is_locked(), self.lock.waiters()), (false, 0));
    }
}

/// The count is atomic because a condition accepts an `RLockGuard` only if its value is `Sync`. It
/// is changed in two steps, so that an update is lost if two threads do it at the same time.
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
        notify_and_unlock(count, notify);
    }

    fn take(&self, condition: &Condition) -> bool {
        let outer: Vec<_> = (0..below(4)).map(|_| self.lock.lock()).collect();
        let mut count = self.lock.lock();
        let available = wait_for_goods(condition, &mut count, |count| count.load(Relaxed));
        assert_eq!(
            self.lock.depth(),
            outer.len() + 1,
            "the wait acquires every level again"
        );
        let _seat = self.room.enter(1);
        maybe_delay();
        count.store(count.load(Relaxed) - usize::from(available), Relaxed);
        available
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
        notify_and_unlock(count, notify);
    }

    fn take(&self, condition: &Condition) -> bool {
        let mut count = self.lock.lock();
        let mut only_level = RLockGuard::outermost(&mut count).expect("there is one level");
        let available = wait_for_goods(condition, &mut only_level, Cell::get);
        assert_eq!(self.lock.depth(), 1);
        let _seat = self.room.enter(1);
        maybe_delay();
        count.update(|count| count - usize::from(available));
        available
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

/// Notifies after unlocking or before. In the second case, the notified threads wait for the lock,
/// and some of them until they time out.
fn notify_and_unlock<G>(guard: G, notify: &dyn Fn()) {
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
    /// Adds `n` permits that were forgotten.
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
    restore: |semaphore: &BoundedSemaphore, n| semaphore.add_permits(n).expect("forgotten permits lower the sum"),
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
                self.split(n).expect("a part of the permits")
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
    let steps = random_steps();
    crew(team_size(), |_| {
        times(steps, || {
            _ = catch_planned(|| use_semaphore(&semaphore, below(permits + 1), &room))
        })
    });
    semaphore.assert_has_all(permits);
    assert_eq!(Arc::strong_count(&semaphore), 1);
}

fn use_semaphore<S: AnySemaphore>(semaphore: &Arc<S>, n: usize, room: &Room) {
    let restore = |n| semaphore.restore(n);
    let acquired = if one_in(4) {
        Arc::clone(semaphore)
            .acquire_owned_somehow(n)
            .map(|permit| hold(permit, n, room, restore))
    } else {
        semaphore
            .acquire_somehow(n)
            .map(|permit| hold(permit, n, room, restore))
    };
    assert!(
        acquired.is_some() || n > 0,
        "0 permits are always available"
    );
}

fn hold(mut permit: impl Permit, n: usize, room: &Room, restore: impl Fn(usize)) {
    let seats = room.enter(n);
    maybe_panic();
    maybe_delay();
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
            maybe_delay();
        }
        2 => {
            permit.forget();
            restore(n);
        }
        _ => drop(permit),
    }
}

/// For each thread that takes permits and keeps them, another one adds as many. So if a wakeup is
/// lost, the episode hangs. In half of the episodes, a rival wants more permits than there will
/// ever be. It may delay the others until it times out.
fn semaphore_market() {
    let semaphore = Semaphore::new(0);
    let (pairs, rivals, quota) = (team_size(), below(2), random_steps());
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
                maybe_delay();
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

/// All threads are parked at the same time. Then each of them acquires its permits, or times out
/// and tries again.
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
                _ = catch_planned(|| use_semaphore(&semaphore, below(PERMITS + 1), &room))
            });
        }
    });
    semaphore.assert_has_all(PERMITS);
}

// ---- Event

/// All waiters are parked, and a single `set` and `clear` releases each of them exactly once.
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

/// One thread sets and clears the event at random, and the others wait at random.
fn event_at_random() {
    let event = Event::new();
    let (started, cleared) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let steps = random_steps();
    crew(1 + team_size(), |member| {
        if member > 0 {
            return times(steps, || {
                wait_for_event_at_random(&event, &started, &cleared)
            });
        }
        times(steps, || {
            started.fetch_add(1, Relaxed);
            (0..1 + below(2)).for_each(|_| event.set());
            maybe_delay();
            event.clear();
            cleared.fetch_add(1, Release);
            maybe_delay();
        });
        started.fetch_add(1, Relaxed);
        event.set();
    });
    assert_eq!((event.is_set(), event.waiters()), (true, 0));
}

fn wait_for_event_at_random(event: &Event, started: &AtomicUsize, cleared: &AtomicUsize) {
    let patience = Patience::random();
    let cleared_before = cleared.load(Acquire);
    let start = Instant::now();
    if wait_for_event(event, patience) {
        assert!(
            started.load(Relaxed) > cleared_before,
            "a wait returned although every set was cleared before it began"
        );
    } else {
        assert!(
            start.elapsed() >= patience.duration(),
            "a wait timed out too early"
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

/// No party is ever a round ahead. Each round has one leader, runs the action once, and gives out
/// each index once.
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
            tally.note(result.expect("no thread breaks the barrier"));
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

/// Only timeouts break a round. No timeout breaks a round whose action runs, because its last party
/// has arrived.
fn barrier_until_a_timeout() {
    let parties = 2 + below(3);
    let (actions, tally) = (AtomicUsize::new(0), Tally::default());
    let barrier = Barrier::with_action(parties, || {
        actions.fetch_add(1, Relaxed);
        until_passed(Duration::from_micros(below(200) as u64));
    });
    let most = random_steps();
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

/// More threads than parties break rounds in every way.
fn barrier_storm() {
    let parties = 1 + below(4);
    let threads = parties + below(3);
    let (stage, actions, tally) = (Room::with_seats(1), AtomicUsize::new(0), Tally::default());
    let barrier = Barrier::with_action(parties, || {
        let _seat = stage.enter(1);
        actions.fetch_add(1, Relaxed);
        maybe_delay();
        maybe_panic();
    });
    let (present, has_one_left) = (AtomicUsize::new(threads), AtomicBool::new(false));
    let steps = random_steps();
    crew(1 + threads, |member| {
        if member == 0 {
            // Once a thread has left, there may be too random_steps to complete a round. So this
            // thread breaks every round until all have left.
            return until(|| {
                if has_one_left.load(Relaxed) && !barrier.is_broken() {
                    barrier.abort();
                }
                present.load(Relaxed) == 0
            });
        }
        times(steps, || {
            _ = catch_planned(|| use_barrier_at_random(&barrier, &tally))
        });
        has_one_left.store(true, Relaxed);
        present.fetch_sub(1, Relaxed);
    });
    assert!(tally.rounds(parties) <= actions.load(Relaxed));
    assert_eq!(barrier.waiters(), 0);
}

fn use_barrier_at_random<A: Fn() + Sync>(barrier: &Barrier<A>, tally: &Tally) {
    match below(32) {
        0 => barrier.abort(),
        1 => barrier.reset(),
        _ => match wait_at_barrier(barrier, Patience::random()) {
            Ok(result) => tally.note(result),
            Err(_) if one_in(2) => barrier.reset(),
            Err(_) => thread::yield_now(),
        },
    }
}

/// One party times out, and in a later round the action panics. Both times, every other party finds
/// the barrier broken.
fn barrier_breaks_for_every_party(parties: usize) {
    let barrier = Barrier::with_action(parties, panic_as_planned);
    crew(parties - 1, |member| {
        if member == 0 {
            until(|| barrier.waiters() == parties - 2);
            let result = barrier.wait_for(Duration::ZERO);
            assert_eq!(reason(result), Some(BrokenBarrierReason::TimedOut));
        } else {
            let result = wait_at_barrier(&barrier, Patience::endless());
            assert_eq!(reason(result), Some(BrokenBarrierReason::TimedOut));
        }
    });
    assert!(barrier.is_broken());
    barrier.reset();
    let panics = AtomicUsize::new(0);
    crew(parties, |_| match catch_planned(|| barrier.wait()) {
        Some(result) => assert_eq!(reason(result), Some(BrokenBarrierReason::ActionPanicked)),
        None => _ = panics.fetch_add(1, Relaxed),
    });
    assert_eq!(
        (panics.into_inner(), barrier.is_broken(), barrier.waiting()),
        (1, true, 0)
    );
    OPERATIONS.fetch_add(2 * parties, Relaxed);
}

/// The reason why a round broke, or `None` if it passed.
fn reason(result: Result<BarrierWaitResult, BrokenBarrier>) -> Option<BrokenBarrierReason> {
    result.err().map(|error| error.reason())
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

/// The sums of what `wait` returned to the parties, over all rounds.
#[derive(Default)]
struct Tally {
    passed: AtomicUsize,
    leaders: AtomicUsize,
    indexes: AtomicUsize,
}

impl Tally {
    fn note(&self, result: BarrierWaitResult) {
        self.passed.fetch_add(1, Relaxed);
        self.leaders
            .fetch_add(usize::from(result.is_leader()), Relaxed);
        self.indexes.fetch_add(result.index(), Relaxed);
    }

    /// Returns the number of completed rounds. Asserts that all results belong to completed rounds.
    fn rounds(&self, parties: usize) -> usize {
        let rounds = self.leaders.load(Relaxed);
        assert_eq!(
            self.passed.load(Relaxed),
            rounds * parties,
            "every party of a completed round passes"
        );
        assert_eq!(
            self.indexes.load(Relaxed),
            rounds * (parties * (parties - 1) / 2),
            "each index occurs once in a round"
        );
        rounds
    }
}

// ---- Queue, LifoQueue, PriorityQueue

/// An item that goes through the queues. Comparing and dropping it may panic.
struct Item {
    id: usize,
    producer: usize,
    fate: Arc<Fate>,
}

/// Counts what has happened to an item.
#[derive(Default)]
struct Fate {
    made: AtomicUsize,
    accepted: AtomicBool,
    delivered: AtomicUsize,
    dropped: AtomicUsize,
}

impl Item {
    /// Returns the priority of the item. Many items have the same rank.
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
    /// Pops items in a random way and calls `work` for each of them. Returns `true` if the queue is
    /// closed and empty.
    fn work_somehow(&self, work: &mut dyn FnMut(&Item)) -> bool;
    /// Joins the queue in a random way. Returns `false` if it timed out.
    fn join_somehow(&self, patience: Patience) -> bool;
    fn close(&self);
    fn close_now(&self) -> Vec<Item>;
    /// Pops an item from a closed queue.
    fn pop_remaining_item(&self) -> Option<Item>;
    fn len(&self) -> usize;
    fn is_full(&self) -> bool;
    fn waiters(&self) -> usize;
    fn nothing_is_unfinished(&self) -> bool;
    /// Returns `true` if `later` may be popped after `earlier`. Both were in the queue when
    /// `earlier` was popped.
    fn may_follow(earlier: &Item, later: &Item) -> bool;
    /// Whether `may_follow` also holds for all items that one thread pops.
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
                let done = || self.task_done().expect("a popped item is not done yet");
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

            fn pop_remaining_item(&self) -> Option<Item> {
                self.pop().ok().inspect(|_| self.task_done().expect("the item was not done"))
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
    /// Marks the item as done, even if the work on it panics.
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

/// What happens to the items that are in the queue when it is closed.
#[derive(Clone, Copy, PartialEq)]
enum Ending {
    /// The consumers pop them.
    Drain,
    /// `close_now` returns them.
    CloseNow,
    /// They stay in the queue and are dropped with it.
    Leave,
}

/// Runs producers, consumers and a thread that joins.
fn traffic<Q: AnyQueue>() {
    let (producers, consumers, quota) = (1 + below(3), 1 + below(3), random_steps());
    // A small capacity fits into a single segment of a `Queue`, and a large one needs several.
    let capacity = (!one_in(3)).then(|| {
        if one_in(3) {
            33 + below(64)
        } else {
            1 + below(4)
        }
    });
    let mut traffic = Traffic::<Q>::new(capacity, producers, consumers, quota);
    traffic.ending = [Ending::Drain, Ending::CloseNow, Ending::Leave][below(3)];
    traffic.closed_by = below(2 * producers * quota);
    crew(1 + producers + consumers, |member| match member {
        0 => traffic.join(),
        _ if member <= producers => traffic.produce(member - 1),
        _ => traffic.consume(producers),
    });
    traffic.check();
}

/// Each thread pushes or pops once. No thread may stay parked while there is an item or a free
/// slot.
fn queue_single_operations<Q: AnyQueue>() {
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
            catch_planned(|| {
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
    /// The producer of the item with this number closes the queue. There may be no such item.
    closed_by: usize,
    /// How many items each producer pushes.
    quota: usize,
    fates: Vec<Arc<Fate>>,
    /// How many producers have not ended.
    producing: AtomicUsize,
    /// How many consumers have not ended.
    consuming: AtomicUsize,
    closed: AtomicBool,
    /// How many items the consumers have processed.
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
            // After a panic, the producer often ends. A wakeup that it has received must not be
            // lost.
            if !self.push(producer, id) && one_in(2) {
                break;
            }
            if id == self.closed_by {
                self.close();
            }
        }
        OPERATIONS.fetch_add(self.quota, Relaxed);
        // Release: pairs with the Acquire in `join`; makes this producer's accepted items visible.
        self.producing.fetch_sub(1, Release);
    }

    /// Returns `false` if the push panicked.
    fn push(&self, producer: usize, id: usize) -> bool {
        let fate = &self.fates[id];
        fate.made.store(1, Relaxed);
        let item = Item {
            id,
            producer,
            fate: Arc::clone(fate),
        };
        match catch_planned(|| self.queue.push_somehow(item)) {
            Some(Ok(())) => fate.accepted.store(true, Relaxed),
            Some(Err(refused)) => {
                assert_eq!(refused.id, id);
                catch_planned(|| drop(refused));
            }
            None => {
                assert_eq!(
                    fate.dropped.load(Relaxed),
                    1,
                    "a push that panics drops its item once"
                );
                return false;
            }
        }
        true
    }

    fn close(&self) {
        self.closed.store(true, Relaxed);
        if self.ending == Ending::CloseNow {
            self.close_now_and_check()
        } else {
            self.queue.close()
        }
    }

    /// Closes the queue, and checks the order of the remaining items.
    fn close_now_and_check(&self) {
        // If a comparison panics, `close_now` has changed nothing, so it can be called again.
        self.count_remaining(
            catch_planned(|| self.queue.close_now())
                .unwrap_or_else(|| without_planned_panics(|| self.queue.close_now())),
        );
    }

    /// Pops the remaining items one by one, and checks their order.
    fn pop_remaining(&self) {
        self.count_remaining(without_planned_panics(|| {
            iter::from_fn(|| self.queue.pop_remaining_item()).collect()
        }));
    }

    fn count_remaining(&self, left: Vec<Item>) {
        for (place, earlier) in left.iter().enumerate() {
            assert!(
                left[place + 1..]
                    .iter()
                    .all(|later| Q::may_follow(earlier, later))
            );
            earlier.fate.delivered.fetch_add(1, Relaxed);
        }
        catch_planned(|| drop(left));
    }

    fn consume(&self, producers: usize) {
        let mut latest = vec![None; producers];
        let mut work = |item: &Item| {
            let before = latest[item.producer].replace(item.id);
            assert!(!Q::FIRST_IN_FIRST_OUT || before < Some(item.id));
            self.work_on(item);
        };
        loop {
            let outcome = catch_planned(|| self.queue.work_somehow(&mut work));
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
        maybe_delay();
        self.finished.fetch_add(1, Relaxed);
        maybe_panic();
    }

    /// Removes a consumer from the count, unless it is the last one.
    fn is_not_the_last_consumer(&self) -> bool {
        self.consuming
            .try_update(Relaxed, Relaxed, |consuming| {
                (consuming > 1).then(|| consuming - 1)
            })
            .is_ok()
    }

    /// Joins repeatedly, for the last time when all producers have ended. Then it closes the queue.
    fn join(&self) {
        loop {
            let producing = self.producing.load(Acquire) > 0;
            // The items that stay in the queue will never be done.
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
                    "join returned before all items were done"
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
            0 => self.close_now_and_check(),
            1 => self.pop_remaining(),
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
        catch_planned(|| drop(self.queue));
        for fate in &self.fates {
            assert!(fate.delivered.load(Relaxed) <= usize::from(fate.accepted.load(Relaxed)));
            assert_eq!(fate.dropped.load(Relaxed), fate.made.load(Relaxed));
        }
    }
}

// ---- Helpers of the episodes

/// Runs `work` on `members` threads, and fails if it fails on one of them. Each thread has a random
/// generator of its own.
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
        // Join the threads one by one, because a scope may end before its threads have freed their
        // memory.
        for thread in threads {
            thread
                .join()
                .unwrap_or_else(|failure| panic::resume_unwind(failure));
        }
    });
}

/// Returns a random number of threads that share a primitive.
fn team_size() -> usize {
    2 + below(4)
}

/// Returns a random number of operations for each thread. Small numbers are as useful as large
/// ones, because most faults show when the last thread ends.
fn random_steps() -> usize {
    1 << below(9)
}

fn times(steps: usize, mut step: impl FnMut()) {
    (0..steps).for_each(|_| step());
    OPERATIONS.fetch_add(steps, Relaxed);
}

/// Does nothing in most calls, and yields in some. In a random_steps, it takes more than a
/// millisecond, after which the waiters are overdue.
fn maybe_delay() {
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

/// The timeout of a wait.
#[derive(Clone, Copy, PartialEq)]
enum Patience {
    None,
    Short(Duration),
    /// Longer than any episode.
    Hour,
    /// Too large to add to the current time.
    Endless,
}

impl Patience {
    fn random() -> Self {
        match below(4) {
            0 => Patience::None,
            1 => Patience::Short(Duration::from_nanos(below(100_000) as u64)),
            _ => Patience::endless(),
        }
    }

    fn endless() -> Self {
        if one_in(2) {
            Patience::Hour
        } else {
            Patience::Endless
        }
    }

    fn is_endless(self) -> bool {
        matches!(self, Patience::Hour | Patience::Endless)
    }

    fn duration(self) -> Duration {
        match self {
            Patience::None => Duration::ZERO,
            Patience::Short(time) => time,
            Patience::Hour => Duration::from_secs(3_600),
            Patience::Endless => Duration::MAX,
        }
    }

    fn deadline(self) -> Instant {
        Instant::now() + self.duration().min(Patience::Hour.duration())
    }

    /// Asserts that only a wait with a short timeout has timed out.
    fn check<T>(self, got: Option<T>) -> Option<T> {
        assert!(got.is_some() || !self.is_endless());
        got
    }
}

/// Checks that a limited number of threads are in a critical section at the same time. Its atomics
/// are relaxed, so that they do not order anything for the primitive under test.
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
            "{taken} seats are taken in a room with {}",
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

/// The payload of a planned panic.
struct Planned;

thread_local! {
    static PANICS_DISABLED: Cell<bool> = const { Cell::new(false) };
}

fn maybe_panic() {
    if one_in(PANIC_ONE_IN.load(Relaxed)) && !PANICS_DISABLED.get() && !thread::panicking() {
        panic_as_planned();
    }
}

/// Panics without calling the panic hook, so that a planned panic prints no message.
fn panic_as_planned() {
    PLANNED_PANICS.fetch_add(1, Relaxed);
    panic::resume_unwind(Box::new(Planned));
}

/// Calls `f` without planned panics. This is for operations that make so many comparisons that one
/// of them would always panic.
fn without_planned_panics<R>(f: impl FnOnce() -> R) -> R {
    PANICS_DISABLED.set(true);
    let result = f();
    PANICS_DISABLED.set(false);
    result
}

/// Returns what `f` returns, or `None` if it panics as planned. Any other panic continues.
fn catch_planned<R>(f: impl FnOnce() -> R) -> Option<R> {
    match panic::catch_unwind(AssertUnwindSafe(f)) {
        Ok(result) => Some(result),
        Err(payload) if payload.is::<Planned>() => None,
        Err(payload) => panic::resume_unwind(payload),
    }
}

/// A random generator for each thread (SplitMix64), because `Ord` and `Drop` cannot take a
/// generator as an argument.
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

// ---- The runner

static EPISODES: AtomicUsize = AtomicUsize::new(0);
static OPERATIONS: AtomicUsize = AtomicUsize::new(0);
static PLANNED_PANICS: AtomicUsize = AtomicUsize::new(0);
/// The one of `PANIC_RATES` that the current episode uses.
static PANIC_ONE_IN: AtomicUsize = AtomicUsize::new(PANIC_RATES[0]);
/// The seed of the current episode.
static SEED: AtomicU64 = AtomicU64::new(0);

/// Runs `episode` repeatedly until the time of the test is over.
fn stress(name: &'static str, episode: fn()) {
    // The tests run one at a time, because they share the counters above and the count of live
    // bytes.
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
        let ended = EPISODES.load(Relaxed);
        if ended != seen {
            (seen, since) = (ended, Instant::now());
        }
        let seed = SEED.load(Relaxed);
        assert!(
            since.elapsed() < EPISODE_LIMIT,
            "{name} hangs: the episode has not ended after {EPISODE_LIMIT:?}; TEST_SEED={seed}"
        );
    }
    let [first, second] = rounds.join().unwrap_or_else(|failure| {
        eprintln!(
            "{name}: to run the failed episode again, set TEST_SEED={}",
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
        "{name} leaks memory: {first} bytes after the first round, {second} after the second"
    );
}

/// Runs two rounds of episodes. Returns the number of live bytes after each of them.
fn two_rounds(episode: fn(), time: Duration, repeated: Option<u64>) -> [usize; 2] {
    grow_parking_lot();
    let mut next = RandomState::new().hash_one("the first seed");
    [(); 2].map(|()| {
        let start = Instant::now();
        loop {
            next = next.wrapping_add(1);
            let seed = repeated.unwrap_or(next);
            SEED.store(seed, Relaxed);
            dice::seed(seed);
            PANIC_ONE_IN.store(PANIC_RATES[below(PANIC_RATES.len())], Relaxed);
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
            .unwrap_or_else(|_| panic!("{name} must be a whole number, but it is {text:?}")),
    )
}

/// Runs an episode with all threads. The table of the parking lot grows with the number of threads
/// and never shrinks, so it must reach its full size before the first round.
fn grow_parking_lot() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| event_in_step(CROWD, 1));
}

/// The number of bytes that are allocated.
static LIVE: AtomicUsize = AtomicUsize::new(0);

struct CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

// SAFETY: each call is passed to `System` with its arguments, and counting does not allocate.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Relaxed);
        // SAFETY: the caller fulfills the conditions of this method, which are those of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as in `alloc`. All memory of this allocator comes from `System`.
        unsafe { System.dealloc(pointer, layout) }
    }
}
