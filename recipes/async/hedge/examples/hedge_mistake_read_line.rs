//! Calls `read_line` in a `select!` that runs in a loop. If another branch is ready first, the
//! beginning of the line, which has been read already, is lost.
//!
//! ```text
//! cargo run -p hedge --example hedge_mistake_read_line
//! ```
//!
//! `by_read_line` is wrong: `read_line` keeps what it has read in its future, and `select!` drops
//! this future when the timer is ready first. `by_next_line` is right: `Lines` keeps what it has
//! read, and lives as long as the loop.

use std::process::ExitCode;
use std::time::Duration;

use tokio::io::{self, AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream};
use tokio::time;

/// What arrives, every three seconds. The first line arrives in two parts.
const PARTS: [&str; 3] = ["EUTELSAT", " 1-F1\n", "WIND\n"];

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> ExitCode {
    let wrong = by_read_line(connect()).await;
    println!("read_line: {wrong:?}");
    let right = by_next_line(connect()).await;
    println!("next_line: {right:?}");
    if wrong == right {
        return ExitCode::SUCCESS;
    }
    eprintln!("`select!` dropped a `read_line` that had read the beginning of a line");
    eprintln!("call `lines` once before the loop, and `next_line` in the `select!`");
    ExitCode::FAILURE
}

async fn by_read_line(stream: DuplexStream) -> Vec<String> {
    let mut reader = BufReader::new(stream);
    let mut progress = time::interval(Duration::from_secs(2));
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        tokio::select! {
            result = reader.read_line(&mut line) => { // Wrong: `read_line` is not cancel-safe.
                let bytes = result.expect("the connection is in memory");
                if bytes == 0 {
                    return lines;
                }
                lines.push(line.trim_end().to_string());
            }
            _ = progress.tick() => {} // A program would show its progress here.
        }
    }
}

async fn by_next_line(stream: DuplexStream) -> Vec<String> {
    let mut reader = BufReader::new(stream).lines();
    let mut progress = time::interval(Duration::from_secs(2));
    let mut lines = Vec::new();
    loop {
        tokio::select! {
            // Cancel-safe: `reader` keeps the beginning of a line.
            result = reader.next_line() => {
                let Some(line) = result.expect("the connection is in memory") else {
                    return lines;
                };
                lines.push(line);
            }
            // Cancel-safe: the interval remembers when its next tick is due.
            _ = progress.tick() => {}
        }
    }
}

/// Connects to a mirror that sends the parts.
fn connect() -> DuplexStream {
    let (client, mut server) = io::duplex(64);
    tokio::spawn(async move {
        for part in PARTS {
            let result = server.write_all(part.as_bytes()).await;
            result.expect("the client reads until the end");
            time::sleep(Duration::from_secs(3)).await;
        }
    });
    client
}
