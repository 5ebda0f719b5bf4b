//! A thread leaves with an error, in silence. The others wait for it at the next meeting, and `main` for them: the
//! error comes to nobody's eyes.
//!
//! ```text
//! cargo run -p barrier --example barrier_mistake_left_early
//! ```
//!
//! `add_up` alone is wrong: its `?` leaves out the meetings to come. `add_up_or_abort` is right: whoever leaves breaks
//! the barrier, in a panic, too.

use std::{process::ExitCode, thread, time::Duration};
use sync_primitives::{Barrier, Queue};

/// What each of three threads adds up, with a meeting after each number.
const COLUMNS: [[&str; 3]; 3] = [["1", "2", "3"], ["4", "five", "6"], ["7", "8", "9"]];

type Outcome = Result<u32, String>;

fn main() -> ExitCode {
    let silent = ended(add_up, Duration::from_millis(300));
    println!("left in silence: {silent} of 3 threads ended");
    let loud = ended(add_up_or_abort, Duration::from_secs(10));
    println!("left with abort: {loud} of 3 threads ended");
    if silent == 3 {
        return ExitCode::SUCCESS;
    }
    eprintln!("nobody goes on: one thread has failed and gone, two wait for it at the barrier");
    eprintln!("abort the barrier in the Drop of a value that each thread holds");
    ExitCode::FAILURE
}

/// How many threads end before this one loses patience.
fn ended(work: fn(&[&str], &Barrier) -> Outcome, patience: Duration) -> usize {
    let (meeting, ends) = (Barrier::new(COLUMNS.len()), Queue::unbounded());
    thread::scope(|scope| {
        for column in &COLUMNS {
            scope.spawn(|| ends.push(work(column, &meeting)));
        }
        let failed = ends.pop().is_ok(); // Whoever fails, waits for nobody.
        // For the others the end of the scope would wait for ever.
        let ended = usize::from(failed)
            + COLUMNS[1..]
                .iter()
                .map_while(|_| ends.try_pop_for(patience).ok())
                .count();
        meeting.abort(); // Whoever still waits goes on.
        ended
    })
}

fn add_up(column: &[&str], meeting: &Barrier) -> Outcome {
    let mut sum = 0;
    for text in column {
        sum += text
            .parse::<u32>()
            .map_err(|error| format!("{text:?}: {error}"))?;
        meeting.wait().map_err(|error| error.to_string())?;
    }
    Ok(sum)
}

fn add_up_or_abort(column: &[&str], meeting: &Barrier) -> Outcome {
    let _leaving = Leaving(meeting);
    add_up(column, meeting)
}

struct Leaving<'a>(&'a Barrier);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
