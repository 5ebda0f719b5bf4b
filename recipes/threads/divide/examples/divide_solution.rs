//! The solution: a parallel merge sort comes first, so the search only reads.
//!
//! ```text
//! cargo run -p divide --example divide_solution
//! ```
//!
//! The difference from the recipe: `sort` brings all cities into order from the south to the north.
//! It is the merge sort of the small program. In a sorted list, every part is a slice that can be
//! cut in the middle at once, so `closest` borrows the list as shared, and nothing is moved. It is
//! more work together: a search needs the halves, but not the order inside of them.

#[path = "../src/cli.rs"]
mod cli;

use rayon::prelude::*;

use cli::{BadLine, City, Pair, Piece};

/// Shorter halves are not offered to other threads.
const WORTH_A_TASK: usize = 1000;

/// So few cities are not cut. Each is compared with each.
const FEW: usize = 16;

fn main() {
    let list = cli::load_or_exit();
    let places = rayon::iter::repeat_n(City::default(), list.count());
    let mut cities: Vec<City> = places.collect();
    let parsed = parse(list.pieces(), &mut cities);
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
fn closest(cities: &[City]) -> Pair {
    if cities.len() <= FEW {
        return cli::closest_of_few(cities);
    }
    let middle = cities.len() / 2;
    let (south, north) = cities.split_at(middle);
    let in_south;
    let in_north;
    if middle < WORTH_A_TASK {
        in_south = closest(south);
        in_north = closest(north);
    } else {
        (in_south, in_north) = rayon::join(|| closest(south), || closest(north));
    }
    let closest = in_south.min(in_north);
    cli::closest_across(south, north, closest)
}

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
