// error: E0277
//! Awaits the answer's `send`. Sending into a oneshot channel never waits, so `send` is no async
//! function. Leave out the `.await`.

use tokio::sync::oneshot;

#[tokio::main]
async fn main() {
    let (answer, _receiver) = oneshot::channel::<u32>();
    let _ = answer.send(6).await; // refused
}
