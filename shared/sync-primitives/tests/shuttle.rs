//! Random schedules, tried by shuttle, of scenarios too big for loom: what each recipe does, without its files and
//! sockets, and mixtures.
//!
//! Run by `RUSTFLAGS="--cfg sync_primitives_shuttle" cargo test --release -p sync-primitives --test shuttle`.
//!
//! Every access to an atomic is a place where another thread may run, so a value that is read and written in two steps
//! loses an update where exclusion fails; a lost wake-up shows as a deadlock, which shuttle reports. What shuttle cannot
//! show is a weakened ordering: its accesses are all sequentially consistent, and orderings are loom's business.
//!
//! To run a failure again, name its test and set
//! - `SHUTTLE_SCHEDULE` to the schedule that the failure has printed: that one schedule, step by step;
//! - or `SHUTTLE_SEED` to the seed that the run has printed, and `SHUTTLE_ITERATIONS` to the number of schedules if you
//!   changed that. With a failing seed that shuttle itself has printed, the first schedule is the failing one.
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

/// The seed of this run. Printed past the test harness, which would keep it back while all goes well.
static SEED: LazyLock<u64> = LazyLock::new(|| {
    let seed = number_in("SHUTTLE_SEED").unwrap_or_else(|| RandomState::new().hash_one("a seed"));
    let _ = writeln!(
        io::stderr(),
        "to run these schedules again: SHUTTLE_SEED={seed}"
    );
    seed
});

fn number_in(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is {text:?}: set it to a number below 2^64")),
    )
}

/// One more than the number of steps at which a PCT schedule changes its order.
const DEPTH: usize = 3;

/// Tries `scenario` under that many schedules which choose the next thread anew at each step, and under a quarter as
/// many which let the first of a random order run and change that order at a few random steps (PCT: Burckhardt and
/// others, "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs", 2010). The former mix evenly; the
/// latter let one thread come far while another stands still.
fn explore(schedules: usize, scenario: fn()) {
    let mut config = Config::new();
    config.silence_warnings = true; // That orderings are not explored is said above.
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

/// Runs `body` in threads 0 to `size - 1`, beside a clock that ticks once, and returns what each of them returns.
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

/// As `crew`, but no timed wait ends, and no waiter becomes overdue.
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

/// Lets the others run for a while, long or short.
fn pass_time() {
    let nothing = AtomicUsize::new(0);
    for _ in 0..below(600) {
        nothing.load(Relaxed);
    }
}

/// A random number of the schedule's own, so that a replay draws the same.
fn below(bound: usize) -> usize {
    thread_rng().gen_range(0..bound)
}

fn coin() -> bool {
    thread_rng().next_u32() & 1 == 0
}

/// The limit of every timed wait: they end when the clock ticks, and those that begin later end at once.
const SOON: Duration = Duration::from_secs(1);

/// A number that loses an update if two threads are inside `add` at once: others may run between its load and its store.
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

/// A place for a limited number of visitors at once.
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
            "{taken} seats taken in a room of {}",
            self.seats
        );
        self.taken.fetch_sub(seats, Relaxed);
    }
}

/// Asserts that the lists together hold each number below `total` once.
fn assert_each_once(lists: &[Vec<usize>], total: usize) {
    let mut all = lists.concat();
    all.sort_unstable();
    assert!(
        all.iter().copied().eq(0..total),
        "not each of the {total} once: {lists:?}"
    );
}

// ---- The recipes ----

const TEXTS: usize = 40;
const WORDS: usize = 5;

#[test]
fn the_words_of_many_texts_are_counted_in_one_table() {
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
        let there: isize = stock.items.iter().map(Tally::get).sum();
        assert_eq!(
            there,
            stock.added.get() - stock.removed.get(),
            "somebody was let in half way"
        );
    }
}

#[test]
fn methods_that_call_one_another_keep_the_inventory_right() {
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
fn a_dozen_requests_never_find_the_server_busy() {
    explore(2_000, || {
        let permits = Semaphore::new(SERVED_AT_ONCE);
        let desk = Lock::new(Desk::default());
        crew(6, |_| {
            for _ in 0..2 {
                let _permit = permits.acquire();
                ask(&desk);
            }
        });
        let Desk { serving, refused } = desk.into_inner();
        assert_eq!(
            (serving, refused, permits.available_permits()),
            (0, 0, SERVED_AT_ONCE)
        );
    });
}

fn ask(desk: &Lock<Desk>) {
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
            LockGuard::unlock_fair(slots); // Hands the lock to the thread just notified, if no other waits for it.
        }
    }

    /// `None` when the buffer is closed and everything put into it has been taken.
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
fn a_buffer_of_ten_slots_passes_every_reading_to_one_of_two_keepers() {
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
            "not in order: {taken:?}"
        );
        assert_each_once(&taken, readings);
    });
}

#[test]
fn a_buffer_of_one_slot_passes_readings_between_crowds() {
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
fn a_tree_is_walked_by_workers_that_find_their_own_work() {
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

/// The node at `n` has the nodes at `3n + 1` to `3n + 3` below it, as far as there are.
fn walk(queue: &Queue<usize>, done: &AtomicUsize) -> Vec<usize> {
    let mut walked = Vec::new();
    for node in queue.tasks() {
        let below = (3 * *node + 1..=3 * *node + 3).filter(|child| *child < NODES);
        below.for_each(|child| {
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
fn workers_start_on_one_event_and_stop_on_another() {
    explore(2_000, || {
        let (start, stop) = (Event::new(), Event::new());
        let (prepared, over) = (Tally::default(), Tally::default());
        crew(5, |member| match member {
            0 => {
                prepared.add(1);
                start.set();
                pass_time();
                over.add(1);
                stop.set();
            }
            _ => {
                start.wait();
                assert_eq!(prepared.get(), 1, "started too early");
                let told = if coin() {
                    (0..20).any(|_| stop.is_set())
                } else {
                    stop.wait_for(SOON)
                };
                assert!(!told || over.get() == 1, "stopped too early");
                stop.wait();
                assert_eq!(over.get(), 1, "stopped too early");
            }
        });
    });
}

#[test]
fn a_computation_in_phases_reads_what_all_wrote_in_the_phase_before() {
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
fn a_party_that_aborts_sends_the_others_home_after_the_same_phase() {
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
fn every_way_into_a_lock_excludes_every_other() {
    explore(1_000, || {
        let lock = Lock::new(Tally::default());
        let entries = crew(5, |_| (0..30).filter(|_| enter(&lock)).count());
        assert_eq!(
            lock.into_inner().get(),
            entries.iter().sum::<usize>() as isize
        );
    });
}

/// Adds one under the lock, if it gets it by a way chosen at random.
fn enter(lock: &Lock<Tally>) -> bool {
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
fn every_way_into_an_rlock_excludes_other_threads() {
    explore(1_000, || {
        let lock = RLock::new(Tally::default());
        let entries: Vec<usize> = crew(4, |_| (0..15).map(|_| enter_deep(&lock, 3)).sum());
        assert_eq!(
            lock.into_inner().get(),
            entries.iter().sum::<usize>() as isize
        );
    });
}

/// Adds one at each level of the lock that it gets, up to `levels`. Returns how many those are.
fn enter_deep(lock: &RLock<Tally>, levels: usize) -> usize {
    let owned = lock.is_owned();
    let guard = match below(4) {
        _ if levels == 0 => None,
        0 => lock.try_lock(),
        1 => lock.try_lock_for(SOON),
        _ => Some(lock.lock()),
    };
    let Some(guard) = guard else {
        assert!(!owned || levels == 0, "the owner was turned away");
        return 0;
    };
    let deeper = enter_deep(lock, levels - 1);
    guard.add(1);
    if coin() {
        RLockGuard::unlock_fair(guard);
    }
    1 + deeper
}

const PERMITS: usize = 4;

#[test]
fn waiters_for_many_and_for_one_share_with_those_who_give_up() {
    explore(2_000, || {
        let semaphore = Semaphore::new(PERMITS);
        let room = Room::with_seats(PERMITS);
        crew(5, |_| {
            for _ in 0..20 {
                if let Some(permit) = permits_from(&semaphore) {
                    room.visit(permit.num_permits());
                    give_back(permit, &semaphore);
                }
            }
        });
        assert_eq!(
            (semaphore.available_permits(), semaphore.waiters()),
            (PERMITS, 0)
        );
    });
}

/// One or several permits, by a way chosen at random.
fn permits_from(semaphore: &Semaphore) -> Option<SemaphorePermit<'_>> {
    let wanted = 1 + below(PERMITS);
    match below(4) {
        0 => Some(semaphore.acquire()),
        1 => Some(semaphore.acquire_many(wanted)),
        2 => semaphore.try_acquire_many(wanted),
        _ => semaphore.try_acquire_many_for(wanted, SOON),
    }
}

/// Gives the permits back, at once, in two parts, or as new ones in place of the old.
fn give_back(mut permit: SemaphorePermit<'_>, semaphore: &Semaphore) {
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

// In the next two, permits are taken for good: none comes back to cover up a wake-up that was lost.

#[test]
fn a_waiter_that_gives_up_makes_way_for_those_behind_it() {
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
fn a_wake_up_that_comes_too_late_is_passed_on() {
    explore(2_000, || {
        // Two permits come each round. When one is taken in passing, they no longer do for who waits for two, and who
        // waits for one must get the other. (An overdue waiter for two could rightly keep it.)
        const ROUNDS: usize = 8;
        let (semaphore, round) = (Semaphore::new(0), Barrier::new(3));
        crew_without_clock(4, |member| {
            for _ in 0..ROUNDS {
                match member {
                    0 => semaphore.add_permits(2),
                    1 => semaphore.acquire().forget(),
                    2 => take_in_passing(&semaphore),
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

fn take_in_passing(semaphore: &Semaphore) {
    if let Some(permit) = semaphore.try_acquire() {
        permit.forget();
    }
}

/// Calls `f` with random numbers that add up to `all`.
fn in_parts_of(mut all: usize, f: impl Fn(usize)) {
    while all > 0 {
        let part = all.min(1 + below(PERMITS));
        f(part);
        all -= part;
    }
}

#[test]
fn a_waiter_for_all_gets_in_between_many_waiters_for_one() {
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
fn a_bounded_semaphore_never_has_more_permits_than_its_bound() {
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

/// Gets in, if the clock lets it, and once in a while leaves with the permit.
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

/// One condition for two locks of both kinds.
#[derive(Default)]
struct Office {
    counter: Lock<Tally>,
    safe: RLock<Tally>,
    changed: Condition,
}

impl Office {
    /// Puts a ticket on one side or the other and tells everybody: one alone could be somebody of the other side.
    fn give(&self, to_the_counter: bool) {
        let tell_at_once = coin();
        let give = |tickets: &Tally| {
            tickets.add(1);
            if tell_at_once {
                self.changed.notify_all();
            }
        };
        if to_the_counter {
            give(&self.counter.lock())
        } else {
            give(&self.safe.lock())
        }
        if !tell_at_once {
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
fn one_condition_serves_two_locks_of_both_kinds() {
    explore(1_000, || {
        let office = Office::default();
        crew(5, |member| {
            for ticket in 0..10 {
                match member {
                    0 => (0..4).for_each(|taker| office.give((ticket + taker) % 2 == 0)),
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
fn as_many_as_are_notified_find_a_ticket_whatever_lock_they_wait_with() {
    explore(1_000, || {
        let office = Office::default();
        let tickets = AtomicUsize::new(0);
        let none_left = || {
            tickets
                .fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1))
                .is_err()
        };
        crew(5, |member| match member {
            0 => in_parts_of(40, |part| give_out(part, &tickets, &office)),
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

/// Adds tickets and notifies as many threads.
fn give_out(new: usize, tickets: &AtomicUsize, office: &Office) {
    let _both = (office.counter.lock(), office.safe.lock());
    tickets.fetch_add(new, Relaxed);
    office.changed.notify_n(new);
}

#[test]
fn every_thread_that_a_notification_took_off_the_line_was_notified_and_no_other() {
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

/// Notifies one, two or all. Returns how many were there.
fn notify(condition: &Condition) -> usize {
    match below(4) {
        0 => condition.notify_all(),
        1 => condition.notify_n(2),
        _ => usize::from(condition.notify_one()),
    }
}

/// Tests one kind of queue.
macro_rules! queue_tests {
    ($kind:ident, $Queue:ident) => {
        mod $kind {
            use super::*;

            #[test]
            fn every_item_comes_out_once_however_it_goes_in_and_whenever_the_queue_is_closed() {
                explore(1_000, || {
                    let queue = if coin() {
                        $Queue::bounded(1 + below(3))
                    } else {
                        $Queue::unbounded()
                    };
                    let next = AtomicUsize::new(0);
                    let numbers = crew(5, |member| match member {
                        0 => close(&queue),
                        1 | 2 => feed(&queue, &next),
                        _ => drain(&queue),
                    });
                    queue.join();
                    assert!(queue.task_done().is_err() && queue.is_empty());
                    assert_each_once(&numbers, next.load(Relaxed));
                });
            }

            /// Returns what was handed back.
            fn close(queue: &$Queue<usize>) -> Vec<usize> {
                pass_time();
                if coin() {
                    return queue.close_now();
                }
                queue.close();
                Vec::new()
            }

            /// Returns what was turned away.
            fn feed(queue: &$Queue<usize>, next: &AtomicUsize) -> Vec<usize> {
                let mut turned_away = Vec::new();
                for _ in 0..25 {
                    let number = next.fetch_add(1, Relaxed);
                    let outcome = match below(3) {
                        0 => queue.try_push(number),
                        1 => queue.try_push_for(number, SOON),
                        _ => queue
                            .push(number)
                            .map_err(|error| TryPushError::Closed(error.into_inner())),
                    };
                    turned_away.extend(outcome.err().map(TryPushError::into_inner));
                    assert!(
                        queue
                            .capacity()
                            .is_none_or(|capacity| queue.len() <= capacity),
                        "it holds too many"
                    );
                }
                turned_away
            }

            /// Returns what was popped and marks it done.
            fn drain(queue: &$Queue<usize>) -> Vec<usize> {
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
                    }
                }
            }

            #[test]
            fn two_producers_and_three_workers_join_over_two_slots() {
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
fn each_consumer_of_a_queue_gets_the_items_of_each_producer_in_order() {
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
            "not in order: {popped:?}"
        );
        assert_each_once(&popped, 36);
    });
}

/// A full queue with one place. Its next push is at the first slot of a segment, where it may be done for who sleeps.
fn full() -> Queue<usize> {
    let queue = Queue::bounded(1);
    queue.push(0).unwrap();
    queue.pop().unwrap();
    queue.push(1).unwrap();
    queue
}

#[test]
fn who_is_served_leaves_nobody_asleep_at_the_other_side() {
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
fn nothing_comes_out_of_a_queue_that_was_called_closed_and_empty() {
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

/// What each consumer popped, apart for each of three producers.
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
fn each_consumer_of_a_lifo_queue_gets_the_items_of_each_producer_backwards() {
    explore(1_000, || {
        let queue = LifoQueue::unbounded();
        crew(3, |producer| {
            (0..12).for_each(|n| queue.push(3 * n + producer).unwrap())
        });
        queue.close();
        let popped = crew(3, |_| queue.iter().collect::<Vec<_>>());
        assert!(
            of_each_producer(&popped).all(|items| items.iter().rev().is_sorted()),
            "not backwards: {popped:?}"
        );
        assert_each_once(&popped, 36);
    });
}

#[test]
fn each_consumer_of_a_priority_queue_gets_ever_larger_items() {
    explore(1_000, || {
        let queue = PriorityQueue::unbounded();
        crew(3, |producer| {
            (0..12).for_each(|n| queue.push(3 * (n * 5 % 12) + producer).unwrap())
        });
        queue.close();
        let popped = crew(3, |_| queue.iter().collect::<Vec<_>>());
        assert!(
            popped.iter().all(|items| items.is_sorted()),
            "not in order: {popped:?}"
        );
        assert_each_once(&popped, 36);
    });
}

#[test]
fn a_set_with_a_clear_behind_it_lets_all_through_who_wait() {
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
fn a_round_passes_for_all_or_for_none() {
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
fn of_more_threads_than_parties_only_whole_rounds_pass() {
    explore(2_000, || {
        let stage = Room::with_seats(1);
        let barrier = Barrier::with_action(2, || stage.visit(1));
        // Somebody is left without a partner in the end, and goes when the clock ticks.
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
fn a_reset_sends_the_waiting_away_and_lets_the_next_meet() {
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

/// Everything at once: orders go through a queue to workers who share two tools and enter results in a ledger.
#[derive(Default)]
struct Workshop {
    ledger: RLock<Tally>,
    entered: Condition,
    opened: Event,
}

#[test]
fn a_workshop_uses_everything_at_once() {
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
