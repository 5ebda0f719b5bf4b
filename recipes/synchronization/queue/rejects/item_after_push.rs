// error: E0382
//! Uses an item after pushing it. `push` moves the item into the queue, and the thread that pops it
//! may be changing it already. Use the item before you push it, or push a clone. Only a push that
//! fails gives the item back.

use sync_primitives::Queue;

fn main() {
    let names = Queue::unbounded();
    let name = "hex bolt".to_owned();
    names.push(name).expect("the queue is open");
    println!("{name}"); // refused
}
