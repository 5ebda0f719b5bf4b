//! `--speed-up`: recipes on large inputs with 1, 2, 4 and 8 threads, beside their sequential
//! programs.
//!
//! A sequential program runs once alone, and two copies of it run at the same time. Two copies do
//! twice the work, and share only what two cores of this machine share, such as its memory bus. So
//! two threads can reach no more than they do. The share of a recipe is how much of the copies'
//! throughput it has with two threads.
//!
//! All are whole processes, so reading the input, starting the threads and printing the result
//! count. They take turns, round after round, and each round begins with another one. The figures
//! are the medians and the quartiles of the rounds' ratios. The output of every run is compared
//! with that of the sequential program.
//!
//! To measure another recipe, add a [`Job`] to [`JOBS`].

use crate::{
    Result, machine, recipes,
    results::{Machine, Spread},
};
use catalog::Recipe;
use checks::{
    command_line::print,
    process::{self, target_folder},
    workspace,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

/// A recipe, and how it is made to work for a second or more.
struct Job {
    recipe: &'static str,
    /// Writes a large input into a folder of its own if the job needs one, and returns the
    /// arguments of the program.
    arguments: fn(&Path) -> Result<Vec<OsString>>,
    /// Sets how many threads the program starts.
    set_threads: fn(&mut Command, usize),
    /// The arguments with which the recipe's own program `NAME_part_speed_up` draws its picture.
    /// The path of the picture follows them.
    picture: Option<&'static [&'static str]>,
}

const JOBS: &[Job] = &[
    Job {
        recipe: "pool",
        arguments: many_pictures,
        set_threads: set_threads_by_option,
        picture: None,
    },
    Job {
        recipe: "map-reduce",
        arguments: long_logs,
        set_threads: set_rayon_threads,
        picture: None,
    },
    Job {
        recipe: "divide",
        arguments: many_cities,
        set_threads: set_rayon_threads,
        picture: None,
    },
    Job {
        recipe: "bootstrap",
        arguments: many_resamples,
        set_threads: set_rayon_threads,
        picture: Some(&["1000000"]),
    },
];

/// Copies of the recipe's larger pictures, in a folder. The sheet is written on one thread, and
/// small pictures would make that the larger part of the work.
fn many_pictures(folder: &Path) -> Result<Vec<OsString>> {
    let pictures = folder.join("pictures");
    if pictures.exists() {
        fs::remove_dir_all(&pictures)?;
    }
    fs::create_dir(&pictures)?;
    for entry in fs::read_dir(workspace().join("recipes/threads/pool/input/pictures"))? {
        let entry = entry?;
        if entry.metadata()?.len() < 60_000 {
            continue;
        }
        let original = entry.path();
        let name = original.file_name().ok_or("a picture has no name")?;
        for copy in 0..160 {
            let name = format!("{copy}-{}", name.display());
            fs::copy(&original, pictures.join(name))?;
        }
    }
    let sheet = folder.join("sheet.png");
    Ok(vec!["--sheet".into(), sheet.into(), pictures.into()])
}

/// Four files, as a server leaves them that begins a new log every day.
fn long_logs(folder: &Path) -> Result<Vec<OsString>> {
    let log = workspace().join("recipes/threads/map-reduce/input/access.log");
    let log = fs::read_to_string(log)?.repeat(250);
    let mut files = Vec::new();
    for day in 1..=4 {
        let file = folder.join(format!("access.log.{day}"));
        fs::write(&file, &log)?;
        files.push(file.into());
    }
    Ok(files)
}

/// Many cities around each city of the recipe's list.
fn many_cities(folder: &Path) -> Result<Vec<OsString>> {
    let cities = workspace().join("recipes/threads/divide/input/cities.csv");
    let cities = fs::read_to_string(cities)?;
    let mut list = String::new();
    for line in cities.lines() {
        // A name may contain commas.
        let mut fields = line.rsplitn(4, ',');
        let longitude = fields.next().unwrap_or_default();
        let latitude = fields.next().unwrap_or_default();
        let country = fields.next().unwrap_or_default();
        let name = fields.next().unwrap_or_default();
        let latitude: f64 = latitude.parse()?;
        let longitude: f64 = longitude.parse()?;
        for copy in 0..800 {
            // Less than a tenth of a degree away, and no two copies at one place.
            let north = f64::from(copy * 7919 % 100_003) / 1e6;
            let east = f64::from(copy * 104_729 % 100_003) / 1e6;
            let latitude = latitude + north;
            let longitude = longitude + east;
            list += &format!("{name} {copy},{country},{latitude:.6},{longitude:.6}\n");
        }
    }
    let file = folder.join("cities.csv");
    fs::write(&file, list)?;
    Ok(vec![file.into()])
}

fn many_resamples(_folder: &Path) -> Result<Vec<OsString>> {
    Ok(vec!["--resamples".into(), "10000000".into()])
}

/// For recipes whose threads are those of rayon's global pool.
fn set_rayon_threads(command: &mut Command, threads: usize) {
    command.env("RAYON_NUM_THREADS", threads.to_string());
}

/// For recipes whose threads are their own.
fn set_threads_by_option(command: &mut Command, threads: usize) {
    command.arg("--threads").arg(threads.to_string());
}

/// How many threads are measured.
const THREADS: [usize; 4] = [1, 2, 4, 8];

/// Even on a busy machine no program takes this long.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// A program that ends sooner spends too much of its time on starting.
const SHORTEST_SECONDS: f64 = 0.5;

/// The version of the file's schema.
const FORMAT: u32 = 1;

const FILE: &str = "speed-up.json";

/// What the file holds.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Results {
    format: u32,
    date: String,
    machine: Machine,
    rounds: usize,
    recipes: BTreeMap<String, Row>,
}

/// One recipe.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    sequential_seconds: Spread,
    two_copies_seconds: Spread,
    /// By the number of threads.
    threads: BTreeMap<usize, Point>,
    /// What two threads reach of the throughput of two copies of the sequential program. 1 means as
    /// much.
    share_of_two_copies: Spread,
}

/// One recipe with one number of threads.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Point {
    seconds: Spread,
    /// The time of the sequential program divided by the time of the recipe.
    speed_up: Spread,
}

/// The seconds of one round.
#[derive(Default)]
struct Round {
    sequential: f64,
    two_copies: f64,
    threads: BTreeMap<usize, f64>,
}

/// Prints the names of the recipes that are measured.
pub(crate) fn list(filter: &str) -> Result<()> {
    let mut list = String::new();
    for job in chosen(filter)? {
        list += &format!("{}\n", job.recipe);
    }
    Ok(print(&list)?)
}

/// Measures the recipes that have `filter` in their name.
pub(crate) fn measure(filter: &str, rounds: usize, save_into: Option<&Path>) -> Result<()> {
    let jobs = chosen(filter)?;
    let mut results = Results {
        format: FORMAT,
        date: machine::today(),
        machine: machine::this_machine()?,
        rounds,
        recipes: BTreeMap::new(),
    };
    // An error in the file must not cost a whole run.
    let older = match save_into {
        Some(folder) => read(&folder.join(FILE))?,
        None => None,
    };
    let mut pictures = Vec::new();
    for job in jobs {
        let programs = Programs::build(job)?;
        let row = programs.measure(rounds)?;
        print(&table(job.recipe, &row))?;
        results.recipes.insert(job.recipe.to_owned(), row);
        if let Some(arguments) = job.picture {
            pictures.push((programs, arguments));
        }
    }
    let Some(folder) = save_into else {
        return Ok(());
    };
    if let Some(older) = older {
        results.keep_others_of(older);
    }
    let text = serde_json::to_string_pretty(&results)? + "\n";
    fs::write(folder.join(FILE), text)?;
    print(&format!("wrote {}\n", folder.join(FILE).display()))?;
    for (programs, arguments) in pictures {
        programs.draw(arguments, folder)?;
    }
    Ok(())
}

fn chosen(filter: &str) -> Result<Vec<&'static Job>> {
    let jobs: Vec<_> = JOBS
        .iter()
        .filter(|job| job.recipe.contains(filter))
        .collect();
    if jobs.is_empty() {
        let advice = "--speed-up --list shows the names";
        return Err(format!("no speed-up is measured for `{filter}`; {advice}").into());
    }
    Ok(jobs)
}

/// The programs of a job, and their input.
struct Programs {
    recipe: Recipe,
    executables: BTreeMap<String, PathBuf>,
    arguments: Vec<OsString>,
    set_threads: fn(&mut Command, usize),
    /// What every run must print.
    expected: String,
}

impl Programs {
    fn build(job: &Job) -> Result<Self> {
        let recipe = catalog::find(workspace(), job.recipe)?;
        eprintln!("building {}", recipe.name);
        let folder = target_folder(workspace())?
            .join("speed-up")
            .join(&recipe.name);
        fs::create_dir_all(&folder)?;
        let mut programs = Self {
            executables: recipes::build(&recipe)?,
            arguments: (job.arguments)(&folder)?,
            set_threads: job.set_threads,
            expected: String::new(),
            recipe,
        };
        let start = Instant::now();
        programs.expected = output(&mut programs.sequential()?)?;
        let seconds = start.elapsed().as_secs_f64();
        if seconds < SHORTEST_SECONDS {
            let name = job.recipe;
            return Err(format!("{name} ends after {seconds:.3} s; give it a larger input").into());
        }
        Ok(programs)
    }

    fn sequential(&self) -> Result<Command> {
        let mut command = self.program(&format!("{}_sequential", self.recipe.name))?;
        command.args(&self.arguments);
        Ok(command)
    }

    fn parallel(&self, threads: usize) -> Result<Command> {
        let mut command = self.program(&self.recipe.name)?;
        command.args(&self.arguments);
        (self.set_threads)(&mut command, threads);
        Ok(command)
    }

    fn program(&self, name: &str) -> Result<Command> {
        let path = self.executables.get(name);
        let path = path.ok_or_else(|| format!("cargo does not say where it has built {name}"))?;
        Ok(Command::new(path))
    }

    fn measure(&self, rounds: usize) -> Result<Row> {
        let mut measured = Vec::new();
        for number in 0..rounds {
            measured.push(self.measure_round(number)?);
        }
        Ok(Row::of(&measured))
    }

    /// Measures everything once. Each round begins with another program.
    fn measure_round(&self, number: usize) -> Result<Round> {
        let mut round = Round::default();
        let turns = THREADS.len() + 2;
        for turn in 0..turns {
            match (turn + number) % turns {
                0 => round.sequential = self.seconds(vec![self.sequential()?])?,
                1 => {
                    let copies = vec![self.sequential()?, self.sequential()?];
                    round.two_copies = self.seconds(copies)?;
                }
                index => {
                    let threads = THREADS[index - 2];
                    let seconds = self.seconds(vec![self.parallel(threads)?])?;
                    round.threads.insert(threads, seconds);
                }
            }
        }
        Ok(round)
    }

    /// Runs the programs at the same time. Returns the seconds until the last of them has ended.
    fn seconds(&self, commands: Vec<Command>) -> Result<f64> {
        let start = Instant::now();
        let outputs = thread::scope(|scope| {
            let mut runs = Vec::new();
            for mut command in commands {
                runs.push(scope.spawn(move || output(&mut command)));
            }
            let mut outputs = Vec::new();
            for run in runs {
                outputs.push(run.join().expect("no run panics"));
            }
            outputs
        });
        let seconds = start.elapsed().as_secs_f64();
        for output in outputs {
            if output? != self.expected {
                let name = &self.recipe.name;
                return Err(format!("{name} and {name}_sequential print different results").into());
            }
        }
        Ok(seconds)
    }

    /// Has the recipe's own program draw the speed-up.
    fn draw(&self, arguments: &[&str], folder: &Path) -> Result<()> {
        let name = &self.recipe.name;
        let picture = folder.join(format!("speed-up-{name}.svg"));
        let mut command = self.program(&format!("{name}_part_speed_up"))?;
        command.args(arguments).arg(&picture);
        output(&mut command)?;
        Ok(print(&format!("wrote {}\n", picture.display()))?)
    }
}

/// Runs a program to its end. Returns what it prints.
fn output(command: &mut Command) -> std::result::Result<String, String> {
    let end = process::run(command, TIME_LIMIT);
    let end = end.map_err(|reason| format!("{command:?} {reason}"))?;
    if end.code != Some(0) {
        return Err(format!("{command:?} fails: {}", end.stderr));
    }
    Ok(end.stdout)
}

impl Row {
    fn of(rounds: &[Round]) -> Self {
        let spread = |value: &dyn Fn(&Round) -> f64| Spread::of(rounds.iter().map(value).collect());
        let mut threads = BTreeMap::new();
        for count in THREADS {
            let point = Point {
                seconds: spread(&|round| round.threads[&count]),
                speed_up: spread(&|round| round.sequential / round.threads[&count]),
            };
            threads.insert(count, point);
        }
        Self {
            sequential_seconds: spread(&|round| round.sequential),
            two_copies_seconds: spread(&|round| round.two_copies),
            threads,
            // The copies do the work twice, and two threads do it once.
            share_of_two_copies: spread(&|round| round.two_copies / (2.0 * round.threads[&2])),
        }
    }
}

impl Results {
    /// Keeps the recipes of an older file that were not measured again, unless it is from another
    /// machine.
    fn keep_others_of(&mut self, older: Self) {
        if older.machine != self.machine {
            return;
        }
        for (recipe, row) in older.recipes {
            self.recipes.entry(recipe).or_insert(row);
        }
    }
}

fn read(file: &Path) -> Result<Option<Results>> {
    match fs::read_to_string(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{} cannot be read: {error}", file.display()).into()),
        Ok(text) => serde_json::from_str(&text).map(Some).map_err(|error| {
            let name = file.display();
            format!("{name} is not a file of speed-ups ({error}); delete it").into()
        }),
    }
}

fn table(recipe: &str, row: &Row) -> String {
    let mut text = format!(
        "\n{recipe}: one sequential program {:.3} s, two copies at once {:.3} s\n\
         threads  seconds  speed-up (quartiles)\n",
        row.sequential_seconds.median, row.two_copies_seconds.median
    );
    for (threads, point) in &row.threads {
        let Spread { median, low, high } = point.speed_up;
        text += &format!(
            "{threads:>7} {:>8.3} {median:>9.2} ({low:.2} to {high:.2})\n",
            point.seconds.median
        );
    }
    let [median, low, high] = {
        let Spread { median, low, high } = row.share_of_two_copies;
        [median, low, high].map(|share| 100.0 * share)
    };
    text += &format!(
        "2 threads reach {median:.0} % ({low:.0} to {high:.0}) of the throughput of two copies\n"
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(sequential: f64, two_copies: f64, two_threads: f64) -> Round {
        let mut threads: BTreeMap<usize, f64> = THREADS.map(|count| (count, sequential)).into();
        threads.insert(2, two_threads);
        Round {
            sequential,
            two_copies,
            threads,
        }
    }

    fn results(recipe: &str, cores: usize) -> Results {
        let machine = Machine {
            cpu: String::new(),
            cores,
            os: String::new(),
            rustc: String::new(),
        };
        let row = Row::of(&[round(2.0, 2.0, 1.0)]);
        Results {
            format: FORMAT,
            date: String::new(),
            machine,
            rounds: 1,
            recipes: BTreeMap::from([(recipe.to_owned(), row)]),
        }
    }

    #[test]
    fn two_threads_that_take_half_of_what_two_copies_take_reach_all_of_it() {
        let row = Row::of(&[round(2.0, 2.0, 1.0)]);
        assert_eq!(row.share_of_two_copies.median, 1.0);
        assert_eq!(row.threads[&2].speed_up.median, 2.0);
        // The copies slow each other down, and the threads no more than they do.
        let row = Row::of(&[round(2.0, 3.0, 1.5)]);
        assert_eq!(row.share_of_two_copies.median, 1.0);
        // One thread does all the work.
        let row = Row::of(&[round(2.0, 2.0, 2.0)]);
        assert_eq!(row.share_of_two_copies.median, 0.5);
    }

    #[test]
    fn every_job_has_a_recipe_with_a_sequential_program() {
        for job in JOBS {
            let recipe = catalog::find(workspace(), job.recipe).expect(job.recipe);
            let names: Vec<_> = recipe
                .programs(workspace())
                .iter()
                .map(catalog::Program::name)
                .collect();
            assert!(
                names.contains(&format!("{}_sequential", job.recipe)),
                "{names:?}"
            );
            let draws = names.contains(&format!("{}_part_speed_up", job.recipe));
            assert_eq!(draws, job.picture.is_some(), "{names:?}");
        }
    }

    #[test]
    fn a_file_keeps_what_was_not_measured_again_on_the_same_machine() {
        let mut newer = results("bootstrap", 2);
        newer.keep_others_of(results("map-reduce", 2));
        let names: Vec<_> = newer.recipes.keys().collect();
        assert_eq!(names, ["bootstrap", "map-reduce"]);

        let mut newer = results("bootstrap", 2);
        newer.keep_others_of(results("map-reduce", 4));
        let names: Vec<_> = newer.recipes.keys().collect();
        assert_eq!(names, ["bootstrap"]);
    }

    #[test]
    fn a_file_is_read_as_it_was_written() {
        let results = results("bootstrap", 2);
        let text = serde_json::to_string(&results).expect("results are plain data");
        let read: Results = serde_json::from_str(&text).expect("it is such a file");
        assert_eq!(read, results);
    }

    #[test]
    fn a_filter_without_a_recipe_is_refused() {
        assert!(chosen("no such recipe").is_err());
        assert_eq!(chosen("boot").expect("there is one").len(), 1);
    }
}
