//! What a subscriber of trace events may do to the locks it hears about: no check and no count of
//! the library may be broken by it, and a release is reported when the lock is already unlocked.

#![cfg(feature = "trace")]

use std::{
    cell::{Cell, RefCell},
    fmt,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::Once,
    thread,
    time::Duration,
};
use sync_primitives::{Condition, Lock, LockGuard, RLock, RLockGuard};
use tracing::{
    Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

/// Long enough for a wait that is refused, and short enough for a test that fails.
const SOON: Duration = Duration::from_millis(100);

type Reaction = Box<dyn FnMut(&str)>;

thread_local! {
    /// What the subscriber does when this thread sends an event of the given name.
    static REACTION: RefCell<Option<Reaction>> = const { RefCell::new(None) };
    /// A guard that the subscriber keeps for this thread.
    static KEPT: RefCell<Option<RLockGuard<'static, Cell<u32>>>> = const { RefCell::new(None) };
}

#[derive(Default)]
struct Name(String);

impl Visit for Name {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "op" {
            self.0 = value.to_owned();
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

struct Listener;

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sync_primitives"
    }

    fn event(&self, event: &tracing::Event<'_>) {
        let mut name = Name::default();
        event.record(&mut name);
        REACTION.with_borrow_mut(|reaction| {
            if let Some(react) = reaction {
                react(&name.0);
            }
        });
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        unreachable!("the library sends no spans")
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// Runs `f` and calls `react` with the name of each event that it sends.
fn with_reaction(react: impl FnMut(&str) + 'static, f: impl FnOnce()) {
    static LISTEN: Once = Once::new();
    LISTEN.call_once(|| {
        tracing::subscriber::set_global_default(Listener).expect("the only subscriber")
    });
    REACTION.set(Some(Box::new(react)));
    let outcome = catch_unwind(AssertUnwindSafe(f));
    REACTION.set(None);
    if let Err(payload) = outcome {
        resume_unwind(payload);
    }
}

/// Counts the events of releases, each of which must come when `is_locked` returns `false`.
fn releases_after_the_unlock(is_locked: fn() -> bool, f: impl FnOnce()) -> usize {
    thread_local! {
        static RELEASES: Cell<usize> = const { Cell::new(0) };
        static TOO_EARLY: Cell<usize> = const { Cell::new(0) };
    }
    let react = move |name: &str| {
        if name == "release" {
            RELEASES.set(RELEASES.get() + 1);
            TOO_EARLY.set(TOO_EARLY.get() + usize::from(is_locked()));
        }
    };
    with_reaction(react, f);
    assert_eq!(
        TOO_EARLY.get(),
        0,
        "releases were reported with the lock still held"
    );
    RELEASES.get()
}

#[test]
fn every_release_of_a_lock_is_reported_after_the_unlock() {
    static LOCK: Lock<[u32; 2]> = Lock::new([1, 2]);
    let releases = releases_after_the_unlock(
        || LOCK.is_locked(),
        || {
            drop(LOCK.lock());
            LockGuard::unlock_fair(LOCK.lock());
            drop(LockGuard::map(LOCK.lock(), |pair| &mut pair[0]));
            let mut guard = LOCK.lock();
            LockGuard::unlocked(&mut guard, || ());
            std::mem::forget(guard);
            // SAFETY: this thread holds the lock, and its guard was forgotten.
            unsafe { LOCK.force_unlock() };
        },
    );
    assert_eq!(releases, 5);
}

#[test]
fn every_release_of_the_last_level_of_an_rlock_is_reported_after_the_unlock() {
    static LOCK: RLock<[u32; 2]> = RLock::new([1, 2]);
    let releases = releases_after_the_unlock(
        || LOCK.is_locked(),
        || {
            drop(LOCK.lock());
            RLockGuard::unlock_fair(LOCK.lock());
            drop(RLockGuard::map(LOCK.lock(), |pair| &pair[0]));
            let mut guard = LOCK.lock();
            RLockGuard::unlocked(&mut guard, || ());
            std::mem::forget(guard);
            // SAFETY: this thread holds one level, and its guard was forgotten.
            unsafe { LOCK.force_unlock() };
        },
    );
    assert_eq!(releases, 5);
}

#[test]
fn a_subscriber_that_keeps_a_guard_does_not_change_the_number_of_other_levels() {
    static LOCK: RLock<Cell<u32>> = RLock::new(Cell::new(0));
    let keep_a_guard = |name: &str| {
        if name == "release" && KEPT.with_borrow(Option::is_none) {
            KEPT.set(Some(LOCK.lock()));
        }
    };
    with_reaction(keep_a_guard, || {
        let outer = LOCK.lock();
        let inner = LOCK.lock();
        // The events stay pending while this thread holds the outer level.
        drop(inner);
        assert_eq!(LOCK.depth(), 1, "the outer level");
        drop(outer);
        assert_eq!(LOCK.depth(), 1, "the kept level");
    });
    // The reaction is gone, so releasing the level keeps no further guard.
    KEPT.set(None);
    assert!(!LOCK.is_locked());
}

#[test]
fn a_wait_with_an_outermost_panics_if_a_subscriber_keeps_a_guard() {
    // If the wait went on, the kept guard could read the `Cell` while another thread writes it.
    static LOCK: RLock<Cell<u32>> = RLock::new(Cell::new(0));
    // A thread that holds another lock delivers its events before it parks.
    static OTHER: Lock<()> = Lock::new(());
    for event in ["wait", "release", "park"] {
        let keep_a_guard = move |name: &str| {
            if name == event && KEPT.with_borrow(Option::is_none) {
                KEPT.set(Some(LOCK.lock()));
            }
        };
        with_reaction(keep_a_guard, || {
            let condition = Condition::new();
            let _other = OTHER.lock();
            let mut guard = LOCK.lock();
            let mut outermost = RLockGuard::outermost(&mut guard).expect("a single level");
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                condition.wait_for(&mut outermost, SOON).timed_out()
            }));
            assert!(outcome.is_err(), "a guard was kept in the event {event}");
            assert_eq!((LOCK.depth(), condition.waiters()), (2, 0));
            assert!(format!("{condition:?}").contains("false"));
            let other_thread_can_lock =
                thread::scope(|scope| scope.spawn(|| LOCK.try_lock().is_some()).join());
            assert!(!other_thread_can_lock.expect("the other thread"));
        });
        // The reaction is gone, so releasing the levels keeps no further guard.
        KEPT.set(None);
        assert!(!LOCK.is_locked());
    }
}
