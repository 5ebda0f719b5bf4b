// error: E0277
//! Submits a job that has captured an `Rc`. An `Rc` counts its owners without synchronization, so
//! the thread of the pool and `main` could change the count at the same time: a data race. Use an
//! `Arc`, or give each job a value of its own.

use std::rc::Rc;
use std::sync::mpsc::Sender;

type Job = Box<dyn FnOnce() + Send>;

fn submit_all(jobs: &Sender<Job>) {
    let folder = Rc::new(String::from("pictures"));
    for name in ["cat.png", "rocket.png"] {
        let folder = Rc::clone(&folder);
        let job = move || println!("{folder}/{name}");
        jobs.send(Box::new(job)).expect("there is a thread"); // refused
    }
}

fn main() {
    let (jobs, queue) = std::sync::mpsc::channel();
    submit_all(&jobs);
    drop(jobs);
    for job in queue {
        job();
    }
}
