//! A server closes a connection before it counts it as closed. In between, the client reads the end
//! of the stream and gives its permit back, and the next client connects. The server counts two
//! connections although there is only one permit.
//!
//! ```text
//! cargo run -p semaphore --example semaphore_mistake_counted_late
//! ```
//!
//! `close_then_count` is wrong: it lets the next client go on before its own work is done.
//! `count_then_close` is right. The recipe's server does the same.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use sync_primitives::Semaphore;

const LIMIT: usize = 1;

fn main() -> io::Result<ExitCode> {
    let wrong = ask_twice(close_then_count)?;
    println!("close, then count: {wrong:?}");
    let right = ask_twice(count_then_close)?;
    println!("count, then close: {right:?}");
    if wrong[1] == "served" {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!(
        "refused: the second client had the only permit, but the server still counted the first"
    );
    eprintln!("finish your own work before you let another thread go on: count, then close");
    Ok(ExitCode::FAILURE)
}

/// Returns the answers that two clients get. There is one permit, so they take turns.
fn ask_twice(finish: fn(TcpStream, &AtomicUsize, Receiver<()>)) -> io::Result<[String; 2]> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let server = listener.local_addr()?;
    let permits = Semaphore::new(LIMIT);
    thread::scope(|scope| {
        let serving = scope.spawn(move || serve(&listener, finish));
        let first = scope.spawn(|| ask(server, &permits));
        let second = scope.spawn(|| ask(server, &permits));
        let first = first.join().expect("a client panicked");
        let second = second.join().expect("a client panicked");
        serving.join().expect("the server panicked")?;
        let mut answers = [first?, second?];
        answers.sort_unstable_by(|one, two| two.cmp(one)); // Either client may be first.
        Ok(answers)
    })
}

fn ask(server: SocketAddr, permits: &Semaphore) -> io::Result<String> {
    let _permit = permits.acquire();
    io::read_to_string(TcpStream::connect(server)?)
}

fn serve(
    listener: &TcpListener,
    finish: fn(TcpStream, &AtomicUsize, Receiver<()>),
) -> io::Result<()> {
    let open = &AtomicUsize::new(0);
    thread::scope(|scope| {
        let (next_has_come, next_client) = channel();
        let first = accept(listener, open)?;
        scope.spawn(move || finish(first, open, next_client));
        accept(listener, open)?;
        next_has_come.send(()).map_err(io::Error::other)
    })
}

fn accept(listener: &TcpListener, open: &AtomicUsize) -> io::Result<TcpStream> {
    let (mut stream, _) = listener.accept()?;
    let welcome = open.fetch_add(1, Relaxed) < LIMIT;
    stream.write_all(if welcome { b"served" } else { b"busy" })?;
    Ok(stream)
}

fn close_then_count(stream: TcpStream, open: &AtomicUsize, next_client: Receiver<()>) {
    drop(stream); // Wrong: the next client may come while this one is still counted.
    // The scheduler may stop this thread here until the next client has come. Here it always does.
    let _ = next_client.recv();
    open.fetch_sub(1, Relaxed);
}

fn count_then_close(stream: TcpStream, open: &AtomicUsize, next_client: Receiver<()>) {
    open.fetch_sub(1, Relaxed);
    drop(stream);
    let _ = next_client.recv();
}
