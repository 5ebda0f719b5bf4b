//! How large an item may be that goes through a queue, compared with the stack of its thread.
//!
//! Each copy of an item that a push or a pop makes takes room on the stack, so copies decide how
//! large an item may be. A stack overflow ends the process. So each attempt runs in a process of
//! its own, which is this test again, with a variable that tells it what to do.

mod common;

use std::{
    env,
    hint::black_box,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
};

use common::{LIMIT, until, within};
use sync_primitives::{LifoQueue, PriorityQueue, Queue};

/// Large enough that nothing else on the stack matters.
const ITEM: usize = 64 * 1024;

/// No attempt gets a stack for more items than this.
const MOST_ITEMS: usize = 32;

const VARIABLE: &str = "SYNC_PRIMITIVES_STACK_TEST";

/// Ways to pass an item on. Each is a function, so that its stack frame holds nothing else.
const ATTEMPTS: [(&str, fn()); 6] = [
    ("make", make),
    ("std", through_std),
    ("queue", through_queue),
    ("task", through_queue_as_task),
    ("lifo_queue", through_lifo_queue),
    ("priority_queue", through_priority_queue),
];

#[inline(never)]
fn make() {
    black_box(item());
}

#[inline(never)]
fn through_std() {
    let (sender, receiver) = mpsc::sync_channel(2);
    let _ = sender.send(item());
    let _ = receiver.recv();
}

#[inline(never)]
fn through_queue() {
    let queue = Queue::bounded(2);
    let _ = queue.push(item());
    let _ = queue.pop();
}

#[inline(never)]
fn through_queue_as_task() {
    let queue = Queue::bounded(2);
    let _ = queue.push(item());
    let _ = queue.task();
}

#[inline(never)]
fn through_lifo_queue() {
    let queue = LifoQueue::bounded(2);
    let _ = queue.push(item());
    let _ = queue.pop();
}

/// Two items, so that the heap moves them.
#[inline(never)]
fn through_priority_queue() {
    let queue = PriorityQueue::bounded(2);
    push_item(&queue);
    push_item(&queue);
    let _ = queue.pop();
}

#[inline(never)]
fn push_item(queue: &PriorityQueue<[u8; ITEM]>) {
    let _ = queue.push(item());
}

fn item() -> [u8; ITEM] {
    [black_box(1); ITEM]
}

/// Makes one attempt, if this process was started to make it.
fn run_attempt() -> bool {
    let Ok(order) = env::var(VARIABLE) else {
        return false;
    };
    let (name, items) = order.split_once(' ').expect("a name and a number");
    let items: usize = items.parse().expect("a number");
    let (_, attempt) = ATTEMPTS
        .into_iter()
        .find(|(other, _)| *other == name)
        .expect("the name of an attempt");
    // Half an item is left for everything else.
    thread::Builder::new()
        .stack_size(items * ITEM + ITEM / 2)
        .spawn(attempt)
        .expect("a thread")
        .join()
        .expect("the attempt");
    true
}

/// Returns for how many items a stack must have room so that the attempt succeeds.
fn items_on_stack(test: &str, name: &str) -> usize {
    for items in 1..=MOST_ITEMS {
        let mut child = Command::new(env::current_exe().expect("the path of this test"))
            .args(["--exact", test])
            .env(VARIABLE, format!("{name} {items}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the test starts again");
        let mut status = None;
        until(|| {
            status = child.try_wait().expect("the state of the child");
            status.is_some()
        });
        if status.is_some_and(|status| status.success()) {
            return items;
        }
    }
    panic!("{name} fails even with a stack for {MOST_ITEMS} items");
}

#[test]
fn a_queue_copies_an_item_no_more_often_than_std_does() {
    const NAME: &str = "a_queue_copies_an_item_no_more_often_than_std_does";
    if run_attempt() {
        return;
    }
    within(LIMIT, || {
        let std = items_on_stack(NAME, "std");
        for name in ["queue", "task", "lifo_queue", "priority_queue"] {
            let items = items_on_stack(NAME, name);
            assert!(
                items <= std,
                "{name} needs a stack for {items} items, and std for {std}"
            );
        }
    });
}

/// In a debug build, std makes many more copies than a queue. So the test above would not notice a
/// new copy.
#[cfg(not(feature = "trace"))]
#[test]
fn a_push_and_a_pop_make_no_new_copy_of_an_item() {
    const NAME: &str = "a_push_and_a_pop_make_no_new_copy_of_an_item";
    const MOST_COPIES: usize = if cfg!(debug_assertions) { 11 } else { 1 };
    if run_attempt() {
        return;
    }
    within(LIMIT, || {
        let items = items_on_stack(NAME, "queue") - items_on_stack(NAME, "make");
        assert!(
            items <= MOST_COPIES,
            "a push and a pop need a stack for {items} items"
        );
    });
}
