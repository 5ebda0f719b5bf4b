//! Two threads change one map. The lock lets in one of them at a time, so no update is lost.

use std::collections::BTreeMap;
use std::thread;
use sync_primitives::Lock;

fn main() {
    let table = Lock::new(BTreeMap::new());
    thread::scope(|scope| {
        scope.spawn(|| count("to be or not to be", &table));
        scope.spawn(|| count("not now", &table));
    });
    println!("{:?}", table.into_inner());
}

fn count(text: &str, table: &Lock<BTreeMap<String, u32>>) {
    for word in text.split(' ') {
        let mut guard = table.lock(); // Waits until no other thread holds the lock.
        *guard.entry(word.to_string()).or_default() += 1;
    } // The guard goes out of scope, which releases the lock.
}
