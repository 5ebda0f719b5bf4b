// error: E0277
//! Moves the receiving end of a channel of `Rc`s into a thread. A channel is `Send` only if its
//! messages are, because it moves them from thread to thread. Send an `Arc`.

use std::rc::Rc;
use std::thread;
use tokio::sync::broadcast;

fn main() {
    let (sender, mut rates) = broadcast::channel(4);
    sender.send(Rc::new(1.201)).unwrap();
    let slow = thread::spawn(move || rates.blocking_recv().is_ok()); // refused
    println!("{:?}", slow.join()); // refused
}
