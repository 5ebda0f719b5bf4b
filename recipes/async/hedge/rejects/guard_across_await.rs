// error: future cannot be sent between threads safely
//! Keeps a guard of a std `Mutex` across an `await` in a task. A guard must be dropped on the
//! thread that locked the mutex, but a runtime may move a task to another thread at each `await`.
//! Put the guard in a block that ends before the `await`. Calling `drop` is not enough once the
//! task has used a reference to the guard, as `*count += 1` does. `tokio::spawn` demands `Send`
//! even in a runtime with one thread, as here.

use std::sync::{Arc, Mutex};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let served = Arc::new(Mutex::new(0));
    let task = tokio::spawn(async move {
        let mut count = served.lock().unwrap();
        *count += 1;
        tokio::task::yield_now().await; // refused
        println!("{count}");
    });
    task.await.unwrap();
}
