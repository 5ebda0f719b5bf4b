//! Workloads of the queue: the matrix of crossbeam-channel's own benchmark, the latency of an item,
//! and the cost of `task_done`.

use crate::{
    floor,
    measure::{PERCENTILES, Sample, Task, Workload, alone, race, work},
};
use crossbeam::{
    queue::{ArrayQueue, SegQueue},
    utils::CachePadded,
};
use std::{
    hint::black_box,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};
use sync_primitives::{Queue, Semaphore};

/// A queue of any library, as a sender and a receiver.
pub(crate) trait Channel: 'static {
    type Tx: Clone + Send;
    type Rx: Send;
    /// Makes an unbounded queue if there is no capacity.
    fn open(capacity: Option<usize>) -> (Self::Tx, Self::Rx);
    fn send(to: &Self::Tx, item: u64);
    fn recv(from: &Self::Rx) -> u64;
    /// Makes several receivers out of one.
    fn receivers(from: Self::Rx, count: usize) -> Vec<Self::Rx>;
}

const OPEN: &str = "the queue is open as long as either end exists";

pub(crate) struct Ours;

impl Channel for Ours {
    type Tx = Arc<Queue<u64>>;
    type Rx = Arc<Queue<u64>>;

    fn open(capacity: Option<usize>) -> (Self::Tx, Self::Rx) {
        let queue = Arc::new(capacity.map_or_else(Queue::unbounded, Queue::bounded));
        (Arc::clone(&queue), queue)
    }

    #[inline]
    fn send(to: &Self::Tx, item: u64) {
        to.push(item).expect(OPEN);
    }

    #[inline]
    fn recv(from: &Self::Rx) -> u64 {
        from.pop().expect(OPEN)
    }

    fn receivers(from: Self::Rx, count: usize) -> Vec<Self::Rx> {
        vec![from; count]
    }
}

/// The peers whose senders and receivers can be cloned.
macro_rules! channel {
    ($Channel:ident, $library:ident, $send:ident, $recv:ident) => {
        pub(crate) struct $Channel;

        impl Channel for $Channel {
            type Tx = $library::Sender<u64>;
            type Rx = $library::Receiver<u64>;

            fn open(capacity: Option<usize>) -> (Self::Tx, Self::Rx) {
                capacity.map_or_else($library::unbounded, $library::bounded)
            }

            #[inline]
            fn send(to: &Self::Tx, item: u64) {
                to.$send(item).expect(OPEN);
            }

            #[inline]
            fn recv(from: &Self::Rx) -> u64 {
                from.$recv().expect(OPEN)
            }

            fn receivers(from: Self::Rx, count: usize) -> Vec<Self::Rx> {
                vec![from; count]
            }
        }
    };
}

use crossbeam::channel as crossbeam_channel;
channel!(Crossbeam, crossbeam_channel, send, recv);
channel!(Kanal, kanal, send, recv);
channel!(Flume, flume, send, recv);
channel!(AsyncChannel, async_channel, send_blocking, recv_blocking);

/// The queue of std. It has one receiver, and a type of sender for each kind of queue.
macro_rules! std_channel {
    ($Channel:ident, $Sender:ident, $open:expr) => {
        pub(crate) struct $Channel;

        impl Channel for $Channel {
            type Tx = mpsc::$Sender<u64>;
            type Rx = mpsc::Receiver<u64>;

            fn open(capacity: Option<usize>) -> (Self::Tx, Self::Rx) {
                $open(capacity)
            }

            #[inline]
            fn send(to: &Self::Tx, item: u64) {
                to.send(item).expect(OPEN);
            }

            #[inline]
            fn recv(from: &Self::Rx) -> u64 {
                from.recv().expect(OPEN)
            }

            fn receivers(from: Self::Rx, count: usize) -> Vec<Self::Rx> {
                assert_eq!(count, 1, "a receiver of std cannot be cloned");
                vec![from]
            }
        }
    };
}

std_channel!(StdUnbounded, Sender, |_| mpsc::channel());
std_channel!(StdBounded, SyncSender, |capacity: Option<usize>| {
    mpsc::sync_channel(capacity.expect("the queue is bounded"))
});

/// The bounded queue of crossbeam-queue, with two semaphores of this library on which threads wait.
struct Array {
    items: ArrayQueue<u64>,
    filled: CachePadded<Semaphore>,
    free: CachePadded<Semaphore>,
}

impl Channel for Array {
    type Tx = Arc<Array>;
    type Rx = Arc<Array>;

    fn open(capacity: Option<usize>) -> (Self::Tx, Self::Rx) {
        let capacity = capacity.expect("the queue is bounded");
        let semaphore = |permits| CachePadded::new(Semaphore::new(permits));
        let queue = Array {
            items: ArrayQueue::new(capacity),
            filled: semaphore(0),
            free: semaphore(capacity),
        };
        let queue = Arc::new(queue);
        (Arc::clone(&queue), queue)
    }

    #[inline]
    fn send(to: &Self::Tx, item: u64) {
        to.free.acquire().forget();
        to.items
            .push(item)
            .expect("a permit stands for a free slot");
        to.filled.add_permits(1);
    }

    #[inline]
    fn recv(from: &Self::Rx) -> u64 {
        from.filled.acquire().forget();
        let item = from.items.pop().expect("a permit stands for an item");
        from.free.add_permits(1);
        item
    }

    fn receivers(from: Self::Rx, count: usize) -> Vec<Self::Rx> {
        vec![from; count]
    }
}

/// The unbounded queue of crossbeam-queue, with a semaphore of this library on which receivers
/// wait.
struct Segments {
    items: SegQueue<u64>,
    filled: CachePadded<Semaphore>,
}

impl Channel for Segments {
    type Tx = Arc<Segments>;
    type Rx = Arc<Segments>;

    fn open(_: Option<usize>) -> (Self::Tx, Self::Rx) {
        let queue = Segments {
            items: SegQueue::new(),
            filled: CachePadded::new(Semaphore::new(0)),
        };
        let queue = Arc::new(queue);
        (Arc::clone(&queue), queue)
    }

    #[inline]
    fn send(to: &Self::Tx, item: u64) {
        to.items.push(item);
        to.filled.add_permits(1);
    }

    #[inline]
    fn recv(from: &Self::Rx) -> u64 {
        from.filled.acquire().forget();
        from.items.pop().expect("a permit stands for an item")
    }

    fn receivers(from: Self::Rx, count: usize) -> Vec<Self::Rx> {
        vec![from; count]
    }
}

/// A workload, written for the queue of any library.
pub(crate) trait Job: Copy + 'static {
    fn capacity(self) -> Option<usize>;
    fn consumers(self) -> usize;
    fn run<C: Channel>(self, n: u64) -> Sample;
}

pub(crate) fn with_each(workload: Workload, job: impl Job) -> Workload {
    let workload = workload
        .ours(move |n| job.run::<Ours>(n))
        .peer("crossbeam-channel", move |n| job.run::<Crossbeam>(n))
        .peer("kanal", move |n| job.run::<Kanal>(n))
        .peer("flume", move |n| job.run::<Flume>(n))
        .peer("async-channel", move |n| job.run::<AsyncChannel>(n));
    let workload = match (job.consumers(), job.capacity()) {
        (1, None) => workload.peer("std mpsc", move |n| job.run::<StdUnbounded>(n)),
        (1, Some(_)) => workload.peer("std mpsc", move |n| job.run::<StdBounded>(n)),
        _ => workload,
    };
    workload.peer("crossbeam-queue + semaphore", move |n| {
        let sample = match job.capacity() {
            None => job.run::<Segments>(n),
            Some(_) => job.run::<Array>(n),
        };
        // Some of its waits for the semaphore take a time slice. After such a wait, this library
        // parks threads sooner for 100 ms, so its queue would be slower in the next sample.
        thread::sleep(Duration::from_millis(100));
        sample
    })
}

/// One thread fills the queue and empties it, again and again.
#[derive(Clone, Copy)]
struct Alone {
    capacity: Option<usize>,
}

/// How many items are in an unbounded queue when it is full.
const FILLING: usize = 65_536;

impl Job for Alone {
    fn capacity(self) -> Option<usize> {
        self.capacity
    }

    fn consumers(self) -> usize {
        1
    }

    fn run<C: Channel>(self, n: u64) -> Sample {
        let filling = self.capacity.unwrap_or(FILLING) as u64;
        let turns = n.div_ceil(filling);
        let (tx, rx) = C::open(self.capacity);
        let mut sum = 0;
        let elapsed = alone(|| {
            for _ in 0..turns {
                (0..filling).for_each(|item| C::send(black_box(&tx), item));
                sum += (0..filling).map(|_| C::recv(black_box(&rx))).sum::<u64>();
            }
        });
        assert_eq!(
            sum,
            turns * sum_below(filling),
            "an item was lost or duplicated"
        );
        Sample::per_operation(elapsed, turns * filling)
    }
}

fn sum_below(n: u64) -> u64 {
    n * n.saturating_sub(1) / 2
}

/// The same as [`Alone`], but only the pushes are timed.
#[derive(Clone, Copy)]
struct PushOnly;

impl Job for PushOnly {
    fn capacity(self) -> Option<usize> {
        None
    }

    fn consumers(self) -> usize {
        1
    }

    fn run<C: Channel>(self, n: u64) -> Sample {
        let filling = FILLING as u64;
        let turns = n.div_ceil(filling);
        let (tx, rx) = C::open(None);
        let mut elapsed = Duration::ZERO;
        for _ in 0..turns {
            elapsed += alone(|| (0..filling).for_each(|item| C::send(black_box(&tx), item)));
            let sum = (0..filling).map(|_| C::recv(&rx)).sum::<u64>();
            assert_eq!(sum, sum_below(filling), "an item was lost or duplicated");
        }
        Sample::per_operation(elapsed, turns * filling)
    }
}

/// Producers and consumers, each with an equal share of the items.
#[derive(Clone, Copy)]
struct Traffic {
    producers: usize,
    consumers: usize,
    capacity: Option<usize>,
}

impl Job for Traffic {
    fn capacity(self) -> Option<usize> {
        self.capacity
    }

    fn consumers(self) -> usize {
        self.consumers
    }

    fn run<C: Channel>(self, n: u64) -> Sample {
        let items = n.next_multiple_of((self.producers * self.consumers) as u64);
        let (sent, received) = (items / self.producers as u64, items / self.consumers as u64);
        let (tx, rx) = C::open(self.capacity);
        let producers = vec![tx; self.producers].into_iter().map(|tx| {
            Box::new(move || {
                (0..sent).for_each(|item| C::send(&tx, item));
                0_u64
            }) as Task<'_, u64>
        });
        let consumers = C::receivers(rx, self.consumers)
            .into_iter()
            .map(|rx| Box::new(move || (0..received).map(|_| C::recv(&rx)).sum()) as Task<'_, u64>);
        let (elapsed, sums) = race(producers.chain(consumers).collect());
        assert_eq!(
            sums.iter().sum::<u64>(),
            self.producers as u64 * sum_below(sent),
            "an item was lost or duplicated"
        );
        Sample::per_operation(elapsed, items)
    }
}

/// Passes one item at a time, and measures the time from before its push until after its pop.
#[derive(Clone, Copy)]
struct HandOff {
    /// Units of work before each push. After a long pause the receiver sleeps.
    pause: u32,
}

impl Job for HandOff {
    fn capacity(self) -> Option<usize> {
        Some(1)
    }

    fn consumers(self) -> usize {
        1
    }

    fn run<C: Channel>(self, n: u64) -> Sample {
        let ((to, from_first), (back, from_second)) = (C::open(Some(1)), C::open(Some(1)));
        let epoch = Instant::now();
        let now = move || epoch.elapsed().as_nanos() as u64;
        let first = Box::new(move || {
            for _ in 0..n {
                work(self.pause);
                C::send(&to, now());
                C::recv(&from_second);
            }
            Vec::new()
        }) as Task<'_, Vec<u64>>;
        let second = Box::new(move || {
            let latency = |_| {
                let sent = C::recv(&from_first);
                let latency = now() - sent;
                C::send(&back, 0);
                latency
            };
            (0..n).map(latency).collect()
        });
        let (elapsed, latencies) = race(vec![first, second]);
        Sample::percentiles(elapsed, latencies.concat())
    }
}

/// The cost of marking tasks as done. This compares the library with itself: the first contender
/// only pushes and pops.
fn finished_tasks(capacity: Option<usize>) -> Workload {
    let one_by_one = |queue: &Queue<u64>, n: u64| {
        let finish = |_| {
            let item = queue.pop().expect(OPEN);
            queue.task_done().expect("the item was pushed");
            item
        };
        let sum = (0..n).map(finish).sum();
        queue.join();
        sum
    };
    let by_guard = |queue: &Queue<u64>, n: u64| {
        let sum = (0..n).map(|_| *queue.task().expect(OPEN)).sum();
        queue.join();
        sum
    };
    Workload::new(
        "Queue",
        format!("task_done, spsc, {}", named(capacity)),
        "ns per item",
    )
    .ours(move |n| {
        consumed(n, capacity, |queue, n| {
            (0..n).map(|_| queue.pop().expect(OPEN)).sum()
        })
    })
    .peer("with task_done, join", move |n| {
        consumed(n, capacity, one_by_one)
    })
    .peer("with Task, join", move |n| consumed(n, capacity, by_guard))
}

/// One thread pushes, and another one calls `consume`.
fn consumed(
    n: u64,
    capacity: Option<usize>,
    consume: impl Fn(&Queue<u64>, u64) -> u64 + Sync,
) -> Sample {
    let queue = &capacity.map_or_else(Queue::unbounded, Queue::bounded);
    let push = || {
        (0..n).for_each(|item| queue.push(item).expect(OPEN));
        0_u64
    };
    let (elapsed, sums) = race(vec![
        Box::new(push) as Task<'_, u64>,
        Box::new(|| consume(queue, n)),
    ]);
    assert_eq!(sums[1], sum_below(n), "an item was lost or duplicated");
    Sample::per_operation(elapsed, n)
}

fn named(capacity: Option<usize>) -> String {
    capacity.map_or_else(
        || "unbounded".to_owned(),
        |capacity| format!("capacity {capacity}"),
    )
}

const CAPACITIES: [Option<usize>; 5] = [None, Some(1), Some(16), Some(64), Some(1024)];
/// The name of each kind of traffic, and its numbers of producers and consumers.
const KINDS: [(&str, usize, usize); 4] = [
    ("spsc", 1, 1),
    ("mpsc", 4, 1),
    ("spmc", 1, 4),
    ("mpmc", 4, 4),
];
/// Units of work: about 100 microseconds, after which the receiver sleeps.
const UNTIL_ASLEEP: u32 = 40_000;

pub(crate) fn workloads() -> Vec<Workload> {
    let group = "Queue";
    let mut all = Vec::new();
    for capacity in CAPACITIES {
        let workload = Workload::new(group, format!("seq, {}", named(capacity)), "ns per item");
        all.push(with_each(workload, Alone { capacity }));
    }
    for (kind, producers, consumers) in KINDS {
        for capacity in CAPACITIES {
            let workload =
                Workload::new(group, format!("{kind}, {}", named(capacity)), "ns per item");
            all.push(floor::of_an_item(with_each(
                workload,
                Traffic {
                    producers,
                    consumers,
                    capacity,
                },
            )));
        }
    }
    let at_once = Workload::with_figures(group, "hand-off at once", &PERCENTILES);
    all.push(with_each(at_once, HandOff { pause: 0 }));
    let to_sleeper = Workload::with_figures(group, "hand-off after 100 µs", &PERCENTILES[..2]);
    let to_sleeper = to_sleeper.lasting(Duration::from_millis(50));
    all.push(with_each(
        to_sleeper,
        HandOff {
            pause: UNTIL_ASLEEP,
        },
    ));
    all.push(with_each(
        Workload::new(group, "push only, unbounded", "ns per push"),
        PushOnly,
    ));
    all.extend([None, Some(1024)].map(finished_tasks));
    all
}
