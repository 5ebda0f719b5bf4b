// error: future cannot be sent between threads safely
//! Keeps an `Rc` across an `await` in a task. An `Rc` counts its clones without synchronization, so
//! it must stay on its thread. `tokio::spawn` demands `Send` even in a runtime with one thread, as
//! here. Use an `Arc`, or put the `Rc` in a block that ends before the `await`.

use std::rc::Rc;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let task = tokio::spawn(async {
        let name = Rc::new("alice29.txt");
        tokio::task::yield_now().await; // refused
        println!("{name}");
    });
    task.await.unwrap();
}
