//! Workloads of the reentrant lock: its outermost level, a nested level, and three levels with
//! contention.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
use crate::pthread;
use crate::{
    floor,
    measure::{Sample, Workload, alone, race_of, work},
};
use crossbeam::utils::CachePadded;
use std::{cell::Cell, hint::black_box, time::Duration};
use sync_primitives::RLock;

/// A reentrant lock that owns a counter, of any library.
trait Reentrant: Send + Sync + 'static {
    fn new() -> Self;
    fn with<R>(&self, f: impl FnOnce(&Cell<u64>) -> R) -> R;
}

impl Reentrant for RLock<Cell<u64>> {
    fn new() -> Self {
        Self::new(Cell::new(0))
    }

    #[inline]
    fn with<R>(&self, f: impl FnOnce(&Cell<u64>) -> R) -> R {
        f(&self.lock())
    }
}

impl Reentrant for parking_lot::ReentrantMutex<Cell<u64>> {
    fn new() -> Self {
        Self::new(Cell::new(0))
    }

    #[inline]
    fn with<R>(&self, f: impl FnOnce(&Cell<u64>) -> R) -> R {
        f(&self.lock())
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
impl Reentrant for pthread::Mutex<Cell<u64>> {
    fn new() -> Self {
        Self::recursive(Cell::new(0))
    }

    #[inline]
    fn with<R>(&self, f: impl FnOnce(&Cell<u64>) -> R) -> R {
        self.with(f)
    }
}

/// A workload, written for the reentrant lock of any library.
trait Job: Copy + 'static {
    fn run<L: Reentrant>(self, n: u64) -> Sample;
}

fn with_each(workload: Workload, job: impl Job) -> Workload {
    let workload = workload
        .ours(move |n| job.run::<RLock<Cell<u64>>>(n))
        .peer("parking_lot", move |n| {
            job.run::<parking_lot::ReentrantMutex<Cell<u64>>>(n)
        });
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    let workload = workload.peer("pthread, recursive", move |n| {
        job.run::<pthread::Mutex<Cell<u64>>>(n)
    });
    workload
}

#[inline]
fn increment(counter: &Cell<u64>) {
    counter.set(counter.get() + 1);
}

#[derive(Clone, Copy)]
struct Outermost;

impl Job for Outermost {
    fn run<L: Reentrant>(self, n: u64) -> Sample {
        let lock = CachePadded::new(L::new());
        let elapsed = alone(|| (0..n).for_each(|_| black_box(&lock).with(increment)));
        assert_eq!(lock.with(Cell::get), n, "an update was lost");
        Sample::per_operation(elapsed, n)
    }
}

/// The counter passes through `black_box`, because the compiler would otherwise optimize the
/// changes of the depth away.
#[derive(Clone, Copy)]
struct Reentry;

impl Job for Reentry {
    fn run<L: Reentrant>(self, n: u64) -> Sample {
        let lock = CachePadded::new(L::new());
        let again =
            || (0..n).for_each(|_| black_box(&lock).with(|counter| increment(black_box(counter))));
        let elapsed = lock.with(|_| alone(again));
        assert_eq!(lock.with(Cell::get), n, "an update was lost");
        Sample::per_operation(elapsed, n)
    }
}

/// Three nested calls, each of which locks.
#[derive(Clone, Copy)]
struct ThreeLevels {
    threads: usize,
}

/// Units of work between two turns: about 12 nanoseconds.
const OUTSIDE: u32 = 5;

impl Job for ThreeLevels {
    fn run<L: Reentrant>(self, n: u64) -> Sample {
        let lock = CachePadded::new(L::new());
        let each = n.div_ceil(self.threads as u64);
        let (elapsed, _) = race_of(self.threads, |_| {
            for _ in 0..each {
                lock.with(|_| lock.with(|_| lock.with(increment)));
                work(OUTSIDE);
            }
        });
        let operations = each * self.threads as u64;
        assert_eq!(lock.with(Cell::get), operations, "an update was lost");
        Sample::per_operation(elapsed, operations)
    }
}

pub(crate) fn workloads() -> Vec<Workload> {
    let group = "RLock";
    let mut all = vec![
        floor::of_a_lock(with_each(
            Workload::new(group, "outermost level", "ns per pair"),
            Outermost,
        )),
        floor::of_a_reentry(with_each(
            Workload::new(group, "re-entry", "ns per pair"),
            Reentry,
        )),
    ];
    for threads in [2, 4] {
        let name = format!("three levels, {threads} threads");
        let workload =
            Workload::new(group, name, "ns for three pairs").lasting(Duration::from_millis(40));
        all.push(with_each(workload, ThreeLevels { threads }));
    }
    all
}
