//! Find the two closest cities of a list by divide and conquer.
//!
//! The program cuts the list into a southern and a northern half. The two closest cities are both
//! in the south, or both in the north, or there is one in each half, near the border. Each half is
//! a *part* of the list, and is searched in the same way: it is cut again, until few cities are
//! left. The two searches do not need each other, so `rayon::join` makes one of them a *task*,
//! which a free thread can take. A part with few cities is searched without tasks.
//!
//! ```text
//! cargo run -p divide               # the cities in input/
//! cargo run -p divide -- mine.csv   # your own list; src/cli.rs describes the format
//! ```
//!
//! Prints the two closest cities and their distance. The output is the same on every run: if
//! several pairs are equally close, the program prints the first one in alphabetical order.

mod cli;

use rayon::prelude::*;

use cli::{BadLine, City, List, Pair, Piece};

// ANCHOR: threshold
/// A half with fewer cities is not worth a task: it is searched without `join`. The number need not
/// be exact.
const WORTH_A_TASK: usize = 1000;

/// A part with so few cities is not cut. Each city is compared with each other one.
const FEW: usize = 16;
// ANCHOR_END: threshold

// ANCHOR: main
fn main() {
    let list = cli::load_or_exit();
    // Like `vec![City::default(); list.count()]`, but all threads fill it, because the first write
    // to new memory is slow.
    let empty = rayon::iter::repeat_n(City::default(), list.count());
    let mut cities: Vec<City> = empty.collect();

    let parsed = parse(&list, &mut cities);
    cli::check_or_exit(&list, parsed);

    let closest = closest_pair(&mut cities);
    cli::print(&cities, closest);
}
// ANCHOR_END: main

// ANCHOR: closest
/// Finds the closest of at least two cities. Changes their order.
fn closest_pair(cities: &mut [City]) -> Pair {
    if cities.len() <= FEW {
        return cli::closest_of_few(cities);
    }

    // Divide: moves the southern half to the left, and the northern half to the right.
    let middle = cities.len() / 2;
    cities.select_nth_unstable_by(middle, City::south_to_north);
    let (south, north) = cities.split_at_mut(middle);

    // Conquer.
    let (in_south, in_north) = if middle < WORTH_A_TASK {
        (closest_pair(south), closest_pair(north))
    } else {
        rayon::join(|| closest_pair(south), || closest_pair(north))
    };

    // Combine.
    let closest = in_south.closer(in_north);
    cli::closest_across(south, north, closest)
}
// ANCHOR_END: closest

// ANCHOR: parse
/// Parses all lines of the list. There are as many cities as lines.
fn parse(list: &List, cities: &mut [City]) -> Result<(), BadLine> {
    let mut pieces = list.pieces(cities);
    pieces.par_iter_mut().try_for_each(Piece::parse)
}
// ANCHOR_END: parse
