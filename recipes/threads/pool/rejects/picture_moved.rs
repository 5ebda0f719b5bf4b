// error: E0382
//! Uses a picture after it was moved into a job. The job may run on another thread at any time, so
//! it must own the picture. Clone what you still need, here the path, or let the job return it.

use std::path::PathBuf;
use std::sync::mpsc;

type Job = Box<dyn FnOnce() + Send>;

fn main() {
    let (jobs, queue) = mpsc::channel::<Job>();
    let picture = PathBuf::from("cat.png");
    let job = move || println!("{} is being scaled", picture.display());
    jobs.send(Box::new(job)).expect("there is a thread");
    println!("{} was submitted", picture.display()); // refused
    drop(jobs);
    for job in queue {
        job();
    }
}
