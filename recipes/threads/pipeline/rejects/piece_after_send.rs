// error: E0382
//! Uses a piece after sending it. `send` moves the piece into the channel, because another thread
//! may already be at work on it. Use the piece before you send it, send a clone, or send an `Arc`.

use std::sync::mpsc;

fn main() {
    let (sender, pieces) = mpsc::sync_channel(1);
    let piece = String::from("down the rabbit-hole");
    sender.send(piece).expect("the receiver exists");
    println!("sent: {piece}"); // refused
    println!("received: {:?}", pieces.recv());
}
