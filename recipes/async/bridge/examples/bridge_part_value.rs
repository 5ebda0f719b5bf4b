//! Gets the value of a future in synchronous code, on any thread.
//!
//! ```text
//! cargo run -p bridge --example bridge_part_value
//! ```

use std::thread;

use tokio::runtime::Runtime;

async fn read_temperature() -> i32 {
    // A real function would ask a server, and await the answer.
    21
}

fn main() {
    let runtime = Runtime::new().expect("the system has a thread left");

    // Runs the future on this thread until it has a value.
    let inside = runtime.block_on(read_temperature());
    println!("in main: {inside} °C");

    // Another thread needs a handle to the runtime.
    let handle = runtime.handle().clone();
    let thread = thread::spawn(move || handle.block_on(read_temperature()));
    let inside = thread.join().expect("the thread does not panic");
    println!("in another thread: {inside} °C");
}
