//! The same job in processes.
//!
//! ```text
//! cargo run -p bootstrap --example bootstrap_processes
//! ```
//!
//! The difference from the recipe: the program starts itself once for each processor, as a worker.
//! A worker shares no memory with the program, so it reads the series and the seeds of its chunks
//! from standard input, and writes its sums to standard output. Choose it if a crash or a memory
//! leak in the work must not bring the program down. Threads are faster, because nothing is copied.

#[path = "../src/cli.rs"]
mod cli;

use std::io::{self, Write};
use std::num::NonZero;
use std::process::{self, Child, Command, Stdio};
use std::{env, thread};

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, RngExt, SeedableRng};

use cli::{Input, Report};

/// The number of resamples in a chunk. The result depends on it.
const CHUNK: usize = 100;

/// The first argument of a worker process.
const WORKER: &str = "--worker";

fn main() {
    let is_worker = env::args_os().nth(1).is_some_and(|role| role == WORKER);
    if is_worker {
        work().unwrap_or_else(|error| exit(&format!("cannot answer: {error}")));
        return;
    }
    let input = cli::input_or_exit();
    let sums = resample(&input).unwrap_or_else(|error| exit(&format!("a worker failed: {error}")));
    cli::print_or_exit(
        &input,
        Report {
            statistic: "mean",
            series_numerator: input.series.iter().sum(),
            resample_numerators: sums,
            denominator: input.series.len(),
        },
    );
}

/// Returns the sum of each resample.
fn resample(input: &Input) -> io::Result<Vec<i64>> {
    let seeds = seeds(input);
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let mut workers = Vec::new();
    for share in seeds.chunks(seeds.len().div_ceil(processors)) {
        workers.push(start_worker(&input.series, share)?);
    }

    // All workers have been started, so it is time to wait for them.
    let mut sums = Vec::with_capacity(input.resamples);
    for worker in workers {
        let output = worker.wait_with_output()?;
        if !output.status.success() {
            return Err(io::Error::other(output.status.to_string()));
        }
        let (share, _) = output.stdout.as_chunks::<8>();
        for sum in share {
            sums.push(i64::from_le_bytes(*sum));
        }
    }
    // Each worker draws whole chunks, so the last chunk may have more resamples than needed.
    sums.truncate(input.resamples);
    Ok(sums)
}

/// Starts this program as a worker, and sends its input to it.
fn start_worker(series: &[i64], seeds: &[u64]) -> io::Result<Child> {
    let mut command = Command::new(env::current_exe()?);
    command.arg(WORKER);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut worker = command.spawn()?;
    let mut stdin = worker.stdin.take().expect("it is a pipe");
    writeln!(stdin, "{}", to_line(series))?;
    writeln!(stdin, "{}", to_line(seeds))?;
    drop(stdin); // The worker reads until its input ends.
    Ok(worker)
}

/// Does the work of a worker. It reads a line with the series and a line with the seeds of its
/// chunks, and writes eight bytes for each sum.
fn work() -> io::Result<()> {
    let text = io::read_to_string(io::stdin())?;
    let (series_line, seeds_line) = text.split_once('\n').expect("there are two lines");
    let mut series: Vec<i64> = Vec::new();
    for number in series_line.split_whitespace() {
        series.push(number.parse().expect("the program sends numbers"));
    }
    let mut seeds: Vec<u64> = Vec::new();
    for number in seeds_line.split_whitespace() {
        seeds.push(number.parse().expect("the program sends numbers"));
    }

    let mut sums = vec![0; CHUNK * seeds.len()];
    for (chunk, seed) in sums.chunks_mut(CHUNK).zip(seeds) {
        draw(chunk, seed, &series);
    }

    let mut bytes = Vec::new();
    for sum in sums {
        bytes.extend(sum.to_le_bytes());
    }
    io::stdout().write_all(&bytes)
}

fn to_line(numbers: &[impl ToString]) -> String {
    let words: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    words.join(" ")
}

fn exit(reason: &str) -> ! {
    eprintln!("{reason}");
    process::exit(1)
}

/// Returns a seed for each chunk. One generator draws all seeds, on one thread and in order.
fn seeds(input: &Input) -> Vec<u64> {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(input.seed);
    let chunks = input.resamples.div_ceil(CHUNK);
    let mut seeds = Vec::new();
    for _ in 0..chunks {
        seeds.push(generator.next_u64());
    }
    seeds
}

/// Draws the resamples of one chunk.
fn draw(sums: &mut [i64], seed: u64, series: &[i64]) {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
    // A range of 32-bit numbers is faster to draw from than one of `usize`.
    let count = u32::try_from(series.len()).expect("a series has at most a million values");
    for sum in sums {
        let mut total = 0;
        for _ in series {
            let index = generator.random_range(..count) as usize;
            total += series[index];
        }
        *sum = total;
    }
}
