//! `cargo bench-peers [FILTER]`: `sync-primitives` measured side by side with its peers, in two
//! build profiles.
//!
//! ```console
//! $ cargo bench-peers                        # everything: less than half an hour, with nothing else running
//! $ cargo bench-peers "queue: mpmc"          # the workloads that have this in their name
//! $ cargo bench-peers --list                 # the names of the workloads
//! $ cargo bench-peers --busy                 # beside other processes that keep every core busy
//! $ cargo bench-peers --profile lto queue    # one of the two profiles only
//! $ cargo bench-peers --rounds 5 lock        # a quick look
//! $ cargo bench-peers --save                 # also writes results/quiet.json, or busy.json, and the plots
//! $ cargo bench-peers --speed-up --save      # recipes with 1 to 8 threads; writes results/speed-up.json
//! ```
//!
//! **The profiles.** `release` is Cargo's release profile with its defaults. `lto` is the
//! workspace's profile `bench-lto`, with one codegen unit and thin LTO. The same code can be much
//! faster in one than in the other, so a row counts as won only if it is won in both. Recipes,
//! which are measured as whole processes, memory, the ways to count and the pings are measured in
//! the release profile only. Each profile is a build of this program, and measures each workload in
//! a process of its own.
//!
//! **Rounds.** All contenders of a workload take turns, round after round, and each round has
//! another order. A round gives one ratio: the cost of this library divided by the cost of the
//! peer. The result is the median of these ratios and their quartiles, because whatever disturbs
//! one contender in a round disturbs its neighbors too. This library runs twice in each round, and
//! the noise of a row is how far the quartiles of its ratio to itself are from 1. A floor is the
//! least that the processor or the kernel can do the work for. The first samples decide how many
//! iterations a sample has, and are not counted. The threads of a sample start together and are
//! joined, and their results are checked: a wrong result ends the run, and so does a sample that
//! takes a minute.
//!
//! **Workloads.** The rows of the queue are those of crossbeam-channel's own benchmark, with four
//! threads for each *m*. crossbeam-queue does not block, so it is combined with semaphores of this
//! library. The rows of the pipeline are the three stages of the recipe of that name. The ways to
//! count, to cache, to send requests and to compute beside a server are compared with each other,
//! and not this library with its peers. A recipe is timed as a whole process, and so are its Python
//! twin and every variant in its folder `examples`. Their output is compared with `expected.txt`.
//!
//! **Speed-up.** `--speed-up` is another measurement. It compares recipes on large inputs with
//! their own sequential programs, and two threads with two copies of the sequential program.
//!
//! **Limits.** The figures are valid for one machine, for its number of cores, and for items of
//! eight bytes. The place of a contender's code in the program changes a figure of a few
//! nanoseconds by some percent. The control does not show this, because it runs the same code.
//! Percentiles include reading the clock, about 25 ns. Peers made for async code are measured
//! through their blocking calls, which are not what they are made for. A primitive that spins
//! without a limit wins every row here, and loses wherever other threads need the processor, so
//! look at the busy figures too.

mod atomics;
mod barrier;
mod bridge;
mod busy;
mod cache;
mod condition;
mod event;
mod floor;
mod lock;
mod machine;
mod measure;
mod memory;
mod pipeline;
mod profile;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod pthread;
mod queue;
mod recipes;
mod report;
mod requests;
mod results;
mod rlock;
mod semaphore;
mod speed_up;
mod svg;
mod usage;
mod watchdog;

use checks::command_line::{self, print};
use measure::Workload;
use profile::{Profile, Programs};
use results::Results;
use std::{
    error::Error,
    fs,
    io::{self, IsTerminal},
    path::Path,
    process::ExitCode,
    time::Instant,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let done = command_line::arguments()
        .map_err(Into::into)
        .and_then(|arguments| run(&arguments));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo bench-peers: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    match arguments {
        [argument] if argument == busy::ARGUMENT => busy::be_busy(),
        [argument, title, rounds] if argument == profile::ARGUMENT => {
            profile::measure_one(all(), title, rounds)
        }
        [argument] if argument == "--help" => Ok(print(HELP)?),
        _ => bench(&Options::parse(arguments)?),
    }
}

const HELP: &str = "\
Measures sync-primitives beside other libraries, in two build profiles.

Usage: cargo bench-peers [OPTIONS] [FILTER]

  FILTER                      Measure the workloads that have this in their name
  --list                      Print the names of the workloads
  --busy                      Measure beside other processes that keep every core busy
  --profile release|lto|both  Build in this profile only [default: both]
  --rounds NUMBER             How often every contender takes its turn [default: 21]
  --save                      Write the results and the plots to shared/tools/benchmarks/results
  --speed-up                  Measure recipes with 1, 2, 4 and 8 threads instead, beside one and two
                              copies of their sequential programs
";

/// What the command line asks for.
#[derive(Debug, PartialEq)]
struct Options {
    /// A part of a title in lower case. It is empty if all workloads are measured.
    filter: String,
    list: bool,
    busy: bool,
    save: bool,
    speed_up: bool,
    profiles: &'static [Profile],
    rounds: usize,
}

/// Enough for stable quartiles, and few enough for less than half an hour.
const ROUNDS: usize = 21;
const MOST_ROUNDS: usize = 1_000;

impl Options {
    fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self {
            filter: String::new(),
            list: false,
            busy: false,
            save: false,
            speed_up: false,
            profiles: Profile::BOTH,
            rounds: ROUNDS,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--list" => options.list = true,
                "--busy" => options.busy = true,
                "--save" => options.save = true,
                "--speed-up" => options.speed_up = true,
                "--profile" => options.profiles = profiles(arguments.next())?,
                "--rounds" => options.rounds = rounds(arguments.next())?,
                option if option.starts_with('-') => {
                    let message = format!("there is no option {option}; {SEE_HELP}");
                    return Err(message.into());
                }
                _ if !options.filter.is_empty() => {
                    return Err(format!("there are two filters; {SEE_HELP}").into());
                }
                filter => options.filter = filter.to_lowercase(),
            }
        }
        if options.save && options.profiles != Profile::BOTH {
            return Err("--save needs both profiles".into());
        }
        if options.speed_up && (options.busy || options.profiles != Profile::BOTH) {
            return Err("--speed-up goes with a filter, --list, --rounds and --save only".into());
        }
        Ok(options)
    }

    /// The workloads to measure.
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
        all.retain(|workload| {
            let is_asked_for = |profile| self.profiles.contains(profile);
            workload.profiles().iter().any(is_asked_for)
        });
        if all.is_empty() {
            return Err(
                format!("`{}` is measured in the release profile only", self.filter).into(),
            );
        }
        Ok(all)
    }
}

const SEE_HELP: &str = "`cargo bench-peers --help` lists the options";

fn profiles(argument: Option<&String>) -> Result<&'static [Profile]> {
    match argument.map(String::as_str) {
        Some("release") => Ok(&[Profile::Release]),
        Some("lto") => Ok(&[Profile::Lto]),
        Some("both") => Ok(Profile::BOTH),
        _ => Err("--profile needs release, lto or both after it".into()),
    }
}

fn rounds(argument: Option<&String>) -> Result<usize> {
    let rounds = argument.and_then(|argument| argument.parse().ok());
    let rounds = rounds.filter(|rounds| (1..=MOST_ROUNDS).contains(rounds));
    rounds.ok_or_else(|| format!("--rounds needs a number from 1 to {MOST_ROUNDS} after it").into())
}

/// All workloads, in the order of the tables.
fn all() -> Vec<Workload> {
    let groups = [
        lock::workloads(),
        rlock::workloads(),
        semaphore::workloads(),
        condition::workloads(),
        event::workloads(),
        barrier::workloads(),
        queue::workloads(),
        cache::workloads(),
        pipeline::workloads(),
        requests::workloads(),
        recipes::workloads(),
        memory::workloads(),
        atomics::workloads(),
        bridge::workloads(),
    ];
    groups.into_iter().flatten().collect()
}

fn bench(options: &Options) -> Result<()> {
    if options.speed_up {
        return measure_speed_up(options);
    }
    let chosen = options.chosen()?;
    if options.list {
        let mut list = String::new();
        for workload in &chosen {
            list += &format!("{}\n", workload.title());
        }
        return Ok(print(&list)?);
    }
    let mut results = Results::new(
        machine::today(),
        options.busy,
        machine::this_machine()?,
        machine::versions(),
        options.rounds,
    );
    let saved = if options.save {
        Some(Saved::find(options, &results)?)
    } else {
        None
    };
    measure(chosen, options, &mut results)?;
    print(&report::summary(&results.workloads))?;
    saved.map_or(Ok(()), |saved| saved.replace_by(results))
}

fn measure_speed_up(options: &Options) -> Result<()> {
    if options.list {
        return speed_up::list(&options.filter);
    }
    let save_into = options.save.then(folder);
    speed_up::measure(&options.filter, options.rounds, save_into)
}

fn measure(workloads: Vec<Workload>, options: &Options, results: &mut Results) -> Result<()> {
    let mut profiles = options.profiles.to_vec();
    profiles.retain(|profile| {
        let is_measured_in = |workload: &Workload| workload.profiles().contains(profile);
        workloads.iter().any(is_measured_in)
    });
    let programs = Programs::build(&profiles)?;
    let _processes = if options.busy {
        Some(busy::BusyProcesses::start()?)
    } else {
        None
    };
    let start = Instant::now();
    let color = io::stdout().is_terminal();
    for workload in workloads {
        let rows = programs.measure(&workload, options.rounds)?;
        for row in &rows {
            print(&report::table(row, color))?;
        }
        results.workloads.extend(rows);
    }
    let seconds = start.elapsed().as_secs();
    Ok(print(&format!("\nmeasured for {seconds} s\n"))?)
}

/// The results of earlier runs.
struct Saved {
    name: &'static str,
    /// Results whose rows are kept, unless they are measured again.
    older: Option<Results>,
}

impl Saved {
    /// Reads the file before anything is measured, so that an error in it does not cost a whole
    /// run.
    fn find(options: &Options, new: &Results) -> Result<Self> {
        let name = if options.busy { "busy" } else { "quiet" };
        if options.filter.is_empty() {
            return Ok(Self { name, older: None });
        }
        let older = Results::read(&folder().join(format!("{name}.json")))?;
        match &older {
            Some(older) if !older.is_comparable_to(new) => Err(format!(
                "results/{name}.json is from another machine or other versions; measure all workloads: --save without a filter"
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
        for (file, plot) in svg::plots(&results) {
            let file = folder().join(format!("{file}.svg"));
            fs::write(&file, plot)
                .map_err(|error| format!("{} cannot be written: {error}", file.display()))?;
        }
        let name = self.name;
        Ok(print(&format!(
            "wrote shared/tools/benchmarks/results/{name}.json and its plots\n"
        ))?)
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
        let options =
            parse("--rounds 3 Queue --save --busy --profile both").expect("all are options");
        let expected = Options {
            filter: "queue".into(),
            list: false,
            busy: true,
            save: true,
            speed_up: false,
            profiles: Profile::BOTH,
            rounds: 3,
        };
        assert_eq!(options, expected);
        let defaults = parse("").expect("nothing is needed");
        assert_eq!(defaults.rounds, ROUNDS);
        assert_eq!(defaults.profiles, Profile::BOTH);
    }

    #[test]
    fn a_speed_up_is_measured_in_one_way_only() {
        let options = parse("--speed-up boot --rounds 3 --save").expect("all are options");
        assert!(options.speed_up);
        assert!(parse("--speed-up --busy").is_err());
        assert!(parse("--speed-up --profile lto").is_err());
    }

    #[test]
    fn one_profile_can_be_chosen() {
        let lto = parse("--profile lto").expect("it is an option");
        assert_eq!(lto.profiles, [Profile::Lto]);
        let release = parse("--profile release").expect("it is an option");
        assert_eq!(release.profiles, [Profile::Release]);
    }

    #[test]
    fn recipes_and_memory_are_measured_in_the_release_profile_only() {
        let chosen = parse("--profile lto").expect("it is an option").chosen();
        let groups: Vec<_> = chosen
            .expect("there are some")
            .iter()
            .map(|workload| workload.group)
            .collect();
        assert!(groups.contains(&"Queue"), "{groups:?}");
        assert!(!groups.contains(&"Recipes"), "{groups:?}");
        assert!(!groups.contains(&"Memory"), "{groups:?}");
        let memory = parse("--profile lto memory").expect("it is an option");
        assert!(memory.chosen().is_err());
    }

    #[test]
    fn the_help_names_every_option_and_the_default_number_of_rounds() {
        for option in ["--list", "--busy", "--save", "--profile", "--rounds"] {
            assert!(HELP.contains(option), "{option} is missing");
        }
        assert!(HELP.contains(&format!("[default: {ROUNDS}]")));
    }

    #[test]
    fn wrong_arguments_are_rejected_with_a_message_of_one_line() {
        let refused = [
            "--fast",
            "--rounds",
            "--rounds x",
            "--rounds 0",
            "--rounds 1001",
            "--profile",
            "--profile fast",
            "--save --profile lto",
            "lock queue",
        ];
        for line in refused {
            let message = parse(line).expect_err(line).to_string();
            assert!(!message.contains('\n'), "{message}");
        }
        let nothing = parse("no").expect("it is a filter");
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
    fn the_filter_is_a_part_of_the_group_and_the_name() {
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
            cache::workloads,
            pipeline::workloads,
            requests::workloads,
        ] {
            group().iter().for_each(|workload| workload.try_all(100));
        }
        barrier::workloads()
            .iter()
            .chain(&memory::workloads())
            .chain(&atomics::workloads())
            .for_each(|workload| workload.try_all(100));
        bridge::workloads()
            .iter()
            .for_each(|workload| workload.try_all(3));
    }

    #[test]
    fn no_two_workloads_have_the_same_name() {
        let mut titles: Vec<_> = all().iter().map(Workload::title).collect();
        titles.sort();
        assert!(
            titles.windows(2).all(|pair| pair[0] != pair[1]),
            "{titles:?}"
        );
    }
}
