//! The same job with crossbeam's work-stealing deques.
//!
//! ```text
//! cargo run -p divide --example divide_crossbeam
//! ```
//!
//! The difference from the recipe: this program does the work stealing itself. Each worker has a
//! deque with parts of the list. It takes the part that it pushed last, and searches it if it is
//! small enough. Otherwise it cuts the part and pushes both halves. A worker with an empty deque
//! steals the oldest part of another worker, which is the largest. A worker that waited for the
//! halves of its part could not take other parts, so no worker waits. Instead, one thread searches
//! the borders at the end. Choose it if you write a scheduler of your own.

#[path = "../src/cli.rs"]
mod cli;

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use cli::{BadLine, City, List, Pair};
use crossbeam::deque::{Steal, Stealer, Worker};
use crossbeam::utils::Backoff;

/// A part whose halves have fewer cities is searched and not cut into parts.
const WORTH_A_TASK: usize = 1000;

/// A part with so few cities is not cut. Each city is compared with each other one.
const FEW: usize = 16;

/// A part of the list, which only the worker that takes it may change.
type Part<'cities> = &'cities mut [City];

fn main() {
    let list = cli::load_or_exit();
    let mut cities = vec![City::default(); list.count()];
    let parsed = parse(&list, &mut cities);
    cli::check_or_exit(&list, parsed);

    let closest = closest_in_parts(&mut cities);
    let closest = closest_at_borders(&cities, closest);
    cli::print(&cities, closest);
}

/// Finds the closest cities that are in the same part.
fn closest_in_parts(cities: &mut [City]) -> Pair {
    let first_pair = cli::closest_of_few(&cities[..2]);
    // How many cities are in parts that no worker has begun to search.
    let unclaimed = AtomicUsize::new(cities.len());

    let mut deques = Vec::new();
    let mut stealers = Vec::new();
    for _ in 0..threads() {
        let deque = Worker::new_lifo();
        stealers.push(deque.stealer());
        deques.push(deque);
    }
    deques[0].push(cities);

    thread::scope(|scope| {
        let mut workers = Vec::new();
        for own in deques {
            workers.push(scope.spawn(|| work(own, &stealers, &unclaimed, first_pair)));
        }
        let mut closest = first_pair;
        for worker in workers {
            closest = closest.closer(worker.join().expect("a worker panicked"));
        }
        closest
    })
}

/// Searches one part after another until all are taken, and returns the closest cities.
fn work<'cities>(
    own: Worker<Part<'cities>>,
    stealers: &[Stealer<Part<'cities>>],
    unclaimed: &AtomicUsize,
    mut closest: Pair,
) -> Pair {
    let backoff = Backoff::new();
    // Relaxed: the count only says when to stop. What the workers found is read after `join`.
    while unclaimed.load(Ordering::Relaxed) > 0 {
        let Some(part) = own.pop().or_else(|| steal(stealers)) else {
            backoff.snooze(); // Another worker has a part, and may cut it.
            continue;
        };
        backoff.reset();

        let middle = part.len() / 2;
        if middle < WORTH_A_TASK {
            // Before the search, so that the others would end even if it panicked.
            unclaimed.fetch_sub(part.len(), Ordering::Relaxed);
            closest = closest.closer(search(part));
            continue;
        }
        part.select_nth_unstable_by(middle, City::south_to_north);
        let (south, north) = part.split_at_mut(middle);
        own.push(north);
        own.push(south);
    }
    closest
}

/// Takes the oldest part of another worker.
fn steal<T>(stealers: &[Stealer<T>]) -> Option<T> {
    loop {
        // Stops at the first success. Otherwise, it is `Retry` if any of the attempts was.
        let attempt: Steal<T> = stealers.iter().map(Stealer::steal).collect();
        if !attempt.is_retry() {
            return attempt.success();
        }
    }
}

/// Looks for closer cities across the borders of the parts. By now, the parts are in order from
/// south to north.
fn closest_at_borders(cities: &[City], closest: Pair) -> Pair {
    let middle = cities.len() / 2;
    if middle < WORTH_A_TASK {
        return closest;
    }
    let (south, north) = cities.split_at(middle);
    let closest = closest_at_borders(south, closest);
    let closest = closest_at_borders(north, closest);
    cli::closest_across(south, north, closest)
}

/// Finds the closest of at least two cities on this thread.
fn search(cities: &mut [City]) -> Pair {
    if cities.len() <= FEW {
        return cli::closest_of_few(cities);
    }
    let middle = cities.len() / 2;
    cities.select_nth_unstable_by(middle, City::south_to_north);
    let (south, north) = cities.split_at_mut(middle);
    let in_south = search(south);
    let in_north = search(north);
    let closest = in_south.closer(in_north);
    cli::closest_across(south, north, closest)
}

/// Parses all lines of the list. There are as many cities as lines.
fn parse(list: &List, cities: &mut [City]) -> Result<(), BadLine> {
    for mut piece in list.pieces(cities) {
        piece.parse()?;
    }
    Ok(())
}

fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}
