//! Every chunk starts its generator from the same seed. All chunks draw the same resamples, so the
//! interval comes from 100 resamples instead of 1000.
//!
//! ```text
//! cargo run -p bootstrap --example bootstrap_mistake_one_seed
//! ```
//!
//! `draw_with_one_seed` is wrong: generators with the same seed return the same numbers.
//! `draw_with_own_seeds` is right: one generator draws a seed for each chunk. Both intervals look
//! plausible, so this program counts the distinct chunks.

use std::collections::BTreeSet;
use std::process::ExitCode;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, RngExt, SeedableRng};
use rayon::prelude::*;

const SERIES: [i64; 10] = [774, 840, 874, 694, 940, 833, 701, 916, 692, 1020];
const SEED: u64 = 1899;
const CHUNK: usize = 100;
const CHUNKS: usize = 10;

fn main() -> ExitCode {
    let one_seed = draw_with_one_seed();
    let distinct = report("one seed for all chunks", &one_seed);
    let own_seeds = draw_with_own_seeds();
    report("a seed for each chunk", &own_seeds);
    if distinct == CHUNKS {
        return ExitCode::SUCCESS;
    }
    eprintln!("repetition: {CHUNKS} chunks drew the same {CHUNK} resamples");
    eprintln!("let one generator draw a different seed for each chunk");
    ExitCode::FAILURE
}

fn draw_with_one_seed() -> Vec<i64> {
    let mut sums = vec![0; CHUNK * CHUNKS];
    sums.par_chunks_mut(CHUNK)
        .for_each(|chunk| draw(chunk, SEED)); // Wrong: the same draws in each chunk.
    sums
}

fn draw_with_own_seeds() -> Vec<i64> {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(SEED);
    let seeds: Vec<u64> = (0..CHUNKS).map(|_| generator.next_u64()).collect();
    let mut sums = vec![0; CHUNK * CHUNKS];
    sums.par_chunks_mut(CHUNK)
        .zip(seeds)
        .for_each(|(chunk, seed)| draw(chunk, seed));
    sums
}

fn draw(sums: &mut [i64], seed: u64) {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
    for sum in sums {
        for _ in SERIES {
            *sum += SERIES[generator.random_range(..SERIES.len())];
        }
    }
}

/// Prints the interval of the sums, and returns the number of distinct chunks.
fn report(title: &str, sums: &[i64]) -> usize {
    let chunks: BTreeSet<&[i64]> = sums.chunks(CHUNK).collect();
    let distinct = chunks.len();
    let mut sorted = sums.to_vec();
    sorted.sort_unstable();
    let outside = sorted.len() / 40;
    let low = sorted[outside];
    let high = sorted[sorted.len() - 1 - outside];
    println!(
        "{title}: 95 % of the sums from {low} to {high}, {distinct} of {CHUNKS} chunks distinct"
    );
    distinct
}
