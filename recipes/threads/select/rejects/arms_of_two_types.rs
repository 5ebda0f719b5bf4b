// error: E0308
//! Uses the values of two channels of different types as the value of one `select!`. The channels
//! may have different types, but the arms must give the same one. Let each arm make a variant of an
//! enum, or handle the message within its arm.

use crossbeam::channel::{select, unbounded};

enum Event {
    Pressure(u32),
    Name(String),
}

fn main() {
    let (pressures, receiver) = unbounded::<u32>();
    let (_names, names) = unbounded::<String>();
    pressures.send(9839).unwrap();

    let event = select! {
        recv(receiver) -> pressure => Event::Pressure(pressure.unwrap()),
        recv(names) -> name => Event::Name(name.unwrap()),
    };
    if let Event::Pressure(_) | Event::Name(_) = event {
        println!("received");
    }

    let _value = select! { recv(receiver) -> p => p.unwrap(), recv(names) -> n => n.unwrap() }; // refused
}
