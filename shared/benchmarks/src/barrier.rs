//! Barrier: threads that meet over and over.

use crate::measure::{Sample, Workload, race_of};
#[cfg(all(target_os = "linux", target_env = "gnu"))]
use crate::pthread;
use crossbeam::utils::CachePadded;
use sync_primitives::Barrier;

/// Where threads meet.
trait Meeting: Send + Sync + 'static {
    fn new(parties: usize) -> Self;
    /// True for one thread a round.
    fn wait(&self) -> bool;
}

impl Meeting for Barrier {
    fn new(parties: usize) -> Self {
        Self::new(parties)
    }

    #[inline]
    fn wait(&self) -> bool {
        self.wait().expect("nobody breaks it").is_leader()
    }
}

impl Meeting for std::sync::Barrier {
    fn new(parties: usize) -> Self {
        Self::new(parties)
    }

    #[inline]
    fn wait(&self) -> bool {
        self.wait().is_leader()
    }
}

impl Meeting for async_lock::Barrier {
    fn new(parties: usize) -> Self {
        Self::new(parties)
    }

    #[inline]
    fn wait(&self) -> bool {
        self.wait_blocking().is_leader()
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
impl Meeting for pthread::Barrier {
    fn new(parties: usize) -> Self {
        Self::new(parties as u32)
    }

    #[inline]
    fn wait(&self) -> bool {
        self.wait()
    }
}

fn meet<M: Meeting>(threads: usize, rounds: u64) -> Sample {
    let barrier = CachePadded::new(M::new(threads));
    let led = |_| (0..rounds).map(|_| u64::from(barrier.wait())).sum::<u64>();
    let (elapsed, led) = race_of(threads, led);
    assert_eq!(
        led.iter().sum::<u64>(),
        rounds,
        "a round has not one leader"
    );
    Sample::per_operation(elapsed, rounds)
}

pub(crate) fn workloads() -> Vec<Workload> {
    [2, 4, 8].map(of_threads).into()
}

fn of_threads(threads: usize) -> Workload {
    let workload = Workload::new("Barrier", format!("{threads} threads"), "ns a round")
        .ours(move |n| meet::<Barrier>(threads, n))
        .peer("std", move |n| meet::<std::sync::Barrier>(threads, n))
        .peer("async-lock", move |n| {
            meet::<async_lock::Barrier>(threads, n)
        });
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    let workload = workload.peer("pthread", move |n| meet::<pthread::Barrier>(threads, n));
    workload
}
