//! The same job with a channel of crossbeam.
//!
//! ```text
//! cargo run -p bootstrap --example bootstrap_crossbeam
//! ```
//!
//! The difference from the recipe: all chunks are put into a channel, and each of the threads, one
//! for each processor, receives one chunk after the other. So a thread that finishes early takes
//! more chunks. A chunk has a `&mut` slice of the result, so the thread that receives it is the
//! only one that can write there. Choose it if the work arrives piece by piece, or if the threads
//! also do other things.

#[path = "../src/cli.rs"]
mod cli;

use std::num::NonZero;
use std::thread;

use crossbeam::channel::{self, Receiver};
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

/// A part of the sums, and the seed from which a thread fills it.
struct Chunk<'a> {
    sums: &'a mut [i64],
    seed: u64,
}

/// Returns the sum of each resample.
fn resample(input: &Input) -> Vec<i64> {
    let mut sums = vec![0; input.resamples];
    let (sender, receiver) = channel::unbounded();
    for (sums, seed) in sums.chunks_mut(CHUNK).zip(seeds(input)) {
        let chunk = Chunk { sums, seed };
        sender.send(chunk).expect("the receiver is still here");
    }
    drop(sender); // Closes the channel, so the threads end when it is empty.

    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| draw_all(&receiver, &input.series));
        }
    });
    drop(receiver); // Its chunks borrow `sums`.
    sums
}

/// Takes one chunk after the other and draws it, until none is left.
fn draw_all(chunks: &Receiver<Chunk>, series: &[i64]) {
    for chunk in chunks {
        draw(chunk.sums, chunk.seed, series);
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
