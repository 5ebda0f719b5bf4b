//! `cargo bench-peers [FILTER]`: `sync-primitives` measured beside its peers.
//!
//! ```console
//! $ cargo bench-peers                        # everything: about a quarter of an hour, with nothing else running
//! $ cargo bench-peers "queue: mpmc"          # the workloads that have this in their name
//! $ cargo bench-peers --list                 # their names
//! $ cargo bench-peers --busy                 # beside other processes that keep every core busy
//! $ cargo bench-peers --rounds 5 lock        # a quick look
//! $ cargo bench-peers --save                 # and write results/quiet.json, or busy.json, and the plots
//! ```
//!
//! Each workload is done by all its contenders in turn, round after round, each round in another order. A round gives
//! one ratio, ours divided by the peer's; what counts is the median of those ratios and their quartiles, because what
//! disturbs one contender of a round disturbs its neighbours too. Ours runs twice in each round: how far the quartiles
//! of its ratio to itself lie from 1 is the noise of the row. A floor is the least that the processor or the kernel
//! makes anybody pay for that work. The first samples set how many iterations last long enough, and are not counted.
//! Threads start at one line and are joined, and what they did is checked: a wrong answer ends the run. So does a sample
//! that takes a minute.
//!
//! The rows of the queue are those of crossbeam-channel's own benchmark, with four threads where it says *m*; the
//! semaphores beside crossbeam-queue are ours, because it brings none. A recipe is timed as a whole process, beside its
//! Python twin and every variant in its folder `examples`; what it prints is compared with `expected.txt`.
//!
//! **What the figures do not say.** They hold for one machine, for its number of cores, and for eight-byte items. A
//! contender's code lies where the linker put it, which moves a figure of a few nanoseconds by some per cent, and which
//! the control does not see, for it is the same code. Percentiles include a reading of the clock, about 25 ns. Peers
//! made for async code are measured through the calls that they have for threads; their home is elsewhere. A primitive
//! that waits for ever at full speed wins each race here and loses wherever others need the processor: so look at the
//! busy figures too.

mod barrier;
mod busy;
mod condition;
mod event;
mod floor;
mod lock;
mod machine;
mod measure;
mod memory;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod pthread;
mod queue;
mod recipes;
mod report;
mod results;
mod rlock;
mod semaphore;
mod svg;
mod usage;
mod watchdog;

use measure::Workload;
use results::Results;
use std::{
    env,
    error::Error,
    fs,
    io::{self, IsTerminal},
    path::Path,
    process::ExitCode,
    time::Instant,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    if arguments == [busy::ARGUMENT] {
        busy::be_busy();
    }
    match Options::parse(&arguments).and_then(|options| bench(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo bench-peers: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What is asked for.
#[derive(Debug, PartialEq)]
struct Options {
    /// In lower case; empty for everything.
    filter: String,
    list: bool,
    busy: bool,
    save: bool,
    rounds: usize,
}

/// Enough for quartiles that stand still, few enough for a quarter of an hour.
const ROUNDS: usize = 21;
const MOST_ROUNDS: usize = 1_000;

impl Options {
    fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self {
            filter: String::new(),
            list: false,
            busy: false,
            save: false,
            rounds: ROUNDS,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--list" => options.list = true,
                "--busy" => options.busy = true,
                "--save" => options.save = true,
                "--rounds" => options.rounds = rounds(arguments.next())?,
                option if option.starts_with('-') => {
                    return Err(format!("there is no option {option}; {USAGE}").into());
                }
                _ if !options.filter.is_empty() => {
                    return Err(format!("two filters are given; {USAGE}").into());
                }
                filter => options.filter = filter.to_lowercase(),
            }
        }
        Ok(options)
    }

    fn chosen(&self) -> Result<Vec<Workload>> {
        let mut all = all();
        all.retain(|workload| workload.title().to_lowercase().contains(&self.filter));
        if all.is_empty() {
            return Err(format!(
                "no workload has `{}` in its name; --list shows the names",
                self.filter
            )
            .into());
        }
        Ok(all)
    }
}

const USAGE: &str =
    "it takes a part of a workload's name, --list, --busy, --save and --rounds NUMBER";

fn rounds(argument: Option<&String>) -> Result<usize> {
    let rounds = argument.and_then(|argument| argument.parse().ok());
    let rounds = rounds.filter(|rounds| (1..=MOST_ROUNDS).contains(rounds));
    rounds.ok_or_else(|| format!("--rounds needs a number from 1 to {MOST_ROUNDS} after it").into())
}

/// In the order of the tables.
fn all() -> Vec<Workload> {
    let groups = [
        lock::workloads(),
        rlock::workloads(),
        semaphore::workloads(),
        condition::workloads(),
        event::workloads(),
        barrier::workloads(),
        queue::workloads(),
        recipes::workloads(),
        memory::workloads(),
    ];
    groups.into_iter().flatten().collect()
}

fn bench(options: &Options) -> Result<()> {
    let chosen = options.chosen()?;
    if options.list {
        chosen
            .iter()
            .for_each(|workload| println!("{}", workload.title()));
        return Ok(());
    }
    let mut results = Results::new(
        machine::today(),
        options.busy,
        machine::this_machine()?,
        machine::versions(),
        options.rounds,
    );
    let saved = if options.save {
        Some(Saved::look(options, &results)?)
    } else {
        None
    };
    measure(chosen, options, &mut results)?;
    print!("{}", report::summary(&results.workloads));
    saved.map_or(Ok(()), |saved| saved.replace_by(results))
}

fn measure(workloads: Vec<Workload>, options: &Options, results: &mut Results) -> Result<()> {
    let _others = if options.busy {
        Some(busy::Others::start()?)
    } else {
        None
    };
    watchdog::start();
    let (start, colour) = (Instant::now(), io::stdout().is_terminal());
    for workload in workloads {
        let rows = workload.measure(options.rounds)?;
        rows.iter()
            .for_each(|row| print!("{}", report::table(row, colour)));
        results.workloads.extend(rows);
    }
    println!("\nmeasured for {} s", start.elapsed().as_secs());
    Ok(())
}

/// What the last runs left behind.
struct Saved {
    name: &'static str,
    /// The rows of which stay unless they are measured anew.
    older: Option<Results>,
}

impl Saved {
    /// Before anything is measured: it would be a pity to find out afterwards.
    fn look(options: &Options, new: &Results) -> Result<Self> {
        let name = if options.busy { "busy" } else { "quiet" };
        if options.filter.is_empty() {
            return Ok(Self { name, older: None });
        }
        let older = Results::read(&folder().join(format!("{name}.json")))?;
        match &older {
            Some(older) if !older.is_comparable_to(new) => Err(format!(
                "results/{name}.json is of another machine or other versions; measure all with --save and no filter"
            )
            .into()),
            _ => Ok(Self { name, older }),
        }
    }

    fn replace_by(self, mut results: Results) -> Result<()> {
        if let Some(older) = self.older {
            results.keep_others_of(older);
        }
        fs::create_dir_all(folder())?;
        results.write(&folder().join(format!("{}.json", self.name)))?;
        for (group, plot) in svg::plots(&results.workloads, results.busy) {
            let file = folder().join(format!("{}-{}.svg", self.name, group.to_lowercase()));
            fs::write(&file, plot)
                .map_err(|error| format!("{} cannot be written: {error}", file.display()))?;
        }
        println!(
            "written: shared/benchmarks/results/{}.json and its plots",
            self.name
        );
        Ok(())
    }
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/results"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options> {
        Options::parse(
            &line
                .split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn options_come_in_any_order() {
        let options = parse("--rounds 3 Queue --save --busy").expect("all are options");
        let expected = Options {
            filter: "queue".into(),
            list: false,
            busy: true,
            save: true,
            rounds: 3,
        };
        assert_eq!(options, expected);
        assert_eq!(parse("").expect("nothing is needed").rounds, ROUNDS);
    }

    #[test]
    fn what_is_not_understood_is_refused_in_one_line() {
        let refused = [
            "--fast",
            "--rounds",
            "--rounds x",
            "--rounds 0",
            "--rounds 1001",
            "lock queue",
        ];
        for line in refused {
            let message = parse(line).expect_err(line).to_string();
            assert!(!message.contains('\n'), "{message}");
        }
        let nothing = parse("no such thing".split(' ').next().expect("a word")).expect("a filter");
        assert!(
            Options {
                filter: "no such thing".into(),
                ..nothing
            }
            .chosen()
            .is_err()
        );
    }

    #[test]
    fn the_filter_is_a_part_of_group_and_name() {
        let titles = |filter: &str| {
            let options = Options {
                filter: filter.to_lowercase(),
                ..parse("").expect("nothing is needed")
            };
            let chosen = options.chosen().expect("there is one");
            chosen.iter().map(Workload::title).collect::<Vec<_>>()
        };
        assert_eq!(titles("RLock: re"), ["RLock: re-entry"]);
        assert_eq!(titles("mpmc, capacity 16"), ["Queue: mpmc, capacity 16"]);
        assert!(titles("").len() > 50);
    }

    #[test]
    fn every_contender_of_every_workload_does_its_work() {
        for group in [
            rlock::workloads,
            semaphore::workloads,
            condition::workloads,
            event::workloads,
            queue::workloads,
        ] {
            group().iter().for_each(|workload| workload.try_all(100));
        }
        barrier::workloads()
            .iter()
            .chain(&memory::workloads())
            .for_each(|workload| workload.try_all(100));
    }

    #[test]
    fn no_two_workloads_have_one_name() {
        let mut titles: Vec<_> = all().iter().map(Workload::title).collect();
        titles.sort();
        assert!(
            titles.windows(2).all(|pair| pair[0] != pair[1]),
            "{titles:?}"
        );
    }
}
