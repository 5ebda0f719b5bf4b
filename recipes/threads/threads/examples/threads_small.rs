//! One of two threads panics, and the other one still returns its result.

use std::thread;

fn main() {
    let files = [("EWR", "18,911,11"), ("JFK", "15,14,11")]; // Knots of wind.
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for (station, winds) in files {
            threads.push((station, scope.spawn(move || strongest(winds))));
        }
        for (station, thread) in threads {
            match thread.join() {
                Ok(wind) => println!("{station}: up to {wind} knots"),
                Err(_) => println!("{station}: the check panicked"),
            }
        }
    });
}

/// Panics at 911, which is no `u8`.
fn strongest(winds: &str) -> u8 {
    let winds = winds.split(',').map(|wind| wind.parse().unwrap());
    winds.max().unwrap()
}
