//! The solution of the exercise: the interval of the median, with one buffer for many chunks.
//!
//! ```text
//! cargo run -p bootstrap --example bootstrap_solution
//! ```
//!
//! The difference from the recipe: a median needs all values of a resample, so they are drawn into
//! a buffer. rayon divides the chunks into pieces. `for_each_init` makes one buffer for each piece,
//! and the chunks of a piece use it one after the other. This works because each resample
//! overwrites whatever the buffer held. A generator must not be made there: its numbers would
//! continue from chunk to chunk, so they would depend on the pieces.

#[path = "../src/cli.rs"]
mod cli;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, RngExt, SeedableRng};
use rayon::prelude::*;

use cli::{Input, Report};

/// The number of resamples in a chunk. The result depends on it.
const CHUNK: usize = 100;

fn main() {
    let input = cli::input_or_exit();
    let doubled_medians = resample(&input);
    cli::print_or_exit(
        &input,
        Report {
            statistic: "median",
            series_numerator: doubled_median(&mut input.series.clone()),
            resample_numerators: doubled_medians,
            denominator: 2,
        },
    );
}

/// Returns the median of each resample, doubled so that it is a whole number.
fn resample(input: &Input) -> Vec<i64> {
    let mut doubled_medians = vec![0; input.resamples];
    doubled_medians
        .par_chunks_mut(CHUNK)
        .zip(seeds(input))
        .for_each_init(Vec::new, |values, (chunk, seed)| {
            draw(chunk, seed, &input.series, values);
        });
    doubled_medians
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

/// Draws the resamples of one chunk. The buffer `values` may hold anything before.
fn draw(doubled_medians: &mut [i64], seed: u64, series: &[i64], values: &mut Vec<i64>) {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
    // A range of 32-bit numbers is faster to draw from than one of `usize`.
    let count = u32::try_from(series.len()).expect("a series has at most a million values");
    for median in doubled_medians {
        values.clear();
        for _ in series {
            let index = generator.random_range(..count) as usize;
            values.push(series[index]);
        }
        *median = doubled_median(values);
    }
}

/// Returns the sum of the two middle values. If the number of values is odd, the middle value
/// counts twice.
fn doubled_median(values: &mut [i64]) -> i64 {
    values.sort_unstable();
    let count = values.len();
    values[(count - 1) / 2] + values[count / 2]
}
