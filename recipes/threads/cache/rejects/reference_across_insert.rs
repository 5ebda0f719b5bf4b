// error: E0502
//! Holds a reference into a `HashMap` while the map changes. An insertion may move all values to
//! other memory, and the reference would still point to the old memory. Copy the value, or let the
//! map hold an `Arc` and clone the `Arc`.

use std::collections::HashMap;

fn main() {
    let mut cache = HashMap::from([("tea", 3)]);
    let tea = &cache["tea"];
    cache.insert("time", 4); // refused
    println!("{tea}");
}
