//! Workloads of a pipeline: the three stages of the recipe `pipeline`, with items of eight bytes.
//!
//! One thread sends numbers, three threads pass them on, and one thread receives them and restores
//! their order. A third channel holds a token for each item between the first stage and the last.
//! The channel from the first stage to the second has three receivers, and the others have one.

use crate::measure::{Figure, Sample, Task, Workload, race, work};
use crate::queue::{Channel, Crossbeam, Flume, Kanal, Ours, StdBounded};
use std::sync::{Arc, Mutex, mpsc};

/// How many threads the second stage has.
const CUTTERS: usize = 3;
/// There are so many times as many tokens as items in a channel.
const IN_FLIGHT: usize = 4;
/// What the first stage sends to each thread of the second one at the end.
const END: u64 = u64::MAX;
/// Units of work: about ten microseconds.
const CUTTING: u32 = 4_000;

/// The bounded channel of std, with its receiver behind a lock, because it cannot be cloned.
struct StdShared;

impl Channel for StdShared {
    type Tx = mpsc::SyncSender<u64>;
    type Rx = Arc<Mutex<mpsc::Receiver<u64>>>;

    fn open(capacity: Option<usize>) -> (Self::Tx, Self::Rx) {
        let (tx, rx) = StdBounded::open(capacity);
        (tx, Arc::new(Mutex::new(rx)))
    }

    #[inline]
    fn send(to: &Self::Tx, item: u64) {
        StdBounded::send(to, item);
    }

    #[inline]
    fn recv(from: &Self::Rx) -> u64 {
        StdBounded::recv(&from.lock().expect("no thread panics"))
    }

    fn receivers(from: Self::Rx, count: usize) -> Vec<Self::Rx> {
        vec![from; count]
    }
}

#[derive(Clone, Copy)]
struct Stages {
    capacity: usize,
    /// Units of work that the second stage does for each item.
    cutting: u32,
}

impl Stages {
    /// Sends `n` items through the stages. `Shared` is the channel with several receivers.
    fn run<Shared: Channel, Own: Channel>(self, n: u64) -> Sample {
        let in_flight = self.capacity * IN_FLIGHT;
        let (to_cutters, pieces) = Shared::open(Some(self.capacity));
        let (to_counter, cuts) = Own::open(Some(self.capacity));
        let (enter, leave) = Own::open(Some(in_flight));

        let mut tasks: Vec<Task<'_, u64>> = Vec::new();
        tasks.push(Box::new(move || {
            for item in 0..n {
                Own::send(&enter, 0);
                Shared::send(&to_cutters, item);
            }
            for _ in 0..CUTTERS {
                Shared::send(&to_cutters, END);
            }
            n
        }));
        for pieces in Shared::receivers(pieces, CUTTERS) {
            let to_counter = to_counter.clone();
            tasks.push(Box::new(move || {
                let mut passed_on = 0;
                loop {
                    let item = Shared::recv(&pieces);
                    if item == END {
                        return passed_on;
                    }
                    work(self.cutting);
                    Own::send(&to_counter, item);
                    passed_on += 1;
                }
            }));
        }
        drop(to_counter);
        tasks.push(Box::new(move || {
            in_order::<Own>(n, in_flight, &cuts, &leave)
        }));

        let (elapsed, counts) = race(tasks);
        let counts = (
            counts[0],
            counts[1..=CUTTERS].iter().sum(),
            counts[CUTTERS + 1],
        );
        assert_eq!(counts, (n, n, n), "an item was lost or duplicated");
        Sample::of(elapsed, vec![n as f64 / elapsed.as_secs_f64()])
    }
}

/// Receives the items, and returns how many it has brought into order.
fn in_order<C: Channel>(n: u64, in_flight: usize, cuts: &C::Rx, leave: &C::Rx) -> u64 {
    let mut has_come = vec![false; in_flight];
    let place = |item: u64| (item % in_flight as u64) as usize;
    let mut next = 0;
    while next < n {
        let item = C::recv(cuts);
        assert!(!has_come[place(item)], "too many items are in flight");
        has_come[place(item)] = true;
        while has_come[place(next)] {
            has_come[place(next)] = false;
            next += 1;
            C::recv(leave);
        }
    }
    next
}

pub(crate) fn workloads() -> Vec<Workload> {
    vec![
        of("capacity 4", 4, 0),
        of("capacity 64", 64, 0),
        of("capacity 4, 10 µs of work", 4, CUTTING),
    ]
}

fn of(name: &str, capacity: usize, cutting: u32) -> Workload {
    let items_a_second = Figure {
        higher_is_better: true,
        ..Figure::new("", "items/s")
    };
    let stages = Stages { capacity, cutting };
    Workload::with_figures("Pipeline", name, &[items_a_second])
        .ours(move |n| stages.run::<Ours, Ours>(n))
        .peer("crossbeam-channel", move |n| {
            stages.run::<Crossbeam, Crossbeam>(n)
        })
        .peer("kanal", move |n| stages.run::<Kanal, Kanal>(n))
        .peer("flume", move |n| stages.run::<Flume, Flume>(n))
        .peer("std mpsc", move |n| stages.run::<StdShared, StdBounded>(n))
}
