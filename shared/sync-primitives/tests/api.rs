//! The public contract by name: every item with its exact signature, and who is `Send`, `Sync` and what else.
//!
//! Most of this file has done its work when it compiles.

#![allow(
    clippy::type_complexity,
    reason = "the signatures are spelled out, as a caller would have to write them"
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

/// Whether a type implements a trait, as a constant: an inherent constant, there if the bound holds, is preferred
/// to that of the trait, which is always there.
macro_rules! implements {
    ($Type:ty: $($Bound:tt)+) => {{
        #[allow(dead_code, reason = "one of the two answers goes unused")]
        trait Otherwise {
            const ANSWER: bool = false;
        }
        struct Question<T: ?Sized>(std::marker::PhantomData<T>);
        impl<T: ?Sized> Otherwise for Question<T> {}
        #[allow(dead_code, reason = "as above")]
        impl<T: ?Sized + $($Bound)+> Question<T> {
            const ANSWER: bool = true;
        }
        <Question<$Type>>::ANSWER
    }};
}

/// Compiles if each type implements each of the traits after it.
macro_rules! each_is {
    ($($Type:ty: $($Bound:ident)&+;)+) => {
        $($(const { assert!(implements!($Type: $Bound)) };)+)+
    };
}

/// Compiles if no type implements any of the traits after it.
macro_rules! none_is {
    ($($Type:ty: $($Bound:ident)|+;)+) => {
        $($(const { assert!(!implements!($Type: $Bound)) };)+)+
    };
}

/// `Send`, and not `Sync`.
type SendOnly = Cell<u8>;
/// `Sync`, and not `Send`.
type SyncOnly = MutexGuard<'static, u8>;
/// Neither.
type Neither = Rc<u8>;

/// Implements nothing at all.
struct Opaque;

/// As `Opaque`, and can be ordered.
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
fn the_questions_of_this_file_are_answered_both_ways() {
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

// The lifetime of a guard is the type's own, so its functions can be named for one lifetime only.

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
fn lock_asks_for_send_and_its_guards_stay_on_their_thread() {
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
fn lock_is_made_from_a_value_and_can_be_formatted() {
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
fn rlock_asks_for_send_and_its_guards_stay_on_their_thread() {
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
fn rlock_lends_its_value_shared_only() {
    none_is! {
        RLockGuard<'static, u8>: DerefMut | Clone;
        Outermost<'static, u8>: DerefMut | Clone;
    }
}

#[test]
fn rlock_is_made_from_a_value_and_can_be_formatted() {
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
fn condition_waits_with_each_guard() {
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

/// The part of the two semaphores that has the same signatures.
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
fn permits_may_change_threads_and_cannot_be_copied() {
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

/// The contract of the queues, which is the same for all three.
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
fn a_task_is_send_and_sync_as_its_item_is() {
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
fn a_task_lends_its_item() {
    let _: for<'a> fn(&'a Task<'static, String>) -> &'a String = Deref::deref;
    let _: for<'a> fn(&'a mut Task<'static, String>) -> &'a mut String = DerefMut::deref_mut;
}

#[test]
fn errors_ask_nothing_of_the_item() {
    each_is! {
        PushError<Opaque>: Error & Display & Debug;
        TryPushError<Opaque>: Error & Display & Debug;
        Closed: Error & Display & Debug & Send & Sync;
        TryPopError: Error & Display & Debug & Send & Sync;
        TaskDoneError: Error & Display & Debug & Send & Sync;
    }
}

#[test]
fn errors_give_the_item_back() {
    let PushError(item) = PushError(Opaque);
    let Opaque = PushError(item).into_inner();
    let Opaque = TryPushError::Full(Opaque).into_inner();
    let Opaque = TryPushError::Closed(Opaque).into_inner();
    match TryPushError::Full(7) {
        TryPushError::Full(item) | TryPushError::Closed(item) => assert_eq!(item, 7),
    }
    match TryPopError::Empty {
        TryPopError::Empty => {}
        TryPopError::Closed => unreachable!(),
    }
}

#[test]
fn errors_say_what_happened() {
    let queue = Queue::bounded(1);
    let too_often = queue.task_done().expect_err("nothing was pushed");
    let empty = queue.try_pop().err().expect("nothing is there");
    assert!(queue.push(Opaque).is_ok());
    let full = queue.try_push(Opaque).expect_err("no room");
    queue.close();
    let refused = queue.push(Opaque).expect_err("closed");
    let try_refused = queue.try_push(Opaque).expect_err("closed");
    drop(queue.pop());
    let closed = queue.pop().err().expect("closed and drained");
    let try_closed = queue.try_pop().err().expect("closed and drained");
    let too_many = BoundedSemaphore::new(1)
        .add_permits(1)
        .expect_err("no room");
    let errors: [Box<dyn Error>; 9] = [
        Box::new(too_often),
        Box::new(empty),
        Box::new(full),
        Box::new(refused),
        Box::new(try_refused),
        Box::new(closed),
        Box::new(try_closed),
        Box::new(too_many),
        Box::new(BrokenBarrier),
    ];
    for error in errors {
        let text = error.to_string();
        assert!(text.contains(' '), "{text:?} is a sentence");
        assert!(
            !text.contains('\n') && error.source().is_none(),
            "{text:?} stands on one line and alone"
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

/// The table of sizes on the book's page *How we know it works*, in bytes.
#[test]
#[cfg(target_pointer_width = "64")]
fn sizes_are_those_in_the_book() {
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
