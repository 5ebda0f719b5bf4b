//! The workload of the recipe `bridge`: how long a server of tokio takes to answer a ping, when it
//! is idle and when it computes in three ways.
//!
//! The server has as many threads for tasks as there are processors, and so many tasks that compute
//! one job after the other. A client pings it from a thread of its own, over a socket.

use crate::measure::{Figure, Sample, Workload, work};
use std::future::Future;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task;

/// Units of work: about ten milliseconds.
const JOB: u32 = 5_000_000;
/// The client pings about a thousand times a second.
const PAUSE: Duration = Duration::from_millis(1);
/// Long enough for a percentile.
const SAMPLE: Duration = Duration::from_secs(1);
const FIGURES: [Figure; 2] = [Figure::new("p50", "µs"), Figure::new("p99", "µs")];

pub(crate) fn workloads() -> Vec<Workload> {
    let ping = Workload::with_figures("Bridge", "ping", &FIGURES)
        .lasting(SAMPLE)
        .in_release_only()
        .baseline("idle", |n| ping(n, &start()))
        .peer("rayon behind a oneshot", |n| ping_busy(n, on_rayon))
        .peer("`spawn_blocking`", |n| ping_busy(n, on_blocking_thread))
        .peer("in the task", |n| ping_busy(n, in_the_task));
    vec![ping]
}

async fn on_rayon() {
    let (sender, receiver) = oneshot::channel();
    rayon::spawn(move || {
        work(JOB);
        // Fails if the sample is over.
        let _ = sender.send(());
    });
    receiver.await.expect("the job does not panic");
}

async fn on_blocking_thread() {
    let job = task::spawn_blocking(|| work(JOB));
    job.await.expect("the job does not panic");
}

async fn in_the_task() {
    work(JOB);
    task::yield_now().await;
}

/// Measures pings while each processor has a task that computes.
fn ping_busy<F>(n: u64, compute: fn() -> F) -> Sample
where
    F: Future<Output = ()> + Send + 'static,
{
    let server = start();
    for _ in 0..processors() {
        server.runtime.spawn(async move {
            loop {
                compute().await;
            }
        });
    }
    let sample = ping(n, &server);
    // The last jobs must not disturb the next sample. Dropping the runtime waits for its own, and
    // then rayon comes to this closure when its threads are free.
    drop(server);
    rayon::broadcast(|_| ());
    sample
}

struct Server {
    runtime: Runtime,
    address: SocketAddr,
}

fn start() -> Server {
    let mut builder = Builder::new_multi_thread();
    let runtime = builder.worker_threads(processors()).enable_io().build();
    let runtime = runtime.expect("the system has threads left");
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
    let listener = listener.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    runtime.spawn(answer(listener));
    Server { runtime, address }
}

/// Answers the pings of one client until it hangs up.
async fn answer(listener: TcpListener) {
    let (mut stream, _) = listener.accept().await.expect("a client comes");
    let mut question = [0; 5];
    while stream.read_exact(&mut question).await.is_ok() {
        stream.write_all(b"pong\n").await.expect("the client reads");
    }
}

fn ping(n: u64, server: &Server) -> Sample {
    let mut stream = TcpStream::connect(server.address).expect("the server listens");
    let mut latencies = Vec::new();
    let start = Instant::now();
    for _ in 0..n {
        // As from a load balancer, a ping comes at any moment of a job.
        thread::sleep(PAUSE);
        let sent = Instant::now();
        stream.write_all(b"ping\n").expect("the server reads");
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).expect("the server answers");
        assert_eq!(&answer, b"pong\n");
        latencies.push(sent.elapsed().as_secs_f64() * 1e6);
    }
    let elapsed = start.elapsed();
    latencies.sort_by(f64::total_cmp);
    let last = latencies.len() - 1;
    let at = |percent: usize| latencies[(last * percent).div_ceil(100)];
    Sample::of(elapsed, vec![at(50), at(99)])
}

fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}
