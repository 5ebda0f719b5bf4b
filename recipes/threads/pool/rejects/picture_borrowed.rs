// error: E0597
//! Submits a job that borrows the list of pictures. The pool may still run the job when the list is
//! gone, so a job must own what it uses. Move a clone or an `Arc` into it. The jobs of rayon's
//! `install` and of a `thread::scope` may borrow, because these wait for all jobs before they
//! return.

use std::sync::mpsc::{self, Receiver};

type Job = Box<dyn FnOnce() + Send>;

fn submit_all() -> Receiver<Job> {
    let (jobs, queue) = mpsc::channel::<Job>();
    let pictures = vec![String::from("cat.png"), String::from("rocket.png")];
    for picture in &pictures {
        let job = move || println!("{picture}");
        jobs.send(Box::new(job)).expect("there is a thread"); // refused
    }
    queue
}

fn main() {
    for job in submit_all() {
        job();
    }
}
