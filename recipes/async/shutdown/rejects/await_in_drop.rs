// error: E0728
//! `drop` is not async, so it cannot await anything.

use tokio::io::{AsyncWriteExt, DuplexStream};

struct Connection {
    stream: DuplexStream,
}

impl Drop for Connection {
    fn drop(&mut self) {
        let goodbye = self.stream.write_all(b"closing\n");
        let _ = goodbye.await; // refused
    }
}

fn main() {
    let (stream, _peer) = tokio::io::duplex(64);
    drop(Connection { stream });
}
