// error: E0596
//! Fills a table outside of the closure. Several threads call the closure at the same time, so it
//! cannot borrow the table as mutable. Let `fold` fill a table for each piece, and let `reduce`
//! merge them.

use std::collections::HashMap;
use std::thread;

fn main() {
    let mut table = HashMap::from([("ant", 0)]);
    for_each(&["ant", "bee", "ant"], |host| {
        *table.entry(host).or_default() += 1; // refused
    });
    println!("{table:?}");
}

/// Takes the same kind of closure as rayon's `par_iter().for_each`.
fn for_each(hosts: &[&'static str], operation: impl Fn(&'static str) + Sync) {
    thread::scope(|scope| {
        for host in hosts {
            scope.spawn(|| operation(host));
        }
    });
}
