//! Runs a program so that tokio-console can look into it. `cargo console` adds this to a copy of a
//! recipe, and starts tokio-console.

use std::io;

/// Runs the program while it can be looked into, and until standard input is closed.
///
/// `cargo console` closes it when the user has quit tokio-console. Until then the tasks of a
/// program that has already ended can still be looked at.
pub fn run<T>(program: impl FnOnce() -> T) -> T {
    console_subscriber::init();
    let end = program();
    // If standard input cannot be read, nobody is looking.
    let _ = io::copy(&mut io::stdin(), &mut io::sink());
    end
}
