//! A worker skips a bad item and does not mark it as done. So `join` waits forever.
//!
//! ```text
//! cargo run -p queue --example queue_mistake_not_done
//! ```
//!
//! `add_with_pop` is wrong, because its `continue` skips `task_done` as well. `add_with_tasks` is
//! right: a `Task` marks its item as done when it is dropped, however the iteration ends.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;
use sync_primitives::Queue;

struct Outcome {
    joined: bool,
    sum: u32,
}

fn main() -> ExitCode {
    let popped = run(add_with_pop, Duration::from_millis(300));
    println!("pop and task_done: join returned: {}", popped.joined);
    let tasks = run(add_with_tasks, Duration::from_secs(10));
    println!("tasks: join returned: {}, sum {}", tasks.joined, tasks.sum);
    if popped.joined {
        return ExitCode::SUCCESS;
    }
    eprintln!("join waits: four items were pushed, but only three were marked as done");
    eprintln!("loop over tasks(); or call task_done on every path through the body of the loop");
    ExitCode::FAILURE
}

/// Lets two workers add up all items, but gives up after `patience`.
fn run(work: fn(&Queue<&str>) -> u32, patience: Duration) -> Outcome {
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

fn add_with_pop(items: &Queue<&str>) -> u32 {
    let mut sum = 0;
    while let Ok(item) = items.pop() {
        let Ok(number) = item.parse::<u32>() else {
            continue; // Wrong: skips `task_done`.
        };
        sum += number;
        items.task_done().expect("the item has been popped");
    }
    sum
}

fn add_with_tasks(items: &Queue<&str>) -> u32 {
    let mut sum = 0;
    for item in items.tasks() {
        let Ok(number) = item.parse::<u32>() else {
            continue;
        };
        sum += number;
    }
    sum
}
