// error: E0373
//! Lends a picture to a job of `rayon::spawn`. The job may outlive the function that starts it, so
//! it must own what it uses. Write `move`, and share what you still need through an `Arc`.
//! `rayon::scope` can borrow, but it blocks the thread until its jobs are done.

use tokio::sync::oneshot;

async fn hash(picture: Vec<u8>) -> usize {
    let (sender, receiver) = oneshot::channel();
    rayon::spawn(|| sender.send(picture.len()).unwrap()); // refused
    receiver.await.unwrap()
}

fn main() {
    drop(hash(vec![1, 2, 3]));
}
