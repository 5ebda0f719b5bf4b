// error: E0277
//! Shares a `OnceCell` between threads. Its `get_or_init` does not wait for another thread that
//! computes, so it is not `Sync`. `OnceLock` is the one for threads, as `LazyLock` is for
//! `LazyCell`.

use std::cell::OnceCell;
use std::thread;

fn main() {
    let letters: OnceCell<usize> = OnceCell::new();
    thread::scope(|scope| {
        scope.spawn(|| letters.get_or_init(|| "tea".len())); // refused
    });
    println!("{letters:?}");
}
