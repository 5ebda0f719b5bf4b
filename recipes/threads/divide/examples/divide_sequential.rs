//! The same job on one thread.
//!
//! ```text
//! cargo run -p divide --example divide_sequential
//! ```
//!
//! What differs from the recipe: one thread parses the lines in a loop, and searches one half after
//! the other. The cuts are the same. Choose it if the list is small, and to find out what the other
//! programs gain.

#[path = "../src/cli.rs"]
mod cli;

use cli::{BadLine, City, Pair};

/// So few cities are not cut. Each is compared with each.
const FEW: usize = 16;

fn main() {
    let list = cli::load_or_exit();
    let mut cities = vec![City::default(); list.count()];
    let parsed = parse(list.text(), &mut cities);
    cli::check_or_exit(&list, parsed);

    let closest = closest(&mut cities);
    cli::print(&cities, closest);
}

fn parse<'text>(text: &'text str, cities: &mut [City<'text>]) -> Result<(), BadLine> {
    for (line, city) in text.lines().zip(cities) {
        *city = cli::parse_line(line)?;
    }
    Ok(())
}

/// Finds the closest of at least two cities. Changes the order of the cities.
fn closest<'text>(cities: &mut [City<'text>]) -> Pair<'text> {
    if cities.len() <= FEW {
        return cli::closest_of_few(cities);
    }
    let middle = cities.len() / 2;
    cities.select_nth_unstable_by(middle, City::south_to_north);
    let (south, north) = cities.split_at_mut(middle);
    let closest = closest(south).min(closest(north));
    cli::closest_across(south, north, closest)
}
