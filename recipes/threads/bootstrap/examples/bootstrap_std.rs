//! The same job with the standard library's threads.
//!
//! ```text
//! cargo run -p bootstrap --example bootstrap_std
//! ```
//!
//! The difference from the recipe: this program starts one thread for each processor, and gives
//! each thread an equal share of the chunks. A thread that finishes early does not help the others.
//! Choose it if you want no library for threads, and if all chunks take equally long, as they do
//! here.

#[path = "../src/cli.rs"]
mod cli;

use std::num::NonZero;
use std::thread;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, RngExt, SeedableRng};

use cli::{Input, Report};

/// The number of resamples in a chunk. The result depends on it.
const CHUNK: usize = 100;

fn main() {
    let input = cli::input_or_exit();
    let sums = resample(&input);
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
fn resample(input: &Input) -> Vec<i64> {
    let mut sums = vec![0; input.resamples];
    let seeds = seeds(input);
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    // A share consists of whole chunks, so that the number of threads does not change the chunks.
    let chunks_in_share = seeds.len().div_ceil(threads);
    let shares = sums.chunks_mut(CHUNK * chunks_in_share);
    thread::scope(|scope| {
        for (share, seeds) in shares.zip(seeds.chunks(chunks_in_share)) {
            scope.spawn(|| draw_share(share, seeds, &input.series));
        }
    });
    sums
}

/// Draws the chunks in the share of one thread.
fn draw_share(share: &mut [i64], seeds: &[u64], series: &[i64]) {
    for (chunk, seed) in share.chunks_mut(CHUNK).zip(seeds) {
        draw(chunk, *seed, series);
    }
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
