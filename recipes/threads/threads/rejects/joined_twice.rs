// error: E0382
//! Joins a thread twice. A thread has one result, and `join` takes the handle to give it out, so
//! nobody can ask again. Keep the result; to learn only whether a thread has ended, call
//! `is_finished` before.

use std::thread;

fn main() {
    let check = thread::spawn(|| 11);
    println!("{:?} knots", check.join().ok());
    println!("{:?} knots", check.join().ok()); // refused
}
