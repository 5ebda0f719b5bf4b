// error: E0277
//! Moves a clone of an `Rc` into a thread. An `Rc` counts its clones without synchronization, so
//! two threads would change the count at the same time: a data race. Use an `Arc`, or borrow in a
//! scope, which needs neither.

use std::rc::Rc;
use std::thread;

fn main() {
    let file = Rc::new(String::from("2013-02-12T08:00Z,39,11"));
    let for_thread = Rc::clone(&file);
    thread::spawn(move || for_thread.lines().count()); // refused
    println!("{file}");
}
