//! Find the two closest cities of a list by divide and conquer.
//!
//! The program cuts the list into a southern and a northern half. The two closest cities are both
//! in the south, or both in the north, or there is one in each half, near the border. Each half is
//! searched in the same way: it is cut again, until few cities are left. The halves do not need
//! each other, so `rayon::join` lets a free thread take one of them. A part with fewer cities than
//! a threshold stays on one thread.
//!
//! ```text
//! cargo run -p divide               # the cities in input/
//! cargo run -p divide -- mine.csv   # your own list; src/cli.rs describes the format
//! ```
//!
//! Prints the two closest cities and their distance. The result is the same on every run, because
//! the cuts do not depend on which thread does what.

mod cli;

use rayon::prelude::*;

use cli::{BadLine, City, Pair, Piece};

// ANCHOR: threshold
/// Shorter halves are not offered to other threads. To search so many cities takes several times as
/// long as to wake a thread for them.
const WORTH_A_TASK: usize = 1000;

/// So few cities are not cut. Each is compared with each.
const FEW: usize = 16;
// ANCHOR_END: threshold

// ANCHOR: main
fn main() {
    let list = cli::load_or_exit();
    // The same as `vec![City::default(); list.count()]`, but filled by all threads.
    let places = rayon::iter::repeat_n(City::default(), list.count());
    let mut cities: Vec<City> = places.collect();

    let parsed = parse(list.pieces(), &mut cities);
    cli::check_or_exit(&list, parsed);

    let closest = closest(&mut cities);
    cli::print(&cities, closest);
}
// ANCHOR_END: main

// ANCHOR: closest
/// Finds the closest of at least two cities. Changes the order of the cities.
fn closest(cities: &mut [City]) -> Pair {
    if cities.len() <= FEW {
        return cli::closest_of_few(cities);
    }

    // Divide: moves the southern half to the left, and the northern half to the right.
    let middle = cities.len() / 2;
    cities.select_nth_unstable_by(middle, City::south_to_north);
    let (south, north) = cities.split_at_mut(middle);

    // Conquer.
    let in_south;
    let in_north;
    if middle < WORTH_A_TASK {
        in_south = closest(south);
        in_north = closest(north);
    } else {
        (in_south, in_north) = rayon::join(|| closest(south), || closest(north));
    }

    // Combine.
    let closest = in_south.min(in_north);
    cli::closest_across(south, north, closest)
}
// ANCHOR_END: closest

// ANCHOR: parse
/// Parses pieces of the list. There are as many cities as lines.
fn parse(pieces: &[Piece], cities: &mut [City]) -> Result<(), BadLine> {
    if let [piece] = pieces {
        return piece.parse(cities);
    }
    let middle = pieces.len() / 2;
    let (first, second) = pieces.split_at(middle);
    let lines = cli::count_lines(first);
    let (first_cities, second_cities) = cities.split_at_mut(lines);
    let (one, other) = rayon::join(
        || parse(first, first_cities),
        || parse(second, second_cities),
    );
    one.and(other)
}
// ANCHOR_END: parse
