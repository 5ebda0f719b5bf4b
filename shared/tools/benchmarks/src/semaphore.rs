//! Workloads of the semaphore: one permit without and with contention, several permits at once, and
//! a permit that two threads pass back and forth.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
use crate::pthread;
use crate::{
    floor,
    measure::{Sample, Workload, alone, race_of, work},
};
use crossbeam::utils::CachePadded;
use futures_lite::future::block_on;
use std::{
    hint::black_box,
    sync::{
        Condvar, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use sync_primitives::Semaphore;

/// A semaphore of any library.
pub(crate) trait Permits: Send + Sync + 'static {
    fn new(permits: u32) -> Self;
    /// Holds a permit while `f` runs, in the way that is usual for the library.
    fn with<R>(&self, f: impl FnOnce() -> R) -> R;
    /// Takes a permit that another thread gives back.
    fn take(&self);
    fn add(&self);
    fn free(&self) -> usize;
}

/// A semaphore that gives out several permits in one call.
trait ManyPermits: Permits {
    fn with_many<R>(&self, permits: u32, f: impl FnOnce() -> R) -> R;
}

impl Permits for Semaphore {
    fn new(permits: u32) -> Self {
        Self::new(permits as usize)
    }

    #[inline]
    fn with<R>(&self, f: impl FnOnce() -> R) -> R {
        let _permit = self.acquire();
        f()
    }

    #[inline]
    fn take(&self) {
        self.acquire().forget();
    }

    #[inline]
    fn add(&self) {
        self.add_permits(1);
    }

    fn free(&self) -> usize {
        self.available_permits()
    }
}

impl ManyPermits for Semaphore {
    #[inline]
    fn with_many<R>(&self, permits: u32, f: impl FnOnce() -> R) -> R {
        let _permit = self.acquire_many(permits as usize);
        f()
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
impl Permits for pthread::Semaphore {
    fn new(permits: u32) -> Self {
        Self::new(permits)
    }

    #[inline]
    fn with<R>(&self, f: impl FnOnce() -> R) -> R {
        self.acquire();
        let result = f();
        self.release();
        result
    }

    #[inline]
    fn take(&self) {
        self.acquire();
    }

    #[inline]
    fn add(&self) {
        self.release();
    }

    fn free(&self) -> usize {
        self.permits()
    }
}

/// A counter with a mutex and a condition variable of std, which programs use if they have no
/// semaphore. It counts the waiters, because `Condvar` makes a system call for every notification.
pub(crate) struct CounterSemaphore {
    state: Mutex<CounterState>,
    more: Condvar,
}

struct CounterState {
    permits: u32,
    waiting: u32,
}

impl CounterSemaphore {
    #[inline]
    fn acquire(&self, n: u32) {
        let mut state = self.state.lock().expect("no thread panicked");
        while state.permits < n {
            state.waiting += 1;
            state = self.more.wait(state).expect("no thread panicked");
            state.waiting -= 1;
        }
        state.permits -= n;
    }

    /// Wakes all waiters if it adds more than one permit, because waiters may need different
    /// numbers of permits.
    #[inline]
    fn release(&self, n: u32) {
        let mut state = self.state.lock().expect("no thread panicked");
        state.permits += n;
        let has_waiters = state.waiting > 0;
        drop(state);
        match n {
            _ if !has_waiters => {}
            1 => self.more.notify_one(),
            _ => self.more.notify_all(),
        }
    }
}

impl Permits for CounterSemaphore {
    fn new(permits: u32) -> Self {
        Self {
            state: Mutex::new(CounterState {
                permits,
                waiting: 0,
            }),
            more: Condvar::new(),
        }
    }

    #[inline]
    fn with<R>(&self, f: impl FnOnce() -> R) -> R {
        self.with_many(1, f)
    }

    #[inline]
    fn take(&self) {
        self.acquire(1);
    }

    #[inline]
    fn add(&self) {
        self.release(1);
    }

    fn free(&self) -> usize {
        self.state.lock().expect("no thread panicked").permits as usize
    }
}

impl ManyPermits for CounterSemaphore {
    #[inline]
    fn with_many<R>(&self, permits: u32, f: impl FnOnce() -> R) -> R {
        self.acquire(permits);
        let result = f();
        self.release(permits);
        result
    }
}

/// The semaphore of tokio has no blocking call. If no permit is available, the thread polls the
/// future and parks.
impl Permits for tokio::sync::Semaphore {
    fn new(permits: u32) -> Self {
        Self::new(permits as usize)
    }

    #[inline]
    fn with<R>(&self, f: impl FnOnce() -> R) -> R {
        self.with_many(1, f)
    }

    #[inline]
    fn take(&self) {
        let permit = self.try_acquire().or_else(|_| block_on(self.acquire()));
        permit.expect("no thread closes the semaphore").forget();
    }

    #[inline]
    fn add(&self) {
        self.add_permits(1);
    }

    fn free(&self) -> usize {
        self.available_permits()
    }
}

impl ManyPermits for tokio::sync::Semaphore {
    #[inline]
    fn with_many<R>(&self, permits: u32, f: impl FnOnce() -> R) -> R {
        let permit = self
            .try_acquire_many(permits)
            .or_else(|_| block_on(self.acquire_many(permits)));
        let _permit = permit.expect("no thread closes the semaphore");
        f()
    }
}

/// The semaphore of async-lock does not tell how many permits are available.
impl Permits for async_lock::Semaphore {
    fn new(permits: u32) -> Self {
        Self::new(permits as usize)
    }

    #[inline]
    fn with<R>(&self, f: impl FnOnce() -> R) -> R {
        let _permit = self.acquire_blocking();
        f()
    }

    #[inline]
    fn take(&self) {
        self.acquire_blocking().forget();
    }

    #[inline]
    fn add(&self) {
        self.add_permits(1);
    }

    fn free(&self) -> usize {
        std::iter::from_fn(|| self.try_acquire())
            .collect::<Vec<_>>()
            .len()
    }
}

/// A workload, written for the semaphore of any library.
trait Job: Copy + 'static {
    fn run<S: Permits>(self, n: u64) -> Sample;
}

fn with_each(workload: Workload, job: impl Job) -> Workload {
    let workload = workload
        .ours(move |n| job.run::<Semaphore>(n))
        .peer("Mutex and Condvar", move |n| job.run::<CounterSemaphore>(n))
        .peer("tokio", move |n| job.run::<tokio::sync::Semaphore>(n))
        .peer("async-lock", move |n| job.run::<async_lock::Semaphore>(n));
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    let workload = workload.peer("sem_t", move |n| job.run::<pthread::Semaphore>(n));
    workload
}

/// A workload of several permits, written for any library that has them.
trait ManyJob: Copy + 'static {
    fn run<S: ManyPermits>(self, n: u64) -> Sample;
}

fn with_each_of_many(workload: Workload, job: impl ManyJob) -> Workload {
    workload
        .ours(move |n| job.run::<Semaphore>(n))
        .peer("Mutex and Condvar", move |n| job.run::<CounterSemaphore>(n))
        .peer("tokio", move |n| job.run::<tokio::sync::Semaphore>(n))
}

#[derive(Clone, Copy)]
struct Uncontended;

impl Job for Uncontended {
    fn run<S: Permits>(self, n: u64) -> Sample {
        let semaphore = CachePadded::new(S::new(1));
        let elapsed = alone(|| (0..n).for_each(|_| black_box(&semaphore).with(|| ())));
        assert_eq!(semaphore.free(), 1, "a permit was lost or duplicated");
        Sample::per_operation(elapsed, n)
    }
}

#[derive(Clone, Copy)]
struct UncontendedMany;

const MANY: u32 = 8;

impl ManyJob for UncontendedMany {
    fn run<S: ManyPermits>(self, n: u64) -> Sample {
        let semaphore = CachePadded::new(S::new(MANY));
        let elapsed = alone(|| (0..n).for_each(|_| black_box(&semaphore).with_many(MANY, || ())));
        assert_eq!(
            semaphore.free(),
            MANY as usize,
            "a permit was lost or duplicated"
        );
        Sample::per_operation(elapsed, n)
    }
}

/// Units of work: about 12 nanoseconds.
const SHORT: u32 = 5;

/// Works with some permits, and checks how many permits are in use at the same time.
fn use_permits(out: &AtomicU32, permits: u32, most: u32) {
    let others = out.fetch_add(permits, Ordering::Relaxed);
    assert!(
        others + permits <= most,
        "more permits are in use than exist"
    );
    work(SHORT);
    out.fetch_sub(permits, Ordering::Relaxed);
}

#[derive(Clone, Copy)]
struct Contended {
    threads: usize,
}

const TWO: u32 = 2;

impl Job for Contended {
    fn run<S: Permits>(self, n: u64) -> Sample {
        let (semaphore, out) = (
            CachePadded::new(S::new(TWO)),
            CachePadded::new(AtomicU32::new(0)),
        );
        let each = n.div_ceil(self.threads as u64);
        let (elapsed, _) = race_of(self.threads, |_| {
            for _ in 0..each {
                semaphore.with(|| use_permits(&out, 1, TWO));
                work(SHORT);
            }
        });
        assert_eq!(
            semaphore.free(),
            TWO as usize,
            "a permit was lost or duplicated"
        );
        Sample::per_operation(elapsed, each * self.threads as u64)
    }
}

/// Four threads. The first one acquires one permit at a time, the second one two, and so on.
#[derive(Clone, Copy)]
struct ContendedMany;

const FOUR: u32 = 4;

impl ManyJob for ContendedMany {
    fn run<S: ManyPermits>(self, n: u64) -> Sample {
        let (semaphore, out) = (
            CachePadded::new(S::new(FOUR)),
            CachePadded::new(AtomicU32::new(0)),
        );
        let each = n.div_ceil(FOUR as u64);
        let (elapsed, _) = race_of(FOUR as usize, |index| {
            let permits = index as u32 + 1;
            for _ in 0..each {
                semaphore.with_many(permits, || use_permits(&out, permits, FOUR));
                work(SHORT);
            }
        });
        assert_eq!(
            semaphore.free(),
            FOUR as usize,
            "a permit was lost or duplicated"
        );
        Sample::per_operation(elapsed, each * FOUR as u64)
    }
}

/// Two threads with a semaphore each. A thread takes a permit of its own semaphore, and adds one to
/// the semaphore of the other thread.
#[derive(Clone, Copy)]
struct PingPong;

impl Job for PingPong {
    fn run<S: Permits>(self, n: u64) -> Sample {
        let semaphores = [CachePadded::new(S::new(1)), CachePadded::new(S::new(0))];
        let each = n.div_ceil(2);
        let (elapsed, _) = race_of(2, |index| {
            for _ in 0..each {
                semaphores[index].take();
                semaphores[1 - index].add();
            }
        });
        assert_eq!(
            semaphores.map(|semaphore| semaphore.free()),
            [1, 0],
            "a permit was lost or duplicated"
        );
        Sample::per_operation(elapsed, 2 * each)
    }
}

pub(crate) fn workloads() -> Vec<Workload> {
    let new = |name: &str, unit| Workload::new("Semaphore", name, unit);
    let longer = Duration::from_millis(40);
    let contended = |name, threads| {
        with_each(
            new(name, "ns per pair").lasting(longer),
            Contended { threads },
        )
    };
    let many = new("acquire_many, 4 threads, 4 permits", "ns per pair").lasting(longer);
    vec![
        floor::of_a_permit(with_each(new("uncontended", "ns per pair"), Uncontended)),
        contended("2 permits, 4 threads", 4),
        contended("2 permits, 8 threads", 8),
        floor::of_a_handoff(with_each(new("ping-pong", "ns per hand-off"), PingPong)),
        floor::of_a_permit(with_each_of_many(
            new("acquire_many, uncontended", "ns per pair"),
            UncontendedMany,
        )),
        with_each_of_many(many, ContendedMany),
    ]
}
