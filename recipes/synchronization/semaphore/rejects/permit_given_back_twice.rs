// error: E0382
//! Gives a permit back twice. Giving back is dropping, and after the first time the permit is gone. One that should be
//! taken again is acquired again.

use sync_primitives::Semaphore;

fn main() {
    let places = Semaphore::new(3);
    let permit = places.acquire();
    drop(permit);
    drop(permit); // refused
}
