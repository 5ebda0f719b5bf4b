// error: E0277
//! Broadcasts a type that is not `Clone`. The channel holds one rate, and each receiver gets a
//! clone of it. Derive `Clone`, or send an `Arc<Rate>` if a clone would be expensive.

use tokio::sync::broadcast;

struct Rate {
    price: f64,
}

fn main() {
    let rate = Rate { price: 1.201 };
    println!("{}", rate.price);
    let (sender, _rates) = broadcast::channel(4); // refused
    sender.send(rate).ok(); // refused
}
