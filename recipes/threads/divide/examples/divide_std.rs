//! The same job with the standard library alone.
//!
//! ```text
//! cargo run -p divide --example divide_std
//! ```
//!
//! The difference from the recipe: a cut starts a thread for one half, and the other half stays on
//! the thread that cut. The cuts stop when there is a thread for each processor. A thread that is
//! done early does not help the others. Choose it if you want no dependency, and all halves take
//! about equally long.

#[path = "../src/cli.rs"]
mod cli;

use std::num::NonZero;
use std::thread;

use cli::{BadLine, City, List, Pair, Piece};

/// A half with fewer cities is not worth a thread.
const WORTH_A_THREAD: usize = 1000;

/// A part with so few cities is not cut. Each city is compared with each other one.
const FEW: usize = 16;

fn main() {
    let list = cli::load_or_exit();
    let mut cities = vec![City::default(); list.count()];
    let parsed = parse(&list, &mut cities);
    cli::check_or_exit(&list, parsed);

    let closest = closest_pair(&mut cities, threads());
    cli::print(&cities, closest);
}

/// Finds the closest of at least two cities, with at most this many threads.
fn closest_pair(cities: &mut [City], threads: usize) -> Pair {
    if cities.len() <= FEW {
        return cli::closest_of_few(cities);
    }
    let middle = cities.len() / 2;
    cities.select_nth_unstable_by(middle, City::south_to_north);
    let (south, north) = cities.split_at_mut(middle);

    let (in_south, in_north) = if threads < 2 || middle < WORTH_A_THREAD {
        (closest_pair(south, 1), closest_pair(north, 1))
    } else {
        let half = threads / 2;
        thread::scope(|scope| {
            let other = scope.spawn(|| closest_pair(north, half));
            let in_south = closest_pair(south, threads - half);
            let in_north = other.join().expect("the search does not panic");
            (in_south, in_north)
        })
    };
    let closest = in_south.closer(in_north);
    cli::closest_across(south, north, closest)
}

/// Parses all lines of the list, about as many on each thread. There are as many cities as lines.
fn parse(list: &List, cities: &mut [City]) -> Result<(), BadLine> {
    let mut pieces = list.pieces(cities);
    let each = pieces.len().div_ceil(threads());
    thread::scope(|scope| {
        let mut workers = Vec::new();
        for share in pieces.chunks_mut(each) {
            workers.push(scope.spawn(move || share.iter_mut().try_for_each(Piece::parse)));
        }
        let mut parsed = Ok(());
        for worker in workers {
            parsed = parsed.and(worker.join().expect("parsing does not panic"));
        }
        parsed
    })
}

/// The processors that this process may use.
fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}
