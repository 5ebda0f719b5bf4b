// error: E0594
//! Adds to a variable outside of the closure. Several threads call the closure at the same time, so
//! it may only read what it captures: two threads that add at once would lose an update. Give each
//! chunk its own part of the result, as `par_chunks_mut` does, or let rayon's `sum` add up what the
//! chunks return.

use rayon::prelude::*;

fn main() {
    let mut sum = 0;
    (0..4_u64).into_par_iter().for_each(|chunk| {
        sum += 100 * chunk; // refused
    });
    println!("{sum}");
}
