// error: E0277
//! Calls the function instead of passing it. `spawn` needs a closure or a function that the new
//! thread can call, but the result of `add_up(0)` is a number. Write `thread::spawn(|| add_up(0))`.
//! A function without parameters can be passed by its name.

use std::thread;

fn main() {
    let thread = thread::spawn(add_up(0)); // refused
    println!("{:?}", thread.join().ok()); // refused
}

fn add_up(chunk: u64) -> u64 {
    (100 * chunk..100 * (chunk + 1)).sum()
}
