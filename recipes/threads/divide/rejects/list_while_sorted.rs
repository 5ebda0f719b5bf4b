// error: E0502
//! Reads the whole list while threads still sort its halves. Wait until the halves are sorted: then
//! nothing borrows them any more.

use std::thread;

fn main() {
    let mut cities = ["Oslo", "Lima", "Cairo", "Quito"];
    let (left, right) = cities.split_at_mut(2);
    thread::scope(|scope| {
        scope.spawn(|| left.sort());
        println!("{cities:?}"); // refused
        scope.spawn(|| right.sort());
    });
    println!("{cities:?}");
}
