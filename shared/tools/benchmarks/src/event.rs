//! Workloads of the event: an event that is already set, one waiter, and eight waiters.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
use crate::pthread;
use crate::{
    floor,
    measure::{Sample, Workload, alone, race_of},
};
use crossbeam::utils::CachePadded;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
use std::cell::Cell;
use std::{
    hint::black_box,
    sync::atomic::{AtomicUsize, Ordering},
};
use sync_primitives::Event;

/// A flag that threads can wait for, of any library.
pub(crate) trait Flag: Send + Sync + 'static {
    fn new() -> Self;
    fn set(&self);
    fn clear(&self);
    fn wait(&self);
}

impl Flag for Event {
    fn new() -> Self {
        Self::new()
    }

    #[inline]
    fn set(&self) {
        self.set();
    }

    #[inline]
    fn clear(&self) {
        self.clear();
    }

    #[inline]
    fn wait(&self) {
        self.wait();
    }
}

/// A mutex and a condition variable of std, which programs use if they have no event.
#[derive(Default)]
pub(crate) struct Std {
    flag: std::sync::Mutex<bool>,
    changed: std::sync::Condvar,
}

impl Flag for Std {
    fn new() -> Self {
        Self::default()
    }

    #[inline]
    fn set(&self) {
        *self.flag.lock().expect("no thread panicked") = true;
        self.changed.notify_all();
    }

    #[inline]
    fn clear(&self) {
        *self.flag.lock().expect("no thread panicked") = false;
    }

    #[inline]
    fn wait(&self) {
        let flag = self.flag.lock().expect("no thread panicked");
        drop(
            self.changed
                .wait_while(flag, |flag| !*flag)
                .expect("no thread panicked"),
        );
    }
}

/// The same as [`Std`] with the types of parking_lot.
#[derive(Default)]
pub(crate) struct ParkingLot {
    flag: parking_lot::Mutex<bool>,
    changed: parking_lot::Condvar,
}

impl Flag for ParkingLot {
    fn new() -> Self {
        Self::default()
    }

    #[inline]
    fn set(&self) {
        *self.flag.lock() = true;
        self.changed.notify_all();
    }

    #[inline]
    fn clear(&self) {
        *self.flag.lock() = false;
    }

    #[inline]
    fn wait(&self) {
        self.changed
            .wait_while(&mut self.flag.lock(), |flag| !*flag);
    }
}

/// The same as [`Std`] with the types of pthread.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) struct Pthread {
    flag: pthread::Mutex<Cell<bool>>,
    changed: pthread::Condition,
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
impl Flag for Pthread {
    fn new() -> Self {
        Self {
            flag: pthread::Mutex::normal(Cell::new(false)),
            changed: pthread::Condition::new(),
        }
    }

    #[inline]
    fn set(&self) {
        self.flag.with(|flag| flag.set(true));
        self.changed.notify_all();
    }

    #[inline]
    fn clear(&self) {
        self.flag.with(|flag| flag.set(false));
    }

    #[inline]
    fn wait(&self) {
        self.flag.with(|flag| {
            while !flag.get() {
                self.changed.wait(&self.flag);
            }
        });
    }
}

/// A workload, written for the flag of any library.
trait Job: Copy + 'static {
    fn run<F: Flag>(self, n: u64) -> Sample;
}

fn with_each(workload: Workload, job: impl Job) -> Workload {
    let workload = workload
        .ours(move |n| job.run::<Event>(n))
        .peer("Mutex and Condvar", move |n| job.run::<Std>(n))
        .peer("parking_lot", move |n| job.run::<ParkingLot>(n));
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    let workload = workload.peer("pthread", move |n| job.run::<Pthread>(n));
    workload
}

#[derive(Clone, Copy)]
struct WaitWhenSet;

impl Job for WaitWhenSet {
    fn run<F: Flag>(self, n: u64) -> Sample {
        let flag = CachePadded::new(F::new());
        flag.set();
        let elapsed = alone(|| (0..n).for_each(|_| black_box(&flag).wait()));
        Sample::per_operation(elapsed, n)
    }
}

/// Two threads with a flag each. A thread waits for its own flag, clears it, and sets the flag of
/// the other thread.
#[derive(Clone, Copy)]
struct WakeOne;

impl Job for WakeOne {
    fn run<F: Flag>(self, n: u64) -> Sample {
        let flags = [CachePadded::new(F::new()), CachePadded::new(F::new())];
        flags[0].set();
        let each = n.div_ceil(2);
        let (elapsed, _) = race_of(2, |index| {
            for _ in 0..each {
                flags[index].wait();
                flags[index].clear();
                flags[1 - index].set();
            }
        });
        Sample::per_operation(elapsed, 2 * each)
    }
}

/// One thread opens a gate for eight threads, and waits until all have passed it. The next round
/// uses the other gate.
struct Gates<F> {
    gates: [CachePadded<F>; 2],
    all_passed: CachePadded<F>,
    passed: CachePadded<AtomicUsize>,
}

const WAITERS: usize = 8;

impl<F: Flag> Gates<F> {
    fn new() -> Self {
        let flag = || CachePadded::new(F::new());
        Self {
            gates: [flag(), flag()],
            all_passed: flag(),
            passed: CachePadded::new(AtomicUsize::new(0)),
        }
    }

    fn open(&self, round: u64) {
        let gate = &self.gates[round as usize % 2];
        gate.set();
        self.all_passed.wait();
        self.all_passed.clear();
        gate.clear();
    }

    fn pass(&self, round: u64) {
        self.gates[round as usize % 2].wait();
        let before = self.passed.fetch_add(1, Ordering::Relaxed);
        let rounds_over = before as u64 / WAITERS as u64;
        assert_eq!(rounds_over, round, "a thread passed a gate too early");
        if before % WAITERS == WAITERS - 1 {
            self.all_passed.set();
        }
    }
}

#[derive(Clone, Copy)]
struct WakeEight;

impl Job for WakeEight {
    fn run<F: Flag>(self, n: u64) -> Sample {
        let gates = Gates::<F>::new();
        let (elapsed, _) = race_of(WAITERS + 1, |index| match index {
            WAITERS => (0..n).for_each(|round| gates.open(round)),
            _ => (0..n).for_each(|round| gates.pass(round)),
        });
        assert_eq!(
            gates.passed.load(Ordering::Relaxed) as u64,
            n * WAITERS as u64,
            "a wakeup was lost"
        );
        Sample::per_operation(elapsed, n)
    }
}

pub(crate) fn workloads() -> Vec<Workload> {
    let new = |name: &str, unit| Workload::new("Event", name, unit);
    vec![
        with_each(new("wait when set", "ns per call"), WaitWhenSet),
        floor::of_a_handoff(with_each(new("wake one", "ns per hand-off"), WakeOne)),
        with_each(new("wake 8", "ns per round"), WakeEight),
    ]
}
