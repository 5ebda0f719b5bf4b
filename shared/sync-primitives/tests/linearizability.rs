//! Checks that the queues and the semaphores are linearizable.
//!
//! Three threads perform a few random operations each, at the same time. They record each
//! operation, its result, and when it was called and when it returned, according to a clock that
//! they share. Such a history is *linearizable* if its operations can be put in an order with two
//! properties: a sequential queue or semaphore could have performed them in this order, and an
//! operation that returned before another one was called comes first (Herlihy and Wing,
//! "Linearizability: A Correctness Condition for Concurrent Objects", 1990).
//!
//! These operations are linearizable:
//!
//! - The queues: pushing, popping, `len`, `is_full`, `close` and `close_now`, including operations
//!   that time out and items that are rejected. `task_done` and `join` are linearizable beside
//!   `close`, but not beside `close_now`, which closes the queue at one moment and marks the items
//!   that it returns as done at a later moment. So no history here contains them together with
//!   `close_now`.
//! - The semaphores: `try_acquire_many`, dropping and forgetting permits, `available_permits`, and
//!   `acquire`. `acquire_many(n)` is `n` acquisitions of one permit each, which may happen at
//!   different moments: a waiter that has been first in the queue for a millisecond gets permits
//!   one by one, and such a permit is neither available nor held. `add_permits` is two steps: the
//!   number of permits rises, and then they become available.
//!
//! A seed determines which operations the threads attempt. How they interleave depends on the
//! machine, so a failure prints its history. Set `TEST_SEED` to the printed seed to run the same
//! operations again.

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

/// An action of a thread, with its result, at some moment between a call and a return.
struct Event<A> {
    thread: usize,
    called: usize,
    returned: usize,
    action: A,
}

/// Records the part of a history that belongs to one thread.
struct Recorder<'a, A> {
    thread: usize,
    /// Its ticks order all calls and returns. Each tick is a read-modify-write with `SeqCst`, so an
    /// operation cannot move out of the interval between its own two ticks.
    clock: &'a AtomicUsize,
    events: Vec<Event<A>>,
}

impl<A> Recorder<'_, A> {
    /// Records the actions that `operation` returns. If there are several, they may have happened
    /// at different moments.
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

/// If no history has ended for this long, all threads may be waiting for each other.
const CHECK_INTERVAL: Duration = Duration::from_micros(200);

/// Runs `work` in all threads at the same time.
///
/// Calls `help` if all unfinished threads are waiting. `waiting` returns the number of waiting
/// threads. So every operation returns in the end, and no history contains an unfinished operation.
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
                let _alive = alive; // This is dropped at the end, also by a panic.
                run(thread, rng)
            })
        };
        let workers: Vec<_> = (0..THREADS)
            .map(|thread| start(thread, rng.fork(), alive.clone()))
            .collect();
        drop(alive);
        let mut helper = recorder(THREADS);
        while ended.recv_timeout(CHECK_INTERVAL) == Err(RecvTimeoutError::Timeout) {
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

/// Waits until all threads have started, because starting a thread takes longer than all its
/// operations.
fn start_together(ready: &AtomicUsize) {
    ready.fetch_add(1, SeqCst);
    while ready.load(SeqCst) < THREADS {
        (0..100).for_each(|_| hint::spin_loop());
        thread::yield_now(); // There may be fewer cores than threads.
    }
}

/// Prints each event on a line, with a bar from its call to its return.
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

/// Checks histories until `TIME` is over, but at most `HISTORIES` of them.
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

/// An object that performs one action after another.
trait Sequential: Clone + Eq + Hash {
    type Action: Debug;

    /// Returns the state after `action`, or `None` if the action cannot have this result in this
    /// state.
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
    .can_finish(start, 0)
}

/// The search of Wing and Gong ("Testing and Verifying Concurrent Objects", 1993).
///
/// It tries each event that may come next, and continues with the rest. As in Lowe, "Testing for
/// Linearizability" (2017), it remembers which states did not lead to the end after the same
/// events, and does not try them again.
struct Search<'a, S: Sequential> {
    history: &'a [Event<S::Action>],
    failed: HashSet<(u128, S)>,
}

impl<S: Sequential> Search<'_, S> {
    /// Returns `true` if the events that are not in the set `done` can follow in some order.
    fn can_finish(&mut self, state: S, done: u128) -> bool {
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
                next.is_some_and(|next| self.can_finish(next, done | 1 << event))
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
    /// The items in the order in which they will be popped.
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
        let is_any_unfinished = self.unfinished > 0;
        self.unfinished -= usize::from(is_any_unfinished);
        is_any_unfinished
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
            TaskDone(accepted) => next.task_done() == *accepted,
            JoinAtOnce(done) => (self.unfinished == 0) == *done,
        };
        possible.then_some(next)
    }
}

/// One of the three queues.
trait QueueSubject: Sync {
    const ORDER: Order;

    fn with_capacity(capacity: Option<usize>) -> Self;

    /// Performs a random operation.
    fn perform(&self, item: Item, rng: &mut Rng, closes_now: bool) -> QueueAction;

    fn close_queue(&self) -> QueueAction;

    fn waiting(&self) -> usize;
}

/// A timeout that expires during some histories.
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
                    6..12 => push_action(item, self.try_push(item)),
                    12..14 => push_action(item, self.try_push_for(item, BRIEFLY)),
                    14..17 => self.pop().map_or_else(|Closed| PopWhenClosed, Pop),
                    17..23 => pop_action(self.try_pop()),
                    23..25 => pop_action(self.try_pop_for(BRIEFLY)),
                    25..27 => Len(self.len()),
                    27 => IsFull(self.is_full()),
                    28 if closes_now => CloseNow(self.close_now()),
                    28 => self.close_queue(),
                    _ if closes_now => Len(self.len()),
                    29..31 => TaskDone(self.task_done().is_ok()),
                    _ => JoinAtOnce(self.join_for(Duration::ZERO)),
                }
            }

            fn close_queue(&self) -> QueueAction {
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

fn push_action(item: Item, outcome: Result<(), TryPushError<Item>>) -> QueueAction {
    match outcome {
        Ok(()) => Push(item),
        Err(TryPushError::Full(_)) => PushWhenFull,
        Err(TryPushError::Closed(_)) => PushWhenClosed,
        Err(error) => unreachable!("{error}"),
    }
}

fn pop_action(outcome: Result<Item, TryPopError>) -> QueueAction {
    match outcome {
        Ok(item) => Pop(item),
        Err(TryPopError::Empty) => PopWhenEmpty,
        Err(TryPopError::Closed) => PopWhenClosed,
        Err(error) => unreachable!("{error}"),
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
            // The first digit is the priority. The others are the thread and the number of the
            // push, so that each item is different.
            let item = 100 * (1 + rng.below(9)) + 10 * recorder.thread + n;
            recorder.record(|| [queue.perform(item, rng, closes_now)]);
        }
    };
    let mut closed = false;
    let close = |helper: &mut Recorder<'_, QueueAction>| {
        if !std::mem::replace(&mut closed, true) {
            helper.record(|| [queue.close_queue()]);
        }
    };
    history(rng, work, || queue.waiting(), close)
}

#[test]
fn queue_is_linearizable() {
    check_queue::<Queue<Item>>();
}

#[test]
fn lifo_queue_is_linearizable() {
    check_queue::<LifoQueue<Item>>();
}

#[test]
fn priority_queue_is_linearizable() {
    check_queue::<PriorityQueue<Item>>();
}

// ---- The semaphores ----

#[derive(Debug)]
enum SemaphoreAction {
    /// This many permits at once, or one of those for which `acquire_many` waited.
    Take(usize),
    TooFewFor(usize),
    Return(usize),
    Forget(usize),
    /// The first step of `add_permits`: the number of permits rises.
    Raise(usize),
    /// The second step of `add_permits`: the permits become available.
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
    /// How many permits have been added by `Raise` but not yet by `Fill`.
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
            Return(n) => SequentialSemaphore {
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
    /// Returns the largest number of permits that it may have.
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

/// A thread and the permits that it holds.
struct Holder<'a, S> {
    semaphore: &'a S,
    held: Vec<SemaphorePermit<'a>>,
}

impl<'a, S: SemaphoreSubject> Holder<'a, S> {
    /// Performs a random operation. It waits only while it holds no permit, because two threads
    /// that hold permits could wait for each other forever.
    fn perform(&mut self, n: usize, rng: &mut Rng) -> Vec<SemaphoreAction> {
        match (rng.below(16), self.held.pop()) {
            (0..6, None) => self.take(n),
            (0..4, Some(permit)) => return_permit(permit),
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

fn return_permit(permit: SemaphorePermit<'_>) -> Vec<SemaphoreAction> {
    let n = permit.num_permits();
    drop(permit);
    vec![Return(n)]
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

/// A waiter that has waited for this long is overdue, so it gets permits one by one.
const UNTIL_OVERDUE: Duration = Duration::from_micros(1_200);

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
                let_pass(UNTIL_OVERDUE);
            }
            recorder.record(|| holder.perform(1 + rng.below(permits), rng));
        }
        for permit in holder.held {
            recorder.record(|| return_permit(permit));
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
fn semaphore_is_linearizable_permit_by_permit() {
    check_semaphore::<Semaphore>();
}

#[test]
fn bounded_semaphore_is_linearizable_permit_by_permit() {
    check_semaphore::<BoundedSemaphore>();
}

// ---- Tests of the checker ----

/// Makes a history from tuples of thread, call, return and action.
fn history_of<A>(events: impl IntoIterator<Item = (usize, usize, usize, A)>) -> Vec<Event<A>> {
    let event = |(thread, called, returned, action)| Event {
        thread,
        called,
        returned,
        action,
    };
    events.into_iter().map(event).collect()
}

#[track_caller]
fn assert_accepted(
    queue: &SequentialQueue,
    events: impl IntoIterator<Item = (usize, usize, usize, QueueAction)>,
) {
    assert_linearizable(queue.clone(), &history_of(events));
}

#[track_caller]
fn assert_rejected(
    queue: &SequentialQueue,
    events: impl IntoIterator<Item = (usize, usize, usize, QueueAction)>,
) {
    let history = history_of(events);
    if is_linearizable(queue.clone(), &history) {
        print(&history);
        panic!("the checker assert_accepted this history");
    }
}

#[test]
fn checker_accepts_histories_that_a_queue_explains() {
    let fifo = SequentialQueue::new(Order::FirstIn, None);
    assert_accepted(&fifo, []);
    // No operations overlap.
    assert_accepted(
        &fifo,
        [
            (0, 0, 1, Push(1)),
            (1, 2, 3, Push(2)),
            (0, 4, 5, Pop(1)),
            (1, 6, 7, Pop(2)),
        ],
    );
    // Two pushes overlap, so either of them may be first.
    assert_accepted(
        &fifo,
        [
            (0, 0, 3, Push(1)),
            (1, 1, 2, Push(2)),
            (0, 4, 5, Pop(1)),
            (1, 6, 7, Pop(2)),
        ],
    );
    assert_accepted(
        &fifo,
        [
            (0, 0, 3, Push(1)),
            (1, 1, 2, Push(2)),
            (0, 4, 5, Pop(2)),
            (1, 6, 7, Pop(1)),
        ],
    );
    // A pop waits for a push. A pop that is called first returns the second item.
    assert_accepted(&fifo, [(0, 0, 3, Pop(1)), (1, 1, 2, Push(1))]);
    assert_accepted(
        &fifo,
        [
            (0, 0, 7, Pop(2)),
            (1, 1, 2, Push(1)),
            (1, 3, 4, Push(2)),
            (1, 5, 6, Pop(1)),
        ],
    );
    // An item is popped during its push. Pops before and after that find the queue empty.
    assert_accepted(
        &fifo,
        [
            (0, 0, 7, Push(1)),
            (1, 1, 2, PopWhenEmpty),
            (1, 3, 4, Pop(1)),
            (1, 5, 6, PopWhenEmpty),
        ],
    );
    // The queue is closed with an item in it.
    assert_accepted(
        &fifo,
        [
            (0, 0, 1, Push(1)),
            (0, 2, 3, Close),
            (1, 4, 5, Pop(1)),
            (1, 6, 7, PopWhenClosed),
        ],
    );
    let lifo = SequentialQueue::new(Order::LastIn, Some(2));
    assert_accepted(
        &lifo,
        [
            (0, 0, 1, Push(1)),
            (0, 2, 3, Push(2)),
            (1, 4, 5, PushWhenFull),
            (1, 6, 7, Pop(2)),
        ],
    );
    let priority = SequentialQueue::new(Order::Smallest, None);
    assert_accepted(
        &priority,
        [
            (0, 0, 1, Push(2)),
            (0, 2, 3, Push(1)),
            (1, 4, 5, CloseNow(vec![1, 2])),
        ],
    );
}

#[test]
fn checker_rejects_histories_that_no_queue_explains() {
    let fifo = SequentialQueue::new(Order::FirstIn, None);
    // An item is popped before it was pushed, twice, or never.
    assert_rejected(&fifo, [(0, 0, 1, Pop(1)), (1, 2, 3, Push(1))]);
    assert_rejected(
        &fifo,
        [(0, 0, 1, Push(1)), (0, 2, 3, Pop(1)), (1, 2, 3, Pop(1))],
    );
    assert_rejected(&fifo, [(0, 0, 1, Push(1)), (1, 2, 3, PopWhenEmpty)]);
    // Items come out in the wrong order. In the second history, a third push overlaps with the
    // others.
    assert_rejected(
        &fifo,
        [
            (0, 0, 1, Push(1)),
            (1, 2, 3, Push(2)),
            (0, 4, 5, Pop(2)),
            (1, 6, 7, Pop(1)),
        ],
    );
    assert_rejected(
        &fifo,
        [
            (2, 0, 9, Push(3)),
            (0, 1, 2, Push(1)),
            (1, 3, 4, Push(2)),
            (0, 5, 6, Pop(2)),
            (1, 7, 8, Pop(3)),
        ],
    );
    // The queue has as many items after a pop as were pushed.
    assert_rejected(
        &fifo,
        [
            (0, 0, 3, Push(1)),
            (1, 1, 2, Push(2)),
            (0, 4, 5, Pop(2)),
            (1, 6, 7, Len(2)),
        ],
    );
    // The length is wrong. An item is marked done although none was pushed. A thread joins although
    // an item is not done.
    assert_rejected(&fifo, [(0, 0, 1, Push(1)), (1, 2, 3, Len(0))]);
    assert_rejected(&fifo, [(0, 0, 1, TaskDone(true)), (1, 2, 3, Push(1))]);
    assert_rejected(
        &fifo,
        [
            (0, 0, 1, Push(1)),
            (0, 2, 3, Pop(1)),
            (1, 4, 5, JoinAtOnce(true)),
        ],
    );
    // A closed queue assert_accepted an item. A pop reports a closed queue that is not empty.
    // `close_now` does not return an item.
    assert_rejected(&fifo, [(0, 0, 1, Close), (1, 2, 3, Push(1))]);
    assert_rejected(
        &fifo,
        [
            (0, 0, 1, Push(1)),
            (0, 2, 3, Close),
            (1, 4, 5, PopWhenClosed),
        ],
    );
    assert_rejected(&fifo, [(0, 0, 1, Push(1)), (1, 2, 3, CloseNow(vec![]))]);
    // The queue exceeds its capacity, is reported full while it is empty, or is not reported full.
    let narrow = SequentialQueue::new(Order::FirstIn, Some(1));
    assert_rejected(
        &narrow,
        [(0, 0, 1, Push(1)), (1, 2, 3, Push(2)), (0, 4, 5, Pop(1))],
    );
    assert_rejected(&narrow, [(0, 0, 1, PushWhenFull), (1, 2, 3, Push(2))]);
    assert_rejected(&narrow, [(0, 0, 1, Push(1)), (1, 2, 3, IsFull(false))]);
    let lifo = SequentialQueue::new(Order::LastIn, None);
    assert_rejected(
        &lifo,
        [(0, 0, 1, Push(1)), (0, 2, 3, Push(2)), (1, 4, 5, Pop(1))],
    );
    let priority = SequentialQueue::new(Order::Smallest, None);
    assert_rejected(
        &priority,
        [(0, 0, 1, Push(2)), (0, 2, 3, Push(1)), (1, 4, 5, Pop(2))],
    );
}

#[test]
fn checker_tells_valid_semaphore_histories_from_invalid_ones() {
    let explains = |permits, bound, events: Vec<_>| {
        is_linearizable(
            SequentialSemaphore::new(permits, bound),
            &history_of(events),
        )
    };
    // One thread returns its permit before or while the other one takes it, or only later.
    assert!(explains(
        1,
        9,
        vec![(0, 0, 1, Take(1)), (0, 2, 3, Return(1)), (1, 4, 5, Take(1))]
    ));
    assert!(explains(
        1,
        9,
        vec![(0, 0, 1, Take(1)), (1, 2, 5, Take(1)), (0, 3, 4, Return(1))]
    ));
    assert!(!explains(
        1,
        9,
        vec![(0, 0, 1, Take(1)), (1, 2, 3, Take(1)), (0, 4, 5, Return(1))]
    ));
    // A try fails although the permit may have been taken, or although it must have been available.
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
            (0, 2, 3, Return(1)),
            (1, 4, 5, TooFewFor(1))
        ]
    ));
    // A waiter for two permits gets the first one early, so this permit is not available.
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
    // `add_permits` respects the bound. The last two histories: it is rejected because the number
    // of permits has risen, although the new permit is not yet available.
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
