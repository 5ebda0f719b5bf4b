//! The solution: the interval of the median, with one buffer for each of rayon's pieces.
//!
//! ```text
//! cargo run -p bootstrap --example bootstrap_solution
//! ```
//!
//! The difference from the recipe: a median needs all values of a resample, so they are drawn into a
//! buffer. `for_each_init` makes one buffer for each piece into which rayon divides the chunks, and
//! the chunks of a piece use it one after the other. That is allowed because a chunk overwrites
//! whatever the buffer held. A generator must not be made there: its numbers would continue from
//! chunk to chunk, so they would depend on the pieces.

#[path = "../src/cli.rs"]
mod cli;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, RngExt, SeedableRng};
use rayon::prelude::*;

use cli::{Input, Report};

/// How many resamples share a seed. The result depends on this number.
const CHUNK: usize = 100;

fn main() {
    let input = cli::input_or_exit();
    let doubled_medians = resample(&input);
    cli::print_or_exit(
        &input,
        Report {
            statistic: "median",
            of_series: doubled_median(&mut input.series.clone()),
            of_resamples: doubled_medians,
            divisor: 2,
        },
    );
}

/// Returns the median of each resample, times two.
fn resample(input: &Input) -> Vec<i64> {
    let mut medians = vec![0; input.resamples];
    medians
        .par_chunks_mut(CHUNK)
        .zip(seeds(input))
        .for_each_init(Vec::new, |values, (chunk, seed)| {
            draw(chunk, seed, &input.series, values);
        });
    medians
}

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

/// Draws the resamples of one chunk. What `values` holds before does not matter.
fn draw(medians: &mut [i64], seed: u64, series: &[i64], values: &mut Vec<i64>) {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
    // A range of 32-bit numbers is faster to draw from than one of `usize`.
    let count = u32::try_from(series.len()).expect("a series has at most a million values");
    for median in medians {
        values.clear();
        for _ in series {
            let index = generator.random_range(..count) as usize;
            values.push(series[index]);
        }
        *median = doubled_median(values);
    }
}

/// The sum of the two values in the middle, which are the same if the number of values is odd.
fn doubled_median(values: &mut [i64]) -> i64 {
    values.sort_unstable();
    let count = values.len();
    values[(count - 1) / 2] + values[count / 2]
}
