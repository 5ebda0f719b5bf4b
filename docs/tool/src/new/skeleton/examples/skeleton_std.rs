//! The same job with the standard library alone.
//!
//! ```text
//! cargo run -p skeleton --example skeleton_std
//! ```
//!
//! The difference from the recipe: a `Mutex` is poisoned if a thread panics while it holds the
//! guard, so `lock` and `into_inner` return a `Result`. Choose it if you want no dependency.
//!
//! A variant for another library is a file like this one. Name it after the library, and say here
//! what differs and when to choose it.

#[path = "../src/cli.rs"]
mod cli;

use std::sync::Mutex;
use std::thread;

#[derive(Default)]
struct Total {
    count: usize,
    sum: u64,
}

fn add_all(numbers: &[u32], total: &Mutex<Total>) {
    for number in numbers {
        let mut total = total.lock().unwrap();
        total.count += 1;
        total.sum += u64::from(*number);
    }
}

fn main() {
    let numbers = cli::load_or_exit();
    let (first_half, second_half) = numbers.split_at(numbers.len() / 2);
    let total = Mutex::new(Total::default());

    thread::scope(|scope| {
        scope.spawn(|| add_all(first_half, &total));
        scope.spawn(|| add_all(second_half, &total));
    });

    let total = total.into_inner().unwrap();
    assert_eq!(total.count, numbers.len(), "an addition was lost");
    cli::print_total(total.count, total.sum);
}
