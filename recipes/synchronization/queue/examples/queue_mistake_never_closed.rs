//! Workers take numbers until the queue is closed, and nobody closes it. They wait for one more, and `main` for them.
//!
//! ```text
//! cargo run -p queue --example queue_mistake_never_closed
//! ```
//!
//! An empty queue is not the end, since somebody could still push; `close` says that nobody will. `main` is wrong up to
//! the `close`, and right from there on.

use std::{process::ExitCode, thread, time::Duration};
use sync_primitives::{Queue, TryPopError};

fn main() -> ExitCode {
    let (numbers, sums) = (Queue::unbounded(), Queue::unbounded());
    for number in 1..=100 {
        numbers.push(number).expect("the queue is open");
    }
    let ended = thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                sums.push(numbers.iter().sum::<u32>())
                    .expect("the queue is open")
            });
        }
        // The end of the scope would wait for ever.
        let ended = sums.try_pop_for(Duration::from_millis(300)) != Err(TryPopError::Empty);
        println!("not closed: a worker has ended: {ended}");
        numbers.close();
        ended
    });
    sums.close();
    println!(
        "closed: all have ended, the sum is {}",
        sums.iter().sum::<u32>()
    );
    if ended {
        return ExitCode::SUCCESS;
    }
    eprintln!("nobody goes on: the workers wait for a number, and the queue is empty and open");
    eprintln!(
        "close the queue when the last item has been pushed; with channels, drop the last sender"
    );
    ExitCode::FAILURE
}
