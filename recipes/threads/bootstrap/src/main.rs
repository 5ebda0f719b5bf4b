//! Find the confidence interval of the mean of a series by the bootstrap, on all processors.
//!
//! A *resample* is made of values drawn from the series at random, as many as the series has. A
//! value can be drawn more than once. The means of thousands of resamples scatter around the mean
//! of the series. The *confidence interval* holds the middle 95 % of them, and so tells how far the
//! mean of the series may be from the true one.
//!
//! Threads draw the resamples in chunks of 100. Each chunk has its own random number generator,
//! with its own seed, so its numbers do not depend on which thread draws them, or when.
//!
//! ```text
//! cargo run -p bootstrap                          # the series in input/
//! cargo run -p bootstrap -- series.csv            # your own; src/cli.rs describes the format
//! cargo run -p bootstrap -- --resamples 1000000 --seed 7
//! ```
//!
//! Prints the mean and its interval. The output is the same on every run with the same seed.

mod cli;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, RngExt, SeedableRng};
use rayon::prelude::*;

use cli::{Input, Report};

// ANCHOR: resample
/// The number of resamples in a chunk. The result depends on it, so it must not depend on the
/// number of threads.
const CHUNK: usize = 100;

/// Returns the sum of each resample. Sums of integers are exact; `cli` makes means of them.
fn resample(input: &Input) -> Vec<i64> {
    let mut sums = vec![0; input.resamples];
    sums.par_chunks_mut(CHUNK)
        .zip(seeds(input))
        .for_each(|(chunk, seed)| draw(chunk, seed, &input.series));
    sums
}
// ANCHOR_END: resample

// ANCHOR: seeds
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
            series_numerator: input.series.iter().sum(),
            resample_numerators: sums,
            denominator: input.series.len(),
        },
    );
}
// ANCHOR_END: main
