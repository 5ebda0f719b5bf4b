// error: E0502
//! Adds a channel to the list while a `Select` borrows the channels in it. Receive from the ready
//! channel first, and make a new `Select` for each round.

use crossbeam::channel::{Receiver, Select, unbounded};

fn main() {
    let (sender, receiver) = unbounded::<u32>();
    let mut stations: Vec<Receiver<u32>> = vec![receiver];
    sender.send(9839).unwrap();

    let mut select = Select::new();
    for station in &stations {
        select.recv(station);
    }
    stations.push(unbounded().1); // refused
    let ready = select.select();
    let index = ready.index();
    println!("{:?}", ready.recv(&stations[index]));
}
