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

use cli::{BadLine, City, Pair, Piece};

/// For shorter halves, no thread is started.
const WORTH_A_THREAD: usize = 1000;

/// So few cities are not cut. Each is compared with each.
const FEW: usize = 16;

fn main() {
    let list = cli::load_or_exit();
    let mut cities = vec![City::default(); list.count()];
    let parsed = parse(list.pieces(), &mut cities, threads());
    cli::check_or_exit(&list, parsed);

    let closest = closest(&mut cities, threads());
    cli::print(&cities, closest);
}

/// Finds the closest of at least two cities, with at most this many threads.
fn closest(cities: &mut [City], threads: usize) -> Pair {
    if cities.len() <= FEW {
        return cli::closest_of_few(cities);
    }
    let middle = cities.len() / 2;
    cities.select_nth_unstable_by(middle, City::south_to_north);
    let (south, north) = cities.split_at_mut(middle);

    let in_south;
    let in_north;
    if threads < 2 || middle < WORTH_A_THREAD {
        in_south = closest(south, 1);
        in_north = closest(north, 1);
    } else {
        let half = threads / 2;
        (in_south, in_north) = thread::scope(|scope| {
            let other = scope.spawn(|| closest(north, half));
            let in_south = closest(south, threads - half);
            let in_north = other.join().expect("the search does not panic");
            (in_south, in_north)
        });
    }
    let closest = in_south.min(in_north);
    cli::closest_across(south, north, closest)
}

/// Parses pieces of the list, with at most this many threads.
fn parse(pieces: &[Piece], cities: &mut [City], threads: usize) -> Result<(), BadLine> {
    if let [piece] = pieces {
        return piece.parse(cities);
    }
    let middle = pieces.len() / 2;
    let (first, second) = pieces.split_at(middle);
    let lines = cli::count_lines(first);
    let (first_cities, second_cities) = cities.split_at_mut(lines);
    if threads < 2 {
        parse(first, first_cities, 1)?;
        return parse(second, second_cities, 1);
    }
    let half = threads / 2;
    thread::scope(|scope| {
        let other = scope.spawn(|| parse(second, second_cities, half));
        let one = parse(first, first_cities, threads - half);
        let other = other.join().expect("parsing does not panic");
        one.and(other)
    })
}

/// The processors that this process may use.
fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}
