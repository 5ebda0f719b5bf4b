//! Workloads of the condition variable: one waiter, eight waiters, and no waiter.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
use crate::pthread;
use crate::{
    floor,
    measure::{Sample, Workload, alone, race_of},
};
use crossbeam::utils::CachePadded;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
use std::cell::UnsafeCell;
use std::hint::black_box;
use sync_primitives::{Condition, Lock};

/// The state that the threads of a job share.
#[derive(Clone, Copy, Default)]
pub(crate) struct State {
    turn: u64,
    arrived: usize,
}

/// A lock that owns the state, and two condition variables, of any library.
trait Monitor: Send + Sync + 'static {
    fn new() -> Self;
    /// Waits on a condition variable until `ready` returns `true`. `ready` may change the state
    /// when it does.
    fn wait_until(&self, condition: usize, ready: impl FnMut(&mut State) -> bool);
    fn change(&self, f: impl FnOnce(&mut State));
    fn notify_one(&self, condition: usize);
    fn notify_all(&self, condition: usize);
    fn state(&self) -> State {
        let mut state = State::default();
        self.change(|now| state = *now);
        state
    }
}

struct Ours {
    state: Lock<State>,
    conditions: [Condition; 2],
}

impl Monitor for Ours {
    fn new() -> Self {
        Self {
            state: Lock::default(),
            conditions: [Condition::new(), Condition::new()],
        }
    }

    #[inline]
    fn wait_until(&self, condition: usize, mut ready: impl FnMut(&mut State) -> bool) {
        let mut state = self.state.lock();
        while !ready(&mut state) {
            self.conditions[condition].wait(&mut state);
        }
    }

    #[inline]
    fn change(&self, f: impl FnOnce(&mut State)) {
        f(&mut self.state.lock());
    }

    #[inline]
    fn notify_one(&self, condition: usize) {
        self.conditions[condition].notify_one();
    }

    #[inline]
    fn notify_all(&self, condition: usize) {
        self.conditions[condition].notify_all();
    }
}

#[derive(Default)]
struct Std {
    state: std::sync::Mutex<State>,
    conditions: [std::sync::Condvar; 2],
}

impl Monitor for Std {
    fn new() -> Self {
        Self::default()
    }

    #[inline]
    fn wait_until(&self, condition: usize, mut ready: impl FnMut(&mut State) -> bool) {
        let mut state = self.state.lock().expect("no thread panicked");
        while !ready(&mut state) {
            state = self.conditions[condition]
                .wait(state)
                .expect("no thread panicked");
        }
    }

    #[inline]
    fn change(&self, f: impl FnOnce(&mut State)) {
        f(&mut self.state.lock().expect("no thread panicked"));
    }

    #[inline]
    fn notify_one(&self, condition: usize) {
        self.conditions[condition].notify_one();
    }

    #[inline]
    fn notify_all(&self, condition: usize) {
        self.conditions[condition].notify_all();
    }
}

#[derive(Default)]
struct ParkingLot {
    state: parking_lot::Mutex<State>,
    conditions: [parking_lot::Condvar; 2],
}

impl Monitor for ParkingLot {
    fn new() -> Self {
        Self::default()
    }

    #[inline]
    fn wait_until(&self, condition: usize, mut ready: impl FnMut(&mut State) -> bool) {
        let mut state = self.state.lock();
        while !ready(&mut state) {
            self.conditions[condition].wait(&mut state);
        }
    }

    #[inline]
    fn change(&self, f: impl FnOnce(&mut State)) {
        f(&mut self.state.lock());
    }

    #[inline]
    fn notify_one(&self, condition: usize) {
        self.conditions[condition].notify_one();
    }

    #[inline]
    fn notify_all(&self, condition: usize) {
        self.conditions[condition].notify_all();
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
struct Pthread {
    state: pthread::Mutex<UnsafeCell<State>>,
    conditions: [pthread::Condition; 2],
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
impl Monitor for Pthread {
    fn new() -> Self {
        let conditions = [pthread::Condition::new(), pthread::Condition::new()];
        Self {
            state: pthread::Mutex::normal(UnsafeCell::default()),
            conditions,
        }
    }

    #[inline]
    fn wait_until(&self, condition: usize, mut ready: impl FnMut(&mut State) -> bool) {
        self.state.with(|state| {
            // SAFETY: this thread owns the mutex whenever `ready` runs, and the reference ends when
            // `ready` returns.
            while !ready(unsafe { &mut *state.get() }) {
                self.conditions[condition].wait(&self.state);
            }
        });
    }

    #[inline]
    fn change(&self, f: impl FnOnce(&mut State)) {
        // SAFETY: this thread owns the mutex, and the reference ends before it is unlocked.
        self.state.with(|state| f(unsafe { &mut *state.get() }));
    }

    #[inline]
    fn notify_one(&self, condition: usize) {
        self.conditions[condition].notify_one();
    }

    #[inline]
    fn notify_all(&self, condition: usize) {
        self.conditions[condition].notify_all();
    }
}

/// A workload, written for the monitor of any library.
trait Job: Copy + 'static {
    fn run<M: Monitor>(self, n: u64) -> Sample;
}

fn with_each(workload: Workload, job: impl Job) -> Workload {
    let workload = workload
        .ours(move |n| job.run::<Ours>(n))
        .peer("std", move |n| job.run::<Std>(n))
        .peer("parking_lot", move |n| job.run::<ParkingLot>(n));
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    let workload = workload.peer("pthread", move |n| job.run::<Pthread>(n));
    workload
}

#[derive(Clone, Copy)]
struct PingPong;

impl Job for PingPong {
    fn run<M: Monitor>(self, n: u64) -> Sample {
        let monitor = CachePadded::new(M::new());
        let each = n.div_ceil(2);
        let (elapsed, _) = race_of(2, |index| {
            for _ in 0..each {
                monitor.wait_until(index, |state| {
                    let mine = state.turn % 2 == index as u64;
                    state.turn += u64::from(mine);
                    mine
                });
                monitor.notify_one(1 - index);
            }
        });
        assert_eq!(
            monitor.state().turn,
            2 * each,
            "a turn was lost or duplicated"
        );
        Sample::per_operation(elapsed, 2 * each)
    }
}

/// One thread notifies eight threads, and waits until all have seen the change.
#[derive(Clone, Copy)]
struct Broadcast;

const WAITERS: usize = 8;

impl Job for Broadcast {
    fn run<M: Monitor>(self, n: u64) -> Sample {
        let monitor = CachePadded::new(M::new());
        let (elapsed, _) = race_of(WAITERS + 1, |index| match index {
            WAITERS => (0..n).for_each(|_| broadcast(&*monitor)),
            _ => (1..=n).for_each(|turn| receive(&*monitor, turn)),
        });
        assert_eq!(
            monitor.state().turn,
            n,
            "a broadcast was lost or duplicated"
        );
        Sample::per_operation(elapsed, n)
    }
}

/// The condition variable of the broadcast.
const SENT: usize = 0;
/// The condition variable on which the sender waits until all have received the broadcast.
const RECEIVED: usize = 1;

fn broadcast(monitor: &impl Monitor) {
    monitor.change(|state| {
        *state = State {
            turn: state.turn + 1,
            arrived: 0,
        }
    });
    monitor.notify_all(SENT);
    monitor.wait_until(RECEIVED, |state| state.arrived == WAITERS);
}

fn receive(monitor: &impl Monitor, turn: u64) {
    let mut was_last = false;
    monitor.wait_until(SENT, |state| {
        let sent = state.turn == turn;
        state.arrived += usize::from(sent);
        was_last = sent && state.arrived == WAITERS;
        sent
    });
    if was_last {
        monitor.notify_one(RECEIVED);
    }
}

#[derive(Clone, Copy)]
struct NoWaiter;

impl Job for NoWaiter {
    fn run<M: Monitor>(self, n: u64) -> Sample {
        let monitor = CachePadded::new(M::new());
        let elapsed = alone(|| (0..n).for_each(|_| black_box(&monitor).notify_one(0)));
        Sample::per_operation(elapsed, n)
    }
}

pub(crate) fn workloads() -> Vec<Workload> {
    let new = |name: &str, unit| Workload::new("Condition", name, unit);
    vec![
        floor::of_a_handoff(with_each(new("ping-pong", "ns per hand-off"), PingPong)),
        with_each(new("broadcast to 8", "ns per broadcast"), Broadcast),
        with_each(new("notify_one without a waiter", "ns per call"), NoWaiter),
    ]
}
