// error: E0505
//! Drops a semaphore while one of its permits is still held. The permit borrows the semaphore,
//! because it must be given back to it. Keep the semaphore longer than the permit, or share it in
//! an `Arc` and call `acquire_owned`: that permit keeps the semaphore alive.

use sync_primitives::Semaphore;

fn main() {
    let places = Semaphore::new(3);
    let permit = places.acquire();
    drop(places); // refused
    println!("{}", permit.num_permits());
}
