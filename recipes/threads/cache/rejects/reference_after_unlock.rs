// error: E0505
//! Keeps a reference into the map after the lock is released. Another thread could then remove the
//! value. Clone the value, or an `Arc` around it, while you hold the lock.

use std::collections::HashMap;
use std::sync::RwLock;

fn main() {
    let cache = RwLock::new(HashMap::from([("tea", 3)]));
    let entries = cache.read().expect("no thread should panic");
    let tea = &entries["tea"];
    drop(entries); // refused
    println!("{tea}");
}
