//! One task owns the stock. Others order by message and wait for the answer.

use tokio::sync::{mpsc, oneshot};

struct Order {
    units: u32,
    answer: oneshot::Sender<u32>,
}

#[tokio::main]
async fn main() {
    let (shop, mut mailbox) = mpsc::channel(4);
    tokio::spawn(async move {
        let mut stock = 10;
        while let Some(Order { units, answer }) = mailbox.recv().await {
            let sent = units.min(stock);
            stock -= sent;
            if answer.send(sent).is_err() {
                stock += sent; // Nobody waits for the units, so keep them.
            }
        }
    });

    for units in [6, 6] {
        let (answer, receiver) = oneshot::channel();
        shop.send(Order { units, answer }).await.unwrap();
        println!("ordered {units}, got {}", receiver.await.unwrap());
    }
}
