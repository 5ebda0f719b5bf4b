//! Workloads of the lock: without contention, with contention, the time to acquire it, and
//! fairness.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
use crate::pthread;
use crate::{
    floor,
    measure::{Figure, PERCENTILES, Sample, Workload, alone, race_of, work},
};
use crossbeam::utils::CachePadded;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
use std::cell::UnsafeCell;
use std::{
    array,
    hint::black_box,
    time::{Duration, Instant},
};
use sync_primitives::Lock;

/// A lock that owns a counter, of any library.
trait CounterLock: Send + Sync + 'static {
    fn new() -> Self;
    fn with<R>(&self, f: impl FnOnce(&mut u64) -> R) -> R;
}

impl CounterLock for Lock<u64> {
    fn new() -> Self {
        Self::new(0)
    }

    #[inline]
    fn with<R>(&self, f: impl FnOnce(&mut u64) -> R) -> R {
        f(&mut self.lock())
    }
}

impl CounterLock for std::sync::Mutex<u64> {
    fn new() -> Self {
        Self::new(0)
    }

    #[inline]
    fn with<R>(&self, f: impl FnOnce(&mut u64) -> R) -> R {
        f(&mut self.lock().expect("no thread panicked"))
    }
}

impl CounterLock for parking_lot::Mutex<u64> {
    fn new() -> Self {
        Self::new(0)
    }

    #[inline]
    fn with<R>(&self, f: impl FnOnce(&mut u64) -> R) -> R {
        f(&mut self.lock())
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
impl CounterLock for pthread::Mutex<UnsafeCell<u64>> {
    fn new() -> Self {
        Self::normal(UnsafeCell::new(0))
    }

    #[inline]
    fn with<R>(&self, f: impl FnOnce(&mut u64) -> R) -> R {
        // SAFETY: this thread owns the mutex, and `f` cannot reach the cell in another way than by
        // this reference.
        self.with(|counter| f(unsafe { &mut *counter.get() }))
    }
}

/// A workload, written for the lock of any library.
trait Job: Copy + 'static {
    fn run<L: CounterLock>(self, n: u64) -> Sample;
}

fn with_each(workload: Workload, job: impl Job) -> Workload {
    let workload = workload
        .ours(move |n| job.run::<Lock<u64>>(n))
        .peer("std", move |n| job.run::<std::sync::Mutex<u64>>(n))
        .peer("parking_lot", move |n| {
            job.run::<parking_lot::Mutex<u64>>(n)
        });
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    let workload = workload.peer("pthread", move |n| {
        job.run::<pthread::Mutex<UnsafeCell<u64>>>(n)
    });
    workload
}

#[derive(Clone, Copy)]
struct Uncontended;

impl Job for Uncontended {
    fn run<L: CounterLock>(self, n: u64) -> Sample {
        let lock = CachePadded::new(L::new());
        let elapsed = alone(|| {
            for _ in 0..n {
                black_box(&lock).with(|counter| *counter += 1);
            }
        });
        assert_eq!(lock.with(|counter| *counter), n, "an update was lost");
        Sample::per_operation(elapsed, n)
    }
}

#[derive(Clone, Copy)]
struct Contended {
    threads: usize,
    inside: u32,
    outside: u32,
}

impl Job for Contended {
    fn run<L: CounterLock>(self, n: u64) -> Sample {
        let lock = CachePadded::new(L::new());
        let each = n.div_ceil(self.threads as u64);
        let (elapsed, _) = race_of(self.threads, |_| {
            for _ in 0..each {
                lock.with(|counter| {
                    *counter += 1;
                    work(self.inside);
                });
                work(self.outside);
            }
        });
        let operations = each * self.threads as u64;
        assert_eq!(
            lock.with(|counter| *counter),
            operations,
            "an update was lost"
        );
        Sample::per_operation(elapsed, operations)
    }
}

/// Measures how long each call takes to acquire the lock.
#[derive(Clone, Copy)]
struct TimeToAcquire {
    threads: usize,
}

impl Job for TimeToAcquire {
    fn run<L: CounterLock>(self, n: u64) -> Sample {
        let lock = CachePadded::new(L::new());
        let each = n.div_ceil(self.threads as u64);
        let (elapsed, latencies) = race_of(self.threads, |_| {
            let mut latencies = Vec::with_capacity(each as usize);
            for _ in 0..each {
                let start = Instant::now();
                latencies.push(lock.with(|counter| {
                    let waited = start.elapsed();
                    *counter += 1;
                    work(LONGER);
                    waited.as_nanos() as u64
                }));
                work(LONGER);
            }
            latencies
        });
        assert_eq!(
            lock.with(|counter| *counter),
            each * self.threads as u64,
            "an update was lost"
        );
        Sample::percentiles(elapsed, latencies.concat())
    }
}

/// Eight threads that do nothing but lock and unlock for two seconds.
#[derive(Clone, Copy)]
struct Fairness;

const FAIRNESS_THREADS: usize = 8;
const FAIRNESS_TIME: Duration = Duration::from_secs(2);
const SHARES: [Figure; 2] = [
    Figure {
        name: "smallest share",
        unit: "of the mean",
        higher_is_better: true,
    },
    Figure::new("longest wait", "ms"),
];

impl Job for Fairness {
    fn run<L: CounterLock>(self, _: u64) -> Sample {
        let lock = CachePadded::new(L::new());
        let (elapsed, threads) = race_of(FAIRNESS_THREADS, |_| {
            let begin = Instant::now();
            let (mut turns, mut longest) = (0, Duration::ZERO);
            loop {
                let start = Instant::now();
                if start - begin >= FAIRNESS_TIME {
                    return (turns, longest);
                }
                let waited = lock.with(|counter| {
                    *counter += 1;
                    start.elapsed()
                });
                (turns, longest) = (turns + 1, longest.max(waited));
            }
        });
        let turns: [u64; FAIRNESS_THREADS] = array::from_fn(|index| threads[index].0);
        let sum: u64 = turns.iter().sum();
        assert_eq!(lock.with(|counter| *counter), sum, "an update was lost");
        let fewest = turns.into_iter().min().expect("there are eight threads");
        // A starved thread counts as one turn, because a share of zero would make the ratio
        // infinite.
        let smallest_share = fewest.max(1) as f64 * FAIRNESS_THREADS as f64 / sum as f64;
        let longest = threads
            .iter()
            .map(|(_, longest)| *longest)
            .max()
            .expect("there are eight threads");
        Sample::of(elapsed, vec![smallest_share, longest.as_secs_f64() * 1e3])
    }
}

/// Units of work: about 12 and 250 nanoseconds.
const SHORT: u32 = 5;
const LONGER: u32 = 100;

pub(crate) fn workloads() -> Vec<Workload> {
    let group = "Lock";
    let uncontended = Workload::new(group, "uncontended", "ns per pair");
    let mut all = vec![floor::of_a_lock(with_each(uncontended, Uncontended))];
    for (length, inside, outside) in [("short", 0, SHORT), ("longer", LONGER, LONGER)] {
        for threads in [2, 4, 8] {
            let name = format!("{threads} threads, {length} critical section");
            let workload =
                Workload::new(group, name, "ns per pair").lasting(Duration::from_millis(40));
            all.push(with_each(
                workload,
                Contended {
                    threads,
                    inside,
                    outside,
                },
            ));
        }
    }
    let name = "time to acquire, 4 threads";
    all.push(with_each(
        Workload::with_figures(group, name, &PERCENTILES),
        TimeToAcquire { threads: 4 },
    ));
    let name = "fairness, 8 threads for 2 s";
    all.push(with_each(
        Workload::with_figures(group, name, &SHARES).at_most(3),
        Fairness,
    ));
    all
}
