// error: E0308
//! Forgets `.await`. A call of an async function returns a future, and only awaiting the future
//! gives the state.

enum State {
    Closed,
    SynSent,
}

async fn closed() -> State {
    State::SynSent
}

async fn follow() {
    let mut state = State::Closed;
    while let State::Closed = state {
        state = closed().await;
        state = closed(); // refused
    }
}

fn main() {
    let _future = follow();
}
