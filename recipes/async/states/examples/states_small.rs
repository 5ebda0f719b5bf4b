//! Each state is an async function that returns the next state. The clock is paused, so five
//! minutes pass at once.

use std::time::Duration;
use tokio::time::{Instant, sleep};

#[derive(Debug)]
enum State {
    Established,
    TimeWait,
    Closed,
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    tokio::join!(follow("A", 60), follow("B", 90));
}

async fn follow(name: &str, seconds: u64) {
    let start = Instant::now();
    let mut state = State::Established;
    loop {
        println!("{:3} s: {name} {state:?}", start.elapsed().as_secs());
        state = match state {
            State::Established => established(seconds).await,
            State::TimeWait => time_wait().await,
            State::Closed => return,
        };
    }
}

async fn established(seconds: u64) -> State {
    sleep(Duration::from_secs(seconds)).await;
    State::TimeWait
}

async fn time_wait() -> State {
    sleep(Duration::from_secs(240)).await;
    State::Closed
}
