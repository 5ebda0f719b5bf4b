//! Two threads count errors. No addition is lost, because `fetch_add`
//! reads, adds and writes in one step.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

static ERRORS: AtomicU64 = AtomicU64::new(0);

fn main() {
    let log = [[200, 404, 304, 500], [500, 200, 404, 404]];
    thread::scope(|scope| {
        for share in log {
            scope.spawn(move || count(&share));
        }
    });
    println!("errors: {}", ERRORS.load(Ordering::Relaxed));
}

fn count(share: &[u16]) {
    for status in share {
        if *status >= 400 {
            ERRORS.fetch_add(1, Ordering::Relaxed);
        }
    }
}
