//! Whether what threads saw of a queue or a semaphore could have been seen by one thread doing one thing after another.
//!
//! Three threads perform a few random operations each, at the same time, and write down what each operation was, what it
//! returned, and when it was called and returned by a clock that they share. Such a history is *linearizable* if its
//! operations can be put in an order that a sequential queue or semaphore could have gone through, and in which no
//! operation comes before another that had returned before it was called (Herlihy and Wing, "Linearizability: A
//! Correctness Condition for Concurrent Objects", 1990).
//!
//! **What is linearizable.**
//! - The queues: pushing, popping, `len`, `is_full`, `close` and `close_now`; also what gives up, and what is refused.
//!   Beside `close`, so are `task_done` and `join`. Beside `close_now` those two are not, and are left out here: it
//!   closes at one moment and marks what it hands back done at a later one.
//! - The semaphores: `try_acquire_many`, dropping and forgetting permits, `available_permits`, and `acquire`.
//!   `acquire_many(n)` is n acquisitions of one permit each, at moments of their own between its call and its return: a
//!   waiter that has been first in line for a millisecond is served in part, and then permits are neither free nor
//!   anybody's yet. `add_permits` is two steps, one after the other: the number of permits rises, and then they are free.
//!
//! A seed fixes what the threads attempt; what they see of each other is up to the machine, so a failure prints its
//! history. `TEST_SEED` sets the seed that it has printed.

mod common;

use common::{LIMIT, Rng, let_pass, within};
use std::{
    collections::HashSet,
    fmt::Debug,
    hash::Hash,
    hint,
    sync::{
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};
use sync_primitives::{
    BoundedSemaphore, Closed, LifoQueue, PriorityQueue, PushError, Queue, Semaphore,
    SemaphorePermit, TryPopError, TryPushError,
};

const THREADS: usize = 3;
const OPERATIONS: usize = 5;
const HISTORIES: usize = 10_000;
const TIME: Duration = Duration::from_secs(4);

// ---- Histories ----

/// What a thread did and saw between two moments.
struct Event<A> {
    thread: usize,
    called: usize,
    returned: usize,
    action: A,
}

/// A thread's part of a history.
struct Recorder<'a, A> {
    thread: usize,
    /// Its ticks order all calls and returns; as each is a read and a write with `SeqCst`, an operation stays between
    /// its own two.
    clock: &'a AtomicUsize,
    events: Vec<Event<A>>,
}

impl<A> Recorder<'_, A> {
    /// Records what `operation` says it did: one action, or several that may have happened at different moments.
    fn record<Actions: IntoIterator<Item = A>>(&mut self, operation: impl FnOnce() -> Actions) {
        let called = self.clock.fetch_add(1, SeqCst);
        let actions = operation();
        let returned = self.clock.fetch_add(1, SeqCst);
        let event = |action| Event {
            thread: self.thread,
            called,
            returned,
            action,
        };
        self.events.extend(actions.into_iter().map(event));
    }
}

/// After this long without an end, somebody may wait in vain.
const SUSPICION: Duration = Duration::from_micros(200);

/// Runs `work` in all threads at once. Calls `help` when all that have not finished wait, of which `waiting` knows the
/// number; so every operation returns, and no history has a loose end.
fn history<A: Send>(
    rng: &mut Rng,
    work: impl Fn(&mut Recorder<'_, A>, &mut Rng) + Sync,
    waiting: impl Fn() -> usize,
    mut help: impl FnMut(&mut Recorder<'_, A>),
) -> Vec<Event<A>> {
    let (clock, ready) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let recorder = |thread| Recorder {
        thread,
        clock: &clock,
        events: Vec::new(),
    };
    let run = |thread, mut rng| {
        let mut recorder = recorder(thread);
        start_together(&ready);
        work(&mut recorder, &mut rng);
        recorder.events
    };
    thread::scope(|scope| {
        let (alive, ended) = mpsc::channel::<()>();
        let start = |thread, rng, alive: Sender<()>| {
            let run = &run;
            scope.spawn(move || {
                let _alive = alive; // Dropped at the end, or in a panic.
                run(thread, rng)
            })
        };
        let workers: Vec<_> = (0..THREADS)
            .map(|thread| start(thread, rng.fork(), alive.clone()))
            .collect();
        drop(alive);
        let mut helper = recorder(THREADS);
        while ended.recv_timeout(SUSPICION) == Err(RecvTimeoutError::Timeout) {
            let unfinished = workers
                .iter()
                .filter(|worker| !worker.is_finished())
                .count();
            if waiting() == unfinished {
                help(&mut helper);
            }
        }
        let joined = workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("a worker"));
        joined.chain(helper.events).collect()
    })
}

/// Lets nobody begin before all can: to start a thread takes longer than all that it does here.
fn start_together(ready: &AtomicUsize) {
    ready.fetch_add(1, SeqCst);
    while ready.load(SeqCst) < THREADS {
        (0..100).for_each(|_| hint::spin_loop());
        thread::yield_now(); // There may be fewer cores than threads.
    }
}

/// One line an event, with the time from its call to its return.
fn print<A: Debug>(history: &[Event<A>]) {
    let end = history
        .iter()
        .map(|event| event.returned)
        .max()
        .unwrap_or(0);
    let mut by_call: Vec<_> = history.iter().collect();
    by_call.sort_by_key(|event| event.called);
    for Event {
        thread,
        called,
        returned,
        action,
    } in by_call
    {
        let bar = format!(
            "{}[{}]",
            " ".repeat(*called),
            "-".repeat(returned - called - 1)
        );
        eprintln!("thread {thread}  {bar:width$}  {action:?}", width = end + 1);
    }
}

// ---- The checker ----

/// Checks as many histories as there is time for, but no more than `HISTORIES`.
fn check_many(check_one: fn(&mut Rng)) {
    within(LIMIT, move || {
        let (start, mut rng) = (Instant::now(), Rng::seeded());
        let checked = (0..HISTORIES)
            .take_while(|_| start.elapsed() < TIME)
            .map(|_| check_one(&mut rng))
            .count();
        eprintln!("{checked} histories");
    });
}

/// Something that does one action after another.
trait Sequential: Clone + Eq + Hash {
    type Action: Debug;

    /// What it is after `action`, or `None` if it cannot do that now, or not with that result.
    fn after(&self, action: &Self::Action) -> Option<Self>;
}

#[track_caller]
fn assert_linearizable<S: Sequential>(start: S, history: &[Event<S::Action>]) {
    if !is_linearizable(start, history) {
        print(history);
        panic!("no order explains this history");
    }
}

fn is_linearizable<S: Sequential>(start: S, history: &[Event<S::Action>]) -> bool {
    assert!(history.len() <= u128::BITS as usize);
    Search {
        history,
        failed: HashSet::new(),
    }
    .can_go_on(start, 0)
}

/// Wing and Gong's search ("Testing and Verifying Concurrent Objects", 1993): try each event that nothing else has to
/// come before, and go on with the rest. As in Lowe, "Testing for Linearizability" (2017), a state that did not lead to
/// the end with the same events behind it is not tried again.
struct Search<'a, S: Sequential> {
    history: &'a [Event<S::Action>],
    failed: HashSet<(u128, S)>,
}

impl<S: Sequential> Search<'_, S> {
    /// Whether the events that are not in the set `done` can follow in some order.
    fn can_go_on(&mut self, state: S, done: u128) -> bool {
        let history = self.history;
        let left = || (0..history.len()).filter(|event| done >> event & 1 == 0);
        let Some(first_return) = left().map(|event| history[event].returned).min() else {
            return true;
        };
        if self.failed.contains(&(done, state.clone())) {
            return false;
        }
        let found = left()
            .filter(|event| history[*event].called < first_return)
            .any(|event| {
                let next = state.after(&history[event].action);
                next.is_some_and(|next| self.can_go_on(next, done | 1 << event))
            });
        if !found {
            self.failed.insert((done, state));
        }
        found
    }
}

// ---- The queues ----

type Item = usize;

#[derive(Debug)]
enum QueueAction {
    Push(Item),
    PushWhenFull,
    PushWhenClosed,
    Pop(Item),
    PopWhenEmpty,
    PopWhenClosed,
    Len(usize),
    IsFull(bool),
    Close,
    CloseNow(Vec<Item>),
    TaskDone(bool),
    JoinAtOnce(bool),
}
use QueueAction::*;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Order {
    FirstIn,
    LastIn,
    Smallest,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct SequentialQueue {
    order: Order,
    capacity: Option<usize>,
    /// In the order of popping.
    items: Vec<Item>,
    unfinished: usize,
    closed: bool,
}

impl SequentialQueue {
    fn new(order: Order, capacity: Option<usize>) -> Self {
        SequentialQueue {
            order,
            capacity,
            items: Vec::new(),
            unfinished: 0,
            closed: false,
        }
    }

    fn is_full(&self) -> bool {
        self.capacity == Some(self.items.len())
    }

    fn push(&mut self, item: Item) {
        let place = match self.order {
            Order::FirstIn => self.items.len(),
            Order::LastIn => 0,
            Order::Smallest => self.items.partition_point(|other| *other < item),
        };
        self.items.insert(place, item);
        self.unfinished += 1;
    }

    fn pop(&mut self) -> Option<Item> {
        (!self.items.is_empty()).then(|| self.items.remove(0))
    }

    fn close(&mut self) -> Vec<Item> {
        self.closed = true;
        std::mem::take(&mut self.items)
    }

    fn task_done(&mut self) -> bool {
        let any = self.unfinished > 0;
        self.unfinished -= usize::from(any);
        any
    }
}

impl Sequential for SequentialQueue {
    type Action = QueueAction;

    fn after(&self, action: &QueueAction) -> Option<Self> {
        let mut next = self.clone();
        let possible = match action {
            Push(item) => {
                next.push(*item);
                !self.closed && !self.is_full()
            }
            PushWhenFull => !self.closed && self.is_full(),
            PushWhenClosed => self.closed,
            Pop(item) => next.pop() == Some(*item),
            PopWhenEmpty => !self.closed && self.items.is_empty(),
            PopWhenClosed => self.closed && self.items.is_empty(),
            Len(len) => self.items.len() == *len,
            IsFull(is_full) => self.is_full() == *is_full,
            Close => {
                next.closed = true;
                true
            }
            CloseNow(left) => next.close() == *left,
            TaskDone(any) => next.task_done() == *any,
            JoinAtOnce(done) => (self.unfinished == 0) == *done,
        };
        possible.then_some(next)
    }
}

/// One of the three queues.
trait QueueSubject: Sync {
    const ORDER: Order;

    fn with_capacity(capacity: Option<usize>) -> Self;

    /// Performs an operation chosen at random.
    fn perform(&self, item: Item, rng: &mut Rng, closes_now: bool) -> QueueAction;

    fn close_for_good(&self) -> QueueAction;

    fn waiting(&self) -> usize;
}

/// A wait that ends during some histories.
const BRIEFLY: Duration = Duration::from_micros(20);

macro_rules! queue_subject {
    ($Queue:ident, $order:expr) => {
        impl QueueSubject for $Queue<Item> {
            const ORDER: Order = $order;

            fn with_capacity(capacity: Option<usize>) -> Self {
                capacity.map_or_else($Queue::unbounded, $Queue::bounded)
            }

            fn perform(&self, item: Item, rng: &mut Rng, closes_now: bool) -> QueueAction {
                match rng.below(32) {
                    0..6 => self
                        .push(item)
                        .map_or_else(|PushError(_)| PushWhenClosed, |()| Push(item)),
                    6..12 => tried_to_push(item, self.try_push(item)),
                    12..14 => tried_to_push(item, self.try_push_for(item, BRIEFLY)),
                    14..17 => self.pop().map_or_else(|Closed| PopWhenClosed, Pop),
                    17..23 => tried_to_pop(self.try_pop()),
                    23..25 => tried_to_pop(self.try_pop_for(BRIEFLY)),
                    25..27 => Len(self.len()),
                    27 => IsFull(self.is_full()),
                    28 if closes_now => CloseNow(self.close_now()),
                    28 => self.close_for_good(),
                    _ if closes_now => Len(self.len()),
                    29..31 => TaskDone(self.task_done().is_ok()),
                    _ => JoinAtOnce(self.join_for(Duration::ZERO)),
                }
            }

            fn close_for_good(&self) -> QueueAction {
                self.close();
                Close
            }

            fn waiting(&self) -> usize {
                self.waiters()
            }
        }
    };
}
queue_subject!(Queue, Order::FirstIn);
queue_subject!(LifoQueue, Order::LastIn);
queue_subject!(PriorityQueue, Order::Smallest);

fn tried_to_push(item: Item, outcome: Result<(), TryPushError<Item>>) -> QueueAction {
    match outcome {
        Ok(()) => Push(item),
        Err(TryPushError::Full(_)) => PushWhenFull,
        Err(TryPushError::Closed(_)) => PushWhenClosed,
    }
}

fn tried_to_pop(outcome: Result<Item, TryPopError>) -> QueueAction {
    match outcome {
        Ok(item) => Pop(item),
        Err(TryPopError::Empty) => PopWhenEmpty,
        Err(TryPopError::Closed) => PopWhenClosed,
    }
}

fn check_queue<Subject: QueueSubject>() {
    check_many(|rng| {
        let capacity = [Some(1), Some(2), None][rng.below(3)];
        let history = queue_history(&Subject::with_capacity(capacity), rng);
        assert_linearizable(SequentialQueue::new(Subject::ORDER, capacity), &history);
    });
}

fn queue_history(queue: &impl QueueSubject, rng: &mut Rng) -> Vec<Event<QueueAction>> {
    let closes_now = rng.one_in(2);
    let work = |recorder: &mut Recorder<'_, QueueAction>, rng: &mut Rng| {
        for n in 0..OPERATIONS {
            // Whoever pushed it, and when, is in the lower digits; the first is its priority.
            let item = 100 * (1 + rng.below(9)) + 10 * recorder.thread + n;
            recorder.record(|| [queue.perform(item, rng, closes_now)]);
        }
    };
    let mut closed = false;
    let close = |helper: &mut Recorder<'_, QueueAction>| {
        if !std::mem::replace(&mut closed, true) {
            helper.record(|| [queue.close_for_good()]);
        }
    };
    history(rng, work, || queue.waiting(), close)
}

#[test]
fn queues_are_linearizable() {
    check_queue::<Queue<Item>>();
}

#[test]
fn lifo_queues_are_linearizable() {
    check_queue::<LifoQueue<Item>>();
}

#[test]
fn priority_queues_are_linearizable() {
    check_queue::<PriorityQueue<Item>>();
}

// ---- The semaphores ----

#[derive(Debug)]
enum SemaphoreAction {
    /// So many at once; or one of several for which `acquire_many` waited.
    Take(usize),
    TooFewFor(usize),
    GiveBack(usize),
    Forget(usize),
    /// The first step of `add_permits`.
    Raise(usize),
    /// The second.
    Fill(usize),
    TooManyWith(usize),
    Available(usize),
}
use SemaphoreAction::*;

#[derive(Clone, Default, PartialEq, Eq, Hash)]
struct SequentialSemaphore {
    free: usize,
    total: usize,
    bound: usize,
    /// Raised, but not filled yet.
    owed: usize,
}

impl SequentialSemaphore {
    fn new(permits: usize, bound: usize) -> Self {
        SequentialSemaphore {
            free: permits,
            total: permits,
            bound,
            owed: 0,
        }
    }
}

impl Sequential for SequentialSemaphore {
    type Action = SemaphoreAction;

    fn after(&self, action: &SemaphoreAction) -> Option<Self> {
        let SequentialSemaphore {
            free,
            total,
            bound,
            owed,
        } = *self;
        Some(match *action {
            Take(n) => SequentialSemaphore {
                free: free.checked_sub(n)?,
                ..*self
            },
            GiveBack(n) => SequentialSemaphore {
                free: free + n,
                ..*self
            },
            Forget(n) => SequentialSemaphore {
                total: total.checked_sub(n)?,
                ..*self
            },
            Raise(n) if total + n <= bound => SequentialSemaphore {
                total: total + n,
                owed: owed + n,
                ..*self
            },
            Fill(n) => SequentialSemaphore {
                owed: owed.checked_sub(n)?,
                free: free + n,
                ..*self
            },
            TooFewFor(n) if free < n => self.clone(),
            TooManyWith(n) if total + n > bound => self.clone(),
            Available(n) if free == n => self.clone(),
            _ => return None,
        })
    }
}

/// One of the two semaphores.
trait SemaphoreSubject: Sync {
    fn with_permits(permits: usize) -> Self;
    /// The most permits that it may have.
    fn bound(permits: usize) -> usize;
    fn take(&self, n: usize) -> SemaphorePermit<'_>;
    fn try_to_take(&self, n: usize) -> Option<SemaphorePermit<'_>>;
    fn add(&self, n: usize) -> bool;
    fn available(&self) -> usize;
    fn waiting(&self) -> usize;
}

macro_rules! semaphore_subject {
    ($Semaphore:ident, $bound:expr, $add:expr) => {
        impl SemaphoreSubject for $Semaphore {
            fn with_permits(permits: usize) -> Self {
                $Semaphore::new(permits)
            }

            fn bound(permits: usize) -> usize {
                $bound(permits)
            }

            fn take(&self, n: usize) -> SemaphorePermit<'_> {
                self.acquire_many(n)
            }

            fn try_to_take(&self, n: usize) -> Option<SemaphorePermit<'_>> {
                self.try_acquire_many(n)
            }

            fn add(&self, n: usize) -> bool {
                $add(self, n)
            }

            fn available(&self) -> usize {
                self.available_permits()
            }

            fn waiting(&self) -> usize {
                self.waiters()
            }
        }
    };
}
semaphore_subject!(
    Semaphore,
    |_| Semaphore::MAX_PERMITS,
    |semaphore: &Semaphore, n| {
        semaphore.add_permits(n);
        true
    }
);
semaphore_subject!(
    BoundedSemaphore,
    |permits| permits,
    |semaphore: &BoundedSemaphore, n| semaphore.add_permits(n).is_ok()
);

/// A thread with permits in its hands.
struct Holder<'a, S> {
    semaphore: &'a S,
    held: Vec<SemaphorePermit<'a>>,
}

impl<'a, S: SemaphoreSubject> Holder<'a, S> {
    /// Performs an operation chosen at random. Only who holds nothing waits: two who wait for each other wait for ever.
    fn perform(&mut self, n: usize, rng: &mut Rng) -> Vec<SemaphoreAction> {
        match (rng.below(16), self.held.pop()) {
            (0..6, None) => self.take(n),
            (0..4, Some(permit)) => give_back(permit),
            (4..6, Some(permit)) => forget(permit),
            (choice, permit) => {
                self.held.extend(permit);
                match choice {
                    6..11 => self.try_to_take(n),
                    11..13 => add(self.semaphore, 1),
                    _ => vec![Available(self.semaphore.available())],
                }
            }
        }
    }

    fn take(&mut self, n: usize) -> Vec<SemaphoreAction> {
        self.held.push(self.semaphore.take(n));
        (0..n).map(|_| Take(1)).collect()
    }

    fn try_to_take(&mut self, n: usize) -> Vec<SemaphoreAction> {
        let permit = self.semaphore.try_to_take(n);
        let action = if permit.is_some() {
            Take(n)
        } else {
            TooFewFor(n)
        };
        self.held.extend(permit);
        vec![action]
    }
}

fn give_back(permit: SemaphorePermit<'_>) -> Vec<SemaphoreAction> {
    let n = permit.num_permits();
    drop(permit);
    vec![GiveBack(n)]
}

fn forget(permit: SemaphorePermit<'_>) -> Vec<SemaphoreAction> {
    let n = permit.num_permits();
    permit.forget();
    vec![Forget(n)]
}

fn add(semaphore: &impl SemaphoreSubject, n: usize) -> Vec<SemaphoreAction> {
    if semaphore.add(n) {
        vec![Raise(n), Fill(n)]
    } else {
        vec![TooManyWith(n)]
    }
}

fn check_semaphore<Subject: SemaphoreSubject>() {
    check_many(|rng| {
        let permits = 1 + rng.below(3);
        let history = semaphore_history(&Subject::with_permits(permits), permits, rng);
        assert_linearizable(
            SequentialSemaphore::new(permits, Subject::bound(permits)),
            &history,
        );
    });
}

/// Long enough for a waiter to be served in part from then on.
const RIPE: Duration = Duration::from_micros(1_200);

fn semaphore_history(
    semaphore: &impl SemaphoreSubject,
    permits: usize,
    rng: &mut Rng,
) -> Vec<Event<SemaphoreAction>> {
    let work = |recorder: &mut Recorder<'_, SemaphoreAction>, rng: &mut Rng| {
        let mut holder = Holder {
            semaphore,
            held: Vec::new(),
        };
        for _ in 0..OPERATIONS {
            if rng.one_in(60) {
                let_pass(RIPE);
            }
            recorder.record(|| holder.perform(1 + rng.below(permits), rng));
        }
        for permit in holder.held {
            recorder.record(|| give_back(permit));
        }
    };
    history(
        rng,
        work,
        || semaphore.waiting(),
        |helper| helper.record(|| add(semaphore, 1)),
    )
}

#[test]
fn semaphores_are_linearizable_permit_by_permit() {
    check_semaphore::<Semaphore>();
}

#[test]
fn bounded_semaphores_are_linearizable_permit_by_permit() {
    check_semaphore::<BoundedSemaphore>();
}

// ---- The checker is checked ----

/// A history of events (thread, called, returned, action).
fn written<A>(events: impl IntoIterator<Item = (usize, usize, usize, A)>) -> Vec<Event<A>> {
    let event = |(thread, called, returned, action)| Event {
        thread,
        called,
        returned,
        action,
    };
    events.into_iter().map(event).collect()
}

#[track_caller]
fn accepts(
    queue: &SequentialQueue,
    events: impl IntoIterator<Item = (usize, usize, usize, QueueAction)>,
) {
    assert_linearizable(queue.clone(), &written(events));
}

#[track_caller]
fn refuses(
    queue: &SequentialQueue,
    events: impl IntoIterator<Item = (usize, usize, usize, QueueAction)>,
) {
    let history = written(events);
    if is_linearizable(queue.clone(), &history) {
        print(&history);
        panic!("this history was accepted");
    }
}

#[test]
fn histories_that_a_queue_explains_are_accepted() {
    let fifo = SequentialQueue::new(Order::FirstIn, None);
    accepts(&fifo, []);
    // One after the other.
    accepts(
        &fifo,
        [
            (0, 0, 1, Push(1)),
            (1, 2, 3, Push(2)),
            (0, 4, 5, Pop(1)),
            (1, 6, 7, Pop(2)),
        ],
    );
    // Two pushes at once: either may be first.
    accepts(
        &fifo,
        [
            (0, 0, 3, Push(1)),
            (1, 1, 2, Push(2)),
            (0, 4, 5, Pop(1)),
            (1, 6, 7, Pop(2)),
        ],
    );
    accepts(
        &fifo,
        [
            (0, 0, 3, Push(1)),
            (1, 1, 2, Push(2)),
            (0, 4, 5, Pop(2)),
            (1, 6, 7, Pop(1)),
        ],
    );
    // A pop that waits; a pop that is called first and comes second.
    accepts(&fifo, [(0, 0, 3, Pop(1)), (1, 1, 2, Push(1))]);
    accepts(
        &fifo,
        [
            (0, 0, 7, Pop(2)),
            (1, 1, 2, Push(1)),
            (1, 3, 4, Push(2)),
            (1, 5, 6, Pop(1)),
        ],
    );
    // An item that is pushed, popped and missed during one long push.
    accepts(
        &fifo,
        [
            (0, 0, 7, Push(1)),
            (1, 1, 2, PopWhenEmpty),
            (1, 3, 4, Pop(1)),
            (1, 5, 6, PopWhenEmpty),
        ],
    );
    // Closed with an item inside.
    accepts(
        &fifo,
        [
            (0, 0, 1, Push(1)),
            (0, 2, 3, Close),
            (1, 4, 5, Pop(1)),
            (1, 6, 7, PopWhenClosed),
        ],
    );
    let lifo = SequentialQueue::new(Order::LastIn, Some(2));
    accepts(
        &lifo,
        [
            (0, 0, 1, Push(1)),
            (0, 2, 3, Push(2)),
            (1, 4, 5, PushWhenFull),
            (1, 6, 7, Pop(2)),
        ],
    );
    let priority = SequentialQueue::new(Order::Smallest, None);
    accepts(
        &priority,
        [
            (0, 0, 1, Push(2)),
            (0, 2, 3, Push(1)),
            (1, 4, 5, CloseNow(vec![1, 2])),
        ],
    );
}

#[test]
fn histories_that_no_queue_explains_are_refused() {
    let fifo = SequentialQueue::new(Order::FirstIn, None);
    // Popped before it was pushed, twice, or never.
    refuses(&fifo, [(0, 0, 1, Pop(1)), (1, 2, 3, Push(1))]);
    refuses(
        &fifo,
        [(0, 0, 1, Push(1)), (0, 2, 3, Pop(1)), (1, 2, 3, Pop(1))],
    );
    refuses(&fifo, [(0, 0, 1, Push(1)), (1, 2, 3, PopWhenEmpty)]);
    // In the wrong order: one after the other, and with a push that overlaps both.
    refuses(
        &fifo,
        [
            (0, 0, 1, Push(1)),
            (1, 2, 3, Push(2)),
            (0, 4, 5, Pop(2)),
            (1, 6, 7, Pop(1)),
        ],
    );
    refuses(
        &fifo,
        [
            (2, 0, 9, Push(3)),
            (0, 1, 2, Push(1)),
            (1, 3, 4, Push(2)),
            (0, 5, 6, Pop(2)),
            (1, 7, 8, Pop(3)),
        ],
    );
    // Two who disagree about which of two pushes at once was first.
    refuses(
        &fifo,
        [
            (0, 0, 3, Push(1)),
            (1, 1, 2, Push(2)),
            (0, 4, 5, Pop(2)),
            (1, 6, 7, Len(2)),
        ],
    );
    // The wrong length; done although nothing was pushed; joined although something was not done.
    refuses(&fifo, [(0, 0, 1, Push(1)), (1, 2, 3, Len(0))]);
    refuses(&fifo, [(0, 0, 1, TaskDone(true)), (1, 2, 3, Push(1))]);
    refuses(
        &fifo,
        [
            (0, 0, 1, Push(1)),
            (0, 2, 3, Pop(1)),
            (1, 4, 5, JoinAtOnce(true)),
        ],
    );
    // Not closed any more; closed before it is drained; items that were not handed back.
    refuses(&fifo, [(0, 0, 1, Close), (1, 2, 3, Push(1))]);
    refuses(
        &fifo,
        [
            (0, 0, 1, Push(1)),
            (0, 2, 3, Close),
            (1, 4, 5, PopWhenClosed),
        ],
    );
    refuses(&fifo, [(0, 0, 1, Push(1)), (1, 2, 3, CloseNow(vec![]))]);
    // More than it holds, and full too early.
    let narrow = SequentialQueue::new(Order::FirstIn, Some(1));
    refuses(
        &narrow,
        [(0, 0, 1, Push(1)), (1, 2, 3, Push(2)), (0, 4, 5, Pop(1))],
    );
    refuses(&narrow, [(0, 0, 1, PushWhenFull), (1, 2, 3, Push(2))]);
    refuses(&narrow, [(0, 0, 1, Push(1)), (1, 2, 3, IsFull(false))]);
    let lifo = SequentialQueue::new(Order::LastIn, None);
    refuses(
        &lifo,
        [(0, 0, 1, Push(1)), (0, 2, 3, Push(2)), (1, 4, 5, Pop(1))],
    );
    let priority = SequentialQueue::new(Order::Smallest, None);
    refuses(
        &priority,
        [(0, 0, 1, Push(2)), (0, 2, 3, Push(1)), (1, 4, 5, Pop(2))],
    );
}

#[test]
fn histories_of_semaphores_are_told_apart() {
    let explains = |permits, bound, events: Vec<_>| {
        is_linearizable(SequentialSemaphore::new(permits, bound), &written(events))
    };
    // Who takes one permit returns it before, or while, the other gets it; or not at all.
    assert!(explains(
        1,
        9,
        vec![
            (0, 0, 1, Take(1)),
            (0, 2, 3, GiveBack(1)),
            (1, 4, 5, Take(1))
        ]
    ));
    assert!(explains(
        1,
        9,
        vec![
            (0, 0, 1, Take(1)),
            (1, 2, 5, Take(1)),
            (0, 3, 4, GiveBack(1))
        ]
    ));
    assert!(!explains(
        1,
        9,
        vec![
            (0, 0, 1, Take(1)),
            (1, 2, 3, Take(1)),
            (0, 4, 5, GiveBack(1))
        ]
    ));
    // Turned away while somebody may have had the permit, or nobody.
    assert!(explains(
        1,
        9,
        vec![(0, 0, 3, Take(1)), (1, 1, 2, TooFewFor(1))]
    ));
    assert!(!explains(
        1,
        9,
        vec![
            (0, 0, 1, Take(1)),
            (0, 2, 3, GiveBack(1)),
            (1, 4, 5, TooFewFor(1))
        ]
    ));
    // Served in part: the first new permit is not free, although nobody has got two yet.
    let events = |taken: [SemaphoreAction; 2]| {
        let taken = taken.map(|action| (0, 0, 7, action));
        let added =
            [1, 5].map(|time| [(1, time, time + 1, Raise(1)), (1, time, time + 1, Fill(1))]);
        let seen = [(1, 3, 4, Available(0))];
        taken
            .into_iter()
            .chain(added.into_iter().flatten())
            .chain(seen)
            .collect()
    };
    assert!(explains(0, 9, events([Take(1), Take(1)])));
    assert!(!explains(0, 9, events([Take(2), Available(0)])));
    // No more than the bound; refused, because the number has risen, before the permit is free.
    assert!(explains(
        1,
        1,
        vec![
            (0, 0, 1, TooManyWith(1)),
            (0, 2, 3, Take(1)),
            (0, 4, 5, Forget(1)),
            (0, 6, 7, Raise(1))
        ]
    ));
    assert!(!explains(
        1,
        1,
        vec![
            (0, 0, 1, Take(1)),
            (1, 2, 3, Raise(1)),
            (0, 4, 5, Forget(1))
        ]
    ));
    assert!(explains(
        1,
        2,
        vec![
            (0, 0, 5, Raise(1)),
            (0, 0, 5, Fill(1)),
            (1, 1, 2, TooManyWith(1)),
            (1, 3, 4, Available(1))
        ]
    ));
    assert!(!explains(
        1,
        2,
        vec![
            (0, 0, 1, Raise(1)),
            (0, 0, 1, Fill(1)),
            (1, 2, 3, Available(1))
        ]
    ));
}
