//! A future, polled by hand.

use std::pin::pin;
use std::task::{Context, Waker};
use tokio::sync::mpsc;

fn main() {
    let (sender, mut events) = mpsc::channel(1);
    let mut future = pin!(async {
        println!("  wait for an event");
        let event = events.recv().await;
        println!("  received {event:?}");
        "ESTABLISHED"
    });
    println!("the future exists, and has not begun");

    // An executor would pass a waker that puts the task into its queue.
    let mut context = Context::from_waker(Waker::noop());
    println!("first poll");
    println!("{:?}", future.as_mut().poll(&mut context));

    sender.try_send("SYN, ACK").expect("the channel is empty");
    println!("second poll");
    println!("{:?}", future.as_mut().poll(&mut context));
}
