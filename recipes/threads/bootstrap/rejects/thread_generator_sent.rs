// error: E0277
//! Moves the generator of one thread to a different thread. This generator is shared within its
//! thread through an `Rc`, as rand's `ThreadRng` is, so it is not `Send`. Let each thread call
//! `rand::rng()` itself. If the result must be the same on every run, give each piece of work its
//! own generator, with its own seed.

use std::cell::Cell;
use std::rc::Rc;
use std::thread;

/// Like rand's `ThreadRng`, a handle on the generator of the thread that made it.
struct ThreadRng {
    state: Rc<Cell<u64>>,
}

fn main() {
    let random = ThreadRng {
        state: Rc::new(Cell::new(1899)),
    };
    let drawing = thread::spawn(move || next(random)); // refused
    println!("{:?}", drawing.join().ok()); // refused
}

/// One step of a generator.
fn next(random: ThreadRng) -> u64 {
    let state = random.state.get().wrapping_mul(6364136223846793005);
    random.state.set(state);
    state
}
