// error: E0277
//! Loops over an async receiver with `for`. A `for` loop needs an `Iterator`, whose `next` returns
//! at once, and a task has to await the next rate. Write `while let Some(rate) =
//! rates.recv().await`, or make the receiver a stream and await its `next`.

use tokio::sync::mpsc;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (sender, rates) = mpsc::channel::<f64>(4);
    sender.send(1.201).await.unwrap();
    drop(sender);
    for rate in rates { // refused
        println!("{rate}"); // refused
    } // refused
}
