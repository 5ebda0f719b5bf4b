//! Adds up kilobytes in `f64`, in one piece for each thread. The sum depends on the number of
//! threads, because each addition is rounded.
//!
//! ```text
//! cargo run -p map-reduce --example map-reduce_mistake_float_sum
//! ```
//!
//! `sum_of_shares` is wrong: with floats, `(a + b) + c` may differ from `a + (b + c)`, and the
//! number of threads decides where the numbers are cut. `sum_of_chunks` is right: its pieces have a
//! fixed size, and their sums are added up in order. Adding up whole numbers is simpler, because
//! their sum does not depend on the cut. With `par_iter().sum::<f64>()`, the cut depends on timing
//! as well, so the sum may change from run to run.

use std::process::ExitCode;

use rayon::ThreadPoolBuilder;
use rayon::prelude::*;

/// The length of a chunk. It does not depend on the number of threads.
const CHUNK_LEN: usize = 128;

fn main() -> ExitCode {
    let sizes: Vec<u32> = [203023, 171717, 26185, 7697].repeat(250);
    let bytes: u64 = sizes.par_iter().map(|size| u64::from(*size)).sum();
    println!("whole numbers: {bytes} bytes");

    let kilobytes: Vec<f64> = sizes.iter().map(|size| f64::from(*size) / 1000.0).collect();
    let mut sums = Vec::new();
    for threads in [1, 2, 4] {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.expect("the threads should start");
        let of_shares = pool.install(|| sum_of_shares(&kilobytes));
        let of_chunks = pool.install(|| sum_of_chunks(&kilobytes));
        println!("threads: {threads}, shares: {of_shares} kB, chunks: {of_chunks} kB");
        sums.push(of_shares);
    }

    sums.dedup();
    if sums.len() == 1 {
        return ExitCode::SUCCESS;
    }
    eprintln!("rounding: the same sizes have a different sum on a different number of threads");
    eprintln!("add up whole numbers, or cut the floats into pieces of a fixed size");
    ExitCode::FAILURE
}

fn sum_of_shares(kilobytes: &[f64]) -> f64 {
    let threads = rayon::current_num_threads();
    let share_len = kilobytes.len() / threads; // Wrong: the cut depends on the threads.
    let shares = kilobytes.par_chunks(share_len);
    let sums: Vec<f64> = shares.map(|share| share.iter().sum()).collect();
    sums.iter().sum()
}

fn sum_of_chunks(kilobytes: &[f64]) -> f64 {
    let chunks = kilobytes.par_chunks(CHUNK_LEN);
    let sums: Vec<f64> = chunks.map(|chunk| chunk.iter().sum()).collect();
    sums.iter().sum()
}
