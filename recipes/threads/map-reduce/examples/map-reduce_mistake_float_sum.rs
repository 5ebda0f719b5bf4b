//! Adds up kilobytes in `f64`. The sum depends on where the log is cut into pieces, and rayon cuts
//! it at other places when other threads are free.
//!
//! ```text
//! cargo run -p map-reduce --example map-reduce_mistake_float_sum
//! ```
//!
//! `sum_kilobytes` is wrong: every addition of floats is rounded, so `(a + b) + c` may differ from
//! `a + (b + c)`, and a parallel sum adds in another order than a loop. `sum_bytes` is right: it
//! adds whole numbers, whose sum is the same in any order. Here the number of pieces is fixed, so
//! that the wrong sums are the same on every run. With `par_iter().sum::<f64>()` they may change
//! from run to run. `sum_kilobytes` divides the log by the number of pieces, as if by the number of
//! threads. With pieces of a fixed size, its sum would be the same on any number of threads.

use std::process::ExitCode;

use rayon::prelude::*;

fn main() -> ExitCode {
    let sizes = [203023, 171717, 26185, 7697].repeat(250);
    let mut floats = Vec::new();
    let mut whole = Vec::new();
    for pieces in [1, 2, 4] {
        let kilobytes = sum_kilobytes(&sizes, pieces);
        let bytes = sum_bytes(&sizes, pieces);
        println!("pieces: {pieces}, as floats: {kilobytes} kB, as whole numbers: {bytes} bytes");
        floats.push(kilobytes);
        whole.push(bytes);
    }
    floats.dedup();
    whole.dedup();
    if floats.len() == whole.len() {
        return ExitCode::SUCCESS;
    }
    eprintln!("rounding: the same sizes add up to another sum when they are cut into other pieces");
    eprintln!("add up whole numbers, and convert the sum");
    ExitCode::FAILURE
}

fn sum_kilobytes(sizes: &[u32], pieces: usize) -> f64 {
    let kilobytes: Vec<f64> = sizes.iter().map(|size| f64::from(*size) / 1000.0).collect();
    let sums: Vec<f64> = kilobytes
        .par_chunks(sizes.len() / pieces)
        .map(|piece| piece.iter().sum()) // Wrong: each piece is rounded by itself.
        .collect();
    sums.iter().sum()
}

fn sum_bytes(sizes: &[u32], pieces: usize) -> u64 {
    let sums: Vec<u64> = sizes
        .par_chunks(sizes.len() / pieces)
        .map(|piece| piece.iter().map(|size| u64::from(*size)).sum())
        .collect();
    sums.iter().sum()
}
