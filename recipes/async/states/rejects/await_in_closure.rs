// error: E0728
//! Awaits in a closure that is not async. Only an async function, block or closure can stop in the
//! middle and go on later. Use a `for` loop.

async fn follow(end: u32) {
    println!("{end}");
}

async fn follow_all(ends: &[u32]) {
    ends.iter().for_each(|end| {
        follow(*end).await; // refused
        println!("{end} has ended");
    });
    follow(0).await;
}

fn main() {
    let _future = follow_all(&[1, 2]);
}
