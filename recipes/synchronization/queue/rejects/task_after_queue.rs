// error: E0505
//! Drops a queue while one of its tasks is under way. A task borrows its queue, which it tells on its end that the item
//! is done. Let the task end first; `pop` gives the item alone, which needs the queue no more.

use sync_primitives::Queue;

fn main() {
    let names = Queue::unbounded();
    names.push("hex bolt").expect("the queue is open");
    let task = names.task().expect("there is an item");
    drop(names); // refused
    println!("{}", *task);
}
