// error: E0277
//! Shares a `OnceCell` between threads. Its `get_or_init` does not wait if another thread is
//! computing, so a `OnceCell` is not `Sync`. Use a `OnceLock` instead, and a `LazyLock` instead of
//! a `LazyCell`.

use std::cell::OnceCell;
use std::thread;

fn main() {
    let letters: OnceCell<usize> = OnceCell::new();
    thread::scope(|scope| {
        scope.spawn(|| letters.get_or_init(|| "tea".len())); // refused
    });
    println!("{letters:?}");
}
