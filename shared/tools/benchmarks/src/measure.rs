//! How a workload is measured: in every round each contender takes one turn, and the order changes
//! from round to round.

use crate::{
    Result,
    profile::Profile,
    results::{Entry, Measurement, Row, Spread},
    usage::{PerIteration, Usage},
    watchdog,
};
use std::{
    collections::BTreeMap,
    rc::Rc,
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

/// The name of this library in every table.
pub(crate) const OURS: &str = "sync-primitives";
/// This library measured a second time. It is the control: its ratio differs from 1.00 only by
/// noise.
pub(crate) const AGAIN: &str = "sync-primitives again";

/// How long one sample takes. It is long compared with the start of a thread, and short enough that
/// the machine does not change much within a round.
const TARGET: Duration = Duration::from_millis(25);

/// A contender that takes this many times the target does fewer iterations from then on. A wakeup
/// on the same core can be ten times as fast as a wakeup on another core, and calibration may have
/// seen either.
const TOO_LONG: u32 = 4;

/// The result of one sample.
pub(crate) struct Sample {
    /// The time that all iterations took. It decides how many iterations the next sample does.
    elapsed: Duration,
    /// One value for each figure of the workload, in the unit of the figure.
    figures: Vec<f64>,
    /// What the sample and its threads cost in total, and the number of iterations.
    usage: (Option<Usage>, u64),
}

impl Sample {
    /// A sample with one figure: nanoseconds per operation.
    pub(crate) fn per_operation(elapsed: Duration, operations: u64) -> Self {
        Self::of(elapsed, vec![elapsed.as_nanos() as f64 / operations as f64])
    }

    pub(crate) fn of(elapsed: Duration, figures: Vec<f64>) -> Self {
        Self {
            elapsed,
            figures,
            usage: (None, 1),
        }
    }

    /// A sample with the figures in [`PERCENTILES`].
    pub(crate) fn percentiles(elapsed: Duration, mut latencies: Vec<u64>) -> Self {
        latencies.sort_unstable();
        let last = latencies.len() - 1;
        let at = |percent: f64| latencies[(last as f64 * percent / 100.0).round() as usize] as f64;
        Self::of(elapsed, [50.0, 99.0, 99.9].map(at).into())
    }
}

/// Does the given number of iterations. Calling it is the only indirect call in a sample.
type Run = Rc<dyn Fn(u64) -> Sample>;

#[derive(Clone, Copy, PartialEq)]
enum Role {
    Ours,
    Baseline,
    Control,
    Peer,
    Floor,
}

pub(crate) struct Contender {
    name: String,
    role: Role,
    run: Run,
}

/// One of the numbers that a workload yields. Each is a row of the results.
#[derive(Clone, Copy)]
pub(crate) struct Figure {
    /// Is added to the name of the workload. It is empty if the workload yields one number only.
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) higher_is_better: bool,
}

impl Figure {
    pub(crate) const fn new(name: &'static str, unit: &'static str) -> Self {
        Self {
            name,
            unit,
            higher_is_better: false,
        }
    }
}

/// Percentiles of latencies.
pub(crate) const PERCENTILES: [Figure; 3] = [
    Figure::new("p50", "ns"),
    Figure::new("p99", "ns"),
    Figure::new("p99.9", "ns"),
];

/// How many samples there are, and how long they are.
#[derive(Clone, Copy, PartialEq)]
enum Pace {
    /// Samples of about this length. The number of rounds is that of the command line.
    Calibrated(Duration),
    /// One iteration per sample, no warm-up, and at most this many rounds.
    Fixed(usize),
}

/// Contenders that do the same work.
pub(crate) struct Workload {
    pub(crate) group: &'static str,
    pub(crate) name: String,
    figures: Vec<Figure>,
    pace: Pace,
    profiles: &'static [Profile],
    contenders: Vec<Contender>,
    /// Adds the contenders when the workload is measured, if they cannot be known before.
    prepare: Option<Box<dyn FnOnce(Workload) -> Result<Workload>>>,
}

impl Workload {
    pub(crate) fn new(group: &'static str, name: impl Into<String>, unit: &'static str) -> Self {
        Self::with_figures(group, name, &[Figure::new("", unit)])
    }

    pub(crate) fn with_figures(
        group: &'static str,
        name: impl Into<String>,
        figures: &[Figure],
    ) -> Self {
        Self {
            group,
            name: name.into(),
            figures: figures.to_vec(),
            pace: Pace::Calibrated(TARGET),
            profiles: Profile::BOTH,
            contenders: Vec::new(),
            prepare: None,
        }
    }

    /// Sets the length of a sample.
    pub(crate) fn lasting(self, target: Duration) -> Self {
        Self {
            pace: Pace::Calibrated(target),
            ..self
        }
    }

    /// Makes each sample one iteration, without warm-up and for at most this many rounds.
    pub(crate) fn at_most(self, rounds: usize) -> Self {
        Self {
            pace: Pace::Fixed(rounds),
            ..self
        }
    }

    /// Measures the workload in the release profile only.
    pub(crate) fn in_release_only(self) -> Self {
        Self {
            profiles: &[Profile::Release],
            ..self
        }
    }

    /// Lets `prepare` add the contenders when the workload is measured.
    pub(crate) fn prepared_by(self, prepare: impl FnOnce(Self) -> Result<Self> + 'static) -> Self {
        Self {
            prepare: Some(Box::new(prepare)),
            ..self
        }
    }

    pub(crate) fn ours(self, run: impl Fn(u64) -> Sample + 'static) -> Self {
        self.contender(OURS, Role::Ours, run)
    }

    /// Adds the contender that the others are compared with, in a workload that compares ways to do
    /// something, and not this library with its peers.
    pub(crate) fn baseline(self, name: &str, run: impl Fn(u64) -> Sample + 'static) -> Self {
        self.contender(name, Role::Baseline, run)
    }

    pub(crate) fn peer(
        self,
        name: impl Into<String>,
        run: impl Fn(u64) -> Sample + 'static,
    ) -> Self {
        self.contender(name, Role::Peer, run)
    }

    pub(crate) fn floor(self, name: &str, run: impl Fn(u64) -> Sample + 'static) -> Self {
        self.contender(name, Role::Floor, run)
    }

    fn contender(
        mut self,
        name: impl Into<String>,
        role: Role,
        run: impl Fn(u64) -> Sample + 'static,
    ) -> Self {
        self.contenders.push(Contender {
            name: name.into(),
            role,
            run: Rc::new(run),
        });
        self
    }

    /// Runs each contender once, so that a test sees whether its results are correct.
    #[cfg(test)]
    pub(crate) fn try_all(&self, iterations: u64) {
        for contender in &self.contenders {
            let sample = (contender.run)(iterations);
            assert!(
                sample.figures.len() >= self.figures.len(),
                "{}, {}",
                self.title(),
                contender.name
            );
        }
    }

    /// The group and the name, which the filter of the command line is compared with.
    pub(crate) fn title(&self) -> String {
        format!("{}: {}", self.group, self.name)
    }

    /// Whether this library is compared with its peers.
    pub(crate) fn is_comparison(&self) -> bool {
        let mut roles = self.contenders.iter().map(|contender| contender.role);
        roles.all(|role| role != Role::Baseline)
    }

    /// The profiles in which the workload is measured.
    pub(crate) fn profiles(&self) -> &'static [Profile] {
        self.profiles
    }

    /// One row for each figure, without measurements.
    pub(crate) fn rows(&self) -> Vec<Row> {
        self.figures.iter().map(|figure| self.row(figure)).collect()
    }

    fn row(&self, figure: &Figure) -> Row {
        let name = if figure.name.is_empty() {
            self.name.clone()
        } else {
            format!("{}, {}", self.name, figure.name)
        };
        Row {
            group: self.group.into(),
            name,
            unit: figure.unit.into(),
            higher_is_better: figure.higher_is_better,
            profiles: BTreeMap::new(),
        }
    }

    /// Measures every contender in this process, and returns one measurement for each figure.
    pub(crate) fn measure(mut self, rounds: usize) -> Result<Vec<Measurement>> {
        if let Some(prepare) = self.prepare.take() {
            self = prepare(self)?;
        }
        if self.pace != Pace::Fixed(1) && self.is_comparison() {
            self.add_control();
        }
        let samples = self.samples(rounds);
        Ok((0..self.figures.len())
            .map(|figure| self.measurement(figure, &samples))
            .collect())
    }

    /// Puts the control half a round away from this library, so that drift affects it as much as it
    /// affects a peer.
    fn add_control(&mut self) {
        let ours = self
            .contenders
            .iter()
            .find(|contender| contender.role == Role::Ours);
        let run = Rc::clone(&ours.expect("every comparison has this library").run);
        let middle = self.contenders.len().div_ceil(2);
        self.contenders.insert(
            middle,
            Contender {
                name: AGAIN.into(),
                role: Role::Control,
                run,
            },
        );
    }

    /// All samples, first by contender and then by round.
    fn samples(&self, rounds: usize) -> Vec<Vec<Sample>> {
        let (mut iterations, target, rounds) = match self.pace {
            Pace::Calibrated(target) => (self.calibrated(target), target, rounds),
            Pace::Fixed(most) => (
                vec![1; self.contenders.len()],
                Duration::MAX,
                rounds.min(most),
            ),
        };
        let mut samples: Vec<Vec<Sample>> = self.contenders.iter().map(|_| Vec::new()).collect();
        for round in 0..rounds {
            for index in order(round, self.contenders.len()) {
                let sample = self.sample(index, iterations[index]);
                if sample.elapsed > target.saturating_mul(TOO_LONG) {
                    iterations[index] = scaled(iterations[index], sample.elapsed, 2 * target);
                }
                samples[index].push(sample);
            }
        }
        samples
    }

    fn sample(&self, index: usize, iterations: u64) -> Sample {
        let contender = &self.contenders[index];
        let run = || {
            let before = Usage::now();
            let sample = (contender.run)(iterations);
            let usage = Usage::now()
                .zip(before)
                .map(|(after, before)| after.since(before));
            Sample {
                usage: (usage, iterations),
                ..sample
            }
        };
        watchdog::watching(format!("{}, {}", self.title(), contender.name), run)
    }

    /// How many iterations of each contender last about `target`. This also warms the contenders
    /// up.
    fn calibrated(&self, target: Duration) -> Vec<u64> {
        let all = 0..self.contenders.len();
        let elapsed = |index: usize, n: u64| self.sample(index, n).elapsed;
        let rough: Vec<_> = all
            .clone()
            .map(|index| calibrate(target, |n| elapsed(index, n)))
            .collect();
        // The faster of two samples counts, because another program may have run during the other.
        let refined = |index: usize| {
            let n = rough[index];
            scaled(n, elapsed(index, n).min(elapsed(index, n)), target)
        };
        all.map(refined).collect()
    }

    fn measurement(&self, figure: usize, samples: &[Vec<Sample>]) -> Measurement {
        let values = |index: usize| {
            samples[index]
                .iter()
                .map(|sample| sample.figures[figure])
                .collect::<Vec<f64>>()
        };
        let first = self
            .contenders
            .iter()
            .position(|contender| [Role::Ours, Role::Baseline].contains(&contender.role));
        let first = values(first.expect("every workload has this library or a baseline"));
        let entry = |index: usize| Entry {
            name: self.contenders[index].name.clone(),
            value: Spread::of(values(index)),
            ratio: Spread::of(
                first
                    .iter()
                    .zip(values(index))
                    .map(|(first, theirs)| first / theirs)
                    .collect(),
            ),
            usage: PerIteration::of(samples[index].iter().map(|sample| sample.usage)),
        };
        let of = |role: Role| {
            let all = self.contenders.iter().enumerate();
            all.filter(move |(_, contender)| contender.role == role)
                .map(|(index, _)| entry(index))
        };
        Measurement {
            contenders: of(Role::Ours)
                .chain(of(Role::Baseline))
                .chain(of(Role::Control))
                .chain(of(Role::Peer))
                .collect(),
            floor: of(Role::Floor).next(),
        }
    }
}

/// The order of the contenders in a round. Over the rounds every contender takes every place, and
/// comes before as well as after each of its neighbors.
fn order(round: usize, contenders: usize) -> Vec<usize> {
    let mut order: Vec<_> = (0..contenders).collect();
    order.rotate_left(round % contenders);
    if (round / contenders) % 2 == 1 {
        order.reverse();
    }
    order
}

/// Does more and more iterations until they last a good part of `target`, and returns how many last
/// `target`.
fn calibrate(target: Duration, run: impl Fn(u64) -> Duration) -> u64 {
    let mut iterations = 1;
    loop {
        let elapsed = run(iterations);
        if elapsed >= target / 5 {
            return scaled(iterations, elapsed, target);
        }
        iterations *= 8;
    }
}

/// How many iterations last `target` if `iterations` last `elapsed`.
fn scaled(iterations: u64, elapsed: Duration, target: Duration) -> u64 {
    let factor = target.as_secs_f64() / elapsed.as_secs_f64().max(1e-9);
    ((iterations as f64 * factor) as u64).max(1)
}

/// What one thread of a sample does. The result is used to check the sample.
pub(crate) type Task<'a, R> = Box<dyn FnOnce() -> R + Send + 'a>;

/// Runs each task in a thread of its own, starts all tasks at the same time, and joins the threads.
/// Returns the time from the first start to the last end.
pub(crate) fn race<R: Send>(tasks: Vec<Task<'_, R>>) -> (Duration, Vec<R>) {
    let start_together = &Barrier::new(tasks.len());
    let runs: Vec<_> = thread::scope(|scope| {
        let run = |task: Task<'_, R>| {
            start_together.wait();
            let start = Instant::now();
            let result = task();
            (start, Instant::now(), result)
        };
        let threads: Vec<_> = tasks
            .into_iter()
            .map(|task| scope.spawn(move || run(task)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("a panic ends the process"))
            .collect()
    });
    let first = runs
        .iter()
        .map(|(start, ..)| *start)
        .min()
        .expect("there is a task");
    let last = runs
        .iter()
        .map(|(_, end, _)| *end)
        .max()
        .expect("there is a task");
    (
        last - first,
        runs.into_iter().map(|(.., result)| result).collect(),
    )
}

/// [`race`] with the same task in every thread. `work` gets the number of its thread.
pub(crate) fn race_of<R: Send>(
    threads: usize,
    work: impl Fn(usize) -> R + Sync,
) -> (Duration, Vec<R>) {
    let work = &work;
    race(
        (0..threads)
            .map(|index| Box::new(move || work(index)) as Task<'_, R>)
            .collect(),
    )
}

/// How long `work` takes in this thread alone.
pub(crate) fn alone(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// Keeps the processor busy for about two nanoseconds per unit, in registers only.
#[inline]
pub(crate) fn work(units: u32) {
    let mut state = std::hint::black_box(88_172_645_463_325_252_u64);
    for _ in 0..units {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    std::hint::black_box(state);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_contender_takes_each_place_and_both_sides_of_its_neighbors() {
        let orders: Vec<_> = (0..10).map(|round| order(round, 5)).collect();
        for place in 0..5 {
            for contender in 0..5 {
                assert_eq!(
                    orders
                        .iter()
                        .filter(|order| order[place] == contender)
                        .count(),
                    2
                );
            }
        }
        assert_eq!(orders[1], [1, 2, 3, 4, 0]);
        assert_eq!(orders[6], [0, 4, 3, 2, 1]);
    }

    #[test]
    fn calibration_finds_the_iterations_that_last_the_target() {
        let target = Duration::from_millis(25);
        let fast = calibrate(target, |n| Duration::from_nanos(10 * n));
        assert!((2_400_000..=2_600_000).contains(&fast), "{fast}");
        assert_eq!(calibrate(target, Duration::from_secs), 1);
    }

    #[test]
    fn percentiles_are_those_of_the_sorted_latencies() {
        let sample = Sample::percentiles(Duration::ZERO, (0..=1000).rev().collect());
        assert_eq!(sample.figures, [500.0, 990.0, 999.0]);
    }

    /// A workload of three contenders that cost 2, 1 and 4 nanoseconds an operation.
    fn planted() -> Workload {
        let cost = |nanoseconds: u64| {
            move |n| Sample::per_operation(Duration::from_nanos(nanoseconds * n), n)
        };
        Workload::new("Test", "planted", "ns")
            .ours(cost(2))
            .peer("fast", cost(1))
            .peer("slow", cost(4))
    }

    #[test]
    fn a_ratio_is_the_cost_of_this_library_divided_by_the_cost_of_the_contender() {
        let row = planted()
            .floor("floor", |n| {
                Sample::per_operation(Duration::from_nanos(n), n)
            })
            .measure(3);
        let row = row.expect("there is nothing to prepare").remove(0);
        let names: Vec<_> = row
            .contenders
            .iter()
            .map(|entry| entry.name.as_str())
            .collect();
        assert_eq!(names, [OURS, AGAIN, "fast", "slow"]);
        let ratios: Vec<_> = row
            .contenders
            .iter()
            .map(|entry| entry.ratio.median)
            .collect();
        assert_eq!(ratios, [1.0, 1.0, 2.0, 0.5]);
        assert_eq!(row.floor.expect("it has one").ratio.median, 2.0);
    }

    #[test]
    fn a_workload_with_a_baseline_compares_with_it_and_has_no_control() {
        let cost = |nanoseconds: u64| {
            move |n| Sample::per_operation(Duration::from_nanos(nanoseconds * n), n)
        };
        let workload = Workload::new("Test", "planted", "ns")
            .peer("slow", cost(4))
            .baseline("plain", cost(2));
        assert!(!workload.is_comparison());
        let row = workload.measure(3);
        let row = row.expect("there is nothing to prepare").remove(0);
        let ratios: Vec<_> = row
            .contenders
            .iter()
            .map(|entry| (entry.name.as_str(), entry.ratio.median))
            .collect();
        assert_eq!(ratios, [("plain", 1.0), ("slow", 0.5)]);
    }

    #[test]
    fn a_workload_of_one_round_has_no_control() {
        let names_at_most = |rounds| {
            let row = planted()
                .at_most(rounds)
                .measure(9)
                .expect("there is nothing to prepare")
                .remove(0);
            row.contenders
                .into_iter()
                .map(|entry| entry.name)
                .collect::<Vec<_>>()
        };
        assert_eq!(names_at_most(1), [OURS, "fast", "slow"]);
        assert_eq!(names_at_most(2), [OURS, AGAIN, "fast", "slow"]);
    }

    #[test]
    fn a_race_lasts_until_its_slowest_thread_ends() {
        let (elapsed, results) = race_of(2, |index| {
            let start = Instant::now();
            while start.elapsed() < Duration::from_millis(5) * index as u32 {}
            index
        });
        assert!(elapsed >= Duration::from_millis(5));
        assert_eq!(results, [0, 1]);
    }
}
