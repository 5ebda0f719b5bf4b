//! The models that the book shows: each mistake, and beside it the same job done right.

use crate::model::{Model, Program};
use crate::state::{Lock, Number, State};

/// A mistake and its correction.
pub struct Subject {
    /// The name that a page uses in `{{#explore NAME}}`.
    pub name: &'static str,
    /// Has at least one bad schedule.
    pub broken: Model,
    /// Has no bad schedule.
    pub mended: Model,
}

/// Returns all subjects, in the order of the book.
pub fn subjects() -> Vec<Subject> {
    let subject = |name, broken, mended| Subject {
        name,
        broken,
        mended,
    };
    vec![
        subject(
            "lost-update",
            load_add_store(),
            load_add_store_under_one_guard(),
        ),
        subject(
            "self-deadlock",
            lock_twice("Lock", Model::lock),
            lock_twice("RLock", Model::rlock),
        ),
        subject("lock-order", opposite_order(), fixed_order()),
        subject(
            "wait-under-if",
            two_keepers("Wait under if", Wait::If),
            two_keepers("Wait in a loop", Wait::While),
        ),
        subject("lost-wakeup", flag_outside_the_lock(), flag_in_the_lock()),
        subject(
            "notify",
            end_of_work("notify_one", Tell::One),
            end_of_work("notify_all", Tell::All),
        ),
        subject(
            "pulse",
            start_signal("set, then clear", true),
            start_signal("set", false),
        ),
        subject("semaphore", counted_outside(), counted_inside()),
        subject("barrier", one_count(), count_and_round()),
        subject("queue", bound_outside_the_lock(), bound_inside_the_lock()),
    ]
}

fn load_add_store() -> Model {
    let mut model = Model::new("Each line takes the lock separately");
    let count = model.number("count", 0);
    model.threads(["A", "B"], |thread| {
        let n = thread.local("n");
        thread.run("let n = *count.lock();", move |s| s[n] = s[count]);
        thread.run("let n = n + 1;", move |s| s[n] += 1);
        thread.run("*count.lock() = n;", move |s| s[count] = s[n]);
    });
    model.bad_end(LOST, move |s| s[count] != 2);
    model
}

fn load_add_store_under_one_guard() -> Model {
    let mut model = Model::new("One guard for all three lines");
    let lock = model.lock("lock");
    let count = model.number("count", 0);
    model.threads(["A", "B"], |thread| {
        let n = thread.local("n");
        thread.lock("let mut guard = count.lock();", lock);
        thread.run("let n = *guard;", move |s| s[n] = s[count]);
        thread.run("let n = n + 1;", move |s| s[n] += 1);
        thread.run("*guard = n;", move |s| s[count] = s[n]);
        thread.unlock("drop(guard);", lock);
    });
    model.bad_end(LOST, move |s| s[count] != 2);
    model
}

const LOST: &str = "an update was lost: two threads each added 1 to 0, but the count is 1";

/// A method that holds the lock calls another method that takes it.
fn lock_twice(title: &'static str, new: fn(&mut Model, &str) -> Lock) -> Model {
    let mut model = Model::new(title);
    let shelves = new(&mut model, "shelves");
    model.threads(["A"], |thread| {
        thread.lock("let whole = shelves.lock();", shelves);
        thread.lock("let part = shelves.lock(); // in add()", shelves);
        thread.unlock("drop(part);", shelves);
        thread.unlock("drop(whole);", shelves);
    });
    model.threads(["B"], |thread| {
        thread.lock("let whole = shelves.lock();", shelves);
        thread.unlock("drop(whole);", shelves);
    });
    model
}

fn opposite_order() -> Model {
    let mut model = Model::new("Each thread locks its source first");
    let [picking, reserve] = ["picking", "reserve"].map(|name| model.lock(name));
    model.threads(["A"], |thread| {
        thread.lock("let source = picking.lock();", picking);
        thread.lock("let target = reserve.lock();", reserve);
        thread.unlock("drop(target);", reserve);
        thread.unlock("drop(source);", picking);
    });
    model.threads(["B"], |thread| {
        thread.lock("let source = reserve.lock();", reserve);
        thread.lock("let target = picking.lock();", picking);
        thread.unlock("drop(target);", picking);
        thread.unlock("drop(source);", reserve);
    });
    model
}

fn fixed_order() -> Model {
    let mut model = Model::new("Both threads lock picking first");
    let [picking, reserve] = ["picking", "reserve"].map(|name| model.lock(name));
    model.threads(["A"], |thread| {
        thread.lock("let source = picking.lock();", picking);
        thread.lock("let target = reserve.lock();", reserve);
        thread.unlock("drop(target);", reserve);
        thread.unlock("drop(source);", picking);
    });
    model.threads(["B"], |thread| {
        thread.lock("let target = picking.lock();", picking);
        thread.lock("let source = reserve.lock();", reserve);
        thread.unlock("drop(source);", reserve);
        thread.unlock("drop(target);", picking);
    });
    model
}

#[derive(Clone, Copy)]
enum Wait {
    If,
    While,
}

/// A and B each take a reading, and R brings two.
fn two_keepers(title: &'static str, wait: Wait) -> Model {
    let mut model = Model::new(title);
    let (lock, not_empty) = (model.lock("lock"), model.wait_queue("not_empty"));
    let readings = model.number("slots.len()", 0);
    let missed = model.flag("popped None");
    model.threads(["A", "B"], |thread| {
        let wanting = move |s: &State| s[readings] == 0;
        let sleep = "    not_empty.wait(&mut slots);";
        thread.lock("let mut slots = slots.lock();", lock);
        match wait {
            Wait::If => {
                thread.wait_if(["if slots.is_empty() {", sleep], (lock, not_empty), wanting)
            }
            Wait::While => thread.wait_while(
                ["while slots.is_empty() {", sleep],
                (lock, not_empty),
                wanting,
            ),
        }
        thread.run("slots.pop() // then drops the guard", move |s| {
            s[missed] |= i32::from(s[readings] == 0);
            s[readings] = 0.max(s[readings] - 1);
            s.unlock(lock);
        });
    });
    model.threads(["R"], |thread| {
        for _reading in 0..2 {
            thread.run_locked("slots.lock().push(reading);", lock, move |s| {
                s[readings] += 1
            });
            thread.run("not_empty.notify_one();", move |s| s.notify_one(not_empty));
        }
    });
    model.never(
        "a thread was woken, did not check again, and found no reading",
        move |s| s[missed] == 1,
    );
    model
}

fn flag_outside_the_lock() -> Model {
    let mut model = Model::new("The flag is an atomic that changes without the lock");
    let (lock, changed) = (model.lock("lock"), model.wait_queue("changed"));
    let ready = model.flag("ready");
    model.threads(["A"], |thread| {
        let check = [
            "while !ready.load(Acquire) {",
            "    changed.wait(&mut guard);",
        ];
        thread.lock("let mut guard = lock.lock();", lock);
        thread.wait_while(check, (lock, changed), move |s| s[ready] == 0);
        thread.unlock("drop(guard);", lock);
    });
    model.threads(["B"], |thread| {
        thread.run("ready.store(true, Release);", move |s| s[ready] = 1);
        thread.run("changed.notify_one();", move |s| s.notify_one(changed));
    });
    model
}

fn flag_in_the_lock() -> Model {
    let mut model = Model::new("The flag is inside the lock");
    let (lock, changed) = (model.lock("lock"), model.wait_queue("changed"));
    let ready = model.flag("ready");
    model.threads(["A"], |thread| {
        let check = ["while !*guard {", "    changed.wait(&mut guard);"];
        thread.lock("let mut guard = ready.lock();", lock);
        thread.wait_while(check, (lock, changed), move |s| s[ready] == 0);
        thread.unlock("drop(guard);", lock);
    });
    model.threads(["B"], |thread| {
        thread.run_locked("*ready.lock() = true;", lock, move |s| s[ready] = 1);
        thread.run("changed.notify_one();", move |s| s.notify_one(changed));
    });
    model
}

#[derive(Clone, Copy)]
enum Tell {
    One,
    All,
}

/// A and B wait for the end of the work, and M announces it.
fn end_of_work(title: &'static str, tell: Tell) -> Model {
    let mut model = Model::new(title);
    let (lock, finished) = (model.lock("lock"), model.wait_queue("finished"));
    let done = model.flag("done");
    model.threads(["A", "B"], |thread| {
        let check = ["while !*done {", "    finished.wait(&mut done);"];
        thread.lock("let mut done = done.lock();", lock);
        thread.wait_while(check, (lock, finished), move |s| s[done] == 0);
        thread.unlock("drop(done);", lock);
    });
    model.threads(["M"], |thread| {
        thread.run_locked("*done.lock() = true;", lock, move |s| s[done] = 1);
        match tell {
            Tell::One => thread.run("finished.notify_one();", move |s| s.notify_one(finished)),
            Tell::All => thread.run("finished.notify_all();", move |s| s.notify_all(finished)),
        }
    });
    model
}

/// A and B wait for an event, and S sets it.
fn start_signal(title: &'static str, clears: bool) -> Model {
    let mut model = Model::new(title);
    let (is_set, waiters) = (model.flag("start.is_set()"), model.wait_queue("waiters"));
    model.threads(["A", "B"], |thread| {
        thread.run("start.wait(); // sleeps if it is not set", move |s| {
            if s[is_set] == 0 {
                s.sleep(waiters);
            }
        });
        thread.run_when("monitor();", move |s| !s.sleeps(waiters), |_| ());
    });
    model.threads(["S"], |thread| {
        thread.run("start.set();", move |s| {
            s[is_set] = 1;
            s.notify_all(waiters);
        });
        if clears {
            thread.run("start.clear();", move |s| s[is_set] = 0);
        }
    });
    model
}

fn counted_outside() -> Model {
    clients("The permit is returned first", |leaving, free, open| {
        leaving.run("drop(permit);", move |s| s[free] += 1);
        leaving.run("open.fetch_sub(1, Relaxed);", move |s| s[open] -= 1);
    })
}

fn counted_inside() -> Model {
    clients("The count goes down first", |leaving, free, open| {
        leaving.run("open.fetch_sub(1, Relaxed);", move |s| s[open] -= 1);
        leaving.run("drop(permit);", move |s| s[free] += 1);
    })
}

/// A, B and C hold the three permits and are counted. D arrives.
fn clients(title: &'static str, leave: fn(&mut Program<'_>, Number, Number)) -> Model {
    let mut model = Model::new(title);
    let (free, open) = (model.number("free permits", 0), model.number("open", 3));
    model.threads(["A", "B", "C"], |thread| leave(thread, free, open));
    model.threads(["D"], |thread| {
        thread.run_when(
            "let permit = permits.acquire();",
            move |s| s[free] > 0,
            move |s| s[free] -= 1,
        );
        thread.run("open.fetch_add(1, Relaxed);", move |s| s[open] += 1);
        leave(thread, free, open);
    });
    model.never(
        "the server counts four clients, but there are only three permits",
        move |s| s[open] > 3,
    );
    model
}

/// Two threads meet twice. The last one to arrive resets the count, and the other one waits for
/// that.
fn one_count() -> Model {
    let mut model = Model::new("A count without rounds");
    let (lock, all_here) = (model.lock("lock"), model.wait_queue("all_here"));
    let arrived = model.number("arrived", 0);
    model.threads(["A", "B"], |thread| {
        let lap = thread.local_from("lap", 1);
        thread.lock("let mut arrived = arrived.lock();", lock);
        thread.run("*arrived += 1;", move |s| s[arrived] += 1);
        thread.run("if *arrived == 2 {", move |s| {
            s.go_to(if s[arrived] == 2 { 3 } else { 4 })
        });
        thread.run("    *arrived = 0; all_here.notify_all();", move |s| {
            s[arrived] = 0;
            s.notify_all(all_here);
            s.go_to(7);
        });
        let check = [
            "} else { while *arrived != 0 {",
            "    all_here.wait(&mut arrived);",
        ];
        thread.wait_while(check, (lock, all_here), move |s| s[arrived] != 0);
        thread.unlock_and_repeat("drop(arrived); // then the second lap", lock, lap, 2);
    });
    model
}

fn count_and_round() -> Model {
    let mut model = Model::new("A count and the number of the round");
    let (lock, all_here) = (model.lock("lock"), model.wait_queue("all_here"));
    let (arrived, round) = (model.number("arrived", 0), model.number("round", 0));
    model.threads(["A", "B"], |thread| {
        let (lap, mine) = (thread.local_from("lap", 1), thread.local("mine"));
        thread.lock("let mut meeting = meeting.lock();", lock);
        thread.run(
            "let mine = meeting.round; meeting.arrived += 1;",
            move |s| {
                s[mine] = s[round];
                s[arrived] += 1;
            },
        );
        thread.run("if meeting.arrived == 2 {", move |s| {
            s.go_to(if s[arrived] == 2 { 3 } else { 4 })
        });
        thread.run(
            "    meeting.next_round(); all_here.notify_all();",
            move |s| {
                s[arrived] = 0;
                s[round] += 1;
                s.notify_all(all_here);
                s.go_to(7);
            },
        );
        let check = [
            "} else { while meeting.round == mine {",
            "    all_here.wait(&mut meeting);",
        ];
        thread.wait_while(check, (lock, all_here), move |s| s[round] == s[mine]);
        thread.unlock_and_repeat("drop(meeting); // then the second lap", lock, lap, 2);
    });
    model
}

/// A and B each push an item into a queue with a capacity of one, and C pops both.
fn bound_outside_the_lock() -> Model {
    let mut model = Model::new("Check, then push");
    let len = model.number("queue.len()", 0);
    model.threads(["A", "B"], |thread| {
        thread.run_when(
            "while queue.len() == 1 { yield_now(); }",
            move |s| s[len] != 1,
            |_| (),
        );
        thread.run("queue.push(item);", move |s| s[len] += 1);
    });
    model.threads(["C"], |thread| {
        for _item in 0..2 {
            thread.run_when("queue.pop();", move |s| s[len] > 0, move |s| s[len] -= 1);
        }
    });
    model.never(OVERFULL, move |s| s[len] > 1);
    model
}

fn bound_inside_the_lock() -> Model {
    let mut model = Model::new("Check and push under one guard");
    let (lock, len) = (model.lock("lock"), model.number("items.len()", 0));
    let (not_full, not_empty) = (model.wait_queue("not_full"), model.wait_queue("not_empty"));
    model.threads(["A", "B"], |thread| {
        let check = ["while items.len() == 1 {", "    not_full.wait(&mut items);"];
        thread.lock("let mut items = items.lock();", lock);
        thread.wait_while(check, (lock, not_full), move |s| s[len] == 1);
        thread.run("items.push_back(item); not_empty.notify_one();", move |s| {
            s[len] += 1;
            s.notify_one(not_empty);
        });
        thread.unlock("drop(items);", lock);
    });
    model.threads(["C"], |thread| {
        let popped = thread.local_from("item", 1);
        let check = [
            "while items.is_empty() {",
            "    not_empty.wait(&mut items);",
        ];
        thread.lock("let mut items = items.lock();", lock);
        thread.wait_while(check, (lock, not_empty), move |s| s[len] == 0);
        thread.run("items.pop_front(); not_full.notify_one();", move |s| {
            s[len] -= 1;
            s.notify_one(not_full);
        });
        thread.unlock_and_repeat("drop(items); // then the second item", lock, popped, 2);
    });
    model.never(OVERFULL, move |s| s[len] > 1);
    model
}

const OVERFULL: &str = "the queue holds two items, but its capacity is one";
