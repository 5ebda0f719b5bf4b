//! Asks a second mirror if the first has not answered within two seconds.

use std::time::Duration;
use tokio::time::sleep;

// `start_paused` skips the waiting. Your own program would not use it.
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let answer = tokio::select! {
        answer = ask("Paris", 5000) => answer,
        answer = async {
            sleep(Duration::from_secs(2)).await;
            ask("Oslo", 100).await
        } => answer,
    };
    println!("{answer}"); // `select!` has canceled the other request.
}

async fn ask(mirror: &str, millis: u64) -> String {
    sleep(Duration::from_millis(millis)).await; // Stands for a request.
    format!("the answer of {mirror}")
}
