//! The same job on one thread.
//!
//! ```text
//! cargo run -p divide --example divide_sequential
//! ```
//!
//! The difference from the recipe: one thread parses the pieces in a loop, and searches one half
//! after the other. The cuts are the same. Choose it if the list is small, and to find out what the
//! other programs gain.

#[path = "../src/cli.rs"]
mod cli;

use cli::{BadLine, City, List, Pair};

/// A part with so few cities is not cut. Each city is compared with each other one.
const FEW: usize = 16;

fn main() {
    let list = cli::load_or_exit();
    let mut cities = vec![City::default(); list.count()];
    let parsed = parse(&list, &mut cities);
    cli::check_or_exit(&list, parsed);

    let closest = closest_pair(&mut cities);
    cli::print(&cities, closest);
}

/// Parses all lines of the list. There are as many cities as lines.
fn parse(list: &List, cities: &mut [City]) -> Result<(), BadLine> {
    for mut piece in list.pieces(cities) {
        piece.parse()?;
    }
    Ok(())
}

/// Finds the closest of at least two cities. Changes their order.
fn closest_pair(cities: &mut [City]) -> Pair {
    if cities.len() <= FEW {
        return cli::closest_of_few(cities);
    }
    let middle = cities.len() / 2;
    cities.select_nth_unstable_by(middle, City::south_to_north);
    let (south, north) = cities.split_at_mut(middle);
    let in_south = closest_pair(south);
    let in_north = closest_pair(north);
    let closest = in_south.closer(in_north);
    cli::closest_across(south, north, closest)
}
