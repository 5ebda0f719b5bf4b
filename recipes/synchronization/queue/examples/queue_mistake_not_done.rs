//! A worker skips a bad item and does not mark it as done. So `join` waits forever.
//!
//! ```text
//! cargo run -p queue --example queue_mistake_not_done
//! ```
//!
//! `add_popped` is wrong, because its `continue` skips `task_done` as well. `add_tasks` is right: a
//! `Task` marks its item as done when it is dropped, however the round of the loop ends.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;
use sync_primitives::Queue;

struct Outcome {
    joined: bool,
    sum: u32,
}

fn main() -> ExitCode {
    let popped = add_up(add_popped, Duration::from_millis(300));
    println!("pop and task_done: join returned: {}", popped.joined);
    let tasks = add_up(add_tasks, Duration::from_secs(10));
    println!("tasks: join returned: {}, sum {}", tasks.joined, tasks.sum);
    if popped.joined {
        return ExitCode::SUCCESS;
    }
    eprintln!("join waits: four items were pushed, but only three were marked as done");
    eprintln!("loop over tasks(); or call task_done on every path through the body of the loop");
    ExitCode::FAILURE
}

/// Lets two workers add up all items, but gives up after `patience`.
fn add_up(work: fn(&Queue<&str>) -> u32, patience: Duration) -> Outcome {
    let items = Queue::unbounded();
    for item in ["1", "2", "three", "4"] {
        items.push(item).expect("the queue is open");
    }
    thread::scope(|scope| {
        let first = scope.spawn(|| work(&items));
        let second = scope.spawn(|| work(&items));
        let joined = items.join_for(patience); // `join` could wait forever.
        items.close();
        let sum = first.join().unwrap() + second.join().unwrap();
        Outcome { joined, sum }
    })
}

fn add_popped(items: &Queue<&str>) -> u32 {
    let mut sum = 0;
    while let Ok(item) = items.pop() {
        let Ok(number) = item.parse::<u32>() else {
            continue;
        };
        sum += number;
        items.task_done().expect("the item has been popped");
    }
    sum
}

fn add_tasks(items: &Queue<&str>) -> u32 {
    let mut sum = 0;
    for item in items.tasks() {
        let Ok(number) = item.parse::<u32>() else {
            continue;
        };
        sum += number;
    }
    sum
}
