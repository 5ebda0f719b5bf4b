// error: E0382
//! Answers the same order twice. `send` takes the sender by value, so nobody can send again.

use tokio::sync::oneshot;

fn main() {
    let (answer, _receiver) = oneshot::channel();
    let _ = answer.send(6);
    let _ = answer.send(4); // refused
}
