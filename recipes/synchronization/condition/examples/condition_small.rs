//! One thread sleeps until another has delivered a reading.

use std::thread;
use sync_primitives::{Condition, Lock};

fn main() {
    let reading = Lock::new(None);
    let delivered = Condition::new();

    thread::scope(|scope| {
        scope.spawn(|| {
            let mut guard = reading.lock();
            // While it waits, the thread sleeps and does not hold the lock.
            delivered.wait_while(&mut guard, |value| value.is_none());
            println!("{} degrees", guard.unwrap());
        });

        *reading.lock() = Some(21);
        delivered.notify_one();
    });
}
