//! Workloads of memory: how many bytes idle primitives and queued items allocate. What the
//! allocator adds to a block is not counted.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
use crate::pthread;
use crate::{
    event::{self, Flag},
    measure::{Figure, Sample, Workload},
    queue::{self, Channel},
    semaphore::{CounterSemaphore, Permits},
};
use std::{
    alloc::{GlobalAlloc, Layout, System},
    hint::black_box,
    sync::atomic::{AtomicBool, AtomicI64, Ordering},
    time::Duration,
};
use sync_primitives::{Event, Lock, Semaphore};

/// The allocator of the system, which counts bytes while `COUNTS` is set. At other times it costs
/// one load of a flag that no thread writes.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;
static COUNTS: AtomicBool = AtomicBool::new(false);
static BYTES: AtomicI64 = AtomicI64::new(0);

fn count(bytes: usize, sign: i64) {
    if COUNTS.load(Ordering::Relaxed) {
        BYTES.fetch_add(sign * bytes as i64, Ordering::Relaxed);
    }
}

// SAFETY: every call is forwarded to the allocator of the system without a change.
unsafe impl GlobalAlloc for Counting {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 1);
        // SAFETY: the caller fulfills the conditions of this method, and they are the same.
        unsafe { System.alloc(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(layout.size(), -1);
        // SAFETY: the caller fulfills the conditions of this method, and the block is from the same
        // allocator.
        unsafe { System.dealloc(block, layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 1);
        // SAFETY: the caller fulfills the conditions of this method, and they are the same.
        unsafe { System.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(layout.size(), -1);
        count(size, 1);
        // SAFETY: the caller fulfills the conditions of this method, and the block is from the same
        // allocator.
        unsafe { System.realloc(block, layout, size) }
    }
}

/// What `make` returns, and how many bytes it allocated and did not free.
pub(crate) fn allocated<R>(make: impl FnOnce() -> R) -> (R, i64) {
    let before = BYTES.load(Ordering::Relaxed);
    COUNTS.store(true, Ordering::Relaxed);
    let made = make();
    COUNTS.store(false, Ordering::Relaxed);
    (made, BYTES.load(Ordering::Relaxed) - before)
}

pub(crate) fn bytes_each(count: u64, bytes: i64) -> Sample {
    Sample::of(Duration::ZERO, vec![bytes as f64 / count as f64])
}

const MILLION: u64 = 1_000_000;

/// Allocates a million of the values that `new` makes.
fn idle<T>(new: impl Fn() -> T) -> impl Fn(u64) -> Sample {
    move |_| {
        let (all, bytes) = allocated(|| (0..MILLION).map(|_| new()).collect::<Vec<_>>());
        black_box(all);
        bytes_each(MILLION, bytes)
    }
}

/// An unbounded queue with items of eight bytes.
#[derive(Clone, Copy)]
struct Queued {
    items: u64,
}

impl queue::Job for Queued {
    fn capacity(self) -> Option<usize> {
        None
    }

    fn consumers(self) -> usize {
        1
    }

    fn run<C: Channel>(self, _: u64) -> Sample {
        let (ends, bytes) = allocated(|| {
            let (tx, rx) = C::open(None);
            (0..self.items).for_each(|item| C::send(&tx, item));
            (tx, rx)
        });
        drop(ends);
        bytes_each(self.items, bytes)
    }
}

fn locks(workload: Workload) -> Workload {
    let workload = workload
        .ours(idle(|| Lock::new(())))
        .peer("std", idle(|| std::sync::Mutex::new(())))
        .peer("parking_lot", idle(|| parking_lot::Mutex::new(())));
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    let workload = workload.peer("pthread", idle(|| pthread::Mutex::normal(())));
    workload
}

fn semaphores(workload: Workload) -> Workload {
    let workload = workload
        .ours(idle(|| Semaphore::new(1)))
        .peer(
            "Mutex and Condvar",
            idle(|| <CounterSemaphore as Permits>::new(1)),
        )
        .peer("tokio", idle(|| tokio::sync::Semaphore::new(1)))
        .peer("async-lock", idle(|| async_lock::Semaphore::new(1)));
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    let workload = workload.peer("sem_t", idle(|| <pthread::Semaphore as Permits>::new(1)));
    workload
}

fn events(workload: Workload) -> Workload {
    let workload = workload
        .ours(idle(Event::new))
        .peer("Mutex and Condvar", idle(event::Std::new))
        .peer("parking_lot", idle(event::ParkingLot::new));
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    let workload = workload.peer("pthread", idle(event::Pthread::new));
    workload
}

pub(crate) fn workloads() -> Vec<Workload> {
    let new = |name: &str| {
        let figure = Figure::new("", "bytes each");
        Workload::with_figures("Memory", name, &[figure])
            .at_most(1)
            .in_release_only()
    };
    let queued = |name, items| queue::with_each(new(name), Queued { items });
    vec![
        locks(new("a million idle locks")),
        semaphores(new("a million idle semaphores")),
        events(new("a million idle events")),
        queued("queue of 1 item", 1),
        queued("queue of 1,000,000 items", MILLION),
    ]
}
