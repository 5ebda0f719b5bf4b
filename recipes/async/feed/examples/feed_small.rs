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
        if mpsc_sender.try_send(rate).is_err() {
            println!("mpsc: full, so {rate} has to wait");
        }
    }
    println!("watch: {}", *latest.borrow());
    println!("broadcast: {:?}", newest.recv().await);
    println!("broadcast: {:?}", newest.recv().await);
    println!("mpsc: {:?}", all.recv().await);
}
