// error: future cannot be sent between threads safely
//! Keeps an `Rc` across an `await` in a task. The runtime may move the task to another thread at
//! each `await`, and an `Rc` counts its clones without synchronization. Use an `Arc`, or put the
//! `Rc` in a block that ends before the `await`.

use std::rc::Rc;

#[tokio::main]
async fn main() {
    let task = tokio::spawn(async {
        let name = Rc::new("alice29.txt");
        tokio::task::yield_now().await; // refused
        println!("{name}");
    });
    task.await.unwrap();
}
