//! The floors. A floor is the least that the processor or the kernel can do a piece of work for.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
use crate::pthread::{Futex, stay_on_processor};
use crate::{
    measure::{Sample, Workload, alone, race_of},
    results::Spread,
};
use crossbeam::utils::CachePadded;
use std::{
    cell::{Cell, UnsafeCell},
    hint::{black_box, spin_loop},
    sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering},
    thread,
    time::Instant,
};

/// The atomic operations of a lock, without waiting.
#[derive(Default)]
struct Bare {
    held: AtomicU32,
    counter: UnsafeCell<u64>,
}

impl Bare {
    #[inline]
    fn pair(&self) {
        assert!(
            self.held
                .compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
        );
        // SAFETY: this type is not `Sync`, and no reference outlives the statement.
        unsafe { *self.counter.get() += 1 };
        assert!(self.held.swap(0, Ordering::Release) == 1);
    }
}

/// The floor of locking and unlocking: two atomic read-modify-writes.
pub(crate) fn of_a_lock(workload: Workload) -> Workload {
    workload.floor("compare-exchange, swap", |n| {
        let bare = CachePadded::new(Bare::default());
        let elapsed = alone(|| (0..n).for_each(|_| black_box(&bare).pair()));
        assert_eq!(bare.into_inner().counter.into_inner(), n);
        Sample::per_operation(elapsed, n)
    })
}

/// The floor of acquiring and releasing a permit: one load, and two atomic read-modify-writes.
pub(crate) fn of_a_permit(workload: Workload) -> Workload {
    workload.floor("compare-exchange, add", |n| {
        let permits = CachePadded::new(AtomicUsize::new(1));
        let pair = |permits: &AtomicUsize| {
            let free = permits.load(Ordering::Relaxed);
            assert!(
                permits
                    .compare_exchange(free, free - 1, Ordering::Acquire, Ordering::Relaxed)
                    .is_ok()
            );
            permits.fetch_add(1, Ordering::Release);
        };
        let elapsed = alone(|| (0..n).for_each(|_| pair(black_box(&permits))));
        Sample::per_operation(elapsed, n)
    })
}

/// The floor of locking and unlocking a lock that the thread already holds: one load of the owner,
/// and two additions to the depth.
pub(crate) fn of_a_reentry(workload: Workload) -> Workload {
    thread_local!(static MARK: u8 = const { 0 });
    let me = || MARK.with(|mark| (&raw const *mark).addr());
    workload.floor("relaxed load, two additions", move |n| {
        let lock = CachePadded::new((AtomicUsize::new(me()), Cell::new(1_u32), Cell::new(0_u64)));
        let level = |(owner, depth, counter): &(AtomicUsize, Cell<u32>, Cell<u64>)| {
            assert!(owner.load(Ordering::Relaxed) == me());
            depth.set(depth.get() + 1);
            let counter = black_box(counter);
            counter.set(counter.get() + 1);
            depth.set(depth.get() - 1);
        };
        let elapsed = alone(|| (0..n).for_each(|_| level(black_box(&lock))));
        assert_eq!(lock.2.get(), n);
        Sample::per_operation(elapsed, n)
    })
}

/// The floor of handing something to a thread that sleeps: a system call to wake it, and one in
/// which it slept.
pub(crate) fn of_a_handoff(workload: Workload) -> Workload {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    let workload = workload.floor("two futex calls", |n| {
        let words = [
            CachePadded::new(Futex::default()),
            CachePadded::new(Futex::default()),
        ];
        let each = n.div_ceil(2);
        let (elapsed, _) = race_of(2, |index| {
            for turn in 0..each {
                if index == 1 || turn > 0 {
                    words[index].wait();
                }
                words[1 - index].post();
            }
        });
        Sample::per_operation(elapsed, 2 * each)
    });
    workload
}

/// The floor of an item that goes to another core: its cache line must be transferred.
pub(crate) fn of_an_item(workload: Workload) -> Workload {
    workload.floor("one cache line transfer", |n| {
        let start = Instant::now();
        let median = median_transfer(n.div_ceil(2 * BATCH).max(LEAST_BATCHES));
        Sample::of(start.elapsed(), vec![median])
    })
}

/// The number of round trips per batch.
const BATCH: u64 = 16;
const LEAST_BATCHES: u64 = 1_000;

/// Passes a cache line back and forth, and takes the time of each batch of transfers. Both threads
/// run during most batches, because a batch is short. So the median is the time of a transfer even
/// if other programs run in between.
fn median_transfer(batches: u64) -> f64 {
    let line = CachePadded::new(AtomicU64::new(0));
    let (_, times) = race_of(2, |index| {
        #[cfg(all(target_os = "linux", target_env = "gnu"))]
        stay_on_processor(index);
        let pass = |turn| {
            let mine = 2 * turn + index as u64;
            wait_for(&line, mine);
            line.store(mine + 1, Ordering::Release);
        };
        let batch = |number: u64| {
            let start = Instant::now();
            (number * BATCH..(number + 1) * BATCH).for_each(pass);
            start.elapsed().as_nanos() as f64 / (2 * BATCH) as f64
        };
        (0..batches).map(batch).collect::<Vec<_>>()
    });
    assert_eq!(line.load(Ordering::Relaxed), 2 * batches * BATCH);
    Spread::of(times.concat()).median
}

/// Spins until the value is there. After much more time than a transfer takes, it yields, because
/// the other thread may need this core to run.
fn wait_for(line: &AtomicU64, value: u64) {
    loop {
        for _ in 0..10_000 {
            if line.load(Ordering::Acquire) == value {
                return;
            }
            spin_loop();
        }
        thread::yield_now();
    }
}

#[cfg(test)]
mod tests {
    use crate::measure::Workload;

    #[test]
    fn every_floor_does_its_work() {
        let floors = [
            super::of_a_lock,
            super::of_a_permit,
            super::of_a_reentry,
            super::of_a_handoff,
            super::of_an_item,
        ];
        for floor in floors {
            floor(Workload::new("Test", "floor", "ns")).try_all(1_000);
        }
    }
}
