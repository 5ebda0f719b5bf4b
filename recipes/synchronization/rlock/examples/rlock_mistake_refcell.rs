//! A `RefCell` in an `RLock` is still borrowed when a method is called that borrows it again. The
//! lock lets the method in, but the `RefCell` does not.
//!
//! ```text
//! cargo run -p rlock --example rlock_mistake_refcell
//! ```
//!
//! `clear_all` is wrong: it still borrows the lines when it calls `log`. `clear_first` is right:
//! its borrow has ended before the call. `borrow_mut()` would panic in `log`, so this program uses
//! `try_borrow_mut()`. A `Cell` cannot be borrowed at all, so with one `Cell` for each number, as
//! in the recipe, this mistake is impossible.

use std::cell::RefCell;
use std::process::ExitCode;

use sync_primitives::RLock;

type Journal = RLock<RefCell<Vec<&'static str>>>;

fn main() -> ExitCode {
    let journal = Journal::new(RefCell::new(vec!["opened"]));
    let logged = clear_all(&journal);
    let lines = journal.into_inner().into_inner();
    println!("borrow during the call: logged: {logged}, {lines:?}");

    let journal = Journal::new(RefCell::new(vec!["opened"]));
    let logged_after = clear_first(&journal);
    let lines = journal.into_inner().into_inner();
    println!("borrow ended before it: logged: {logged_after}, {lines:?}");
    if logged {
        return ExitCode::SUCCESS;
    }
    eprintln!("the lock let `log` in, but `log` could not borrow what its caller still borrows");
    eprintln!(
        "end the borrow before you call a method that borrows, or use a `Cell` for each value"
    );
    ExitCode::FAILURE
}

fn clear_all(journal: &Journal) -> bool {
    let guard = journal.lock();
    let mut lines = guard.borrow_mut();
    lines.clear();
    log(journal, "cleared") // Wrong: `lines` still borrows.
}

fn clear_first(journal: &Journal) -> bool {
    let guard = journal.lock(); // Held during the call, so no other thread gets in between.
    guard.borrow_mut().clear();
    log(journal, "cleared")
}

/// Returns whether it could borrow the lines.
fn log(journal: &Journal, line: &'static str) -> bool {
    let guard = journal.lock();
    assert_eq!(journal.depth(), 2, "the lock lets its owner in again");
    let Ok(mut lines) = guard.try_borrow_mut() else {
        return false;
    };
    lines.push(line);
    true
}
