//! Two threads take jobs from one queue. Each result has the number of its job.

use crossbeam::channel;
use std::thread;

fn main() {
    let (jobs, queue) = channel::unbounded();
    for job in ["cat", "rocket", "moon"].into_iter().enumerate() {
        jobs.send(job).unwrap();
    }
    drop(jobs); // Closes the queue. A loop ends when it is also empty.
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
    let mut files: Vec<_> = results.try_iter().collect();
    files.sort();
    println!("{files:?}");
}
