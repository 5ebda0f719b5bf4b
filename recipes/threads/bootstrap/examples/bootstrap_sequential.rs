//! The same job on one thread.
//!
//! ```text
//! cargo run -p bootstrap --example bootstrap_sequential
//! ```
//!
//! The difference from the recipe: a loop draws one chunk after the other. Choose it if you draw
//! only a few thousand resamples, or to measure what threads gain.

#[path = "../src/cli.rs"]
mod cli;

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
    for (chunk, seed) in sums.chunks_mut(CHUNK).zip(seeds(input)) {
        draw(chunk, seed, &input.series);
    }
    sums
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
