#![doc = include_str!("../README.md")]

mod barrier;
mod condition;
mod event;
mod lock;
mod park;
mod queue;
mod rlock;
mod semaphore;
mod trace;

pub use barrier::{Barrier, BarrierWaitResult, BrokenBarrier, BrokenBarrierReason};
pub use condition::{Condition, WaitTimeoutResult, Waitable};
pub use event::Event;
pub use lock::{Lock, LockGuard, MappedLockGuard};
pub use queue::{
    CloseOnDrop, Closed, IntoIter, Iter, LifoQueue, PriorityQueue, PushError, Queue, Task,
    TaskDoneError, Tasks, TryIter, TryPopError, TryPushError,
};
pub use rlock::{MappedRLockGuard, Outermost, RLock, RLockGuard};
pub use semaphore::{
    BoundedSemaphore, OwnedSemaphorePermit, Semaphore, SemaphorePermit, TooManyPermits,
};

/// For models: the moment at which timed waits run out.
#[cfg(any(sync_primitives_loom, sync_primitives_shuttle))]
#[doc(hidden)]
pub use park::model::tick;
