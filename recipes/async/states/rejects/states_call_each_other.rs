// error: E0733
//! Calls the next state instead of returning it. The future of `closed` contains the future of
//! `syn_sent`, which contains that of `closed`, so its size would be infinite. Return the next
//! state to a loop. If you need the recursion, put the inner future on the heap:
//! `Box::pin(closed(attempts - 1)).await`.

async fn closed(attempts: u32) {
    println!("CLOSED");
    syn_sent(attempts).await;
}

async fn syn_sent(attempts: u32) {
    println!("SYN_SENT");
    if attempts > 1 {
        closed(attempts - 1).await; // refused
    }
}

fn main() {
    let _future = closed(3);
}
