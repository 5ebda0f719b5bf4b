//! The public API: the exact signature of every item, and which traits each type implements.
//!
//! Most of these tests have passed once this file compiles.

#![allow(
    clippy::type_complexity,
    reason = "the signatures are written out, as a caller would write them"
)]

use std::cell::Cell;
use std::error::Error;
use std::fmt::{Debug, Display};
use std::ops::{Deref, DerefMut};
use std::rc::Rc;
use std::sync::{Arc, MutexGuard};
use std::time::{Duration, Instant};

use sync_primitives::{
    Barrier, BarrierWaitResult, BoundedSemaphore, BrokenBarrier, Closed, Condition, Event,
    LifoQueue, Lock, LockGuard, MappedLockGuard, Outermost, OwnedSemaphorePermit, PriorityQueue,
    PushError, Queue, RLock, RLockGuard, Semaphore, SemaphorePermit, Task, TaskDoneError,
    TooManyPermits, TryPopError, TryPushError, WaitTimeoutResult,
};

/// Evaluates to a constant that is `true` if the type implements the traits.
///
/// The compiler prefers an inherent constant to the one of a trait. The inherent constant exists
/// only if the type implements the traits, and the constant of the trait `Fallback` always exists.
macro_rules! implements {
    ($Type:ty: $($Bound:tt)+) => {{
        #[allow(dead_code, reason = "only one of the two constants is used")]
        trait Fallback {
            const IMPLEMENTED: bool = false;
        }
        struct Probe<T: ?Sized>(std::marker::PhantomData<T>);
        impl<T: ?Sized> Fallback for Probe<T> {}
        #[allow(dead_code, reason = "only one of the two constants is used")]
        impl<T: ?Sized + $($Bound)+> Probe<T> {
            const IMPLEMENTED: bool = true;
        }
        <Probe<$Type>>::IMPLEMENTED
    }};
}

/// Compiles if each type implements all traits that follow it.
macro_rules! each_is {
    ($($Type:ty: $($Bound:ident)&+;)+) => {
        $($(const { assert!(implements!($Type: $Bound)) };)+)+
    };
}

/// Compiles if no type implements any of the traits that follow it.
macro_rules! none_is {
    ($($Type:ty: $($Bound:ident)|+;)+) => {
        $($(const { assert!(!implements!($Type: $Bound)) };)+)+
    };
}

/// A type that is `Send` but not `Sync`.
type SendOnly = Cell<u8>;
/// A type that is `Sync` but not `Send`.
type SyncOnly = MutexGuard<'static, u8>;
/// A type that is neither `Send` nor `Sync`.
type Neither = Rc<u8>;

/// A type that implements no trait except auto traits.
struct Opaque;

/// Like `Opaque`, but with an order.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct OpaqueOrd;

static LOCK: Lock<u8> = Lock::new(1);
static RLOCK: RLock<u8> = RLock::new(2);
static CONDITION: Condition = Condition::new();
static SEMAPHORE: Semaphore = Semaphore::new(3);
static BOUNDED_SEMAPHORE: BoundedSemaphore = BoundedSemaphore::new(4);

#[test]
fn new_is_const_wherever_nothing_is_allocated() {
    assert_eq!(
        (*LOCK.lock(), *RLOCK.lock(), CONDITION.notify_all()),
        (1, 2, 0)
    );
    assert_eq!(
        (
            SEMAPHORE.available_permits(),
            BOUNDED_SEMAPHORE.available_permits()
        ),
        (3, 4)
    );
}

#[test]
fn implements_returns_true_and_false() {
    each_is! { u8: Send & Sync; SendOnly: Send; SyncOnly: Sync; }
    none_is! { SendOnly: Sync; SyncOnly: Send; Neither: Send | Sync; Opaque: Debug | Default; }
}

#[test]
fn lock_has_its_methods() {
    let _: fn(u8) -> Lock<u8> = Lock::new;
    let _: fn(Lock<u8>) -> u8 = Lock::into_inner;
    let _: fn(&mut Lock<u8>) -> &mut u8 = Lock::get_mut;
    let _: fn(&mut Lock<[u8]>) -> &mut [u8] = Lock::get_mut;
    let _: fn(&Lock<[u8]>) -> bool = Lock::is_locked;
    let _: fn(&Lock<[u8]>) -> LockGuard<'_, [u8]> = Lock::lock;
    let _: fn(&Lock<[u8]>) -> Option<LockGuard<'_, [u8]>> = Lock::try_lock;
    let _: fn(&Lock<[u8]>, Duration) -> Option<LockGuard<'_, [u8]>> = Lock::try_lock_for;
    let _: fn(&Lock<[u8]>, Instant) -> Option<LockGuard<'_, [u8]>> = Lock::try_lock_until;
    let _: unsafe fn(&Lock<[u8]>) = Lock::force_unlock;
    let _: unsafe fn(&Lock<[u8]>) -> LockGuard<'_, [u8]> = Lock::make_guard_unchecked;
    let _: fn(&Lock<[u8]>) -> usize = Lock::waiters;
}

// The lifetime of a guard is part of its type, so its functions can only be named for one lifetime.

#[test]
fn lock_guards_have_their_functions() {
    type Choose = fn(&mut [u8]) -> &mut u8;
    let _: fn(LockGuard<'static, [u8]>, Choose) -> MappedLockGuard<'static, u8> = LockGuard::map;
    let _: fn(LockGuard<'static, [u8]>) = LockGuard::unlock_fair;
    let _: fn(&mut LockGuard<'static, [u8]>, fn() -> String) -> String = LockGuard::unlocked;
    let _: for<'a> fn(&'a LockGuard<'static, [u8]>) -> &'a [u8] = Deref::deref;
    let _: for<'a> fn(&'a mut LockGuard<'static, [u8]>) -> &'a mut [u8] = DerefMut::deref_mut;
    let _: for<'a> fn(&'a MappedLockGuard<'static, [u8]>) -> &'a [u8] = Deref::deref;
    let _: for<'a> fn(&'a mut MappedLockGuard<'static, [u8]>) -> &'a mut [u8] = DerefMut::deref_mut;
}

#[test]
fn lock_requires_send_and_its_guards_are_not_send() {
    each_is! {
        Lock<u8>: Send & Sync;
        Lock<SendOnly>: Send & Sync;
        Lock<[u8]>: Send & Sync;
        LockGuard<'static, u8>: Sync;
        LockGuard<'static, SyncOnly>: Sync;
        MappedLockGuard<'static, u8>: Sync;
        MappedLockGuard<'static, SyncOnly>: Sync;
    }
    none_is! {
        Lock<SyncOnly>: Send | Sync;
        Lock<Neither>: Send | Sync;
        LockGuard<'static, u8>: Send;
        LockGuard<'static, SendOnly>: Send | Sync;
        LockGuard<'static, Neither>: Send | Sync;
        MappedLockGuard<'static, u8>: Send;
        MappedLockGuard<'static, SendOnly>: Send | Sync;
        MappedLockGuard<'static, Neither>: Send | Sync;
    }
}

#[test]
fn lock_implements_from_default_and_debug() {
    each_is! {
        Lock<u8>: Debug & Default;
        Lock<[u8]>: Debug;
        LockGuard<'static, [u8]>: Debug;
        MappedLockGuard<'static, [u8]>: Debug;
    }
    none_is! { Lock<Opaque>: Default | Clone; LockGuard<'static, u8>: Clone; MappedLockGuard<'static, u8>: Clone; }
    const { assert!(implements!(Lock<Opaque>: From<Opaque>)) };
    assert_eq!(Lock::<u8>::default().into_inner(), 0);
    assert_eq!(Lock::from(7_u8).into_inner(), 7);
}

#[test]
fn rlock_has_its_methods() {
    let _: fn(u8) -> RLock<u8> = RLock::new;
    let _: fn(RLock<u8>) -> u8 = RLock::into_inner;
    let _: fn(&mut RLock<[u8]>) -> &mut [u8] = RLock::get_mut;
    let _: fn(&RLock<[u8]>) -> bool = RLock::is_locked;
    let _: fn(&RLock<[u8]>) -> bool = RLock::is_owned;
    let _: fn(&RLock<[u8]>) -> usize = RLock::depth;
    let _: fn(&RLock<[u8]>) -> RLockGuard<'_, [u8]> = RLock::lock;
    let _: fn(&RLock<[u8]>) -> Option<RLockGuard<'_, [u8]>> = RLock::try_lock;
    let _: fn(&RLock<[u8]>, Duration) -> Option<RLockGuard<'_, [u8]>> = RLock::try_lock_for;
    let _: fn(&RLock<[u8]>, Instant) -> Option<RLockGuard<'_, [u8]>> = RLock::try_lock_until;
    let _: unsafe fn(&RLock<[u8]>) = RLock::force_unlock;
    let _: unsafe fn(&RLock<[u8]>) -> RLockGuard<'_, [u8]> = RLock::make_guard_unchecked;
    let _: fn(&RLock<[u8]>) -> usize = RLock::waiters;
}

#[test]
fn rlock_guards_have_their_functions() {
    let _: for<'a> fn(&'a mut RLockGuard<'static, [u8]>) -> Option<Outermost<'a, [u8]>> =
        RLockGuard::outermost;
    let _: for<'a> fn(&'a RLockGuard<'static, [u8]>) -> &'a [u8] = Deref::deref;
    let _: for<'a> fn(&'a Outermost<'static, [u8]>) -> &'a [u8] = Deref::deref;
}

#[test]
fn rlock_requires_send_and_its_guards_are_not_send() {
    each_is! {
        RLock<u8>: Send & Sync;
        RLock<SendOnly>: Send & Sync;
        RLockGuard<'static, u8>: Sync;
        RLockGuard<'static, SyncOnly>: Sync;
    }
    none_is! {
        RLock<SyncOnly>: Send | Sync;
        RLock<Neither>: Send | Sync;
        RLockGuard<'static, u8>: Send;
        RLockGuard<'static, SendOnly>: Send | Sync;
        RLockGuard<'static, Neither>: Send | Sync;
        Outermost<'static, u8>: Send;
        Outermost<'static, SendOnly>: Send | Sync;
    }
}

#[test]
fn rlock_gives_only_shared_access_to_its_value() {
    none_is! {
        RLockGuard<'static, u8>: DerefMut | Clone;
        Outermost<'static, u8>: DerefMut | Clone;
    }
}

#[test]
fn rlock_implements_from_default_and_debug() {
    each_is! {
        RLock<u8>: Debug & Default;
        RLock<[u8]>: Debug;
        RLockGuard<'static, [u8]>: Debug;
        Outermost<'static, [u8]>: Debug;
    }
    none_is! { RLock<Opaque>: Default | Clone; }
    const { assert!(implements!(RLock<Opaque>: From<Opaque>)) };
    assert_eq!(RLock::<u8>::default().into_inner(), 0);
    assert_eq!(RLock::from(7_u8).into_inner(), 7);
}

#[test]
fn condition_has_its_methods() {
    let _: fn() -> Condition = Condition::new;
    let _: fn(&Condition) -> bool = Condition::notify_one;
    let _: fn(&Condition, usize) -> usize = Condition::notify_n;
    let _: fn(&Condition) -> usize = Condition::notify_all;
    let _: fn(&Condition) -> usize = Condition::waiters;
    let _: fn(&WaitTimeoutResult) -> bool = WaitTimeoutResult::timed_out;
    each_is! { Condition: Send & Sync & Debug & Default; WaitTimeoutResult: Send & Sync & Debug; }
}

#[test]
fn condition_accepts_each_kind_of_guard() {
    macro_rules! waits_with {
        ($Guard:ty, $T:ty) => {
            let _: fn(&Condition, &mut $Guard) = Condition::wait;
            let _: fn(&Condition, &mut $Guard, Duration) -> WaitTimeoutResult = Condition::wait_for;
            let _: fn(&Condition, &mut $Guard, Instant) -> WaitTimeoutResult =
                Condition::wait_until;
            let _: fn(&Condition, &mut $Guard, fn(&$T) -> bool) = Condition::wait_while;
            let _: fn(&Condition, &mut $Guard, Duration, fn(&$T) -> bool) -> WaitTimeoutResult =
                Condition::wait_while_for;
            let _: fn(&Condition, &mut $Guard, Instant, fn(&$T) -> bool) -> WaitTimeoutResult =
                Condition::wait_while_until;
        };
    }
    waits_with!(LockGuard<'static, [u8]>, [u8]);
    waits_with!(LockGuard<'static, Neither>, Neither);
    waits_with!(RLockGuard<'static, [u8]>, [u8]);
    waits_with!(RLockGuard<'static, SyncOnly>, SyncOnly);
    waits_with!(Outermost<'static, [u8]>, [u8]);
    waits_with!(Outermost<'static, Neither>, Neither);
}

/// Checks the methods that both semaphores have.
macro_rules! semaphore_has_its_methods {
    ($Semaphore:ident) => {
        let _: usize = $Semaphore::MAX_PERMITS;
        let _: fn(usize) -> $Semaphore = $Semaphore::new;
        let _: fn(&$Semaphore) -> SemaphorePermit<'_> = $Semaphore::acquire;
        let _: fn(&$Semaphore, usize) -> SemaphorePermit<'_> = $Semaphore::acquire_many;
        let _: fn(&$Semaphore) -> Option<SemaphorePermit<'_>> = $Semaphore::try_acquire;
        let _: fn(&$Semaphore, usize) -> Option<SemaphorePermit<'_>> = $Semaphore::try_acquire_many;
        let _: fn(&$Semaphore, Duration) -> Option<SemaphorePermit<'_>> =
            $Semaphore::try_acquire_for;
        let _: fn(&$Semaphore, usize, Duration) -> Option<SemaphorePermit<'_>> =
            $Semaphore::try_acquire_many_for;
        let _: fn(&$Semaphore, Instant) -> Option<SemaphorePermit<'_>> =
            $Semaphore::try_acquire_until;
        let _: fn(&$Semaphore, usize, Instant) -> Option<SemaphorePermit<'_>> =
            $Semaphore::try_acquire_many_until;
        let _: fn(Arc<$Semaphore>) -> OwnedSemaphorePermit = $Semaphore::acquire_owned;
        let _: fn(Arc<$Semaphore>, usize) -> OwnedSemaphorePermit = $Semaphore::acquire_many_owned;
        let _: fn(Arc<$Semaphore>) -> Option<OwnedSemaphorePermit> = $Semaphore::try_acquire_owned;
        let _: fn(Arc<$Semaphore>, usize) -> Option<OwnedSemaphorePermit> =
            $Semaphore::try_acquire_many_owned;
        let _: fn(&$Semaphore) -> usize = $Semaphore::available_permits;
        let _: fn(&$Semaphore) -> usize = $Semaphore::waiters;
        each_is! { $Semaphore: Send & Sync & Debug; }
    };
}

#[test]
fn semaphore_has_its_methods() {
    semaphore_has_its_methods!(Semaphore);
    let _: fn(&Semaphore, usize) = Semaphore::add_permits;
}

#[test]
fn bounded_semaphore_has_its_methods() {
    semaphore_has_its_methods!(BoundedSemaphore);
    let _: fn(&BoundedSemaphore, usize) -> Result<(), TooManyPermits> =
        BoundedSemaphore::add_permits;
    each_is! { TooManyPermits: Error & Display & Debug & Send & Sync; }
}

#[test]
fn permits_are_send_and_sync_but_not_clone() {
    each_is! {
        SemaphorePermit<'static>: Send & Sync & Debug;
        OwnedSemaphorePermit: Send & Sync & Debug;
    }
    none_is! { SemaphorePermit<'static>: Clone; OwnedSemaphorePermit: Clone; }
}

#[test]
fn permits_have_their_methods() {
    let _: fn(SemaphorePermit<'static>) = SemaphorePermit::forget;
    let _: fn(&SemaphorePermit<'static>) -> usize = SemaphorePermit::num_permits;
    let _: fn(&mut SemaphorePermit<'static>, usize) -> Option<SemaphorePermit<'static>> =
        SemaphorePermit::split;
    let _: fn(&mut SemaphorePermit<'static>, SemaphorePermit<'static>) = SemaphorePermit::merge;
    let _: fn(OwnedSemaphorePermit) = OwnedSemaphorePermit::forget;
    let _: fn(&OwnedSemaphorePermit) -> usize = OwnedSemaphorePermit::num_permits;
    let _: fn(&mut OwnedSemaphorePermit, usize) -> Option<OwnedSemaphorePermit> =
        OwnedSemaphorePermit::split;
    let _: fn(&mut OwnedSemaphorePermit, OwnedSemaphorePermit) = OwnedSemaphorePermit::merge;
}

/// Checks the methods that all three queues have.
macro_rules! queue_has_its_methods {
    ($Queue:ident) => {
        type Item = String;
        let _: fn(usize) -> $Queue<Item> = $Queue::bounded;
        let _: fn() -> $Queue<Item> = $Queue::unbounded;
        let _: fn(&$Queue<Item>, Item) -> Result<(), PushError<Item>> = $Queue::push;
        let _: fn(&$Queue<Item>, Item) -> Result<(), TryPushError<Item>> = $Queue::try_push;
        let _: fn(&$Queue<Item>, Item, Duration) -> Result<(), TryPushError<Item>> =
            $Queue::try_push_for;
        let _: fn(&$Queue<Item>, Item, Instant) -> Result<(), TryPushError<Item>> =
            $Queue::try_push_until;
        let _: fn(&$Queue<Item>) -> Result<Item, Closed> = $Queue::pop;
        let _: fn(&$Queue<Item>) -> Result<Item, TryPopError> = $Queue::try_pop;
        let _: fn(&$Queue<Item>, Duration) -> Result<Item, TryPopError> = $Queue::try_pop_for;
        let _: fn(&$Queue<Item>, Instant) -> Result<Item, TryPopError> = $Queue::try_pop_until;
        let _: fn(&$Queue<Item>) = $Queue::close;
        let _: fn(&$Queue<Item>) -> Vec<Item> = $Queue::close_now;
        let _: fn(&$Queue<Item>) -> usize = $Queue::len;
        let _: fn(&$Queue<Item>) -> bool = $Queue::is_empty;
        let _: fn(&$Queue<Item>) -> bool = $Queue::is_full;
        let _: fn(&$Queue<Item>) -> Option<usize> = $Queue::capacity;
        let _: fn(&$Queue<Item>) -> Result<(), TaskDoneError> = $Queue::task_done;
        let _: fn(&$Queue<Item>) = $Queue::join;
        let _: fn(&$Queue<Item>, Duration) -> bool = $Queue::join_for;
        let _: fn(&$Queue<Item>, Instant) -> bool = $Queue::join_until;
        let _: fn(&$Queue<Item>) -> Result<Task<'_, Item>, Closed> = $Queue::task;
        let _: fn(&$Queue<Item>) -> Result<Task<'_, Item>, TryPopError> = $Queue::try_task;
        let _: fn(&$Queue<Item>, Duration) -> Result<Task<'_, Item>, TryPopError> =
            $Queue::try_task_for;
        let _: fn(&$Queue<Item>, Instant) -> Result<Task<'_, Item>, TryPopError> =
            $Queue::try_task_until;
        let _: fn(&$Queue<Item>) -> usize = $Queue::waiters;

        fn items(queue: &$Queue<Item>) -> impl Iterator<Item = Item> {
            queue.iter().chain(queue.try_iter()).chain(queue)
        }
        fn tasks(queue: &$Queue<Item>) -> impl Iterator<Item = Task<'_, Item>> {
            queue.tasks()
        }
        let queue = $Queue::unbounded();
        queue.close();
        assert_eq!((items(&queue).count(), tasks(&queue).count()), (0, 0));

        each_is! {
            $Queue<u8>: Send & Sync & Debug;
            $Queue<SendOnly>: Send & Sync;
        }
        none_is! { $Queue<Neither>: Send | Sync; $Queue<u8>: Clone; }
    };
}

#[test]
fn queue_has_its_methods() {
    queue_has_its_methods!(Queue);
    none_is! { Queue<SyncOnly>: Send | Sync; }
    drop(Queue::<Opaque>::unbounded());
}

#[test]
fn lifo_queue_has_its_methods() {
    queue_has_its_methods!(LifoQueue);
    none_is! { LifoQueue<SyncOnly>: Send | Sync; }
    drop(LifoQueue::<Opaque>::unbounded());
}

#[test]
fn priority_queue_has_its_methods() {
    queue_has_its_methods!(PriorityQueue);
    drop(PriorityQueue::<OpaqueOrd>::unbounded());
}

#[test]
fn task_is_send_and_sync_if_its_item_is() {
    each_is! {
        Task<'static, u8>: Send & Sync & Debug;
        Task<'static, SendOnly>: Send;
        Task<'static, SyncOnly>: Sync;
    }
    none_is! {
        Task<'static, SendOnly>: Sync;
        Task<'static, SyncOnly>: Send;
        Task<'static, Neither>: Send | Sync;
        Task<'static, u8>: Clone;
    }
}

#[test]
fn task_dereferences_to_its_item() {
    let _: for<'a> fn(&'a Task<'static, String>) -> &'a String = Deref::deref;
    let _: for<'a> fn(&'a mut Task<'static, String>) -> &'a mut String = DerefMut::deref_mut;
}

#[test]
fn errors_require_no_trait_of_the_item() {
    each_is! {
        PushError<Opaque>: Error & Display & Debug;
        TryPushError<Opaque>: Error & Display & Debug;
        Closed: Error & Display & Debug & Send & Sync;
        TryPopError: Error & Display & Debug & Send & Sync;
        TaskDoneError: Error & Display & Debug & Send & Sync;
    }
}

#[test]
fn errors_return_the_item() {
    let PushError(item) = PushError(Opaque);
    let Opaque = PushError(item).into_inner();
    let Opaque = TryPushError::Full(Opaque).into_inner();
    let Opaque = TryPushError::Closed(Opaque).into_inner();
    match TryPushError::Full(7) {
        TryPushError::Full(item) | TryPushError::Closed(item) => assert_eq!(item, 7),
        error => unreachable!("{error}"),
    }
    match TryPopError::Empty {
        TryPopError::Empty => {}
        TryPopError::Closed => unreachable!(),
        error => unreachable!("{error}"),
    }
}

#[test]
fn errors_display_a_message() {
    let queue = Queue::bounded(1);
    let too_often = queue.task_done().expect_err("no item was pushed");
    let empty = queue.try_pop().err().expect("the queue is empty");
    assert!(queue.push(Opaque).is_ok());
    let full = queue.try_push(Opaque).expect_err("it is full");
    queue.close();
    let refused = queue.push(Opaque).expect_err("the queue is closed");
    let try_refused = queue.try_push(Opaque).expect_err("the queue is closed");
    drop(queue.pop());
    let closed = queue.pop().err().expect("the queue is closed and empty");
    let try_closed = queue
        .try_pop()
        .err()
        .expect("the queue is closed and empty");
    let too_many = BoundedSemaphore::new(1)
        .add_permits(1)
        .expect_err("it is full");
    let barrier = Barrier::new(1);
    barrier.abort();
    let broken = barrier.wait().expect_err("aborted");
    let errors: [Box<dyn Error>; 9] = [
        Box::new(too_often),
        Box::new(empty),
        Box::new(full),
        Box::new(refused),
        Box::new(try_refused),
        Box::new(closed),
        Box::new(try_closed),
        Box::new(too_many),
        Box::new(broken),
    ];
    for error in errors {
        let text = error.to_string();
        assert!(text.contains(' '), "{text:?} is not a sentence");
        assert!(
            !text.contains('\n') && error.source().is_none(),
            "{text:?} must be one line, and the error must have no source"
        );
    }
}

#[test]
fn event_has_its_methods() {
    static EVENT: Event = Event::new();
    let _: fn(&Event) = Event::set;
    let _: fn(&Event) = Event::clear;
    let _: fn(&Event) -> bool = Event::is_set;
    let _: fn(&Event) = Event::wait;
    let _: fn(&Event, Duration) -> bool = Event::wait_for;
    let _: fn(&Event, Instant) -> bool = Event::wait_until;
    assert_eq!(EVENT.waiters(), 0);
    each_is! { Event: Send & Sync & Debug & Default; }
}

#[test]
fn barrier_has_its_methods() {
    type Round = Result<BarrierWaitResult, BrokenBarrier>;
    static BARRIER: Barrier = Barrier::new(1);
    static WITH_ACTION: Barrier<fn()> = Barrier::with_action(1, || {});
    let _: fn(&Barrier) -> Round = Barrier::wait;
    let _: fn(&Barrier, Duration) -> Round = Barrier::wait_for;
    let _: fn(&Barrier, Instant) -> Round = Barrier::wait_until;
    let _: fn(&Barrier) = Barrier::abort;
    let _: fn(&Barrier) = Barrier::reset;
    let _: fn(&Barrier) -> usize = Barrier::parties;
    let _: fn(&Barrier) -> usize = Barrier::waiting;
    let _: fn(&Barrier) -> bool = Barrier::is_broken;
    let _: fn(&BarrierWaitResult) -> usize = BarrierWaitResult::index;
    let _: fn(&BarrierWaitResult) -> bool = BarrierWaitResult::is_leader;
    assert!(BARRIER.wait().is_ok() && WITH_ACTION.wait().is_ok());
    each_is! {
        Barrier: Send & Sync & Debug;
        BarrierWaitResult: Debug & Clone & Copy & Send & Sync;
        BrokenBarrier: Error & Display & Debug & Send & Sync;
    }
    none_is! { Barrier<Neither>: Send | Sync; }
}

/// Checks the sizes in bytes that the book's page *How we know it works* lists in a table.
#[test]
#[cfg(target_pointer_width = "64")]
fn sizes_agree_with_the_book() {
    assert_eq!(size_of::<Lock<()>>(), 1);
    assert_eq!(size_of::<RLock<()>>(), 16);
    assert_eq!(size_of::<Condition>(), 8);
    assert_eq!(size_of::<Semaphore>(), 16);
    assert_eq!(size_of::<BoundedSemaphore>(), 24);
    assert_eq!(size_of::<Event>(), 8);
    assert_eq!(size_of::<Barrier>(), 24);
    assert_eq!(size_of::<LockGuard<'_, ()>>(), 8);
    assert_eq!(size_of::<RLockGuard<'_, ()>>(), 8);
}
