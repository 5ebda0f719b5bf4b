//! The rules that find mutants, line by line.
//!
//! The rules read lines, not syntax. They rely on rustfmt and on how the library is written: a
//! comment has a line of its own, and a test module is the last item of its file. Where that is not
//! so, a mutant is missed or does not compile. It is never mistaken for another one.

/// What a line of code says and what the mutant says instead: the name of the change, the old text
/// and the new text.
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
    ("Skip -> Unpark", "FilterOp::Skip", "FilterOp::Unpark"),
    ("Skip -> Stop", "FilterOp::Skip", "FilterOp::Stop"),
    ("while -> if", "  while ", "  if "),
    // Whether threads are still parked after a visit to the wait queue.
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
    ("| done & PARKED left out", " | done & PARKED", ""),
    ("| available left out", " | available", ""),
    ("| CLOSED left out", " | CLOSED", ""),
    (
        "fetch_or(PARKED) -> fetch_or(0)",
        ".fetch_or(PARKED,",
        ".fetch_or(0,",
    ),
    // The last argument of a call of `park` that rustfmt has broken into lines.
    ("validate -> true", "  validate,", "  || validate() | true,"),
];

/// Functions whose call, as a statement, is dropped: those that unlock, wake threads, return
/// permits, count, or free memory, and those that write to an atomic.
#[rustfmt::skip]
const DROPPED: &[&str] = &[
    "notify_one", "notify_all", "wake_one", "wake_all", "wake_if_parked", "wake_joiners", "unpark_filter",
    "update_and_wake", "break_barrier_if", "break_incomplete_round", "leave", "mark_parked",
    "unlock", "unlock_fair", "unlock_slow", "unlock_level", "unlock_level_fair", "synchronize",
    "set_owner", "restore_levels", "add_waiter", "remove_last_waiter",
    "release", "serve_waiters", "pass_on_wakeup", "add_free", "add_pushed", "finish",
    "keep", "free", "free_segments", "fence",
    "store", "swap", "fetch_and", "fetch_or", "fetch_add", "fetch_sub", "fetch_max", "fetch_update", "update_state",
];

/// How the first half of a reason to park begins, if only one half of it can be left out.
const FIRST_HALVES: &[&str] = &[
    "state & ",
    "state.is_parked()",
    "is_marked",
    "self.has_parked.load(",
];

/// One small fault.
pub(crate) struct Mutant {
    /// Below the library's `src`.
    pub(crate) file: String,
    /// The first line that changes, counted from 1.
    line: usize,
    function: String,
    change: String,
    /// Counts the mutants of the same function and change.
    ordinal: usize,
    /// The lines that replace as many lines of the file.
    new_lines: Vec<String>,
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

    /// Applies the fault to `text`, the content of the file.
    pub(crate) fn applied_to(&self, text: &str) -> String {
        let mut lines: Vec<&str> = text.lines().collect();
        for (index, new_line) in self.new_lines.iter().enumerate() {
            lines[self.line - 1 + index] = new_line;
        }
        lines.iter().flat_map(|line| [*line, "\n"]).collect()
    }
}

/// Every mutant of the file `file` with the content `text`, in the order of lines.
pub(crate) fn find(file: &str, text: &str) -> Vec<Mutant> {
    let mut found: Vec<Mutant> = Vec::new();
    let mut function = "";
    let is_test =
        |line: &str| line.starts_with("#[cfg(test)]") || line.starts_with("#[cfg(all(test,");
    let lines: Vec<_> = text.lines().take_while(|line| !is_test(line)).collect();
    for (index, line) in lines.iter().enumerate() {
        if line.trim_start().starts_with("//") || line.trim_start().starts_with("#[") {
            continue;
        }
        function = function_declared(line).unwrap_or(function);
        let mut changes: Vec<_> = changes(line)
            .into_iter()
            .map(|(change, new_line)| (change, index, vec![new_line]))
            .collect();
        changes.extend(chain_dropped(&lines, index));
        changes.extend(block_dropped(&lines, index));
        for (change, first, new_lines) in changes {
            let is_twin = |other: &&Mutant| other.function == function && other.change == change;
            let ordinal = found.iter().filter(is_twin).count() + 1;
            let (file, function) = (file.to_owned(), function.to_owned());
            found.push(Mutant {
                file,
                line: first + 1,
                function,
                change,
                ordinal,
                new_lines,
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

/// A call of a function in [`DROPPED`] never runs, but it still compiles: all names stay in use.
fn dropped(line: &str) -> Option<(String, String)> {
    let statement = line.trim_start();
    // A line that begins with a dot is a part of a statement; see `chain_dropped`.
    if statement.starts_with('.') || !statement.ends_with(';') || has_result(statement) {
        return None;
    }
    let name = DROPPED.iter().find(|name| calls(statement, name))?;
    Some((
        format!("{name} dropped"),
        format!("if false {{ {statement} }}"),
    ))
}

/// As `dropped`, for a chain of calls that rustfmt has broken into lines. The call stands on line
/// `index`. Returns the name, the index of the first line of the statement, and its new lines.
fn chain_dropped(lines: &[&str], index: usize) -> Option<(String, usize, Vec<String>)> {
    let is_link = |line: &&str| line.trim_start().starts_with('.');
    if !is_link(&lines[index]) {
        return None;
    }
    let call = lines[index].trim_start().strip_prefix('.')?;
    let name = DROPPED.iter().find(|name| {
        call.strip_prefix(**name)
            .is_some_and(|rest| rest.starts_with('('))
    })?;
    let links_above = lines[..index].iter().rev().take_while(|l| is_link(l));
    let first = index.checked_sub(links_above.count() + 1)?;
    let links_below = lines[index..].iter().take_while(|l| is_link(l));
    let last = index + links_below.count() - 1;
    if !lines[last].ends_with(';') || has_result(lines[first].trim_start()) {
        return None;
    }
    let mut new_lines: Vec<_> = lines[first..=last]
        .iter()
        .map(|line| (*line).to_owned())
        .collect();
    new_lines[0].insert_str(0, "if false {");
    new_lines.last_mut()?.push_str(" }");
    Some((format!("{name} dropped"), first, new_lines))
}

/// As `dropped`, for a call whose last argument is a closure with a block, which begins on line
/// `index`.
fn block_dropped(lines: &[&str], index: usize) -> Option<(String, usize, Vec<String>)> {
    let statement = lines[index].trim_start();
    let call = statement.strip_prefix("self.")?;
    let (called, _) = call.split_once('(')?;
    if !DROPPED.contains(&called) || !statement.ends_with('{') {
        return None;
    }
    let indent = &lines[index][..lines[index].len() - statement.len()];
    let end = format!("{indent}}});");
    let length = lines[index..].iter().position(|line| *line == end)? + 1;
    let mut new_lines: Vec<_> = lines[index..index + length]
        .iter()
        .map(|line| (*line).to_owned())
        .collect();
    new_lines[0].insert_str(0, "if false {");
    new_lines.last_mut()?.push_str(" }");
    Some((format!("{called} dropped"), index, new_lines))
}

/// Whether the program uses the result of a statement that begins like this.
fn has_result(statement: &str) -> bool {
    let is_let = statement.starts_with("let ") && !statement.starts_with("let _ = ");
    let keywords = ["return ", "if ", "while ", "match "];
    is_let || keywords.iter().any(|word| statement.starts_with(word))
}

fn calls(statement: &str, name: &str) -> bool {
    statement.match_indices(name).any(|(at, _)| {
        !statement[..at].ends_with(is_of_a_name) && statement[at + name.len()..].starts_with('(')
    })
}

/// `park` is called with a `validate`, its second argument, that always allows the thread to park.
fn parks_without_a_look(line: &str) -> Option<(String, String)> {
    let (before, arguments) = line.split_once("park::park(")?;
    let mut arguments = arguments.splitn(3, ", ");
    let (key, validate, rest) = (arguments.next()?, arguments.next()?, arguments.next()?);
    Some((
        format!("{validate} -> true"),
        format!("{before}park::park({key}, || {validate}() | true, {rest}"),
    ))
}

/// A reason to park that is two conditions becomes one of the two.
fn half_looks(line: &str) -> Vec<(String, String)> {
    let condition = line.trim_start();
    let condition = condition
        .strip_prefix("let validate = || ")
        .unwrap_or(condition);
    let condition = condition.strip_suffix(';').unwrap_or(condition);
    let Some((first, second)) = condition.split_once(" && ") else {
        return Vec::new();
    };
    if !FIRST_HALVES.iter().any(|half| first.starts_with(half)) {
        return Vec::new();
    }
    let left_out =
        |out: &str, half: &str| (format!("{out} left out"), line.replacen(condition, half, 1));
    vec![left_out(first, second), left_out(second, first)]
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
    let _ = self.tasks.finish();
    self.state
        .store(1, Ordering::Relaxed);
    let before = self
        .state
        .fetch_add(1, Ordering::Relaxed);
    return self.leave();
}
fn reset(&self) {
    self.update_and_wake(|state| {
        Some(state)
    });
}
    pub fn park(&self, deadline: Option<Instant>) {
        assert!(true, \"do not wait while asleep\");
        let timed_out = |_, was_last: bool| self.add_free(1, !was_last);
        state & PARKED != 0 && free_permits(state) < 1
        let validate = || self.has_parked.load(Ordering::Relaxed) && !is_ready();
        unsafe { park::park(self.key(), validate, || {}, timed_out, token, deadline) }
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
            "lock.rs:5 swap dropped in unlock",
            "lock.rs:6 while -> if in unlock",
            "lock.rs:7 notify_all -> notify_one in unlock",
            "lock.rs:7 notify_all dropped in unlock",
            "lock.rs:10 finish dropped in unlock",
            "lock.rs:11 store dropped in unlock",
            "lock.rs:19 update_and_wake dropped in reset",
            "lock.rs:25 was_last -> true in park",
            "lock.rs:25 was_last -> false in park",
            "lock.rs:26 state & PARKED != 0 left out in park",
            "lock.rs:26 free_permits(state) < 1 left out in park",
            "lock.rs:27 self.has_parked.load(Ordering::Relaxed) left out in park",
            "lock.rs:27 !is_ready() left out in park",
            "lock.rs:28 validate -> true in park",
            "lock.rs:29 Acquire -> Relaxed in park",
            "lock.rs:29 fetch_and dropped in park",
            "lock.rs:30 Acquire -> Relaxed in park",
            "lock.rs:30 fetch_and dropped in park",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn a_name_says_which_of_several_twins() {
        let names: Vec<_> = find("lock.rs", FIXTURE).iter().map(Mutant::name).collect();
        assert_eq!(names[18], "lock.rs park: Acquire -> Relaxed");
        assert_eq!(names[20], "lock.rs park: Acquire -> Relaxed #2");
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
            "if false { let _ = self.tasks.finish(); }"
        );
        assert_eq!(
            new_lines("store dropped"),
            "if false {    self.state\n        .store(1, Ordering::Relaxed); }"
        );
        assert_eq!(
            new_lines("update_and_wake dropped"),
            "if false {    self.update_and_wake(|state| {\n    }); }"
        );
        assert_eq!(
            new_lines("!is_ready() left out"),
            "let validate = || self.has_parked.load(Ordering::Relaxed);"
        );
        assert!(
            new_lines("validate -> true")
                .contains("park::park(self.key(), || validate() | true, || {}, timed_out, ")
        );
    }
}
