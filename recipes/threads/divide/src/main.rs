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

use cli::{BadLine, City, Pair};

// ANCHOR: threshold
/// Fewer cities than this stay on one thread. To search them takes many times as long as to offer
/// them to another thread.
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

    let parsed = parse(list.text(), &mut cities);
    cli::check_or_exit(&list, parsed);

    let closest = closest(&mut cities);
    cli::print(&cities, closest);
}
// ANCHOR_END: main

// ANCHOR: closest
/// Finds the closest of at least two cities. Changes the order of the cities.
fn closest<'text>(cities: &mut [City<'text>]) -> Pair<'text> {
    if cities.len() <= FEW {
        return cli::closest_of_few(cities);
    }

    // Divide: moves the southern half to the left, and the northern half to the right.
    let middle = cities.len() / 2;
    cities.select_nth_unstable_by(middle, City::south_to_north);
    let (south, north) = cities.split_at_mut(middle);

    // Conquer.
    let (in_south, in_north) = if middle < WORTH_A_TASK {
        (closest(south), closest(north))
    } else {
        rayon::join(|| closest(south), || closest(north))
    };

    // Combine.
    cli::closest_across(south, north, in_south.min(in_north))
}
// ANCHOR_END: closest

// ANCHOR: parse
/// Parses the lines of a text. There are as many cities as lines.
fn parse<'text>(text: &'text str, cities: &mut [City<'text>]) -> Result<(), BadLine> {
    if cities.len() < WORTH_A_TASK {
        for (line, city) in text.lines().zip(cities) {
            *city = cli::parse_line(line)?;
        }
        return Ok(());
    }

    let (first, second) = text.split_at(middle_line(text));
    let (first_cities, second_cities) = cities.split_at_mut(cli::count_lines(first));
    let (one, other) = rayon::join(
        || parse(first, first_cities),
        || parse(second, second_cities),
    );
    one.and(other)
}
// ANCHOR_END: parse

/// Where a line begins, close to the middle of the text. There must be at least two lines.
fn middle_line(text: &str) -> usize {
    let middle = text.len() / 2;
    let bytes = text.as_bytes();
    let is_end = |byte: &u8| *byte == b'\n';
    // No line begins after the last byte, even if it is a line end.
    let after = bytes[middle..bytes.len() - 1].iter().position(is_end);
    let before = || bytes[..middle].iter().rposition(is_end);
    match after {
        Some(distance) => middle + distance + 1,
        None => before().expect("there are two lines") + 1,
    }
}
