// error: E0382
//! Moves the same sender into several threads. The first thread owns it, and drops it at its end.
//! Clone the sender for each thread.

use std::sync::mpsc;
use std::thread;

fn main() {
    let (sender, words) = mpsc::sync_channel::<&str>(2);
    for word in ["down", "the", "rabbit-hole"] {
        thread::spawn(move || sender.send(word)); // refused
    }
    println!("{} words", words.iter().count());
}
