//! Workloads of counting: the ways in which several threads can count together, and what false
//! sharing costs. They compare the ways with each other, so this library is one of the peers.
//!
//! The threads do nothing but count. In a real program they do other work in between, and the
//! differences are smaller. Each of them stays on one processor, because short samples of threads
//! that run on the same processor by chance would show no contention.

use crate::measure::{Sample, Workload, race_of};
#[cfg(all(target_os = "linux", target_env = "gnu"))]
use crate::pthread;
use crossbeam::utils::CachePadded;
use std::{
    hint::black_box,
    sync::atomic::{AtomicU64, Ordering},
};
use sync_primitives::Lock;

const MOST_THREADS: usize = 8;
const THREADS: [usize; 4] = [1, 2, 4, MOST_THREADS];

/// Something that several threads count with.
trait Counter: Sync {
    fn new() -> Self;
    /// Adds 1 for the thread with this number.
    fn add(&self, thread: usize);
    fn total(self) -> u64;
}

/// A counter for all threads, on a cache line of its own.
impl Counter for CachePadded<AtomicU64> {
    fn new() -> Self {
        Self::default()
    }

    #[inline]
    fn add(&self, _: usize) {
        self.fetch_add(1, Ordering::Relaxed);
    }

    fn total(self) -> u64 {
        self.load(Ordering::Relaxed)
    }
}

impl Counter for CachePadded<std::sync::Mutex<u64>> {
    fn new() -> Self {
        Self::default()
    }

    #[inline]
    fn add(&self, _: usize) {
        *self.lock().expect("no thread panicked") += 1;
    }

    fn total(self) -> u64 {
        *self.lock().expect("no thread panicked")
    }
}

impl Counter for CachePadded<parking_lot::Mutex<u64>> {
    fn new() -> Self {
        Self::default()
    }

    #[inline]
    fn add(&self, _: usize) {
        *self.lock() += 1;
    }

    fn total(self) -> u64 {
        *self.lock()
    }
}

impl Counter for CachePadded<Lock<u64>> {
    fn new() -> Self {
        Self::new(Lock::new(0))
    }

    #[inline]
    fn add(&self, _: usize) {
        *self.lock() += 1;
    }

    fn total(self) -> u64 {
        *self.lock()
    }
}

/// A counter for each thread, each on a cache line of its own.
impl Counter for [CachePadded<AtomicU64>; MOST_THREADS] {
    fn new() -> Self {
        Self::default()
    }

    #[inline]
    fn add(&self, thread: usize) {
        self[thread].fetch_add(1, Ordering::Relaxed);
    }

    fn total(self) -> u64 {
        self.iter()
            .map(|counter| counter.load(Ordering::Relaxed))
            .sum()
    }
}

/// A counter for each thread, all on one cache line of 64 bytes.
#[repr(align(64))]
struct OnOneLine([AtomicU64; MOST_THREADS]);

impl Counter for OnOneLine {
    fn new() -> Self {
        Self(Default::default())
    }

    #[inline]
    fn add(&self, thread: usize) {
        self.0[thread].fetch_add(1, Ordering::Relaxed);
    }

    fn total(self) -> u64 {
        self.0
            .iter()
            .map(|counter| counter.load(Ordering::Relaxed))
            .sum()
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn stay_on_one_processor(thread: usize) {
    pthread::stay_on_processor(thread);
}

/// Other systems decide themselves where a thread runs.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn stay_on_one_processor(_: usize) {}

/// Counts `n` times, divided among the threads.
fn together<C: Counter>(threads: usize) -> impl Fn(u64) -> Sample {
    move |n| {
        let counter = C::new();
        let each = n.div_ceil(threads as u64);
        let (elapsed, _) = race_of(threads, |thread| {
            stay_on_one_processor(thread);
            for _ in 0..each {
                black_box(&counter).add(thread);
            }
        });
        let counts = each * threads as u64;
        assert_eq!(counter.total(), counts, "an update was lost");
        Sample::per_operation(elapsed, counts)
    }
}

/// Each thread counts in a variable that no other thread sees. The counts pass through `black_box`,
/// because the compiler would otherwise replace the loop by one addition.
fn separately(threads: usize) -> impl Fn(u64) -> Sample {
    move |n| {
        let each = n.div_ceil(threads as u64);
        let (elapsed, own) = race_of(threads, |thread| {
            stay_on_one_processor(thread);
            let mut own = 0_u64;
            for _ in 0..each {
                *black_box(&mut own) += 1;
            }
            own
        });
        let counts = each * threads as u64;
        assert_eq!(own.iter().sum::<u64>(), counts, "an update was lost");
        Sample::per_operation(elapsed, counts)
    }
}

fn new(group: &'static str, threads: usize) -> Workload {
    let name = match threads {
        1 => "1 thread".to_owned(),
        _ => format!("{threads} threads"),
    };
    Workload::new(group, name, "ns per count").in_release_only()
}

fn ways(threads: usize) -> Workload {
    type Padded<T> = CachePadded<T>;
    new("Atomics", threads)
        .baseline("one fetch_add", together::<Padded<AtomicU64>>(threads))
        .peer(
            "std Mutex",
            together::<Padded<std::sync::Mutex<u64>>>(threads),
        )
        .peer(
            "parking_lot Mutex",
            together::<Padded<parking_lot::Mutex<u64>>>(threads),
        )
        .peer("Lock", together::<Padded<Lock<u64>>>(threads))
        .peer(
            "padded atomics",
            together::<[Padded<AtomicU64>; MOST_THREADS]>(threads),
        )
        .peer("own counts", separately(threads))
}

fn false_sharing(threads: usize) -> Workload {
    new("False sharing of atomics", threads)
        .baseline(
            "padded",
            together::<[CachePadded<AtomicU64>; MOST_THREADS]>(threads),
        )
        .peer("one cache line", together::<OnOneLine>(threads))
}

pub(crate) fn workloads() -> Vec<Workload> {
    let ways = THREADS.into_iter().map(ways);
    ways.chain(THREADS.into_iter().map(false_sharing)).collect()
}
