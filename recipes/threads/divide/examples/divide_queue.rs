//! The same job with the `Queue` of sync-primitives.
//!
//! ```text
//! cargo run -p divide --example divide_queue
//! ```
//!
//! The difference from the recipe: a part of the list is an item of one queue. A worker that pops a
//! part cuts it and pushes both halves, until a part is small enough to be searched. A worker that
//! waited for the halves of its part could not take other parts, so no worker waits. Instead, one
//! thread searches the borders at the end, when all parts are done. Choose it if the parts need
//! nothing from each other, as in a quicksort, or if your workers have other items to do as well.

#[path = "../src/cli.rs"]
mod cli;

use std::num::NonZero;
use std::{mem, thread};

use cli::{BadLine, City, List, Pair};
use sync_primitives::Queue;

/// A part whose halves have fewer cities is searched and not cut into items.
const WORTH_A_TASK: usize = 1000;

/// A part with so few cities is not cut. Each city is compared with each other one.
const FEW: usize = 16;

fn main() {
    let list = cli::load_or_exit();
    let mut cities = vec![City::default(); list.count()];
    let parsed = parse(&list, &mut cities);
    cli::check_or_exit(&list, parsed);

    let closest = closest_in_parts(&mut cities);
    let closest = closest_at_borders(&cities, closest);
    cli::print(&cities, closest);
}

/// Finds the closest cities that are in the same part.
fn closest_in_parts(cities: &mut [City]) -> Pair {
    let first_pair = cli::closest_of_few(&cities[..2]);
    // Unbounded, because the threads that pop are also the ones that push.
    let queue = Queue::unbounded();
    queue.push(cities).expect("the queue is open");
    thread::scope(|scope| {
        let mut workers = Vec::new();
        for _ in 0..threads() {
            workers.push(scope.spawn(|| work(&queue, first_pair)));
        }
        queue.join(); // Returns when every part is done.
        queue.close(); // Ends the loop of every worker.

        let mut closest = first_pair;
        for worker in workers {
            closest = closest.closer(worker.join().expect("a worker panicked"));
        }
        closest
    })
}

/// Searches one part after another until the queue is closed, and returns the closest cities.
fn work(queue: &Queue<&mut [City]>, mut closest: Pair) -> Pair {
    // If this worker panics, the others stop too.
    let _guard = queue.close_now_on_drop();
    for mut task in queue.tasks() {
        let part = mem::take(&mut *task);
        let middle = part.len() / 2;
        if middle < WORTH_A_TASK {
            closest = closest.closer(search(part));
            continue;
        }
        part.select_nth_unstable_by(middle, City::south_to_north);
        let (south, north) = part.split_at_mut(middle);
        if queue.push(south).is_err() || queue.push(north).is_err() {
            break; // Another worker has panicked.
        }
        // Dropping `task` marks this part as done. `join` still waits for both halves.
    }
    closest
}

/// Looks for closer cities across the borders of the parts. By now, the parts are in order from
/// south to north.
fn closest_at_borders(cities: &[City], closest: Pair) -> Pair {
    let middle = cities.len() / 2;
    if middle < WORTH_A_TASK {
        return closest;
    }
    let (south, north) = cities.split_at(middle);
    let closest = closest_at_borders(south, closest);
    let closest = closest_at_borders(north, closest);
    cli::closest_across(south, north, closest)
}

/// Finds the closest of at least two cities on this thread.
fn search(cities: &mut [City]) -> Pair {
    if cities.len() <= FEW {
        return cli::closest_of_few(cities);
    }
    let middle = cities.len() / 2;
    cities.select_nth_unstable_by(middle, City::south_to_north);
    let (south, north) = cities.split_at_mut(middle);
    let in_south = search(south);
    let in_north = search(north);
    let closest = in_south.closer(in_north);
    cli::closest_across(south, north, closest)
}

/// Parses all lines of the list. There are as many cities as lines.
fn parse(list: &List, cities: &mut [City]) -> Result<(), BadLine> {
    for mut piece in list.pieces(cities) {
        piece.parse()?;
    }
    Ok(())
}

fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}
