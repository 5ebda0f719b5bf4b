//! Count the files, lines and bytes in a directory tree, with four workers and a `Queue`.
//!
//! The queue holds directories and files. A worker that pops a directory pushes everything it
//! contains, and a worker that pops a file counts it. So the number of items is not known in
//! advance, and an empty queue does not mean that the walk is over: a worker may be about to
//! push more. `Queue::join` waits until every item that was pushed is also done.
//!
//! The rest is in src/cli.rs: an `Entry` is a directory or a file. A `Tally` holds one worker's
//! counts, and its methods list a directory or count a file.
//!
//! ```text
//! cargo run -p queue                # the tree in input/flask-examples
//! cargo run -p queue -- some/tree   # your own tree; src/cli.rs says what is counted
//! ```
//!
//! Prints the number of files, lines and bytes for each file extension, and the total. They are
//! the same on every run. How many items each worker handled differs, and goes to standard
//! error.

mod cli;

use std::thread;

use cli::{Entry, Tally};
use sync_primitives::Queue;

// ANCHOR: main
const WORKERS: usize = 4;

fn main() {
    let root = cli::root_or_exit();
    // Unbounded, because the threads that pop are also the ones that push. A bounded queue could be
    // full while every worker waits to push, and then nobody would be left to pop.
    let queue = Queue::unbounded();
    queue.push(root).expect("the queue is open");

    let mut total = Tally::default();
    thread::scope(|scope| {
        let _guard = queue.close_now_on_drop(); // Stops the workers if a `spawn` panics.
        let mut workers = Vec::new();
        for _ in 0..WORKERS {
            workers.push(scope.spawn(|| work(&queue)));
        }

        queue.join(); // Returns when every item is done. No worker pushes anything after that.
        queue.close(); // Ends the loop of every worker.

        for worker in workers {
            total.merge(worker.join().expect("a worker panicked"));
        }
    });

    cli::print_report(&total);
}
// ANCHOR_END: main

// ANCHOR: work
/// Handles one item after another until the queue is closed.
fn work(queue: &Queue<Entry>) -> Tally {
    // If this worker panics, the guard closes the queue and discards the items in it, so the other
    // workers stop too. Without the guard, if every worker panicked, nobody would handle these
    // items, and `join` would wait forever.
    let _guard = queue.close_now_on_drop();

    let mut tally = Tally::default();
    for task in queue.tasks() {
        // A `Task` dereferences to its item.
        match &*task {
            Entry::Directory(path) => {
                for entry in tally.list_directory(path) {
                    if queue.push(entry).is_err() {
                        return tally; // Another worker has panicked, so the queue is closed.
                    }
                }
            }
            Entry::File(path) => tally.count_file(path),
        }
        // Here `task` is dropped, which marks its item as done. The entries of a directory have
        // been pushed before that, so the walk never seems to be over too early.
    }
    tally
}
// ANCHOR_END: work
