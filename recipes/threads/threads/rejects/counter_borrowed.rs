// error: E0373
//! Borrows the counter of a loop. It is gone at the end of each iteration, long before the scope
//! ends. Write `move` in front of the closure.

use std::thread;

fn main() {
    thread::scope(|scope| {
        for number in 0..3 {
            scope.spawn(|| println!("{}", number * number)); // refused
        }
    });
}
