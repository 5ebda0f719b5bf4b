//! One thread sleeps until another has delivered a reading.

use std::thread;
use sync_primitives::{Condition, Lock};

fn main() {
    let reading = Lock::new(None);
    let delivered = Condition::new();

    thread::scope(|scope| {
        scope.spawn(|| {
            let mut reading = reading.lock();
            // While it waits, the thread sleeps and does not hold the lock.
            delivered.wait_while(&mut reading, |reading| reading.is_none());
            println!("{} degrees", reading.unwrap());
        });

        *reading.lock() = Some(21);
        delivered.notify_one();
    });
}
