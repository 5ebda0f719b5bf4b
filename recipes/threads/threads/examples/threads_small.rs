//! Two named threads. One of them panics, and the other one still returns its result.

use std::thread::{self, Builder};

fn main() {
    let files = [("EWR", "18,911,11"), ("JFK", "15,14,11")]; // Knots of wind.
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for (station, winds) in files {
            let builder = Builder::new().name(station.to_string());
            threads.push(builder.spawn_scoped(scope, || strongest(winds)).unwrap());
        }
        for thread in threads {
            let station = thread.thread().name().unwrap().to_string();
            match thread.join() {
                Ok(wind) => println!("{station}: up to {wind} knots"),
                Err(_) => println!("{station}: the check panicked"),
            }
        }
    });
}

fn strongest(winds: &str) -> u8 {
    let winds = winds.split(',').map(|wind| wind.parse().unwrap()); // 911 is no `u8`.
    winds.max().unwrap()
}
