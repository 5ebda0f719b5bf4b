//! A future, polled by hand.

use std::pin::pin;
use std::task::{Context, Waker};
use tokio::sync::mpsc;

fn main() {
    let (sender, mut events) = mpsc::channel(1);
    // ANCHOR: poll
    let mut future = pin!(async {
        println!("the future begins");
        let event = events.recv().await;
        println!("the future goes on with {event:?}");
        "ESTABLISHED"
    });
    let mut context = Context::from_waker(Waker::noop()); // A waker that does nothing.
    let first = future.as_mut().poll(&mut context);
    println!("first: {first:?}");
    sender.try_send("SYN, ACK").expect("there is room for it");
    let second = future.as_mut().poll(&mut context);
    println!("second: {second:?}");
    // ANCHOR_END: poll
}
