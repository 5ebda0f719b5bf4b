// error: E0728
//! `drop` is not async, so it cannot await anything.

struct Connection;

impl Connection {
    async fn say_goodbye(&mut self) {}
}

impl Drop for Connection {
    fn drop(&mut self) {
        let goodbye = self.say_goodbye();
        goodbye.await; // refused
    }
}

fn main() {
    drop(Connection);
}
