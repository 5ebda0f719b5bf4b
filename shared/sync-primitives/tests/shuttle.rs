//! Scenarios that are too large for loom, which shuttle runs under random schedules: what each
//! recipe does, without its files and sockets, and mixtures of several primitives.
//!
//! Run them with:
//!
//! ```console
//! $ RUSTFLAGS="--cfg sync_primitives_shuttle" cargo test --release -p sync-primitives --test shuttle
//! ```
//!
//! Another thread may run at each access to an atomic. So a value that is read and written in two
//! steps loses an update if exclusion fails. A lost wakeup leads to a deadlock, which shuttle
//! reports. Shuttle cannot find a weakened ordering, because all its accesses are sequentially
//! consistent. The loom models check the orderings.
//!
//! To run a failure again, name its test and set one of these variables:
//!
//! - `SHUTTLE_SCHEDULE`: the schedule that the failure has printed. This runs only that schedule.
//! - `SHUTTLE_SEED`: the seed that the run has printed. If you have set `SHUTTLE_ITERATIONS`, set
//!   it to the same number again. If shuttle itself has printed a failing seed, the first schedule
//!   of that seed is the one that fails.
#![cfg(sync_primitives_shuttle)]

use shuttle::{
    Config, Runner,
    rand::{Rng, RngCore, thread_rng},
    scheduler::{PctScheduler, RandomScheduler, ReplayScheduler},
    sync::atomic::{AtomicIsize, AtomicUsize, Ordering::Relaxed},
    thread,
};
use std::{
    collections::VecDeque,
    env,
    hash::{BuildHasher, RandomState},
    io::{self, Write},
    sync::LazyLock,
    time::Duration,
};
use sync_primitives::{
    Barrier, BoundedSemaphore, Closed, Condition, Event, LifoQueue, Lock, LockGuard, PriorityQueue,
    Queue, RLock, RLockGuard, Semaphore, SemaphorePermit, TryPopError, TryPushError, tick,
};

/// The seed of this run. It is written to `stderr` directly, because the test harness would hide
/// the output of a test that passes.
static SEED: LazyLock<u64> = LazyLock::new(|| {
    let seed = number_in("SHUTTLE_SEED").unwrap_or_else(|| RandomState::new().hash_one("a seed"));
    let _ = writeln!(
        io::stderr(),
        "to run these schedules again, set SHUTTLE_SEED={seed}"
    );
    seed
});

fn number_in(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(
        text.parse().unwrap_or_else(|_| {
            panic!("{variable} must be a number below 2^64, but it is {text:?}")
        }),
    )
}

/// One more than the number of steps at which a PCT schedule changes its order.
const DEPTH: usize = 3;

/// Runs `scenario` under `schedules` random schedules, and under a quarter as many PCT schedules.
///
/// A random schedule chooses the next thread anew at each step, so it interleaves all threads
/// evenly. A PCT schedule gives the threads a random order, always runs the first of them that can
/// run, and changes the order at a few random steps (Burckhardt and others, "A Randomized Scheduler
/// with Probabilistic Guarantees of Finding Bugs", 2010). So one thread can make much progress
/// while another one makes none.
fn explore(schedules: usize, scenario: fn()) {
    let mut config = Config::new();
    config.silence_warnings = true; // The top of this file says that orderings are not explored.
    if let Ok(schedule) = env::var("SHUTTLE_SCHEDULE") {
        Runner::new(ReplayScheduler::new_from_encoded(schedule.trim()), config).run(scenario);
        return;
    }
    let random = number_in("SHUTTLE_ITERATIONS").map_or(schedules, |number| number as usize);
    let pct = random / 4;
    eprintln!(
        "{random} random and {pct} PCT schedules from SHUTTLE_SEED={}",
        *SEED
    );
    Runner::new(
        RandomScheduler::new_from_seed(*SEED, random),
        config.clone(),
    )
    .run(scenario);
    Runner::new(PctScheduler::new_from_seed(*SEED, DEPTH, pct), config).run(scenario);
}

/// Runs `body` in `size` threads with the numbers 0 to `size - 1`, beside a clock that ticks once.
/// Returns the results in the order of the numbers.
fn crew<R: Send>(size: usize, body: impl Fn(usize) -> R + Sync) -> Vec<R> {
    let results = crew_without_clock(size + 1, |member| {
        if member < size {
            return Some(body(member));
        }
        pass_time();
        tick();
        None
    });
    results.into_iter().flatten().collect()
}

/// Like `crew`, but without a clock. So no timed wait times out, and no waiter becomes overdue.
fn crew_without_clock<R: Send>(size: usize, body: impl Fn(usize) -> R + Sync) -> Vec<R> {
    thread::scope(|scope| {
        let body = &body;
        let members: Vec<_> = (0..size)
            .map(|member| scope.spawn(move || body(member)))
            .collect();
        members
            .into_iter()
            .map(|member| member.join().unwrap())
            .collect()
    })
}

/// Lets the other threads run for a random number of steps.
fn pass_time() {
    let nothing = AtomicUsize::new(0);
    for _ in 0..below(600) {
        nothing.load(Relaxed);
    }
}

/// Returns a random number below `bound`. It is part of the schedule, so a replay draws the same
/// number.
fn below(bound: usize) -> usize {
    thread_rng().gen_range(0..bound)
}

fn coin() -> bool {
    thread_rng().next_u32() & 1 == 0
}

/// The timeout of every timed wait. A timed wait times out when the clock ticks, and at once if it
/// begins later.
const SOON: Duration = Duration::from_secs(1);

/// A number that loses an update if two threads are in `add` at the same time, because another
/// thread may run between the load and the store.
#[derive(Default)]
struct Tally(AtomicIsize);

impl Tally {
    fn add(&self, n: isize) {
        self.0.store(self.0.load(Relaxed) + n, Relaxed);
    }

    fn get(&self) -> isize {
        self.0.load(Relaxed)
    }
}

/// Checks that a limited number of threads are in a critical section at the same time.
struct Room {
    seats: usize,
    taken: AtomicUsize,
}

impl Room {
    fn with_seats(seats: usize) -> Self {
        Room {
            seats,
            taken: AtomicUsize::new(0),
        }
    }

    fn visit(&self, seats: usize) {
        let taken = self.taken.fetch_add(seats, Relaxed) + seats;
        assert!(
            taken <= self.seats,
            "{taken} seats are taken in a room with {}",
            self.seats
        );
        self.taken.fetch_sub(seats, Relaxed);
    }
}

/// Asserts that the lists together contain each number below `total` exactly once.
fn assert_each_once(lists: &[Vec<usize>], total: usize) {
    let mut all = lists.concat();
    all.sort_unstable();
    assert!(
        all.iter().copied().eq(0..total),
        "the lists do not contain each number below {total} once: {lists:?}"
    );
}

// ---- The recipes ----

const TEXTS: usize = 40;
const WORDS: usize = 5;

#[test]
fn lock_protects_a_table_that_counts_words() {
    explore(1_000, || {
        let table = Lock::new(<[Tally; WORDS]>::default());
        let next = AtomicUsize::new(0);
        crew(4, |_| count_texts(&next, &table));
        let counted = table.into_inner().map(|count| count.get());
        let count_of = |word| {
            (0..TEXTS)
                .flat_map(words_of)
                .filter(|&other| other == word)
                .count() as isize
        };
        assert_eq!(counted, std::array::from_fn(count_of));
    });
}

fn count_texts(next: &AtomicUsize, table: &Lock<[Tally; WORDS]>) {
    loop {
        let text = next.fetch_add(1, Relaxed);
        if text >= TEXTS {
            return;
        }
        let table = table.lock();
        words_of(text).for_each(|word| table[word].add(1));
    }
}

fn words_of(text: usize) -> impl Iterator<Item = usize> {
    (0..6).map(move |place| (3 * text + place * place) % WORDS)
}

#[derive(Default)]
struct Inventory {
    stock: RLock<Stock>,
}

#[derive(Default)]
struct Stock {
    items: [Tally; 2],
    added: Tally,
    removed: Tally,
}

impl Inventory {
    fn transfer(&self, from: usize, to: usize, quantity: isize) {
        let _stock = self.stock.lock();
        self.remove(from, quantity);
        self.add(to, quantity);
        assert_eq!(self.stock.depth(), 1);
    }

    fn add(&self, item: usize, quantity: isize) {
        let stock = self.stock.lock();
        self.execute(item, quantity);
        stock.added.add(quantity);
    }

    fn remove(&self, item: usize, quantity: isize) {
        let stock = self.stock.lock();
        self.execute(item, -quantity);
        stock.removed.add(quantity);
    }

    fn execute(&self, item: usize, change: isize) {
        self.stock.lock().items[item].add(change);
    }

    fn audit(&self) {
        let stock = self.stock.lock();
        let in_stock: isize = stock.items.iter().map(Tally::get).sum();
        assert_eq!(
            in_stock,
            stock.added.get() - stock.removed.get(),
            "another thread got in during a transfer"
        );
    }
}

#[test]
fn rlock_protects_an_inventory_whose_methods_call_each_other() {
    explore(1_000, || {
        let inventory = Inventory::default();
        crew(4, |worker| {
            for order in 0..20 {
                match worker {
                    0 => inventory.add(order % 2, 5),
                    1 => inventory.remove(order % 2, 3),
                    2 => inventory.transfer(0, 1, 2),
                    _ => inventory.audit(),
                }
            }
        });
        inventory.audit();
        assert_eq!(
            inventory.stock.into_inner().items.map(|item| item.get()),
            [-20, 60]
        );
    });
}

const SERVED_AT_ONCE: usize = 3;

#[derive(Default)]
struct Desk {
    serving: usize,
    refused: usize,
}

#[test]
fn semaphore_limits_requests_to_what_the_server_accepts() {
    explore(2_000, || {
        let permits = Semaphore::new(SERVED_AT_ONCE);
        let desk = Lock::new(Desk::default());
        crew(6, |_| {
            for _ in 0..2 {
                let _permit = permits.acquire();
                send_request(&desk);
            }
        });
        let Desk { serving, refused } = desk.into_inner();
        assert_eq!(
            (serving, refused, permits.available_permits()),
            (0, 0, SERVED_AT_ONCE)
        );
    });
}

fn send_request(desk: &Lock<Desk>) {
    let welcome = {
        let mut desk = desk.lock();
        let welcome = desk.serving < SERVED_AT_ONCE;
        *(if welcome {
            &mut desk.serving
        } else {
            &mut desk.refused
        }) += 1;
        welcome
    };
    desk.lock().serving -= usize::from(welcome);
}

struct Buffer {
    slots: Lock<Slots>,
    not_empty: Condition,
    not_full: Condition,
    capacity: usize,
}

#[derive(Default)]
struct Slots {
    readings: VecDeque<usize>,
    closed: bool,
}

impl Buffer {
    fn with_capacity(capacity: usize) -> Self {
        Buffer {
            slots: Lock::default(),
            not_empty: Condition::new(),
            not_full: Condition::new(),
            capacity,
        }
    }

    fn put(&self, reading: usize) {
        let mut slots = self.slots.lock();
        self.not_full
            .wait_while(&mut slots, |slots| slots.readings.len() == self.capacity);
        slots.readings.push_back(reading);
        assert!(slots.readings.len() <= self.capacity);
        self.not_empty.notify_one();
        if coin() {
            // This hands the lock to the notified thread, unless another thread waits for the lock.
            LockGuard::unlock_fair(slots);
        }
    }

    /// Returns `None` if the buffer is closed and empty.
    fn take(&self) -> Option<usize> {
        let mut slots = self.slots.lock();
        self.not_empty.wait_while(&mut slots, |slots| {
            slots.readings.is_empty() && !slots.closed
        });
        let reading = slots.readings.pop_front();
        drop(slots);
        self.not_full.notify_one();
        reading
    }

    fn close(&self) {
        self.slots.lock().closed = true;
        self.not_empty.notify_all();
    }
}

#[test]
fn condition_buffer_of_ten_slots_delivers_each_reading_once() {
    explore(1_000, || {
        let buffer = Buffer::with_capacity(10);
        let readings = below(80);
        let taken = crew(3, |member| match member {
            0 => {
                (0..readings).for_each(|reading| buffer.put(reading));
                buffer.close();
                Vec::new()
            }
            _ => std::iter::from_fn(|| buffer.take()).collect(),
        });
        assert!(
            taken.iter().all(|readings| readings.is_sorted()),
            "the readings are not in order: {taken:?}"
        );
        assert_each_once(&taken, readings);
    });
}

#[test]
fn condition_buffer_of_one_slot_serves_several_producers_and_consumers() {
    explore(1_000, || {
        let buffer = Buffer::with_capacity(1);
        let taken = crew(5, |member| match member {
            0 | 1 => {
                (0..18).for_each(|n| buffer.put(2 * n + member));
                Vec::new()
            }
            _ => (0..12).map_while(|_| buffer.take()).collect(),
        });
        assert_each_once(&taken, 36);
    });
}

const NODES: usize = 60;

#[test]
fn queue_distributes_a_tree_that_its_workers_discover() {
    explore(1_000, || {
        let queue = Queue::unbounded();
        let done = AtomicUsize::new(0);
        queue.push(0).unwrap();
        let walked = crew(6, |member| match member {
            0 => {
                queue.join();
                assert_eq!(
                    done.load(Relaxed),
                    NODES,
                    "join did not wait for the last job"
                );
                queue.close();
                Vec::new()
            }
            1 => {
                let joined = queue.join_for(SOON);
                assert!(
                    !joined || done.load(Relaxed) == NODES,
                    "join did not wait for the last job"
                );
                Vec::new()
            }
            _ => walk(&queue, &done),
        });
        assert_each_once(&walked, NODES);
    });
}

/// Walks a tree in which the children of node `n` are the nodes `3n + 1` to `3n + 3`, if they are
/// below `NODES`.
fn walk(queue: &Queue<usize>, done: &AtomicUsize) -> Vec<usize> {
    let mut walked = Vec::new();
    for node in queue.tasks() {
        let children = (3 * *node + 1..=3 * *node + 3).filter(|child| *child < NODES);
        children.for_each(|child| {
            queue
                .push(child)
                .expect("the queue is open until the last job is done")
        });
        walked.push(*node);
        done.fetch_add(1, Relaxed);
    }
    walked
}

#[test]
fn event_starts_and_stops_workers() {
    explore(2_000, || {
        let (start, stop) = (Event::new(), Event::new());
        let (prepared, finished) = (Tally::default(), Tally::default());
        crew(5, |member| match member {
            0 => {
                prepared.add(1);
                start.set();
                pass_time();
                finished.add(1);
                stop.set();
            }
            _ => {
                start.wait();
                assert_eq!(prepared.get(), 1, "a worker started too early");
                let saw_stop = if coin() {
                    (0..20).any(|_| stop.is_set())
                } else {
                    stop.wait_for(SOON)
                };
                assert!(
                    !saw_stop || finished.get() == 1,
                    "a worker stopped too early"
                );
                stop.wait();
                assert_eq!(finished.get(), 1, "a worker stopped too early");
            }
        });
    });
}

#[test]
fn barrier_phase_reads_what_every_party_wrote_in_the_previous_phase() {
    const PHASES: usize = 10;
    explore(1_000, || {
        let cells = <[[Tally; 4]; 2]>::default();
        let turns = Tally::default();
        let barrier = Barrier::with_action(4, || turns.add(1));
        let led = crew(4, |party| {
            let mut led = 0;
            for phase in 0..PHASES {
                let (old, new) = (&cells[phase % 2], &cells[1 - phase % 2]);
                new[party].add(next_cell(party, |cell| old[cell].get()) - new[party].get());
                led += usize::from(barrier.wait().unwrap().is_leader());
                assert_eq!(
                    turns.get(),
                    phase as isize + 1,
                    "the action runs once a phase"
                );
            }
            led
        });
        assert_eq!(led.iter().sum::<usize>(), PHASES);
        assert_eq!(
            cells[PHASES % 2].each_ref().map(Tally::get),
            cells_after(PHASES)
        );
    });
}

fn next_cell(cell: usize, old: impl Fn(usize) -> isize) -> isize {
    (3 * old(cell) + 5 * old((cell + 1) % 4) + cell as isize + 1) % 1009
}

fn cells_after(phases: usize) -> [isize; 4] {
    (0..phases).fold([0; 4], |old, _| {
        std::array::from_fn(|cell| next_cell(cell, |other| old[other]))
    })
}

#[test]
fn barrier_abort_stops_all_parties_after_the_same_phase() {
    explore(2_000, || {
        let barrier = Barrier::new(4);
        let phases = below(5);
        let passed = crew(4, |party| match party {
            0 => {
                let passed = (0..phases).take_while(|_| barrier.wait().is_ok()).count();
                barrier.abort();
                passed
            }
            _ => (0..5).take_while(|_| barrier.wait().is_ok()).count(),
        });
        assert_eq!(passed, [phases; 4]);
        assert!(barrier.is_broken());
    });
}

// ---- Mixtures ----

#[test]
fn lock_excludes_other_threads_however_it_is_acquired() {
    explore(1_000, || {
        let lock = Lock::new(Tally::default());
        let entries = crew(5, |_| (0..30).filter(|_| add_one_under_lock(&lock)).count());
        assert_eq!(
            lock.into_inner().get(),
            entries.iter().sum::<usize>() as isize
        );
    });
}

/// Adds one under the lock, which it acquires and releases in random ways. Returns `false` if it
/// did not get the lock.
fn add_one_under_lock(lock: &Lock<Tally>) -> bool {
    let guard = match below(4) {
        0 => lock.try_lock(),
        1 => lock.try_lock_for(SOON),
        _ => Some(lock.lock()),
    };
    let Some(mut guard) = guard else { return false };
    guard.add(1);
    match below(4) {
        0 => LockGuard::unlock_fair(guard),
        1 => LockGuard::unlocked(&mut guard, || {}),
        _ => {}
    }
    true
}

#[test]
fn rlock_excludes_other_threads_however_it_is_acquired() {
    explore(1_000, || {
        let lock = RLock::new(Tally::default());
        let entries: Vec<usize> = crew(4, |_| {
            (0..15).map(|_| add_one_at_each_level(&lock, 3)).sum()
        });
        assert_eq!(
            lock.into_inner().get(),
            entries.iter().sum::<usize>() as isize
        );
    });
}

/// Adds one at each level of the lock that it acquires, up to `levels`. Returns the number of
/// levels.
fn add_one_at_each_level(lock: &RLock<Tally>, levels: usize) -> usize {
    let owned = lock.is_owned();
    let guard = match below(4) {
        _ if levels == 0 => None,
        0 => lock.try_lock(),
        1 => lock.try_lock_for(SOON),
        _ => Some(lock.lock()),
    };
    let Some(guard) = guard else {
        assert!(!owned || levels == 0, "the owner did not get another level");
        return 0;
    };
    let deeper = add_one_at_each_level(lock, levels - 1);
    guard.add(1);
    if coin() {
        RLockGuard::unlock_fair(guard);
    }
    1 + deeper
}

const PERMITS: usize = 4;

#[test]
fn semaphore_serves_waiters_for_one_and_for_many_beside_timeouts() {
    explore(2_000, || {
        let semaphore = Semaphore::new(PERMITS);
        let room = Room::with_seats(PERMITS);
        crew(5, |_| {
            for _ in 0..20 {
                if let Some(permit) = acquire_somehow(&semaphore) {
                    room.visit(permit.num_permits());
                    return_permit(permit, &semaphore);
                }
            }
        });
        assert_eq!(
            (semaphore.available_permits(), semaphore.waiters()),
            (PERMITS, 0)
        );
    });
}

/// Acquires one or several permits in a random way.
fn acquire_somehow(semaphore: &Semaphore) -> Option<SemaphorePermit<'_>> {
    let wanted = 1 + below(PERMITS);
    match below(4) {
        0 => Some(semaphore.acquire()),
        1 => Some(semaphore.acquire_many(wanted)),
        2 => semaphore.try_acquire_many(wanted),
        _ => semaphore.try_acquire_many_for(wanted, SOON),
    }
}

/// Returns the permits in one step, in two steps, or by forgetting them and adding new ones.
fn return_permit(mut permit: SemaphorePermit<'_>, semaphore: &Semaphore) {
    match below(3) {
        0 => drop(permit),
        1 => drop(permit.split(1)),
        _ => {
            let permits = permit.num_permits();
            permit.forget();
            semaphore.add_permits(permits);
        }
    }
}

// In the next two scenarios, permits are forgotten. A permit that came back could hide a lost
// wakeup.

#[test]
fn semaphore_waiter_that_times_out_wakes_the_next() {
    explore(3_000, || {
        let semaphore = Semaphore::new(0);
        crew(6, |member| match member {
            0 => in_parts_of(12, |part| semaphore.add_permits(part)),
            1 | 2 => {
                (0..5).for_each(|_| drop(semaphore.try_acquire_many_for(2 + below(PERMITS), SOON)))
            }
            _ => (0..4).for_each(|_| semaphore.acquire().forget()),
        });
        assert_eq!(semaphore.available_permits(), 0);
    });
}

#[test]
fn semaphore_wakeup_that_comes_too_late_is_passed_on() {
    explore(2_000, || {
        // Each round adds two permits. If a running thread takes one of them, the other one is not
        // enough for the waiter for two, so the waiter for one must get it. Without a clock, the
        // waiter for two cannot become overdue and keep it.
        const ROUNDS: usize = 8;
        let (semaphore, round) = (Semaphore::new(0), Barrier::new(3));
        crew_without_clock(4, |member| {
            for _ in 0..ROUNDS {
                match member {
                    0 => semaphore.add_permits(2),
                    1 => semaphore.acquire().forget(),
                    2 => try_to_take_one(&semaphore),
                    _ => drop(semaphore.acquire_many(2)),
                }
                if member < 3 {
                    round.wait().unwrap();
                }
            }
            if member == 0 {
                semaphore.add_permits(2);
            }
        });
        assert_eq!(semaphore.waiters(), 0);
    });
}

fn try_to_take_one(semaphore: &Semaphore) {
    if let Some(permit) = semaphore.try_acquire() {
        permit.forget();
    }
}

/// Calls `f` with random numbers whose sum is `all`.
fn in_parts_of(mut all: usize, f: impl Fn(usize)) {
    while all > 0 {
        let part = all.min(1 + below(PERMITS));
        f(part);
        all -= part;
    }
}

#[test]
fn semaphore_serves_a_waiter_for_all_permits_between_waiters_for_one() {
    explore(2_000, || {
        let semaphore = Semaphore::new(PERMITS);
        let room = Room::with_seats(PERMITS);
        crew(5, |member| {
            let (rounds, wanted) = if member == 0 { (5, PERMITS) } else { (20, 1) };
            for _ in 0..rounds {
                let permit = semaphore.acquire_many(wanted);
                room.visit(permit.num_permits());
            }
        });
        assert_eq!(semaphore.available_permits(), PERMITS);
    });
}

#[test]
fn bounded_semaphore_never_has_more_permits_than_its_bound() {
    explore(2_000, || {
        let semaphore = BoundedSemaphore::new(2);
        let room = Room::with_seats(2);
        let changes = crew(5, |member| {
            let change = |_| match member {
                0 | 1 => isize::from(semaphore.add_permits(1).is_ok()),
                _ => -isize::from(forget_one(&semaphore, &room)),
            };
            (0..20).map(change).sum::<isize>()
        });
        let left = 2 + changes.iter().sum::<isize>();
        assert_eq!(semaphore.available_permits() as isize, left);
        assert!(semaphore.add_permits((2 - left) as usize).is_ok());
        assert!(semaphore.add_permits(1).is_err());
    });
}

/// Tries to acquire a permit before the clock ticks, and forgets it in half of the cases. Returns
/// whether it has forgotten one.
fn forget_one(semaphore: &BoundedSemaphore, room: &Room) -> bool {
    let permit = semaphore.try_acquire_for(SOON);
    let Some(permit) = permit else { return false };
    room.visit(1);
    let forgets = coin();
    if forgets {
        permit.forget();
    }
    forgets
}

/// A condition that serves a `Lock` and an `RLock`. Each of them protects a number of tickets.
#[derive(Default)]
struct Office {
    counter: Lock<Tally>,
    safe: RLock<Tally>,
    changed: Condition,
}

impl Office {
    /// Adds a ticket under one of the locks and notifies every waiter. If it notified only one,
    /// that waiter could be one for the other lock.
    fn add_ticket(&self, to_the_counter: bool) {
        let notify_under_the_lock = coin();
        let add_ticket = |tickets: &Tally| {
            tickets.add(1);
            if notify_under_the_lock {
                self.changed.notify_all();
            }
        };
        if to_the_counter {
            add_ticket(&self.counter.lock())
        } else {
            add_ticket(&self.safe.lock())
        }
        if !notify_under_the_lock {
            self.changed.notify_all();
        }
    }

    fn take_at_the_counter(&self) {
        let mut tickets = self.counter.lock();
        self.changed
            .wait_while(&mut tickets, |tickets| tickets.get() == 0);
        tickets.add(-1);
    }

    fn take_from_the_safe(&self) {
        let mut tickets = self.safe.lock();
        let mut outermost = RLockGuard::outermost(&mut tickets).unwrap();
        self.changed
            .wait_while(&mut outermost, |tickets| tickets.get() == 0);
        tickets.add(-1);
    }

    fn take_from_the_safe_two_levels_deep(&self) {
        let _outer = self.safe.lock();
        let mut tickets = self.safe.lock();
        self.changed
            .wait_while(&mut tickets, |tickets| tickets.get() == 0);
        assert_eq!(self.safe.depth(), 2);
        tickets.add(-1);
    }
}

#[test]
fn condition_serves_a_lock_and_an_rlock_at_the_same_time() {
    explore(1_000, || {
        let office = Office::default();
        crew(5, |member| {
            for ticket in 0..10 {
                match member {
                    0 => (0..4).for_each(|taker| office.add_ticket((ticket + taker) % 2 == 0)),
                    1 | 2 => office.take_at_the_counter(),
                    3 => office.take_from_the_safe(),
                    _ => office.take_from_the_safe_two_levels_deep(),
                }
            }
        });
        assert_eq!(
            (office.counter.lock().get(), office.safe.lock().get()),
            (0, 0)
        );
        assert_eq!(office.changed.waiters(), 0);
    });
}

#[test]
fn condition_notify_n_wakes_as_many_threads_as_there_are_new_tickets() {
    explore(1_000, || {
        let office = Office::default();
        let tickets = AtomicUsize::new(0);
        let none_left = || {
            tickets
                .fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1))
                .is_err()
        };
        crew(5, |member| match member {
            0 => in_parts_of(40, |part| add_tickets(part, &tickets, &office)),
            1 | 2 => (0..10).for_each(|_| {
                office
                    .changed
                    .wait_while(&mut office.counter.lock(), |_| none_left())
            }),
            _ => (0..10).for_each(|_| {
                office
                    .changed
                    .wait_while(&mut office.safe.lock(), |_| none_left())
            }),
        });
        assert_eq!(tickets.into_inner(), 0);
    });
}

/// Adds `new` tickets and notifies that many threads.
fn add_tickets(new: usize, tickets: &AtomicUsize, office: &Office) {
    let _both = (office.counter.lock(), office.safe.lock());
    tickets.fetch_add(new, Relaxed);
    office.changed.notify_n(new);
}

#[test]
fn condition_notifications_return_the_number_of_waiters_that_did_not_time_out() {
    explore(2_000, || {
        let office = Office::default();
        let counts = crew(5, |member| match member {
            0 => (0..30).map(|_| notify(&office.changed)).sum(),
            1 | 2 => (0..10)
                .filter(|_| {
                    !office
                        .changed
                        .wait_for(&mut office.counter.lock(), SOON)
                        .timed_out()
                })
                .count(),
            _ => (0..10)
                .filter(|_| {
                    !office
                        .changed
                        .wait_for(&mut office.safe.lock(), SOON)
                        .timed_out()
                })
                .count(),
        });
        assert_eq!(counts[0], counts[1..].iter().sum::<usize>(), "{counts:?}");
    });
}

/// Notifies one, two or all waiters. Returns how many of them were woken.
fn notify(condition: &Condition) -> usize {
    match below(4) {
        0 => condition.notify_all(),
        1 => condition.notify_n(2),
        _ => usize::from(condition.notify_one()),
    }
}

/// Makes a module with the scenarios that every kind of queue must pass.
macro_rules! queue_tests {
    ($kind:ident, $Queue:ident) => {
        mod $kind {
            use super::*;

            #[test]
            fn delivers_each_item_once_whenever_the_queue_is_closed() {
                explore(1_000, || {
                    let queue = if coin() {
                        $Queue::bounded(1 + below(3))
                    } else {
                        $Queue::unbounded()
                    };
                    let next = AtomicUsize::new(0);
                    let numbers = crew(5, |member| match member {
                        0 => close(&queue),
                        1 | 2 => push_numbers(&queue, &next),
                        _ => pop_numbers(&queue),
                    });
                    queue.join();
                    assert!(queue.task_done().is_err() && queue.is_empty());
                    assert_each_once(&numbers, next.load(Relaxed));
                });
            }

            /// Closes the queue at a random time. Returns the items that `close_now` returned.
            fn close(queue: &$Queue<usize>) -> Vec<usize> {
                pass_time();
                if coin() {
                    return queue.close_now();
                }
                queue.close();
                Vec::new()
            }

            /// Pushes numbers in random ways. Returns those that were not accepted.
            fn push_numbers(queue: &$Queue<usize>, next: &AtomicUsize) -> Vec<usize> {
                let mut rejected = Vec::new();
                for _ in 0..25 {
                    let number = next.fetch_add(1, Relaxed);
                    let outcome = match below(3) {
                        0 => queue.try_push(number),
                        1 => queue.try_push_for(number, SOON),
                        _ => queue
                            .push(number)
                            .map_err(|error| TryPushError::Closed(error.into_inner())),
                    };
                    rejected.extend(outcome.err().map(TryPushError::into_inner));
                    assert!(
                        queue
                            .capacity()
                            .is_none_or(|capacity| queue.len() <= capacity),
                        "the queue holds more items than its capacity"
                    );
                }
                rejected
            }

            /// Pops numbers in random ways until the queue is closed, and marks them done. Returns
            /// them.
            fn pop_numbers(queue: &$Queue<usize>) -> Vec<usize> {
                let mut popped = Vec::new();
                loop {
                    let task = match below(3) {
                        0 => queue.try_task(),
                        1 => queue.try_task_for(SOON),
                        _ => queue.task().map_err(|Closed| TryPopError::Closed),
                    };
                    match task {
                        Ok(task) => popped.push(*task),
                        Err(TryPopError::Empty) => thread::yield_now(),
                        Err(TryPopError::Closed) => return popped,
                        Err(error) => unreachable!("{error}"),
                    }
                }
            }

            #[test]
            fn join_waits_for_three_workers_on_a_queue_of_two_slots() {
                explore(1_000, || {
                    let queue = $Queue::bounded(2);
                    let (all_sent, done) = (Barrier::new(3), AtomicUsize::new(0));
                    let worked = crew(6, |member| match member {
                        0 => {
                            all_sent.wait().unwrap();
                            queue.join();
                            assert_eq!(
                                done.load(Relaxed),
                                40,
                                "join did not wait for the last item"
                            );
                            queue.close();
                            Vec::new()
                        }
                        1 | 2 => {
                            (0..20).for_each(|n| queue.push(2 * n + member - 1).unwrap());
                            all_sent.wait().unwrap();
                            queue.join();
                            Vec::new()
                        }
                        _ => queue
                            .tasks()
                            .map(|task| (*task, done.fetch_add(1, Relaxed)).0)
                            .collect(),
                    });
                    assert_each_once(&worked, 40);
                });
            }
        }
    };
}
queue_tests!(queue, Queue);
queue_tests!(lifo_queue, LifoQueue);
queue_tests!(priority_queue, PriorityQueue);

#[test]
fn queue_delivers_the_items_of_each_producer_in_order() {
    explore(1_000, || {
        let queue = Queue::bounded(3);
        let popped = crew(5, |member| match member {
            0..3 => {
                (0..12).for_each(|n| queue.push(3 * n + member).unwrap());
                Vec::new()
            }
            _ => queue.iter().take(18).collect(),
        });
        assert!(
            of_each_producer(&popped).all(|items| items.is_sorted()),
            "the items are not in order: {popped:?}"
        );
        assert_each_once(&popped, 36);
    });
}

/// Makes a full queue of one slot whose next push uses the first slot of a segment.
fn full() -> Queue<usize> {
    let queue = Queue::bounded(1);
    queue.push(0).unwrap();
    queue.pop().unwrap();
    queue.push(1).unwrap();
    queue
}

#[test]
fn queue_leaves_no_pusher_parked_while_it_has_a_free_slot() {
    explore(40_000, || {
        let queue = full();
        crew_without_clock(3, |member| match member {
            0 | 1 => queue.push(member).unwrap(),
            _ => (0..2).for_each(|_| drop(queue.pop().unwrap())),
        });
        assert_eq!(queue.len(), 1);
    });
}

#[test]
fn queue_delivers_nothing_after_it_reported_closed() {
    explore(40_000, || {
        let queue = full();
        crew_without_clock(4, |member| match member {
            0 => queue.close(),
            1 => drop(queue.push(2)),
            2 => drop(queue.pop()),
            _ => {
                if queue.try_pop() == Err(TryPopError::Closed) {
                    (0..20).for_each(|_| assert_eq!(queue.try_pop(), Err(TryPopError::Closed)));
                }
            }
        });
    });
}

/// Splits what each consumer popped into the items of each of the three producers.
fn of_each_producer(popped: &[Vec<usize>]) -> impl Iterator<Item = Vec<usize>> {
    let of = |items: &[usize], producer| {
        items
            .iter()
            .copied()
            .filter(|item| item % 3 == producer)
            .collect()
    };
    popped
        .iter()
        .flat_map(move |items| (0..3).map(move |producer| of(items, producer)))
}

#[test]
fn lifo_queue_delivers_the_items_of_each_producer_in_reverse() {
    explore(1_000, || {
        let queue = LifoQueue::unbounded();
        crew(3, |producer| {
            (0..12).for_each(|n| queue.push(3 * n + producer).unwrap())
        });
        queue.close();
        let popped = crew(3, |_| queue.iter().collect::<Vec<_>>());
        assert!(
            of_each_producer(&popped).all(|items| items.iter().rev().is_sorted()),
            "the items are not in reverse order: {popped:?}"
        );
        assert_each_once(&popped, 36);
    });
}

#[test]
fn priority_queue_delivers_items_in_ascending_order() {
    explore(1_000, || {
        let queue = PriorityQueue::unbounded();
        crew(3, |producer| {
            (0..12).for_each(|n| queue.push(3 * (n * 5 % 12) + producer).unwrap())
        });
        queue.close();
        let popped = crew(3, |_| queue.iter().collect::<Vec<_>>());
        assert!(
            popped.iter().all(|items| items.is_sorted()),
            "the items are not in order: {popped:?}"
        );
        assert_each_once(&popped, 36);
    });
}

#[test]
fn event_set_followed_by_clear_releases_all_waiters() {
    explore(1_000, || {
        let (event, round) = (Event::new(), Barrier::new(4));
        crew(4, |member| {
            for _ in 0..4 {
                if member > 0 {
                    event.wait();
                } else {
                    while event.waiters() < 3 {
                        thread::yield_now();
                    }
                    event.set();
                    event.clear();
                }
                round.wait().unwrap();
            }
        });
        assert!(!event.is_set());
    });
}

#[test]
fn barrier_round_completes_for_all_threads_or_for_none() {
    explore(2_000, || {
        let barrier = Barrier::new(4);
        let meet = || {
            if coin() {
                barrier.wait()
            } else {
                barrier.wait_for(SOON)
            }
        };
        let passed = crew(4, |_| (0..5).take_while(|_| meet().is_ok()).count());
        assert_eq!(passed, [passed[0]; 4]);
        assert_eq!(barrier.is_broken(), passed[0] < 5);
    });
}

#[test]
fn barrier_completes_only_whole_rounds_if_there_are_more_threads_than_parties() {
    explore(2_000, || {
        let stage = Room::with_seats(1);
        let barrier = Barrier::with_action(2, || stage.visit(1));
        // In the end, a thread may be left without a partner. It returns when the clock ticks.
        let passed = crew(5, |_| {
            (0..9)
                .map_while(|_| barrier.wait_for(SOON).ok())
                .collect::<Vec<_>>()
        })
        .concat();
        let of_index = |index| {
            passed
                .iter()
                .filter(|result| result.index() == index)
                .count()
        };
        let leaders = passed.iter().filter(|result| result.is_leader()).count();
        assert_eq!(
            (of_index(0), of_index(1), leaders),
            (leaders, leaders, passed.len() / 2)
        );
    });
}

#[test]
fn barrier_reset_breaks_a_round_and_allows_the_next() {
    explore(2_000, || {
        let stage = Room::with_seats(1);
        let barrier = Barrier::with_action(3, || stage.visit(1));
        crew(4, |member| match member {
            0 => (0..4).for_each(|_| barrier.reset()),
            _ => (0..4).for_each(|_| while barrier.wait().is_err() {}),
        });
        assert!(!barrier.is_broken());
        assert_eq!(barrier.waiting(), 0);
    });
}

/// All primitives at once: orders go through a queue to workers, which share two tools and write
/// their results into a ledger.
#[derive(Default)]
struct Workshop {
    ledger: RLock<Tally>,
    entered: Condition,
    opened: Event,
}

#[test]
fn workshop_uses_every_primitive_at_once() {
    const ORDERS: usize = 30;
    explore(1_000, || {
        let workshop = Workshop::default();
        let (orders, tools, evening) = (Queue::bounded(3), Semaphore::new(2), Barrier::new(5));
        let bench = Room::with_seats(2);
        crew(5, |member| {
            match member {
                0 => {
                    workshop.opened.set();
                    (0..ORDERS).for_each(|order| orders.push(order).unwrap());
                    let mut ledger = workshop.ledger.lock();
                    workshop
                        .entered
                        .wait_while(&mut ledger, |ledger| ledger.get() < ORDERS as isize);
                    orders.close();
                }
                _ => work(&workshop, &orders, &tools, &bench),
            }
            evening.wait().unwrap();
            assert_eq!(
                (workshop.ledger.lock().get(), orders.len()),
                (ORDERS as isize, 0)
            );
        });
        assert!(orders.join_for(Duration::ZERO));
    });
}

fn work(workshop: &Workshop, orders: &Queue<usize>, tools: &Semaphore, bench: &Room) {
    workshop.opened.wait();
    for _order in orders.tasks() {
        let tool = tools.acquire();
        bench.visit(1);
        drop(tool);
        let ledger = workshop.ledger.lock();
        workshop.ledger.lock().add(1);
        drop(ledger);
        workshop.entered.notify_one();
    }
}
