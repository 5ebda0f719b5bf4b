// error: E0277
//! Broadcasts a type that is not `Clone`. The channel keeps each rate for all receivers, and gives
//! each receiver a clone. Derive `Clone`, or send an `Arc<Rate>` if a clone would be expensive.

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
