//! The solution: a parallel merge sort comes first, so the search only reads.
//!
//! ```text
//! cargo run -p divide --example divide_solution
//! ```
//!
//! What differs from the recipe: `sort` brings all cities into order from the south to the north.
//! It is the merge sort of the small program. In a sorted list, every part is a slice that can be
//! cut in the middle at once, so `closest` borrows the list as shared, and nothing is moved. It is
//! more work together: a search needs the halves, but not the order inside of them.

#[path = "../src/cli.rs"]
mod cli;

use rayon::prelude::*;

use cli::{BadLine, City, Pair};

/// Fewer cities than this stay on one thread.
const WORTH_A_TASK: usize = 1000;

/// So few cities are not cut. Each is compared with each.
const FEW: usize = 16;

fn main() {
    let list = cli::load_or_exit();
    let places = rayon::iter::repeat_n(City::default(), list.count());
    let mut cities: Vec<City> = places.collect();
    let parsed = parse(list.text(), &mut cities);
    cli::check_or_exit(&list, parsed);

    sort(&mut cities);
    let closest = closest(&cities);
    cli::print(&cities, closest);
}

/// Sorts the cities from the south to the north.
fn sort(cities: &mut [City]) {
    let middle = cities.len() / 2;
    if middle >= WORTH_A_TASK {
        let (south, north) = cities.split_at_mut(middle);
        rayon::join(|| sort(south), || sort(north));
    }
    // A stable sort. It finds two sorted halves, and merges them.
    cities.sort_by(City::south_to_north);
}

/// Finds the closest of at least two cities, which must be sorted.
fn closest<'text>(cities: &[City<'text>]) -> Pair<'text> {
    if cities.len() <= FEW {
        return cli::closest_of_few(cities);
    }
    let middle = cities.len() / 2;
    let (south, north) = cities.split_at(middle);
    let (in_south, in_north) = if middle < WORTH_A_TASK {
        (closest(south), closest(north))
    } else {
        rayon::join(|| closest(south), || closest(north))
    };
    cli::closest_across(south, north, in_south.min(in_north))
}

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
