//! Workloads of the barrier: threads that meet again and again.

use crate::measure::{Sample, Workload, race_of};
#[cfg(all(target_os = "linux", target_env = "gnu"))]
use crate::pthread;
use crossbeam::utils::CachePadded;
use sync_primitives::Barrier;

/// A barrier of any library.
trait RoundBarrier: Send + Sync + 'static {
    fn new(parties: usize) -> Self;
    /// Returns `true` in one thread per round.
    fn wait(&self) -> bool;
}

impl RoundBarrier for Barrier {
    fn new(parties: usize) -> Self {
        Self::new(parties)
    }

    #[inline]
    fn wait(&self) -> bool {
        self.wait()
            .expect("no thread breaks the barrier")
            .is_leader()
    }
}

impl RoundBarrier for std::sync::Barrier {
    fn new(parties: usize) -> Self {
        Self::new(parties)
    }

    #[inline]
    fn wait(&self) -> bool {
        self.wait().is_leader()
    }
}

impl RoundBarrier for async_lock::Barrier {
    fn new(parties: usize) -> Self {
        Self::new(parties)
    }

    #[inline]
    fn wait(&self) -> bool {
        self.wait_blocking().is_leader()
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
impl RoundBarrier for pthread::Barrier {
    fn new(parties: usize) -> Self {
        Self::new(parties as u32)
    }

    #[inline]
    fn wait(&self) -> bool {
        self.wait()
    }
}

fn meet<B: RoundBarrier>(threads: usize, rounds: u64) -> Sample {
    let barrier = CachePadded::new(B::new(threads));
    let led = |_| (0..rounds).map(|_| u64::from(barrier.wait())).sum::<u64>();
    let (elapsed, led) = race_of(threads, led);
    assert_eq!(
        led.iter().sum::<u64>(),
        rounds,
        "a round does not have exactly one leader"
    );
    Sample::per_operation(elapsed, rounds)
}

pub(crate) fn workloads() -> Vec<Workload> {
    [2, 4, 8].map(of_threads).into()
}

fn of_threads(threads: usize) -> Workload {
    let workload = Workload::new("Barrier", format!("{threads} threads"), "ns per round")
        .ours(move |n| meet::<Barrier>(threads, n))
        .peer("std", move |n| meet::<std::sync::Barrier>(threads, n))
        .peer("async-lock", move |n| {
            meet::<async_lock::Barrier>(threads, n)
        });
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    let workload = workload.peer("pthread", move |n| meet::<pthread::Barrier>(threads, n));
    workload
}
