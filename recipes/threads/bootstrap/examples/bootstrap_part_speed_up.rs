//! Measure the speed-up with 1, 2, 4 and 8 threads, and compare it with Amdahl's limit.
//!
//! ```text
//! cargo run --release -p bootstrap --example bootstrap_part_speed_up -- 1000000 speed-up.svg
//! ```
//!
//! The first argument is the number of resamples, and the second is the picture to draw. You may
//! leave out the second, or both. The series is the numbers from 1 to 72, because the values do not
//! change the times. Several threads draw the resamples, but only one finds the interval. Amdahl's
//! limit is computed from the times of these two steps with one thread.
//!
//! The times go to standard error, because they differ from run to run. Standard output says that
//! the interval was the same with every number of threads.

use std::num::NonZero;
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, RngExt, SeedableRng};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

const CHUNK: usize = 100;
const THREADS: [usize; 4] = [1, 2, 4, 8];

/// Each number of threads runs this often, and the shortest time counts. Other programs can only
/// make a round longer.
const ROUNDS: usize = 15;

/// One run of the job.
struct Run {
    interval: (i64, i64),
    /// How long the threads took to draw the resamples.
    parallel: Duration,
    /// How long one thread took to find the interval.
    serial: Duration,
}

impl Run {
    fn total(&self) -> Duration {
        self.parallel + self.serial
    }
}

/// A row of the table.
struct Row {
    threads: usize,
    seconds: f64,
    speed_up: f64,
    limit: f64,
}

fn main() {
    let mut arguments = env::args().skip(1);
    let resamples = resamples(arguments.next());
    let picture = arguments.next();
    if cfg!(debug_assertions) {
        eprintln!("debug build: use --release to measure");
    }

    let runs = measure(resamples);
    let has_one_interval = runs.iter().all(|run| run.interval == runs[0].interval);
    assert!(has_one_interval, "the threads change the result");
    println!("1, 2, 4 and 8 threads: the same interval");

    let rows = compare(&runs);
    eprintln!("threads  seconds  speed-up  Amdahl's limit");
    for row in &rows {
        eprintln!(
            "{:>7} {:>8.3} {:>9.2} {:>15.2}",
            row.threads, row.seconds, row.speed_up, row.limit
        );
    }
    if let Some(file) = picture {
        let written = fs::write(&file, draw_picture(&rows));
        written.unwrap_or_else(|error| exit(&format!("cannot write {file}: {error}")));
    }
}

// ANCHOR: measure
/// Returns the shortest run for each number of threads. Each round tries all of them, so that a
/// slow moment of the machine does not hit only one.
fn measure(resamples: usize) -> Vec<Run> {
    let pools = THREADS.map(pool);
    let mut shortest: Vec<Run> = pools.iter().map(|pool| run(pool, resamples)).collect();
    for _ in 1..ROUNDS {
        for (pool, shortest) in pools.iter().zip(&mut shortest) {
            let run = run(pool, resamples);
            if run.total() < shortest.total() {
                *shortest = run;
            }
        }
    }
    shortest
}

fn run(pool: &ThreadPool, resamples: usize) -> Run {
    let start = Instant::now();
    let mut sums = pool.install(|| resample(resamples));
    let drawn = Instant::now();
    let interval = interval(&mut sums);
    Run {
        interval,
        parallel: drawn - start,
        serial: drawn.elapsed(),
    }
}

/// Compares each number of threads with one thread.
fn compare(runs: &[Run]) -> Vec<Row> {
    let one_thread = runs[0].total().as_secs_f64();
    let serial_share = runs[0].serial.as_secs_f64() / one_thread;
    let mut rows = Vec::new();
    for (threads, run) in THREADS.into_iter().zip(runs) {
        let seconds = run.total().as_secs_f64();
        let parallel_share = (1.0 - serial_share) / threads as f64;
        rows.push(Row {
            threads,
            seconds,
            speed_up: one_thread / seconds,
            limit: 1.0 / (serial_share + parallel_share),
        });
    }
    rows
}
// ANCHOR_END: measure

fn pool(threads: usize) -> ThreadPool {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    pool.unwrap_or_else(|error| exit(&format!("cannot start {threads} threads: {error}")))
}

/// The job of the recipe.
fn resample(resamples: usize) -> Vec<i64> {
    let series: Vec<i64> = (1..=72).collect();
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(1899);
    let chunks = resamples.div_ceil(CHUNK);
    let seeds: Vec<u64> = (0..chunks).map(|_| generator.next_u64()).collect();
    let mut sums = vec![0; resamples];
    sums.par_chunks_mut(CHUNK)
        .zip(seeds)
        .for_each(|(chunk, seed)| draw(chunk, seed, &series));
    sums
}

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

fn interval(sums: &mut [i64]) -> (i64, i64) {
    let outside = sums.len() / 40;
    let last = sums.len() - 1;
    let (_, low, _) = sums.select_nth_unstable(outside);
    let low = *low;
    let (_, high, _) = sums.select_nth_unstable(last - outside);
    (low, *high)
}

fn resamples(argument: Option<String>) -> usize {
    let Some(argument) = argument else {
        return 2_000;
    };
    match argument.parse() {
        Ok(number @ 40..=10_000_000) => number,
        _ => exit("the first argument is the number of resamples: 40 to 10000000"),
    }
}

/// Draws the speed-ups and the limits. Both axes are logarithmic, so that doubling the threads or
/// the speed is the same distance everywhere.
fn draw_picture(rows: &[Row]) -> String {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let mut words = String::new();
    let mut measured = String::new();
    let mut limits = String::new();
    let mut marks = String::new();
    let mut last_limit = 1.0;
    for row in rows {
        let Row {
            threads,
            speed_up,
            limit,
            ..
        } = *row;
        let x = place_of_threads(threads);
        let y = place_of_speed(speed_up);
        let text_x = x + 7.0;
        let text_y = y + 16.0;
        words += &format!("With {threads}: {speed_up:.2}, limit {limit:.2}. ");
        measured += &format!("{x:.1},{y:.1} ");
        limits += &format!("{x:.1},{:.1} ", place_of_speed(limit));
        marks += &format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>\n");
        marks += &format!("<text x=\"{text_x:.1}\" y=\"{text_y:.1}\">{speed_up:.2}</text>\n");
        marks += &format!("<text x=\"{x:.1}\" y=\"222\">{threads}</text>\n");
        last_limit = limit;
    }
    let words = words.trim_end();
    let cores_x = place_of_threads(cores.min(8));
    let limit_x = place_of_threads(8);
    let limit_y = place_of_speed(last_limit) - 8.0;
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" class="bench" viewBox="0 0 390 250"
  role="img" aria-labelledby="speed-up-title speed-up-desc"
  style="width:100%;max-width:36rem;height:auto"
  font-family="sans-serif" font-size="12" fill="currentColor">
<title id="speed-up-title">Speed-up of bootstrap by threads, on {cores} processor cores</title>
<desc id="speed-up-desc">{words}</desc>
<text x="12" y="16">speed-up (dots), and Amdahl's limit (dashed)</text>
<path d="M{cores_x:.1} 40V206" stroke="currentColor" stroke-opacity="0.3"/>
<text x="{cores_x:.1}" y="36" text-anchor="middle">{cores} cores</text>
<g fill="none" stroke="currentColor" stroke-width="2">
<polyline points="{limits}" stroke-dasharray="5 4"/>
<polyline points="{measured}"/>
</g>
<text x="{limit_x:.1}" y="{limit_y:.1}" text-anchor="middle">{last_limit:.2}</text>
{marks}<text x="195" y="242" text-anchor="middle">threads</text>
</svg>
"#
    )
}

fn place_of_threads(threads: usize) -> f64 {
    40.0 + 103.0 * (threads as f64).log2()
}

fn place_of_speed(speed_up: f64) -> f64 {
    184.0 - 46.0 * speed_up.max(0.5).log2()
}

fn exit(reason: &str) -> ! {
    eprintln!("{reason}");
    process::exit(1)
}
