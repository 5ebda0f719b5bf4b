//! Find the confidence interval of the mean of a series by the bootstrap, on all processors.
//!
//! A *resample* has as many values as the series, drawn from the series at random, so a value can
//! be drawn more than once. The means of thousands of resamples show how far the mean of the series
//! may be off: 95 % of them lie in the interval.
//!
//! The resamples are drawn in chunks of 100. Each chunk has a seed of its own and a random number
//! generator of its own. So its numbers do not depend on which thread draws them, or when.
//!
//! ```text
//! cargo run -p bootstrap                          # the series in input/
//! cargo run -p bootstrap -- series.csv            # your own; src/cli.rs describes the format
//! cargo run -p bootstrap -- --resamples 1000000 --seed 7
//! ```
//!
//! Prints the mean and its interval. The digits are the same on every run with the same seed.

mod cli;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, RngExt, SeedableRng};
use rayon::prelude::*;

use cli::{Input, Report};

// ANCHOR: resample
/// How many resamples share a seed. The result depends on this number, so it must not depend on
/// the number of threads.
const CHUNK: usize = 100;

/// Returns the sum of each resample.
fn resample(input: &Input) -> Vec<i64> {
    let mut sums = vec![0; input.resamples];
    sums.par_chunks_mut(CHUNK)
        .zip(seeds(input))
        .for_each(|(chunk, seed)| draw(chunk, seed, &input.series));
    sums
}
// ANCHOR_END: resample

// ANCHOR: seeds
/// Returns a seed for each chunk. One generator draws them, on one thread and in order.
fn seeds(input: &Input) -> Vec<u64> {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(input.seed);
    let chunks = input.resamples.div_ceil(CHUNK);
    let mut seeds = Vec::new();
    for _ in 0..chunks {
        seeds.push(generator.next_u64());
    }
    seeds
}
// ANCHOR_END: seeds

// ANCHOR: draw
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
// ANCHOR_END: draw

// ANCHOR: main
fn main() {
    let input = cli::input_or_exit();
    let sums = resample(&input);
    cli::print_or_exit(
        &input,
        Report {
            statistic: "mean",
            of_series: input.series.iter().sum(),
            of_resamples: sums,
            divisor: input.series.len(),
        },
    );
}
// ANCHOR_END: main
