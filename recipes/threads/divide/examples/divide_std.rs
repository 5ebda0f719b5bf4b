//! The same job with the standard library alone.
//!
//! ```text
//! cargo run -p divide --example divide_std
//! ```
//!
//! What differs from the recipe: a cut starts a thread for one half, and the other half stays on
//! the thread that cut. The cuts stop when there is a thread for each processor. A thread that is
//! done early does not help the others. Choose it if you want no dependency, and all halves take
//! about equally long.

#[path = "../src/cli.rs"]
mod cli;

use std::num::NonZero;
use std::thread;

use cli::{BadLine, City, Pair};

/// Fewer cities than this stay on one thread.
const WORTH_A_THREAD: usize = 10_000;

/// So few cities are not cut. Each is compared with each.
const FEW: usize = 16;

fn main() {
    let list = cli::load_or_exit();
    let mut cities = vec![City::default(); list.count()];
    let parsed = parse(list.text(), &mut cities, threads());
    cli::check_or_exit(&list, parsed);

    let closest = closest(&mut cities, threads());
    cli::print(&cities, closest);
}

/// Finds the closest of at least two cities, with at most this many threads.
fn closest<'text>(cities: &mut [City<'text>], threads: usize) -> Pair<'text> {
    if cities.len() <= FEW {
        return cli::closest_of_few(cities);
    }
    let middle = cities.len() / 2;
    cities.select_nth_unstable_by(middle, City::south_to_north);
    let (south, north) = cities.split_at_mut(middle);

    let (in_south, in_north) = if threads < 2 || middle < WORTH_A_THREAD {
        (closest(south, 1), closest(north, 1))
    } else {
        let half = threads / 2;
        thread::scope(|scope| {
            let other = scope.spawn(|| closest(north, half));
            let in_south = closest(south, threads - half);
            (in_south, other.join().expect("the search does not panic"))
        })
    };
    cli::closest_across(south, north, in_south.min(in_north))
}

/// Parses the lines of a text, with at most this many threads.
fn parse<'text>(
    text: &'text str,
    cities: &mut [City<'text>],
    threads: usize,
) -> Result<(), BadLine> {
    if threads < 2 || cities.len() < WORTH_A_THREAD {
        for (line, city) in text.lines().zip(cities) {
            *city = cli::parse_line(line)?;
        }
        return Ok(());
    }
    let (first, second) = text.split_at(middle_line(text));
    let (first_cities, second_cities) = cities.split_at_mut(cli::count_lines(first));
    let half = threads / 2;
    thread::scope(|scope| {
        let other = scope.spawn(|| parse(second, second_cities, half));
        let one = parse(first, first_cities, threads - half);
        one.and(other.join().expect("parsing does not panic"))
    })
}

/// The processors that this process may use.
fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

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
