//! Draws 1000 resamples on all processors. Each chunk of 100 has a generator with a seed of its
//! own, so the digits do not depend on the threads.

use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};
use rayon::prelude::*;

fn main() {
    let series = [774, 840, 874, 694, 940, 833, 701, 916, 692, 1020];
    let mut sums = vec![0; 1000];
    sums.par_chunks_mut(100)
        .enumerate()
        .for_each(|(seed, chunk)| {
            let mut random = Xoshiro256PlusPlus::seed_from_u64(seed as u64);
            for sum in chunk {
                for _ in series {
                    *sum += series[random.random_range(..series.len())];
                }
            }
        });
    sums.sort();
    println!("95 % of the means: {} to {}", sums[25] / 10, sums[974] / 10);
}
