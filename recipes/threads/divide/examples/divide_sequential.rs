//! The same job on one thread.
//!
//! ```text
//! cargo run -p divide --example divide_sequential
//! ```
//!
//! The difference from the recipe: one thread parses the lines in a loop, and searches one half after
//! the other. The cuts are the same. Choose it if the list is small, and to find out what the other
//! programs gain.

#[path = "../src/cli.rs"]
mod cli;

use cli::{BadLine, City, Pair, Piece};

/// So few cities are not cut. Each is compared with each.
const FEW: usize = 16;

fn main() {
    let list = cli::load_or_exit();
    let mut cities = vec![City::default(); list.count()];
    let parsed = parse(list.pieces(), &mut cities);
    cli::check_or_exit(&list, parsed);

    let closest = closest(&mut cities);
    cli::print(&cities, closest);
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
    parse(first, first_cities)?;
    parse(second, second_cities)
}

/// Finds the closest of at least two cities. Changes the order of the cities.
fn closest(cities: &mut [City]) -> Pair {
    if cities.len() <= FEW {
        return cli::closest_of_few(cities);
    }
    let middle = cities.len() / 2;
    cities.select_nth_unstable_by(middle, City::south_to_north);
    let (south, north) = cities.split_at_mut(middle);
    let in_south = closest(south);
    let in_north = closest(north);
    let closest = in_south.min(in_north);
    cli::closest_across(south, north, closest)
}
