// error: E0505
//! Drops a queue while one of its tasks is unfinished. A task borrows its queue, because it marks
//! its item as done when it is dropped. Drop the task first. Or call `pop`, which returns the item
//! alone and does not borrow the queue.

use sync_primitives::Queue;

fn main() {
    let names = Queue::unbounded();
    names.push("hex bolt").expect("the queue is open");
    let task = names.task().expect("there is an item");
    drop(names); // refused
    println!("{}", *task);
}
