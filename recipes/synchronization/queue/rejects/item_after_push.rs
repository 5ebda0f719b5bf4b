// error: E0382
//! Uses an item after it was pushed. Pushing moves it: from then on it belongs to the thread that pops it, which may be
//! changing it already. Read before pushing, or push a clone; only a push that fails gives the item back.

use sync_primitives::Queue;

fn main() {
    let names = Queue::unbounded();
    let name = "hex bolt".to_owned();
    names.push(name).expect("the queue is open");
    println!("{name}"); // refused
}
