//! A `RefCell` inside an `RLock`, borrowed while a method is called that borrows it again: the lock lets the method in, the
//! `RefCell` does not.
//!
//! ```text
//! cargo run -p rlock --example rlock_mistake_refcell
//! ```
//!
//! `clear_all` is wrong: its borrow lasts over the call of `log`. `clear_first` is right: the borrow has ended before the
//! call. `borrow_mut()` would panic where this program asks by `try_borrow_mut()`. A `Cell` cannot be borrowed at all, so
//! with one for each number, as in the recipe, there is nothing to get wrong.

use std::{cell::RefCell, process::ExitCode};
use sync_primitives::RLock;

type Journal = RLock<RefCell<Vec<&'static str>>>;

fn main() -> ExitCode {
    let journal = Journal::new(RefCell::new(vec!["opened"]));
    let logged = clear_all(&journal);
    println!(
        "borrow over the call: logged: {logged}, {:?}",
        journal.lock().borrow()
    );

    let journal = Journal::new(RefCell::new(vec!["opened"]));
    let logged_after = clear_first(&journal);
    println!(
        "borrow ended before: logged: {logged_after}, {:?}",
        journal.lock().borrow()
    );
    if logged {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "`log` was let into the lock, which its thread holds, but not into the RefCell, which its caller borrows"
    );
    eprintln!(
        "end the borrow before you call a method that borrows, or put each value into a Cell"
    );
    ExitCode::FAILURE
}

fn clear_all(journal: &Journal) -> bool {
    let lines = journal.lock();
    let mut lines = lines.borrow_mut();
    lines.clear();
    log(journal, "cleared") // `lines` is still borrowed.
}

fn clear_first(journal: &Journal) -> bool {
    let lines = journal.lock(); // The lock may be held over the call: nobody else gets in between.
    lines.borrow_mut().clear();
    log(journal, "cleared")
}

fn log(journal: &Journal, line: &'static str) -> bool {
    let lines = journal.lock();
    assert_eq!(journal.depth(), 2, "the lock lets its owner in again");
    lines
        .try_borrow_mut()
        .map(|mut lines| lines.push(line))
        .is_ok()
}
