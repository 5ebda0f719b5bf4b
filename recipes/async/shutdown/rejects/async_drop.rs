// error: E0053
//! There is no async `drop`: the trait declares a plain function.

struct Connection;

impl Drop for Connection { // refused
    async fn drop(&mut self) {} // refused
} // refused

fn main() {
    drop(Connection);
}
