//! Two threads take jobs from one queue. Each result carries the number of its job.

use crossbeam::channel;
use std::thread;

fn main() {
    let (jobs, queue) = channel::unbounded();
    for job in ["cat", "rocket", "moon"].into_iter().enumerate() {
        jobs.send(job).unwrap();
    }
    drop(jobs); // Closes the queue, so the loops below end when it is empty.
    let (sender, results) = channel::unbounded();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for (number, name) in &queue {
                    sender.send((number, format!("{name}.png"))).unwrap();
                }
            });
        }
    });
    // Takes the results that are there. `iter` would wait for more, until `sender` is dropped.
    let mut files: Vec<_> = results.try_iter().collect();
    files.sort();
    println!("{files:?}");
}
