//! Which mutants there are: found by rule, line by line.
//!
//! This reads lines, not syntax. It relies on rustfmt and on how the library is written: a comment has a line of its
//! own, a short statement stands on one line, a test module is the last thing in its file. Where that is not so, a
//! mutant is missed or does not compile; it is never mistaken for another.

/// What stands in a line of code, and what takes its place: name, old, new.
const REPLACED: &[(&str, &str, &str)] = &[
    (
        "Acquire -> Relaxed",
        "Ordering::Acquire",
        "Ordering::Relaxed",
    ),
    (
        "Release -> Relaxed",
        "Ordering::Release",
        "Ordering::Relaxed",
    ),
    ("AcqRel -> Relaxed", "Ordering::AcqRel", "Ordering::Relaxed"),
    ("AcqRel -> Acquire", "Ordering::AcqRel", "Ordering::Acquire"),
    ("AcqRel -> Release", "Ordering::AcqRel", "Ordering::Release"),
    ("notify_all -> notify_one", ".notify_all()", ".notify_one()"),
    ("Unpark -> Stop", "FilterOp::Unpark", "FilterOp::Stop"),
    ("Stop -> Unpark", "FilterOp::Stop", "FilterOp::Unpark"),
    ("while -> if", "  while ", "  if "),
    // What is said of those who still sleep.
    (
        "have_more_threads -> true",
        "line.have_more_threads",
        "true",
    ),
    (
        "have_more_threads -> false",
        "line.have_more_threads",
        "false",
    ),
    (
        "have_more_threads -> true",
        "result.have_more_threads",
        "true",
    ),
    (
        "have_more_threads -> false",
        "result.have_more_threads",
        "false",
    ),
    ("was_last -> true", "if was_last", "if true"),
    ("was_last -> false", "if was_last", "if false"),
    ("was_last -> true", "&& was_last", "&& true"),
    ("was_last -> false", "&& was_last", "&& false"),
    ("was_last -> true", "!was_last", "!true"),
    ("was_last -> false", "!was_last", "!false"),
    (
        "mark_parked_if_locked -> true",
        "lock.mark_parked_if_locked()",
        "true",
    ),
    (
        "mark_parked_if_locked -> false",
        "lock.mark_parked_if_locked()",
        "false",
    ),
    ("| PARKED left out", " | PARKED", ""),
    ("| parked left out", " | parked", ""),
    ("| JOINERS left out", " | JOINERS", ""),
];

/// Functions whose call, as a statement, is dropped: those that wake, give back or settle, and those that write to an
/// atomic.
#[rustfmt::skip]
const DROPPED: &[&str] = &[
    "notify_one", "notify_all", "wake_all", "break_round", "unpark_filter", "mark_parked",
    "unlock", "unlock_fair", "leave", "pass", "wake_next",
    "release", "serve", "serve_if_parked", "add_and_settle", "finish", "decide", "unlock_slow",
    "store", "fetch_and", "fetch_or", "fetch_add", "fetch_sub", "fetch_update", "update_state",
];

/// One small fault.
pub(crate) struct Mutant {
    /// Below the library's `src`.
    pub(crate) file: String,
    /// Counted from 1.
    line: usize,
    function: String,
    change: String,
    /// Counts the mutants of the same function and change.
    ordinal: usize,
    new_line: String,
}

impl Mutant {
    /// The name that stays the same when lines move.
    pub(crate) fn name(&self) -> String {
        let ordinal = if self.ordinal == 1 {
            String::new()
        } else {
            format!(" #{}", self.ordinal)
        };
        format!("{} {}: {}{ordinal}", self.file, self.function, self.change)
    }

    /// Where to look.
    pub(crate) fn place(&self) -> String {
        format!(
            "{}:{} {} in {}",
            self.file, self.line, self.change, self.function
        )
    }

    /// `text`, the file's, with the fault.
    pub(crate) fn applied_to(&self, text: &str) -> String {
        let line = |(index, line)| {
            if index + 1 == self.line {
                self.new_line.as_str()
            } else {
                line
            }
        };
        text.lines()
            .enumerate()
            .map(line)
            .flat_map(|line| [line, "\n"])
            .collect()
    }
}

/// Every mutant of the file `file` with the content `text`, in the order of lines.
pub(crate) fn find(file: &str, text: &str) -> Vec<Mutant> {
    let mut found: Vec<Mutant> = Vec::new();
    let mut function = "";
    let is_test =
        |line: &str| line.starts_with("#[cfg(test)]") || line.starts_with("#[cfg(all(test,");
    for (index, line) in text
        .lines()
        .enumerate()
        .take_while(|(_, line)| !is_test(line))
    {
        if line.trim_start().starts_with("//") || line.trim_start().starts_with("#[") {
            continue;
        }
        function = function_declared(line).unwrap_or(function);
        for (change, new_line) in changes(line) {
            let is_twin = |other: &&Mutant| other.function == function && other.change == change;
            let ordinal = found.iter().filter(is_twin).count() + 1;
            let (file, function) = (file.to_owned(), function.to_owned());
            found.push(Mutant {
                file,
                line: index + 1,
                function,
                change,
                ordinal,
                new_line,
            });
        }
    }
    found
}

fn function_declared(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let is_keyword = before.is_empty() || before.ends_with(' ');
    is_keyword
        .then(|| after.split(|c: char| !is_of_a_name(c)).next())?
        .filter(|name| !name.is_empty())
}

fn is_of_a_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The changes to one line of code: name and new line.
fn changes(line: &str) -> Vec<(String, String)> {
    let replaced = REPLACED.iter().flat_map(|(name, old, new)| {
        line.match_indices(old).map(move |(at, _)| {
            let new_line = format!("{}{new}{}", &line[..at], &line[at + old.len()..]);
            (name.to_string(), new_line)
        })
    });
    replaced
        .chain(dropped(line))
        .chain(parks_without_a_look(line))
        .chain(half_looks(line))
        .collect()
}

/// A statement of [`DROPPED`] functions is kept from running, so that all names stay used and all types known.
fn dropped(line: &str) -> Option<(String, String)> {
    let statement = line.trim_start();
    let has_no_result = !statement.starts_with("let ") || statement.starts_with("let _ = ");
    // The tail of a statement that rustfmt has broken into several lines is no statement.
    if statement.starts_with('.')
        || !statement.ends_with(';')
        || !has_no_result
        || statement.starts_with("return ")
    {
        return None;
    }
    let name = DROPPED.iter().find(|name| calls(statement, name))?;
    Some((
        format!("{name} dropped"),
        format!("if false {{ {statement} }}"),
    ))
}

fn calls(statement: &str, name: &str) -> bool {
    statement.match_indices(name).any(|(at, _)| {
        !statement[..at].ends_with(is_of_a_name) && statement[at + name.len()..].starts_with('(')
    })
}

/// `park` is called with a `validate`, its second argument, that always says to sleep.
fn parks_without_a_look(line: &str) -> Option<(String, String)> {
    let (before, arguments) = line.split_once("park::park(")?;
    let mut arguments = arguments.splitn(3, ", ");
    let (key, validate, rest) = (arguments.next()?, arguments.next()?, arguments.next()?);
    Some((
        format!("{validate} -> true"),
        format!("{before}park::park({key}, || true, {rest}"),
    ))
}

/// A reason to sleep that is two conditions, one of them a bit of the state, becomes one of the two.
fn half_looks(line: &str) -> Vec<(String, String)> {
    let halves = line
        .split_once(" && ")
        .filter(|(first, _)| first.trim_start().starts_with("state & "));
    let left_out =
        |out: &str, half: &str| (format!("{} left out", out.trim_start()), half.to_owned());
    halves.map_or(Vec::new(), |(first, second)| {
        vec![left_out(first, second), left_out(second, first)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIXTURE: &str = "\
//! Ordering::Acquire in words
pub(crate) fn unlock(&self) {
    // Release: notify_all() is only mentioned.
    self.state.compare_exchange(1, 0, Ordering::Release, Ordering::Relaxed);
    self.state.swap(2, Ordering::AcqRel);
    while self.wait() {
        self.changed.notify_all();
    }
    let before = self.state.fetch_add(1, Ordering::Relaxed);
    let _ = self.ledger.finish();
    return self.leave();
}
    pub fn sleep(&self, give_up: impl FnOnce()) {
        assert!(true, \"do not wait while asleep\");
        let gave_up = |_, was_last: bool| self.add_and_settle(1, !was_last);
        state & PARKED != 0 && free(state) < 1
        unsafe { park::park(self.key(), still_held, || {}, gave_up, token, deadline) }
        self.state.fetch_and(!PARKED, Ordering::Acquire);
        self.state.fetch_and(!PARKED, Ordering::Acquire);
    }

#[cfg(all(test, not(sync_primitives_loom)))]
mod tests {
    fn store() { x.store(1, Ordering::Release); }
}
";

    #[test]
    fn each_rule_finds_its_mutants_in_code_only() {
        let names: Vec<_> = find("lock.rs", FIXTURE).iter().map(Mutant::place).collect();
        let expected = [
            "lock.rs:4 Release -> Relaxed in unlock",
            "lock.rs:5 AcqRel -> Relaxed in unlock",
            "lock.rs:5 AcqRel -> Acquire in unlock",
            "lock.rs:5 AcqRel -> Release in unlock",
            "lock.rs:6 while -> if in unlock",
            "lock.rs:7 notify_all -> notify_one in unlock",
            "lock.rs:7 notify_all dropped in unlock",
            "lock.rs:10 finish dropped in unlock",
            "lock.rs:15 was_last -> true in sleep",
            "lock.rs:15 was_last -> false in sleep",
            "lock.rs:16 state & PARKED != 0 left out in sleep",
            "lock.rs:16 free(state) < 1 left out in sleep",
            "lock.rs:17 still_held -> true in sleep",
            "lock.rs:18 Acquire -> Relaxed in sleep",
            "lock.rs:18 fetch_and dropped in sleep",
            "lock.rs:19 Acquire -> Relaxed in sleep",
            "lock.rs:19 fetch_and dropped in sleep",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn a_name_says_which_of_several_twins() {
        let names: Vec<_> = find("lock.rs", FIXTURE).iter().map(Mutant::name).collect();
        assert_eq!(names[13], "lock.rs sleep: Acquire -> Relaxed");
        assert_eq!(names[15], "lock.rs sleep: Acquire -> Relaxed #2");
    }

    #[test]
    fn a_mutant_changes_its_line_and_no_other() {
        let new_lines = |change: &str| {
            let mutants = find("lock.rs", FIXTURE);
            let mutant = mutants
                .iter()
                .find(|mutant| mutant.change == change)
                .expect("a mutant of the fixture");
            let mutated = mutant.applied_to(FIXTURE);
            assert_eq!(mutated.lines().count(), FIXTURE.lines().count());
            let new: Vec<_> = mutated
                .lines()
                .filter(|line| !FIXTURE.lines().any(|old| old == *line))
                .collect();
            new.join("\n").trim_start().to_owned()
        };
        assert_eq!(
            new_lines("AcqRel -> Acquire"),
            "self.state.swap(2, Ordering::Acquire);"
        );
        assert_eq!(new_lines("while -> if"), "if self.wait() {");
        assert_eq!(
            new_lines("finish dropped"),
            "if false { let _ = self.ledger.finish(); }"
        );
        assert!(
            new_lines("still_held -> true")
                .contains("park::park(self.key(), || true, || {}, gave_up, ")
        );
    }
}
