//! The same job on tokio's threads for blocking work.
//!
//! ```text
//! cargo run -p bootstrap --example bootstrap_tokio
//! ```
//!
//! The difference from the recipe: `spawn_blocking` may start up to 512 threads, so this program
//! starts only one task for each processor. A task may outlive the variables of `main`, so it
//! cannot borrow the series. The series is in an `Arc`, and each task returns its sums. Choose this
//! if your program is async already and computes a little. If it computes a lot, let rayon do that,
//! and await the result on a channel.

#[path = "../src/cli.rs"]
mod cli;

use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, RngExt, SeedableRng};
use tokio::task;

use cli::{Input, Report};

/// The number of resamples in a chunk. The result depends on it.
const CHUNK: usize = 100;

#[tokio::main]
async fn main() {
    // Reading a file blocks this thread, which does no harm because no task is running yet.
    let input = Arc::new(cli::input_or_exit());
    let sums = resample(&input).await;
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
async fn resample(input: &Arc<Input>) -> Vec<i64> {
    let seeds = seeds(input);
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let mut tasks = Vec::new();
    for share in seeds.chunks(seeds.len().div_ceil(threads)) {
        let seeds = share.to_vec();
        let input = Arc::clone(input);
        tasks.push(task::spawn_blocking(move || draw_share(&seeds, &input)));
    }

    let mut sums = Vec::with_capacity(input.resamples);
    for task in tasks {
        let share = task.await.expect("no task panics");
        sums.extend(share);
    }
    // Each task draws whole chunks, so the last chunk may have more resamples than needed.
    sums.truncate(input.resamples);
    sums
}

/// Draws the chunks in the share of one task.
fn draw_share(seeds: &[u64], input: &Input) -> Vec<i64> {
    let mut share = vec![0; CHUNK * seeds.len()];
    for (chunk, seed) in share.chunks_mut(CHUNK).zip(seeds) {
        draw(chunk, *seed, &input.series);
    }
    share
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
