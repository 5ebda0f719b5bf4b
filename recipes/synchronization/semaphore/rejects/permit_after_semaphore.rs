// error: E0505
//! Drops a semaphore while a permit of it is out. The permit borrows the semaphore, to which it must be given back.
//! Keep the semaphore longer than the permit, or share it in an `Arc` and take an `acquire_owned` permit, which keeps
//! it alive.

use sync_primitives::Semaphore;

fn main() {
    let places = Semaphore::new(3);
    let permit = places.acquire();
    drop(places); // refused
    println!("{}", permit.num_permits());
}
