// error: E0373
//! Starts a thread that borrows from `main`. A thread from `thread::spawn` may outlive the function
//! that starts it, so it must own what it uses. Start it in a `thread::scope`, which ends after its
//! threads, or `move` the file into the closure.

use std::thread;

fn main() {
    let file = String::from("2013-02-12T08:00Z,39,11");
    thread::spawn(|| file.lines().count()); // refused
    println!("{file}");
}
