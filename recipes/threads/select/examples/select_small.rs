//! Waits for two stations and a time limit at once.

use std::{thread, time::Duration};

use crossbeam::channel::{after, never, select, unbounded};

fn main() {
    let (newark, mut from_newark) = unbounded();
    let (_kennedy, from_kennedy) = unbounded::<&str>(); // Sends nothing.
    let mut limit = never();
    // When this thread has sent its message, it drops `newark`.
    thread::spawn(move || newark.send("983.9 hPa").unwrap());
    loop {
        select! {
            recv(from_newark) -> message => match message {
                Ok(pressure) => println!("Newark: {pressure}"),
                Err(_) => {
                    println!("Newark has closed its channel");
                    from_newark = never(); // A closed channel is always ready.
                    limit = after(Duration::from_millis(50));
                }
            },
            recv(from_kennedy) -> message => println!("{message:?}"),
            recv(limit) -> _ => break,
        }
    }
    println!("Kennedy is silent");
}
