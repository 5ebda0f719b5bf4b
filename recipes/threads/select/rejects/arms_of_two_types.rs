// error: E0308
//! Uses the received messages as the value of `select!`. The channels may carry different types,
//! but all arms must have the same type. Handle each message inside its arm, or let each arm return
//! a variant of an enum.

use crossbeam::channel::{select, unbounded};

fn main() {
    let (station, pressures) = unbounded::<u32>();
    let (_control, commands) = unbounded::<String>();
    station.send(9839).unwrap();

    let message = select! {
        recv(pressures) -> pressure => pressure.unwrap(),
        recv(commands) -> command => command.unwrap(), // refused
    };
    println!("{message}");
}
