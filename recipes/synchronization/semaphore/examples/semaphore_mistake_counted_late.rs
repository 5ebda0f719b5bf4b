//! A server closes a connection first and counts it as closed afterwards. The client that reads the end gives its
//! permit to the next, who comes in between: the server sees two connections where there is one permit.
//!
//! ```text
//! cargo run -p semaphore --example semaphore_mistake_counted_late
//! ```
//!
//! `close_and_count` is wrong: what sets the others going comes before the work is done. `count_and_close` is right,
//! and what the recipe's server does.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, channel};
use std::{io, io::Write, process::ExitCode, thread};
use sync_primitives::Semaphore;

const PLACES: usize = 1;

fn main() -> io::Result<ExitCode> {
    let late = ask_twice(close_and_count)?;
    println!("closed, then counted: {late:?}");
    println!("counted, then closed: {:?}", ask_twice(count_and_close)?);
    if late[1] == "served" {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!(
        "turned away: the second client had the only permit, and the server still counted the first"
    );
    eprintln!("end your work first, then do what lets the other side go on: count, then close");
    Ok(ExitCode::FAILURE)
}

/// Two clients, one after the other, as the only permit says.
fn ask_twice(end: fn(TcpStream, &AtomicUsize, Receiver<()>)) -> io::Result<[String; 2]> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let server = listener.local_addr()?;
    let permits = Semaphore::new(PLACES);
    thread::scope(|scope| {
        let serving = scope.spawn(move || serve(&listener, end));
        let clients = [(); 2].map(|()| scope.spawn(|| ask(server, &permits)));
        let [one, two] = clients.map(|client| client.join().expect("a client panicked"));
        serving.join().expect("the server panicked")?;
        let mut answers = [one?, two?];
        answers.sort_unstable_by(|one, two| two.cmp(one)); // Either client may have been the first.
        Ok(answers)
    })
}

fn ask(server: SocketAddr, permits: &Semaphore) -> io::Result<String> {
    let _permit = permits.acquire();
    io::read_to_string(TcpStream::connect(server)?)
}

fn serve(listener: &TcpListener, end: fn(TcpStream, &AtomicUsize, Receiver<()>)) -> io::Result<()> {
    let open = &AtomicUsize::new(0);
    thread::scope(|scope| {
        let (next_is_here, preempted) = channel();
        let first = accept(listener, open)?;
        scope.spawn(move || end(first, open, preempted));
        accept(listener, open)?;
        next_is_here.send(()).map_err(io::Error::other)
    })
}

fn accept(listener: &TcpListener, open: &AtomicUsize) -> io::Result<TcpStream> {
    let (mut stream, _) = listener.accept()?;
    let welcome = open.fetch_add(1, Relaxed) < PLACES;
    stream.write_all(if welcome { b"served" } else { b"busy" })?;
    Ok(stream)
}

fn close_and_count(stream: TcpStream, open: &AtomicUsize, preempted: Receiver<()>) {
    drop(stream);
    let _ = preempted.recv(); // The scheduler can stop this thread here, until the next client has come. So it does.
    open.fetch_sub(1, Relaxed);
}

fn count_and_close(stream: TcpStream, open: &AtomicUsize, preempted: Receiver<()>) {
    open.fetch_sub(1, Relaxed);
    drop(stream);
    let _ = preempted.recv();
}
