//! What the primitives tell with the feature `trace`: in which order, about what, and from where.

use std::{
    cell::{Cell, RefCell},
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Once,
    thread,
    time::Duration,
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

/// Longer than any machine needs; a hand-shake that takes so long has failed.
const LIMIT: Duration = Duration::from_secs(20);

#[derive(Clone, Debug, Default, PartialEq)]
struct Told {
    op: String,
    primitive: String,
    address: u64,
    count: u64,
    file: String,
    line: u64,
}

impl Visit for Told {
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
    /// What the subscriber locks too, while it listens to this thread.
    static SUBSCRIBER_LOCKS: Cell<Option<&'static RLock<()>>> = const { Cell::new(None) };
    static TOLD: RefCell<Vec<Told>> = const { RefCell::new(Vec::new()) };
}

/// Keeps what each thread tells, and locks a lock of ours meanwhile, as a subscriber may.
struct Listener(Lock<u64>);

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sync_primitives"
    }

    fn event(&self, event: &tracing::Event<'_>) {
        *self.0.lock() += 1;
        let _shared = SUBSCRIBER_LOCKS.get().map(RLock::lock);
        let mut told = Told::default();
        event.record(&mut told);
        TOLD.with_borrow_mut(|all| all.push(told));
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        unreachable!("there are no spans")
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// What the calling thread tells while `f` runs.
fn told_by(f: impl FnOnce()) -> Vec<Told> {
    static LISTEN: Once = Once::new();
    LISTEN.call_once(|| {
        tracing::subscriber::set_global_default(Listener(Lock::new(0)))
            .expect("the only subscriber")
    });
    TOLD.with_borrow_mut(Vec::clear);
    f();
    TOLD.take()
}

/// As `Lock.acquire(1)`; without how often the thread slept, which is a matter of luck.
fn words(told: &[Told]) -> Vec<String> {
    let slept = |told: &&Told| told.op != "park" && told.op != "wake";
    told.iter()
        .filter(slept)
        .map(|told| format!("{}.{}({})", told.primitive, told.op, told.count))
        .collect()
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let start = std::time::Instant::now();
    while !is_so() {
        assert!(
            start.elapsed() < LIMIT,
            "{what} did not happen within {LIMIT:?}"
        );
        thread::yield_now();
    }
}

#[test]
fn a_lock_tells_who_took_it_and_where() {
    let lock = Lock::new(0);
    let told = told_by(|| {
        *lock.lock() += 1;
        drop(lock.try_lock());
    });
    assert_eq!(
        words(&told),
        [
            "Lock.acquire(1)",
            "Lock.release(1)",
            "Lock.acquire(1)",
            "Lock.release(1)"
        ]
    );
    assert!(told[0].file.ends_with("trace.rs"), "{:?}", told[0]);
    assert_eq!(told[2].line, told[0].line + 1);
    assert_eq!(told[1].file, "", "a guard's drop has no place");
    assert!(
        told.iter()
            .all(|it| it.address == told[0].address && it.address != 0)
    );
}

#[test]
fn a_wait_is_told_before_it_and_after_it() {
    let lock = Lock::new(());
    thread::scope(|scope| {
        let guard = lock.lock();
        let waiter = scope.spawn(|| told_by(|| drop(lock.lock())));
        until("a waiter", || lock.waiters() == 1);
        drop(guard);
        let told = waiter.join().unwrap();
        assert_eq!(
            words(&told),
            ["Lock.wait(0)", "Lock.acquire(1)", "Lock.release(1)"]
        );
        let ops: Vec<_> = told.iter().map(|it| it.op.as_str()).collect();
        assert_eq!(ops[..3], ["wait", "park", "wake"], "it slept");
        assert_eq!(told[0].line, told[3].line, "the place is the call's");
    });
}

#[test]
fn a_wait_in_vain_ends_in_a_timeout_and_a_mere_try_in_silence() {
    let lock = Lock::new(());
    let _guard = lock.lock();
    let told = told_by(|| {
        assert!(lock.try_lock().is_none());
        assert!(lock.try_lock_for(Duration::ZERO).is_none());
        assert!(lock.try_lock_for(Duration::from_millis(1)).is_none());
    });
    assert_eq!(words(&told), ["Lock.wait(0)", "Lock.timeout(0)"]);
}

#[test]
fn a_guard_given_up_for_a_while_is_told() {
    let lock = Lock::new([1, 2]);
    let told = told_by(|| {
        let mut guard = lock.lock();
        LockGuard::unlocked(&mut guard, || ());
        LockGuard::unlock_fair(guard);
        drop(LockGuard::map(lock.lock(), |pair| &mut pair[0]));
    });
    assert_eq!(
        words(&told),
        ["Lock.acquire(1)", "Lock.release(1)"].repeat(3)
    );
}

#[test]
fn an_rlock_tells_its_depth() {
    let lock = RLock::new(());
    let told = told_by(|| {
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
    assert_eq!(words(&told), expected);
}

#[test]
fn waiting_on_a_condition_gives_up_every_level_and_takes_it_back() {
    let lock = RLock::new(());
    let condition = Condition::new();
    let told = told_by(|| {
        let _outer = lock.lock();
        let mut inner = lock.lock();
        assert!(
            condition
                .wait_for(&mut inner, Duration::from_millis(1))
                .timed_out()
        );
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
    assert_eq!(words(&told), expected);
}

#[test]
fn a_notified_wait_passes_and_a_predicate_tells_for_itself() {
    let (ready, other) = (Lock::new(false), Lock::new(()));
    let condition = Condition::new();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            told_by(|| {
                condition.wait_while(&mut ready.lock(), |ready| {
                    drop(other.lock());
                    !*ready
                });
            })
        });
        until("a waiter", || condition.waiters() == 1);
        let notifier = told_by(|| {
            *ready.lock() = true;
            assert!(condition.notify_one());
        });
        assert_eq!(notifier.last().unwrap().count, 1);
        let told = words(&waiter.join().unwrap());
        let predicate = ["Lock.acquire(1)", "Lock.release(1)"];
        assert_eq!(told[1..3], predicate);
        assert_eq!(
            told[3..6],
            ["Condition.wait(0)", "Lock.release(1)", "Condition.pass(0)"]
        );
        assert!(
            told.ends_with(&[
                predicate[0].into(),
                predicate[1].into(),
                predicate[1].into()
            ]),
            "{told:?}"
        );
    });
}

#[test]
fn semaphores_tell_how_many_permits() {
    let semaphore = Semaphore::new(3);
    let bounded = BoundedSemaphore::new(1);
    let told = told_by(|| {
        let permits = semaphore.acquire_many(2);
        assert!(
            semaphore
                .try_acquire_many_for(2, Duration::from_millis(1))
                .is_none()
        );
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
    assert_eq!(words(&told), expected.map(|it| format!("Semaphore.{it}")));
}

#[test]
fn events_tell_when_they_are_set() {
    let event = Event::new();
    let told = told_by(|| {
        assert!(!event.wait_for(Duration::from_millis(1)));
        event.set();
        event.wait();
        event.clear();
    });
    assert_eq!(
        words(&told),
        ["wait(0)", "timeout(0)", "set(0)", "pass(0)", "clear(0)"].map(|it| format!("Event.{it}"))
    );
}

#[test]
fn a_barrier_tells_who_arrives_and_its_action_tells_for_itself() {
    let (lock, barrier) = (Lock::new(()), Barrier::new(2));
    let with_action = Barrier::with_action(1, || drop(lock.lock()));
    thread::scope(|scope| {
        let first = scope.spawn(|| told_by(|| assert!(barrier.wait().is_ok())));
        until("a waiter", || barrier.waiting() == 1);
        let told = told_by(|| assert!(barrier.wait().is_ok()));
        assert_eq!(words(&told), ["Barrier.arrive(1)", "Barrier.pass(0)"]);
        let told = words(&first.join().unwrap());
        assert!(
            told.ends_with(&["arrive(0)", "wait(0)", "pass(0)"].map(|it| format!("Barrier.{it}"))),
            "{told:?}"
        );
    });
    let told = told_by(|| {
        assert!(with_action.wait().is_ok());
        barrier.abort();
        assert!(barrier.wait().is_err());
        assert!(barrier.is_broken());
        assert!(format!("{barrier:?}").contains("broken"));
        barrier.reset();
    });
    let expected = ["arrive(0)", "pass(0)", "break(0)", "break(0)", "reset(0)"]
        .map(|it| format!("Barrier.{it}"));
    assert_eq!([&words(&told)[..1], &words(&told)[3..]].concat(), expected);
    assert_eq!(
        words(&told)[1..3],
        ["Lock.acquire(1)", "Lock.release(1)"],
        "the action's own"
    );
}

#[test]
fn queues_tell_what_passes_through_them() {
    fn check(name: &str, told: &[Told]) {
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
        assert_eq!(words(told), all);
        assert!(told.iter().all(|it| it.address == told[0].address));
    }
    macro_rules! drive {
        ($Queue:ident) => {{
            let queue = $Queue::bounded(1);
            let told = told_by(|| {
                queue.push(1).unwrap();
                assert!(queue.try_push_for(2, Duration::from_millis(1)).is_err());
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
            check(stringify!($Queue), &told);
        }};
    }
    drive!(Queue);
    drive!(LifoQueue);
    drive!(PriorityQueue);
}

#[test]
fn an_iterator_tells_the_place_of_its_loop() {
    let queue = Queue::unbounded();
    queue.push(1).unwrap();
    queue.close();
    let told = told_by(|| for _ in &queue {});
    assert_eq!(words(&told), ["Queue.pop(1)"]);
    assert!(told[0].file.ends_with("trace.rs"), "{:?}", told[0]);
}

#[test]
fn after_a_panic_in_an_action_the_thread_tells_again() {
    let barrier = Barrier::with_action(1, || panic!("planned"));
    let told = told_by(|| {
        assert!(catch_unwind(AssertUnwindSafe(|| barrier.wait())).is_err());
        drop(Lock::new(()).lock());
    });
    assert_eq!(
        words(&told),
        ["Barrier.arrive(0)", "Lock.acquire(1)", "Lock.release(1)"]
    );
}

#[test]
fn a_wait_ends_also_when_a_comparison_unwinds() {
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
            told_by(|| assert!(catch_unwind(AssertUnwindSafe(|| queue.push(Planned(9)))).is_err()))
        });
        until("a waiter", || queue.waiters() == 1);
        assert!(queue.pop().is_ok());
        let told = pusher.join().unwrap();
        assert_eq!(
            words(&told),
            ["PriorityQueue.wait(0)", "PriorityQueue.pass(0)"]
        );
    });
}

#[test]
fn a_comparison_tells_for_itself() {
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
    let told = told_by(|| queue.push(Locking(1)).unwrap());
    assert_eq!(
        words(&told),
        [
            "Lock.acquire(1)",
            "Lock.release(1)",
            "PriorityQueue.push(1)"
        ]
    );
}

#[test]
fn a_subscriber_may_lock_an_rlock_that_the_program_waits_with() {
    static SHARED: RLock<()> = RLock::new(());
    let condition = Condition::new();
    SUBSCRIBER_LOCKS.set(Some(&SHARED));
    let told = told_by(|| {
        let mut guard = SHARED.lock();
        assert!(
            condition
                .wait_for(&mut guard, Duration::from_millis(1))
                .timed_out()
        );
    });
    SUBSCRIBER_LOCKS.set(None);
    assert_eq!(words(&told).last().unwrap(), "RLock.release(0)");
}
