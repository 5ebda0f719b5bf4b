// error: E0277
//! Lets two threads receive from one `Receiver` of the standard library. It is made for a single
//! thread at a time, and is not `Sync`. Put it into a `Mutex`, or use a channel of crossbeam, whose
//! receiver can be shared and cloned.

use std::sync::mpsc;
use std::thread;

fn main() {
    let (sender, pieces) = mpsc::sync_channel(2);
    sender.send("down").expect("the receiver exists");
    sender.send("the rabbit-hole").expect("the receiver exists");
    thread::scope(|scope| {
        scope.spawn(|| println!("{:?}", pieces.recv())); // refused
        scope.spawn(|| println!("{:?}", pieces.recv())); // refused
    });
}
