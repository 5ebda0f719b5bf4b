//! Workloads of requests: the ways of the recipe `fetch` to send many, at most fifty at a time.
//!
//! A request goes through a pipe in memory and is answered at once, so that the figures show what a
//! runtime or a library adds to it, and nothing of a network. The client and the server of a
//! request are one future, which no runtime has to know.

use crate::{
    measure::{Figure, Sample, Workload},
    memory::{allocated, bytes_each},
};
use futures::stream::{self, StreamExt};
use futures_concurrency::prelude::*;
use futures_lite::future;
use smol::LocalExecutor;
use std::{
    cell::Cell,
    num::NonZero,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    runtime::{Builder, Runtime},
    sync::Semaphore,
    task::{JoinSet, yield_now},
};

const PAGES: u64 = 1_000;
const AT_ONCE: usize = 50;
/// The number of futures whose memory is measured.
const WAITING: u64 = 10_000;
/// The size of the value that each of these futures keeps while it waits.
const STATE: usize = 256;

/// Sends a number to a server, and returns its answer: the next number.
async fn request(page: u64) -> u64 {
    let (client, server) = tokio::io::duplex(64);
    let (answer, ()) = future::zip(ask(client, page), answer(server)).await;
    answer
}

async fn ask(mut stream: DuplexStream, page: u64) -> u64 {
    stream.write_u64(page).await.expect(OPEN);
    stream.read_u64().await.expect(OPEN)
}

async fn answer(mut stream: DuplexStream) {
    let page = stream.read_u64().await.expect(OPEN);
    yield_once().await; // The client has to wait, as for a network.
    stream.write_u64(page + 1).await.expect(OPEN);
}

const OPEN: &str = "both ends are open";

/// Lets other futures run. `yield_now` of tokio works on no other runtime.
async fn yield_once() {
    future::yield_now().await;
}

fn one_thread() -> Runtime {
    Builder::new_current_thread()
        .build()
        .expect("a runtime without drivers needs nothing")
}

/// Requests all pages as often as there are iterations.
fn sends(send_all: impl Fn() -> u64 + 'static) -> impl Fn(u64) -> Sample + 'static {
    move |n| {
        let start = Instant::now();
        for _ in 0..n {
            assert_eq!(send_all(), PAGES * (PAGES + 1) / 2, "an answer is wrong");
        }
        let elapsed = start.elapsed();
        let requests = (n * PAGES) as f64;
        Sample::of(elapsed, vec![requests / elapsed.as_secs_f64()])
    }
}

fn join_set(runtime: Runtime) -> impl Fn() -> u64 {
    move || {
        runtime.block_on(async {
            let permits = Arc::new(Semaphore::new(AT_ONCE));
            let mut tasks = JoinSet::new();
            for page in 0..PAGES {
                let permits = Arc::clone(&permits);
                tasks.spawn(async move {
                    let _permit = permits.acquire().await.expect("it is never closed");
                    request(page).await
                });
            }
            tasks.join_all().await.iter().sum()
        })
    }
}

fn buffer_unordered() -> impl Fn() -> u64 {
    let runtime = one_thread();
    move || {
        runtime.block_on(async {
            stream::iter(0..PAGES)
                .map(request)
                .buffer_unordered(AT_ONCE)
                .fold(0, async |sum, answer| sum + answer)
                .await
        })
    }
}

fn concurrent_stream() -> impl Fn() -> u64 {
    let runtime = one_thread();
    move || {
        runtime.block_on(async {
            let sum = Cell::new(0);
            stream::iter(0..PAGES)
                .co()
                .limit(NonZero::new(AT_ONCE))
                .for_each(async |page| {
                    let answer = request(page).await;
                    sum.set(sum.get() + answer); // No `.await` between the two, or answers are lost.
                })
                .await;
            sum.get()
        })
    }
}

fn smol() -> u64 {
    let executor = LocalExecutor::new();
    smol::block_on(executor.run(async {
        let permits = Rc::new(smol::lock::Semaphore::new(AT_ONCE));
        let mut tasks = Vec::new();
        for page in 0..PAGES {
            let permits = Rc::clone(&permits);
            tasks.push(executor.spawn(async move {
                let _permit = permits.acquire().await;
                request(page).await
            }));
        }
        let mut sum = 0;
        for task in tasks {
            sum += task.await;
        }
        sum
    }))
}

/// Keeps a value and never ends.
async fn wait() -> u8 {
    let state = [1; STATE];
    future::pending::<()>().await;
    state[STATE - 1]
}

/// Measures what `start` allocates for futures that wait, and that have been polled once.
fn waits<T>(start: impl Fn() -> T + 'static) -> impl Fn(u64) -> Sample + 'static {
    move |_| {
        let (started, bytes) = allocated(&start);
        drop(started);
        bytes_each(WAITING, bytes)
    }
}

fn waiting_tasks() -> (JoinSet<u8>, Runtime) {
    let runtime = one_thread();
    let mut tasks = JoinSet::new();
    runtime.block_on(async {
        for _ in 0..WAITING {
            tasks.spawn(wait());
        }
        yield_now().await;
    });
    (tasks, runtime)
}

fn waiting_in_buffer() -> impl Sized {
    let mut stream = Box::pin(
        stream::iter(0..WAITING)
            .map(|_| wait())
            .buffer_unordered(WAITING as usize),
    );
    let first = future::block_on(future::poll_once(stream.next()));
    assert!(first.is_none(), "no future ends");
    stream
}

fn waiting_in_concurrent_stream() -> impl Sized {
    let mut all = Box::pin(async {
        stream::iter(0..WAITING)
            .co()
            .for_each(async |_| {
                wait().await;
            })
            .await;
    });
    let end = future::block_on(future::poll_once(&mut all));
    assert!(end.is_none(), "no future ends");
    all
}

fn waiting_on_smol() -> (Vec<smol::Task<u8>>, LocalExecutor<'static>) {
    let executor = LocalExecutor::new();
    let mut tasks = Vec::new();
    for _ in 0..WAITING {
        tasks.push(executor.spawn(wait()));
    }
    while executor.try_tick() {}
    (tasks, executor)
}

pub(crate) fn workloads() -> Vec<Workload> {
    let requests_a_second = Figure {
        higher_is_better: true,
        ..Figure::new("", "requests/s")
    };
    let threads = Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .expect("the system has room for two threads");
    vec![
        Workload::with_figures("Requests", "1,000 pages, 50 at once", &[requests_a_second])
            .lasting(Duration::from_millis(40))
            .baseline("JoinSet", sends(join_set(one_thread())))
            .peer("JoinSet, 2 threads", sends(join_set(threads)))
            .peer("buffer_unordered", sends(buffer_unordered()))
            .peer("futures-concurrency", sends(concurrent_stream()))
            .peer("smol", sends(smol)),
        Workload::with_figures(
            "Requests",
            "a future of 256 bytes that waits",
            &[Figure::new("", "bytes each")],
        )
        .at_most(1)
        .in_release_only()
        .baseline("JoinSet", waits(waiting_tasks))
        .peer("buffer_unordered", waits(waiting_in_buffer))
        .peer("futures-concurrency", waits(waiting_in_concurrent_stream))
        .peer("smol", waits(waiting_on_smol)),
    ]
}
