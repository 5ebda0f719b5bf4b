//! Three kinds of channels, and nobody receives while five rates are sent.

use tokio::sync::{broadcast, mpsc, watch};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (watch_sender, latest) = watch::channel(0);
    let (broadcast_sender, mut newest) = broadcast::channel(2);
    let (mpsc_sender, mut all) = mpsc::channel(2);

    for rate in 1..=5 {
        watch_sender.send_replace(rate);
        broadcast_sender.send(rate).unwrap();
        if let Err(full) = mpsc_sender.try_send(rate) {
            let rate = full.into_inner();
            println!("mpsc: full, so `send` would wait, and `try_send` returns {rate}");
        }
    }
    println!("watch: {}", *latest.borrow());
    println!("broadcast: {:?}", newest.recv().await);
    println!("broadcast: {:?}", newest.recv().await);
    println!("mpsc: {:?}", all.recv().await);
}
