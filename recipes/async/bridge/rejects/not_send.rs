// error: future cannot be sent between threads safely
//! Keeps an `Rc` over an `.await`. Another thread may run the rest of the task, but an `Rc` must
//! stay on its thread. Use an `Arc`, end the `Rc`'s scope before the `.await`, or keep the task on
//! one thread: start it with `spawn_local` inside `LocalSet::run_until`.

use std::rc::Rc;

use tokio::sync::oneshot;

async fn wait_for(hash: oneshot::Receiver<u32>) {
    let name = Rc::new(String::from("horse.png"));
    let hash = hash.await.unwrap();
    println!("{name}: {hash}");
}

#[tokio::main]
async fn main() {
    let (sender, receiver) = oneshot::channel();
    sender.send(7).unwrap();
    tokio::spawn(wait_for(receiver)).await.unwrap(); // refused
}
