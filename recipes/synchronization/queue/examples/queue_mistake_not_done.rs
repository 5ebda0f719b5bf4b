//! A worker that skips a bad item does not report it done. `join` waits for a report that does not come.
//!
//! ```text
//! cargo run -p queue --example queue_mistake_not_done
//! ```
//!
//! `pop_and_report` is wrong: the `continue` leaves out the report. `drop_tasks` is right: a task reports when it is
//! dropped, whichever way that comes about.

use std::{process::ExitCode, thread, time::Duration};
use sync_primitives::Queue;

fn main() -> ExitCode {
    let (joined, sum) = add_up(pop_and_report, Duration::from_millis(300));
    println!("pop and task_done: joined: {joined}, sum {sum}");
    let (also_joined, sum) = add_up(drop_tasks, Duration::from_secs(10));
    println!("tasks: joined: {also_joined}, sum {sum}");
    if joined {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "join waits: four items were pushed, three were reported done, and nobody is at work"
    );
    eprintln!(
        "take the items with tasks(), whose Drop reports; or call task_done on every way out of the loop's body"
    );
    ExitCode::FAILURE
}

/// The sum that two workers come to, and whether `join` saw all items done.
fn add_up(work: fn(&Queue<&str>) -> u32, patience: Duration) -> (bool, u32) {
    let items = Queue::unbounded();
    for item in ["1", "2", "three", "4"] {
        items.push(item).expect("the queue is open");
    }
    thread::scope(|scope| {
        let workers = [(); 2].map(|()| scope.spawn(|| work(&items)));
        let joined = items.join_for(patience); // `join` could wait for ever.
        items.close();
        (
            joined,
            workers
                .map(|worker| worker.join().expect("a worker panicked"))
                .iter()
                .sum(),
        )
    })
}

fn pop_and_report(items: &Queue<&str>) -> u32 {
    let mut sum = 0;
    while let Ok(item) = items.pop() {
        let Ok(number) = item.parse::<u32>() else {
            continue;
        };
        sum += number;
        items.task_done().expect("it has been popped");
    }
    sum
}

fn drop_tasks(items: &Queue<&str>) -> u32 {
    items
        .tasks()
        .filter_map(|item| item.parse::<u32>().ok())
        .sum()
}
