//! What the primitives report with the feature `trace`, in which order, and when it is delivered.

#![cfg(feature = "trace")]

use std::{
    cell::{Cell, RefCell},
    env, fmt, mem,
    panic::{AssertUnwindSafe, catch_unwind},
    process::{Command, Stdio},
    sync::{
        LazyLock, Mutex, Once,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use sync_primitives::{
    Barrier, BoundedSemaphore, Condition, Event, LifoQueue, Lock, LockGuard, PriorityQueue, Queue,
    RLock, RLockGuard, Semaphore,
};
use tracing::{
    Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

/// Longer than any machine needs. A hand-shake that takes this long has failed.
const LIMIT: Duration = Duration::from_secs(20);
/// Long enough to time out, and short enough for a test.
const BRIEFLY: Duration = Duration::from_millis(1);

/// An event, as the subscriber sees it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Report {
    op: String,
    primitive: String,
    address: u64,
    count: u64,
    file: String,
    line: u64,
}

impl Visit for Report {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "op" => self.op = value.to_owned(),
            "primitive" => self.primitive = value.to_owned(),
            "file" => self.file = value.to_owned(),
            other => panic!("a field {other} that is a string"),
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "address" => self.address = value,
            "count" => self.count = value,
            "line" => self.line = value,
            "column" => assert!(value > 0 || self.file.is_empty()),
            other => panic!("a field {other} that is a number"),
        }
    }

    fn record_debug(&mut self, field: &Field, _: &dyn fmt::Debug) {
        panic!("a field {field} that is neither a string nor a number");
    }
}

thread_local! {
    /// What the subscriber also does with each event of this thread.
    static HOOK: Cell<Option<fn(&Report)>> = const { Cell::new(None) };
    /// The events of this thread that have been delivered.
    static DELIVERED: RefCell<Vec<Report>> = const { RefCell::new(Vec::new()) };
}

/// Keeps the events of each thread. Uses a lock of the library, as a subscriber may.
struct Listener(Lock<u64>);

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sync_primitives"
    }

    fn event(&self, event: &tracing::Event<'_>) {
        *self.0.lock() += 1;
        let mut report = Report::default();
        event.record(&mut report);
        if let Some(hook) = HOOK.get() {
            hook(&report);
        }
        // A thread that ends may have destroyed its list.
        let _ = DELIVERED.try_with(|delivered| delivered.borrow_mut().push(report));
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        unreachable!("there are no spans")
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

fn listen() {
    static LISTEN: Once = Once::new();
    LISTEN.call_once(|| {
        tracing::subscriber::set_global_default(Listener(Lock::new(0)))
            .expect("the only subscriber")
    });
}

/// Returns the events that are delivered on the calling thread while `f` runs.
fn delivered_by(f: impl FnOnce()) -> Vec<Report> {
    listen();
    DELIVERED.with_borrow_mut(Vec::clear);
    f();
    DELIVERED.take()
}

/// As `delivered_by`. `hook` runs in the subscriber, for each event.
fn delivered_with(hook: fn(&Report), f: impl FnOnce()) -> Vec<Report> {
    HOOK.set(Some(hook));
    let delivered = delivered_by(f);
    HOOK.set(None);
    delivered
}

/// Each event in the form `Lock.acquire(1)`. Leaves out `park` and `wake`, because how often a
/// thread parks depends on chance.
fn names(events: &[Report]) -> Vec<String> {
    events
        .iter()
        .filter(|event| event.op != "park" && event.op != "wake")
        .map(|event| format!("{}.{}({})", event.primitive, event.op, event.count))
        .collect()
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(
            start.elapsed() < LIMIT,
            "{what} did not happen within {LIMIT:?}"
        );
        thread::yield_now();
    }
}

#[test]
fn lock_events_name_the_lock_and_the_place_of_the_call() {
    let lock = Lock::new(0);
    let events = delivered_by(|| {
        *lock.lock() += 1;
        drop(lock.try_lock());
    });
    assert_eq!(
        names(&events),
        [
            "Lock.acquire(1)",
            "Lock.release(1)",
            "Lock.acquire(1)",
            "Lock.release(1)"
        ]
    );
    assert!(events[0].file.ends_with("trace.rs"), "{:?}", events[0]);
    assert_eq!(events[2].line, events[0].line + 1);
    assert_eq!(
        events[1].file, "",
        "a dropped guard does not know its caller"
    );
    assert!(
        events
            .iter()
            .all(|it| it.address == events[0].address && it.address != 0)
    );
}

#[test]
fn a_wait_is_reported_when_it_begins_and_when_it_ends() {
    let lock = Lock::new(());
    thread::scope(|scope| {
        let guard = lock.lock();
        let waiter = scope.spawn(|| delivered_by(|| drop(lock.lock())));
        until("a waiter", || lock.waiters() == 1);
        drop(guard);
        let events = waiter.join().unwrap();
        assert_eq!(
            names(&events),
            ["Lock.wait(0)", "Lock.acquire(1)", "Lock.release(1)"]
        );
        let ops: Vec<_> = events.iter().map(|it| it.op.as_str()).collect();
        assert_eq!(ops[..3], ["wait", "park", "wake"], "the thread parked");
        assert_eq!(events[0].line, events[3].line, "both name the call");
    });
}

#[test]
fn a_timeout_is_reported_and_a_failed_try_is_not() {
    static LOCK: Lock<()> = Lock::new(());
    let _guard = LOCK.lock();
    // On another thread, because this one holds a lock and therefore delivers nothing.
    let events = thread::scope(|scope| {
        let tries = || {
            assert!(LOCK.try_lock().is_none());
            assert!(LOCK.try_lock_for(Duration::ZERO).is_none());
            assert!(LOCK.try_lock_for(BRIEFLY).is_none());
        };
        scope.spawn(move || delivered_by(tries)).join().unwrap()
    });
    assert_eq!(names(&events), ["Lock.wait(0)", "Lock.timeout(0)"]);
}

#[test]
fn every_way_to_unlock_a_lock_is_reported() {
    let lock = Lock::new([1, 2]);
    let events = delivered_by(|| {
        let mut guard = lock.lock();
        LockGuard::unlocked(&mut guard, || ());
        LockGuard::unlock_fair(guard);
        drop(LockGuard::map(lock.lock(), |pair| &mut pair[0]));
        mem::forget(lock.lock());
        // SAFETY: the line above acquired the lock and forgot the guard.
        unsafe { lock.force_unlock() };
    });
    assert_eq!(
        names(&events),
        ["Lock.acquire(1)", "Lock.release(1)"].repeat(4)
    );
}

#[test]
fn rlock_events_count_the_levels_that_the_thread_holds() {
    let lock = RLock::new(());
    let events = delivered_by(|| {
        let first = lock.lock();
        let second = lock.lock();
        drop(first);
        drop(RLockGuard::map(second, |it| it));
    });
    let expected = [
        "RLock.acquire(1)",
        "RLock.acquire(2)",
        "RLock.release(1)",
        "RLock.release(0)",
    ];
    assert_eq!(names(&events), expected);
}

#[test]
fn a_condition_wait_releases_every_level_and_acquires_them_again() {
    let lock = RLock::new(());
    let condition = Condition::new();
    let events = delivered_by(|| {
        let _outer = lock.lock();
        let mut inner = lock.lock();
        assert!(condition.wait_for(&mut inner, BRIEFLY).timed_out());
        condition.notify_all();
    });
    let expected = [
        "RLock.acquire(1)",
        "RLock.acquire(2)",
        "Condition.wait(0)",
        "RLock.release(0)",
        "Condition.timeout(0)",
        "RLock.acquire(2)",
        "Condition.notify(0)",
        "RLock.release(1)",
        "RLock.release(0)",
    ];
    assert_eq!(names(&events), expected);
}

#[test]
fn a_notified_wait_passes_and_its_predicate_is_reported_separately() {
    let (ready, other) = (Lock::new(false), Lock::new(()));
    let condition = Condition::new();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            delivered_by(|| {
                condition.wait_while(&mut ready.lock(), |ready| {
                    drop(other.lock());
                    !*ready
                });
            })
        });
        until("a waiter", || condition.waiters() == 1);
        let notifier = delivered_by(|| {
            *ready.lock() = true;
            assert!(condition.notify_one());
        });
        assert_eq!(notifier.last().unwrap().count, 1);
        let events = names(&waiter.join().unwrap());
        let predicate = ["Lock.acquire(1)", "Lock.release(1)"];
        assert_eq!(events[1..3], predicate);
        assert_eq!(
            events[3..6],
            ["Condition.wait(0)", "Lock.release(1)", "Condition.pass(0)"]
        );
        assert!(
            events.ends_with(&[
                predicate[0].into(),
                predicate[1].into(),
                predicate[1].into()
            ]),
            "{events:?}"
        );
    });
}

#[test]
fn semaphore_events_count_permits() {
    let semaphore = Semaphore::new(3);
    let bounded = BoundedSemaphore::new(1);
    let events = delivered_by(|| {
        let permits = semaphore.acquire_many(2);
        assert!(semaphore.try_acquire_many_for(2, BRIEFLY).is_none());
        drop(permits);
        semaphore.add_permits(4);
        drop(bounded.try_acquire());
    });
    let expected = [
        "acquire(2)",
        "wait(0)",
        "timeout(0)",
        "release(2)",
        "release(4)",
        "acquire(1)",
        "release(1)",
    ];
    assert_eq!(names(&events), expected.map(|it| format!("Semaphore.{it}")));
}

#[test]
fn event_waits_and_changes_are_reported() {
    let event = Event::new();
    let events = delivered_by(|| {
        assert!(!event.wait_for(BRIEFLY));
        event.set();
        event.wait();
        event.clear();
    });
    assert_eq!(
        names(&events),
        ["wait(0)", "timeout(0)", "set(0)", "pass(0)", "clear(0)"].map(|it| format!("Event.{it}"))
    );
}

#[test]
fn barrier_arrivals_are_reported_and_the_action_separately() {
    let (lock, barrier) = (Lock::new(()), Barrier::new(2));
    let with_action = Barrier::with_action(1, || drop(lock.lock()));
    thread::scope(|scope| {
        let first = scope.spawn(|| delivered_by(|| assert!(barrier.wait().is_ok())));
        until("a waiter", || barrier.waiting() == 1);
        let events = delivered_by(|| assert!(barrier.wait().is_ok()));
        assert_eq!(names(&events), ["Barrier.arrive(1)", "Barrier.pass(0)"]);
        let events = names(&first.join().unwrap());
        assert!(
            events
                .ends_with(&["arrive(0)", "wait(0)", "pass(0)"].map(|it| format!("Barrier.{it}"))),
            "{events:?}"
        );
    });
    let events = delivered_by(|| {
        assert!(with_action.wait().is_ok());
        barrier.abort();
        assert!(barrier.wait().is_err());
        assert!(barrier.is_broken());
        assert!(format!("{barrier:?}").contains("broken"));
        barrier.reset();
    });
    let expected = ["arrive(0)", "pass(0)", "break(0)", "break(0)", "reset(0)"]
        .map(|it| format!("Barrier.{it}"));
    assert_eq!(
        [&names(&events)[..1], &names(&events)[3..]].concat(),
        expected
    );
    assert_eq!(
        names(&events)[1..3],
        ["Lock.acquire(1)", "Lock.release(1)"],
        "the events of the action"
    );
}

#[test]
fn queue_events_report_each_item() {
    fn check(name: &str, events: &[Report]) {
        let expected = [
            "push(1)",
            "wait(0)",
            "timeout(0)",
            "pop(1)",
            "done(1)",
            "push(1)",
            "pop(1)",
            "done(1)",
            "pass(0)",
        ];
        let rest = ["close(0)"];
        let all: Vec<_> = expected
            .iter()
            .chain(&rest)
            .map(|it| format!("{name}.{it}"))
            .collect();
        assert_eq!(names(events), all);
        assert!(events.iter().all(|it| it.address == events[0].address));
    }
    macro_rules! drive {
        ($Queue:ident) => {{
            let queue = $Queue::bounded(1);
            let events = delivered_by(|| {
                queue.push(1).unwrap();
                assert!(queue.try_push_for(2, BRIEFLY).is_err());
                assert_eq!(queue.pop(), Ok(1));
                queue.task_done().unwrap();
                assert!(queue.task_done().is_err() && queue.try_pop().is_err() && queue.is_empty());
                queue.try_push(3).unwrap();
                drop(queue.task());
                queue.join();
                queue.close();
                assert!(queue.iter().next().is_none() && queue.len() == 0);
                assert!(format!("{queue:?}").contains("closed"));
            });
            check(stringify!($Queue), &events);
        }};
    }
    drive!(Queue);
    drive!(LifoQueue);
    drive!(PriorityQueue);
}

#[test]
fn an_iterator_reports_the_place_of_its_loop() {
    let queue = Queue::unbounded();
    queue.push(1).unwrap();
    queue.close();
    let events = delivered_by(|| for _ in &queue {});
    assert_eq!(names(&events), ["Queue.pop(1)"]);
    assert!(events[0].file.ends_with("trace.rs"), "{:?}", events[0]);
}

/// The adapters of the standard library call `next` from a place that would tell nobody anything.
#[test]
fn an_iterator_in_an_adapter_reports_the_place_where_it_was_made() {
    let places = |run: fn(&Queue<u8>)| {
        let queue = Queue::unbounded();
        queue.push(1).unwrap();
        queue.close();
        let mut places = Vec::new();
        for event in delivered_by(|| run(&queue)) {
            if event.op == "pop" {
                places.push((event.file, event.line));
            }
        }
        places
    };
    let first = line!();
    let runs: [fn(&Queue<u8>); 4] = [
        |queue| queue.iter().map(drop).for_each(drop),
        |queue| queue.into_iter().map(drop).for_each(drop),
        |queue| queue.try_iter().map(drop).for_each(drop),
        |queue| queue.tasks().map(drop).for_each(drop),
    ];
    for (run, line) in runs.into_iter().zip(first + 2..) {
        assert_eq!(places(run), [(file!().to_owned(), u64::from(line))]);
    }
}

#[test]
fn a_thread_reports_again_after_its_barrier_action_has_panicked() {
    let barrier = Barrier::with_action(1, || panic!("planned"));
    let events = delivered_by(|| {
        assert!(catch_unwind(AssertUnwindSafe(|| barrier.wait())).is_err());
        drop(Lock::new(()).lock());
    });
    assert_eq!(
        names(&events),
        ["Barrier.arrive(0)", "Lock.acquire(1)", "Lock.release(1)"]
    );
}

#[test]
fn a_wait_ends_when_a_comparison_unwinds() {
    #[derive(PartialEq, Eq)]
    struct Planned(u8);
    impl PartialOrd for Planned {
        fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
            Some(self.cmp(other))
        }
    }
    impl Ord for Planned {
        fn cmp(&self, other: &Self) -> std::cmp::Ordering {
            assert!(self.0 < 9 && other.0 < 9, "planned");
            self.0.cmp(&other.0)
        }
    }
    let queue = PriorityQueue::bounded(2);
    queue.push(Planned(1)).unwrap();
    queue.push(Planned(2)).unwrap();
    thread::scope(|scope| {
        let pusher = scope.spawn(|| {
            delivered_by(|| {
                assert!(catch_unwind(AssertUnwindSafe(|| queue.push(Planned(9)))).is_err())
            })
        });
        until("a waiter", || queue.waiters() == 1);
        assert!(queue.pop().is_ok());
        let events = pusher.join().unwrap();
        assert_eq!(
            names(&events),
            ["PriorityQueue.wait(0)", "PriorityQueue.pass(0)"]
        );
    });
}

#[test]
fn a_comparison_is_reported_separately() {
    static LOCK: Lock<()> = Lock::new(());
    #[derive(PartialEq, Eq)]
    struct Locking(u8);
    impl PartialOrd for Locking {
        fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
            Some(self.cmp(other))
        }
    }
    impl Ord for Locking {
        fn cmp(&self, other: &Self) -> std::cmp::Ordering {
            drop(LOCK.lock());
            self.0.cmp(&other.0)
        }
    }
    let queue = PriorityQueue::unbounded();
    queue.push(Locking(2)).unwrap();
    let events = delivered_by(|| queue.push(Locking(1)).unwrap());
    assert_eq!(
        names(&events),
        [
            "Lock.acquire(1)",
            "Lock.release(1)",
            "PriorityQueue.push(1)"
        ]
    );
}

#[test]
fn a_subscriber_may_lock_an_rlock_that_its_thread_waits_with() {
    static SHARED: RLock<()> = RLock::new(());
    let condition = Condition::new();
    let lock_it_too = |_: &Report| drop(SHARED.lock());
    let events = delivered_with(lock_it_too, || {
        let mut guard = SHARED.lock();
        assert!(condition.wait_for(&mut guard, BRIEFLY).timed_out());
    });
    assert_eq!(names(&events).last().unwrap(), "RLock.release(0)");
}

/// A subscriber could lock an `RLock` once more, after `outermost` had counted its levels. The wait
/// then let another thread in, although the subscriber had a guard of a value that is not `Sync`.
#[test]
fn an_outermost_cannot_wait_if_a_subscriber_has_kept_a_level() {
    static SHARED: RLock<Cell<u8>> = RLock::new(Cell::new(0));
    thread_local! {
        static KEPT: RefCell<Option<RLockGuard<'static, Cell<u8>>>> = const { RefCell::new(None) };
    }
    let keep_a_level = |event: &Report| {
        if event.op == "wait" {
            KEPT.with_borrow_mut(|kept| *kept = Some(SHARED.lock()));
        }
    };
    let (other, condition) = (Lock::new(()), Condition::new());
    delivered_with(keep_a_level, || {
        // Another lock is held, so the events are delivered before the wait.
        let _other = other.lock();
        let mut guard = SHARED.lock();
        let mut outermost = RLockGuard::outermost(&mut guard).expect("the only level");
        let wait = || condition.wait_for(&mut outermost, BRIEFLY);
        assert!(catch_unwind(AssertUnwindSafe(wait)).is_err());
        assert_eq!(SHARED.depth(), 2);
    });
    KEPT.take();
    assert!(!SHARED.is_locked());
}

/// A subscriber that wrote to the standard output ran while its thread held a lock. The owner of
/// the standard output waited for that lock, and both deadlocked.
#[test]
fn no_event_is_delivered_while_the_thread_holds_a_lock() {
    static LOCK: Lock<[u8; 2]> = Lock::new([0; 2]);
    static RLOCK: RLock<()> = RLock::new(());
    static CONDITION: Condition = Condition::new();
    thread_local! {
        static HELD: Cell<Option<Report>> = const { Cell::new(None) };
    }
    let look = |event: &Report| {
        if LOCK.is_locked() || RLOCK.is_locked() {
            HELD.set(Some(event.clone()));
        }
    };
    let check = |what: &str, f: &dyn Fn()| {
        let events = delivered_with(look, f);
        assert!(events.len() >= 2, "{what} is reported");
        assert_eq!(HELD.take(), None, "{what}");
        assert!(!LOCK.is_locked() && !RLOCK.is_locked(), "{what}");
    };
    check("dropping a guard", &|| drop(LOCK.lock()));
    check("dropping the guard of a try", &|| drop(LOCK.try_lock()));
    check("unlocking fairly", &|| LockGuard::unlock_fair(LOCK.lock()));
    check("unlocking for a while", &|| {
        LockGuard::unlocked(&mut LOCK.lock(), || drop(LOCK.lock()));
    });
    check("dropping a mapped guard", &|| {
        drop(LockGuard::map(LOCK.lock(), |pair| &mut pair[0]));
    });
    check("unlocking by force", &|| {
        mem::forget(LOCK.lock());
        // SAFETY: the line above acquired the lock and forgot the guard.
        unsafe { LOCK.force_unlock() };
    });
    check("a panic", &|| {
        let panic = || {
            let _guard = LOCK.lock();
            panic!("planned");
        };
        assert!(catch_unwind(panic).is_err());
    });
    check("the levels of an RLock", &|| {
        let outer = RLOCK.lock();
        drop(RLOCK.lock());
        drop(outer);
    });
    check("unlocking an RLock fairly", &|| {
        let outer = RLOCK.lock();
        RLockGuard::unlock_fair(RLOCK.lock());
        RLockGuard::unlock_fair(outer);
    });
    check("one lock inside another", &|| {
        let _outer = LOCK.lock();
        drop(RLOCK.lock());
    });
    check("a wait that times out", &|| {
        assert!(CONDITION.wait_for(&mut LOCK.lock(), BRIEFLY).timed_out());
    });
    check("a wait with an RLock that times out", &|| {
        assert!(CONDITION.wait_for(&mut RLOCK.lock(), BRIEFLY).timed_out());
    });
}

/// As above, for a wait that is notified. The lock may be handed to the waiter before it runs.
#[test]
fn a_notified_thread_delivers_when_it_has_released_the_lock() {
    static READY: Lock<bool> = Lock::new(false);
    static CHANGED: Condition = Condition::new();
    thread_local! {
        static LOCKED_BY_ME: Cell<bool> = const { Cell::new(false) };
        static DELIVERED_LOCKED: Cell<bool> = const { Cell::new(false) };
    }
    let look = |_: &Report| DELIVERED_LOCKED.set(DELIVERED_LOCKED.get() || LOCKED_BY_ME.get());
    thread::scope(|scope| {
        let waiter = scope.spawn(move || {
            let events = delivered_with(look, || {
                let mut ready = READY.lock();
                LOCKED_BY_ME.set(true);
                CHANGED.wait_while(&mut ready, |ready| !*ready);
                LOCKED_BY_ME.set(false);
            });
            (events, DELIVERED_LOCKED.get())
        });
        until("a waiter", || CHANGED.waiters() == 1);
        let mut ready = READY.lock();
        *ready = true;
        // The waiter moves to the queue of the lock.
        assert!(CHANGED.notify_one());
        LockGuard::unlock_fair(ready);
        let (events, delivered_locked) = waiter.join().unwrap();
        let names = names(&events);
        assert_eq!(names[..2], ["Lock.acquire(1)", "Condition.wait(0)"]);
        assert_eq!(names.last().unwrap(), "Lock.release(1)");
        assert!(!delivered_locked, "{events:?}");
    });
}

#[test]
fn a_subscriber_that_blocks_does_not_keep_a_lock_from_other_threads() {
    static LOCK: Lock<()> = Lock::new(());
    /// The lock of an output that the subscriber writes to.
    static OUTPUT: Mutex<()> = Mutex::new(());
    static BLOCKED: AtomicBool = AtomicBool::new(false);
    let write = |_: &Report| {
        BLOCKED.store(true, Ordering::SeqCst);
        drop(OUTPUT.lock());
    };
    let output = OUTPUT.lock().unwrap();
    thread::scope(|scope| {
        scope.spawn(move || delivered_with(write, || drop(LOCK.lock())));
        until("the subscriber", || BLOCKED.load(Ordering::SeqCst));
        assert!(LOCK.try_lock_for(LIMIT).is_some());
        drop(output);
    });
}

#[test]
fn pending_events_are_delivered_in_order_when_the_last_lock_is_released() {
    let (outer, inner, event) = (Lock::new(()), RLock::new(()), Event::new());
    let delivered = || DELIVERED.with_borrow(Vec::len);
    let events = delivered_by(|| {
        let outer = outer.lock();
        let inner = inner.lock();
        event.set();
        drop(outer);
        assert_eq!(delivered(), 0, "the RLock is still held");
        drop(inner);
        assert_eq!(delivered(), 5);
    });
    let expected = [
        "Lock.acquire(1)",
        "RLock.acquire(1)",
        "Event.set(0)",
        "Lock.release(1)",
        "RLock.release(0)",
    ];
    assert_eq!(names(&events), expected);
}

#[test]
fn a_comparison_delivers_nothing_while_the_queue_is_locked() {
    static OTHER: Lock<()> = Lock::new(());
    static QUEUE: LazyLock<PriorityQueue<Locking>> = LazyLock::new(PriorityQueue::unbounded);
    thread_local! {
        static QUEUE_WAS_LOCKED: Cell<bool> = const { Cell::new(false) };
    }
    #[derive(PartialEq, Eq)]
    struct Locking(u8);
    impl PartialOrd for Locking {
        fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
            Some(self.cmp(other))
        }
    }
    impl Ord for Locking {
        fn cmp(&self, other: &Self) -> std::cmp::Ordering {
            drop(OTHER.lock());
            self.0.cmp(&other.0)
        }
    }
    let look = |_: &Report| {
        if format!("{:?}", *QUEUE).contains("<locked>") {
            QUEUE_WAS_LOCKED.set(true);
        }
    };
    let events = delivered_with(look, || {
        QUEUE.push(Locking(2)).unwrap();
        QUEUE.push(Locking(1)).unwrap();
    });
    assert_eq!(names(&events).len(), 4);
    assert!(!QUEUE_WAS_LOCKED.get());
}

/// A deadlock can only be found if the blocked threads have told what they hold.
#[test]
fn a_thread_that_parks_first_delivers_what_it_holds() {
    static DELIVERED_SO_FAR: Mutex<Vec<Report>> = Mutex::new(Vec::new());
    let share = |event: &Report| DELIVERED_SO_FAR.lock().unwrap().push(event.clone());
    let (held, wanted) = (Lock::new(()), Lock::new(()));
    let (guarded, condition) = (Lock::new(()), Condition::new());
    thread::scope(|scope| {
        let guard = wanted.lock();
        scope.spawn(|| {
            delivered_with(share, || {
                let _held = held.lock();
                drop(wanted.lock());
                let guarded = &mut guarded.lock();
                assert!(!condition.wait_for(guarded, LIMIT).timed_out());
            })
        });
        until("a waiter for the lock", || wanted.waiters() == 1);
        let so_far = names(&mem::take(&mut *DELIVERED_SO_FAR.lock().unwrap()));
        assert_eq!(so_far, ["Lock.acquire(1)", "Lock.wait(0)"]);
        drop(guard);
        until("a waiter on the condition", || condition.waiters() == 1);
        let so_far = names(&mem::take(&mut *DELIVERED_SO_FAR.lock().unwrap()));
        let expected = [
            "Lock.acquire(1)",
            "Lock.release(1)",
            "Lock.acquire(1)",
            "Condition.wait(0)",
            "Lock.release(1)",
        ];
        assert_eq!(so_far, expected);
        drop(guarded.lock());
        condition.notify_one();
    });
}

#[test]
fn a_thread_with_many_pending_events_delivers_them_although_it_holds_a_lock() {
    let (lock, event) = (Lock::new(()), Event::new());
    delivered_by(|| {
        let _guard = lock.lock();
        event.set();
        assert_eq!(DELIVERED.with_borrow(Vec::len), 0);
        (0..10_000).for_each(|_| event.set());
        assert!(DELIVERED.with_borrow(Vec::len) > 4_000);
    });
}

/// While a wait has given up an `RLock`, a subscriber could lock it as if its thread held no level.
#[test]
fn many_pending_events_are_not_delivered_while_a_wait_has_given_up_an_rlock() {
    static SHARED: RLock<()> = RLock::new(());
    thread_local! {
        static WAITS: Cell<bool> = const { Cell::new(false) };
        static FOUND_IT_FREE: Cell<bool> = const { Cell::new(false) };
    }
    let look = |_: &Report| {
        if WAITS.get() && SHARED.depth() == 0 {
            FOUND_IT_FREE.set(true);
        }
    };
    let (event, condition) = (Event::new(), Condition::new());
    // One of these numbers is such that the events become too many during the wait.
    for sets in 4086..4096 {
        delivered_with(look, || {
            let mut guard = SHARED.lock();
            (0..sets).for_each(|_| event.set());
            WAITS.set(true);
            assert!(condition.wait_for(&mut guard, BRIEFLY).timed_out());
            WAITS.set(false);
        });
    }
    assert!(!FOUND_IT_FREE.get());
}

#[test]
fn a_thread_that_ends_with_a_lock_held_delivers_its_events() {
    static DELIVERED_SO_FAR: Mutex<Vec<Report>> = Mutex::new(Vec::new());
    let share = |event: &Report| DELIVERED_SO_FAR.lock().unwrap().push(event.clone());
    listen();
    for uses_the_subscriber_before in [false, true] {
        let work = move || {
            HOOK.set(Some(share));
            if uses_the_subscriber_before {
                drop(Lock::new(()).lock());
            }
            mem::forget(Lock::new(()).lock());
        };
        thread::spawn(work).join().unwrap();
        let events = mem::take(&mut *DELIVERED_SO_FAR.lock().unwrap());
        assert_eq!(names(&events).last().unwrap(), "Lock.acquire(1)");
        assert_eq!(events.len(), if uses_the_subscriber_before { 3 } else { 1 });
    }
}

#[test]
fn set_and_clear_are_reported_after_the_change() {
    static EVENT: Event = Event::new();
    thread_local! {
        static SEEN: Cell<[bool; 2]> = const { Cell::new([false; 2]) };
    }
    let look = |event: &Report| match event.op.as_str() {
        "set" => SEEN.set([EVENT.is_set(), SEEN.get()[1]]),
        "clear" => SEEN.set([SEEN.get()[0], !EVENT.is_set()]),
        other => panic!("{other}"),
    };
    delivered_with(look, || {
        EVENT.set();
        EVENT.clear();
    });
    assert_eq!(SEEN.get(), [true, true]);
}

/// Tells a child process what to do.
const TASK: &str = "TRACE_TEST_TASK";

/// After a panic of the subscriber, a guard existed while its lock was free.
#[test]
fn a_panicking_subscriber_aborts_the_process() {
    for task in ["wait_for", "unlocked"] {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "child_process", "--nocapture"])
            .env(TASK, task)
            .env("RUST_BACKTRACE", "0")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let start = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if start.elapsed() > LIMIT {
                child.kill().unwrap();
            }
            thread::yield_now();
        }
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        let explains =
            |line: &str| line.starts_with("sync-primitives: a tracing subscriber panicked");
        assert!(errors.lines().any(explains), "{task}: {errors}");
        assert!(!errors.contains("went on"), "{task}: {errors}");
        #[cfg(unix)]
        {
            use std::os::unix::process::ExitStatusExt;
            const SIGABRT: i32 = 6;
            assert_eq!(output.status.signal(), Some(SIGABRT), "{task}: {errors}");
        }
    }
}

/// Does nothing, unless `a_panicking_subscriber_aborts_the_process` has started the process.
#[test]
fn child_process() {
    static LOCK: Lock<()> = Lock::new(());
    static CONDITION: Condition = Condition::new();
    let Ok(task) = env::var(TASK) else { return };
    let fail = |event: &Report| assert!(event.op != "wake" && event.op != "wait", "planned");
    listen();
    thread::scope(|scope| {
        let mut guard = LOCK.lock();
        let result = catch_unwind(AssertUnwindSafe(|| match task.as_str() {
            "wait_for" => {
                HOOK.set(Some(fail));
                let _ = CONDITION.wait_for(&mut guard, BRIEFLY);
            }
            "unlocked" => LockGuard::unlocked(&mut guard, || {
                let (sender, locked) = std::sync::mpsc::channel();
                scope.spawn(move || {
                    let _guard = LOCK.lock();
                    sender.send(()).unwrap();
                    until("a waiter", || LOCK.waiters() == 1);
                });
                locked.recv_timeout(LIMIT).unwrap();
                HOOK.set(Some(fail));
            }),
            other => panic!("{other}"),
        }));
        eprintln!("the thread went on: {result:?}");
    });
}
