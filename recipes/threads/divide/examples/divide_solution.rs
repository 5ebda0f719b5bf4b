//! The solution: a parallel merge sort comes first, so the search only reads.
//!
//! ```text
//! cargo run -p divide --example divide_solution
//! ```
//!
//! The difference from the recipe: first, `sort` sorts all cities from south to north. It is the
//! merge sort of the small program. In a sorted list, every part can be cut in the middle without
//! moving a city, so `closest_pair` only reads the list. In total it is more work, because a search
//! needs the two halves but not the order inside of them.

#[path = "../src/cli.rs"]
mod cli;

use rayon::prelude::*;

use cli::{BadLine, City, List, Pair, Piece};

/// A half with fewer cities is not worth a task: it is searched without `join`.
const WORTH_A_TASK: usize = 1000;

/// A part with so few cities is not cut. Each city is compared with each other one.
const FEW: usize = 16;

fn main() {
    let list = cli::load_or_exit();
    let empty = rayon::iter::repeat_n(City::default(), list.count());
    let mut cities: Vec<City> = empty.collect();
    let parsed = parse(&list, &mut cities);
    cli::check_or_exit(&list, parsed);

    sort(&mut cities);
    let closest = closest_pair(&cities);
    cli::print(&cities, closest);
}

/// Sorts the cities from south to north.
fn sort(cities: &mut [City]) {
    let middle = cities.len() / 2;
    if middle >= WORTH_A_TASK {
        let (south, north) = cities.split_at_mut(middle);
        rayon::join(|| sort(south), || sort(north));
    }
    // In a long list, `sort_by` notices the two sorted halves and merges them.
    cities.sort_by(City::south_to_north);
}

/// Finds the closest of at least two cities, which must be sorted.
fn closest_pair(cities: &[City]) -> Pair {
    if cities.len() <= FEW {
        return cli::closest_of_few(cities);
    }
    let middle = cities.len() / 2;
    let (south, north) = cities.split_at(middle);
    let (in_south, in_north) = if middle < WORTH_A_TASK {
        (closest_pair(south), closest_pair(north))
    } else {
        rayon::join(|| closest_pair(south), || closest_pair(north))
    };
    let closest = in_south.closer(in_north);
    cli::closest_across(south, north, closest)
}

/// Parses all lines of the list. There are as many cities as lines.
fn parse(list: &List, cities: &mut [City]) -> Result<(), BadLine> {
    let mut pieces = list.pieces(cities);
    pieces.par_iter_mut().try_for_each(Piece::parse)
}
