// error: E0382
//! Gives a permit back twice. Dropping a permit gives it back, and a value can be dropped only
//! once. Acquire a new permit if you need one again.

use sync_primitives::Semaphore;

fn main() {
    let places = Semaphore::new(3);
    let permit = places.acquire();
    drop(permit);
    drop(permit); // refused
}
