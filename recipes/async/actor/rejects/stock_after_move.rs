// error: E0382
//! Looks at the stock that the actor owns. Send the actor a message that asks for it.

use tokio::sync::mpsc;

#[tokio::main]
async fn main() {
    let mut stock = vec![10, 20];
    let (shop, mut mailbox) = mpsc::channel(4);
    let actor = tokio::spawn(async move {
        while let Some(units) = mailbox.recv().await {
            stock.push(units);
        }
    });
    let _ = shop.send(30).await;
    println!("{}", stock.len()); // refused
    drop(shop);
    let _ = actor.await;
}
