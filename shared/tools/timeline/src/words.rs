//! A trace in words: what went wrong, and the figures.

use crate::deadlock::Circle;
use crate::order::Inversion;
use crate::story::{About, Hold, Id, Thing, Thread};
use crate::summary::{Figures, Longest, Polls, Shares, Summary};
use recorder::{Op, Place, Primitive};
use std::collections::BTreeMap;
use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;
use unicode_width::UnicodeWidthStr;

/// Primitives and threads beyond these are counted and not described.
const DESCRIBED: usize = 12;
/// Tasks and threads that woke a task, beyond these.
const WAKERS: usize = 4;

/// How long, in the unit that leaves one to three digits before the point.
pub(crate) fn duration(nanoseconds: u64) -> String {
    let (unit, name) = match nanoseconds {
        0 => return "0".to_owned(),
        1..1_000 => return format!("{nanoseconds} ns"),
        1_000..1_000_000 => (1e3, "µs"),
        1_000_000..1_000_000_000 => (1e6, "ms"),
        _ => (1e9, "s"),
    };
    let number = nanoseconds as f64 / unit;
    let digits = if number < 10.0 {
        2
    } else {
        usize::from(number < 100.0)
    };
    format!("{number:.digits$} {name}")
}

/// Replaces what a terminal would obey, what changes the direction of the text or is not seen, and
/// what XML forbids: a trace may come from anywhere.
pub(crate) fn shown(text: &str) -> String {
    text.chars()
        .map(|c| if is_harmless(c) { c } else { '?' })
        .collect()
}

/// Characters that are not seen, or that change the direction or the lines of the text around them.
const INVISIBLE: [RangeInclusive<char>; 9] = [
    '\u{ad}'..='\u{ad}',
    '\u{61c}'..='\u{61c}',
    '\u{180e}'..='\u{180e}',
    '\u{200b}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{feff}'..='\u{feff}',
    '\u{fff9}'..='\u{fffb}',
    '\u{e0000}'..='\u{e007f}',
];

fn is_harmless(c: char) -> bool {
    // Unicode reserves these numbers: there will never be a character.
    let is_reserved = u32::from(c) & 0xfffe == 0xfffe || ('\u{fdd0}'..='\u{fdef}').contains(&c);
    let is_invisible = INVISIBLE.iter().any(|range| range.contains(&c));
    !c.is_control() && !is_reserved && !is_invisible
}

/// How many columns of a terminal the text takes. A wide character takes two, an accent none.
pub(crate) fn width_of(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// As much of the beginning of the text as fits.
pub(crate) fn fitted(text: &str, width: usize) -> String {
    let mut end = 0;
    for (start, c) in text.char_indices() {
        let next = start + c.len_utf8();
        if width_of(&text[..next]) <= width {
            end = next;
        }
    }
    text[..end].to_owned()
}

/// Where something was called. A place in the standard library would tell a reader nothing: there
/// an iterator, say, calls the closure that waits.
fn place_of(place: &Place) -> String {
    if is_in_the_standard_library(place) {
        "inside the standard library".to_owned()
    } else {
        shown(&place.to_string())
    }
}

/// The compiler names its files so, and otherwise where it finds their sources installed.
fn is_in_the_standard_library(place: &Place) -> bool {
    let file = place.file.replace('\\', "/");
    file.starts_with("/rustc/") || file.contains("/lib/rustlib/src/rust/library/")
}

fn at(place: Option<&Place>) -> String {
    match place {
        None => String::new(),
        Some(place) if is_in_the_standard_library(place) => format!(" {}", place_of(place)),
        Some(place) => format!(" at {}", place_of(place)),
    }
}

fn from(place: Option<&Place>) -> String {
    place.map_or(String::new(), |place| format!(" ({})", place_of(place)))
}

pub(crate) fn times(count: u64, one: &str, many: &str) -> String {
    if count == 1 {
        format!("1 {one}")
    } else {
        format!("{count} {many}")
    }
}

/// A file that a trace names is looked at if it is no larger: the trace may come from anywhere.
const LARGEST_SOURCE: u64 = 1 << 20;

/// The file, if it is one below the folder.
pub(crate) fn source_in(folder: &Path, file: &str) -> Option<String> {
    let path = Some(Path::new(file))
        .filter(|path| path.is_relative())
        .map(|path| folder.join(path))?;
    fs::metadata(&path)
        .ok()
        .filter(|it| it.is_file() && it.len() <= LARGEST_SOURCE)?;
    fs::read_to_string(path).ok()
}

impl Summary {
    /// The source line at a place, on a line of its own; nothing if the file is not to be found.
    /// Cargo names files from the folder of their workspace: that may be where the trace is, where
    /// this program was started, or this one.
    fn source(&self, place: Option<&Place>) -> Option<String> {
        let place = place?;
        let folders = [&*self.folder, Path::new(""), checks::workspace()].map(Path::to_owned);
        let text = folders
            .iter()
            .find_map(|folder| source_in(folder, &place.file))?;
        let line = text
            .lines()
            .nth(usize::try_from(place.line).ok()?.checked_sub(1)?)?;
        Some(format!("      | {}", shown(line.trim())))
    }

    pub(crate) fn thread(&self, number: u64) -> String {
        shown(&self.story.thread_name(number))
    }

    pub(crate) fn thing(&self, id: Id) -> String {
        self.story.things[id].name()
    }

    /// What stands on a bar.
    pub(crate) fn about(&self, about: About) -> String {
        match about {
            About::Thing(id) => self.thing(id),
            About::Waker(number) => format!("by {}", shown(&self.story.waker_name(number))),
            About::Worker(number) => format!("on {}", self.thread(number)),
        }
    }

    /// What the lanes are of: tasks, threads, or both.
    pub(crate) fn has_tasks(&self) -> bool {
        !self.tasks.is_empty()
    }

    pub(crate) fn has_threads(&self) -> bool {
        let is_thread = |number: &u64| self.story.threads[number].task.is_none();
        self.threads.keys().any(is_thread)
    }

    /// Whether it is a thread in a picture that has tasks, too. Such a lane is drawn in other
    /// marks.
    pub(crate) fn is_thread_among_tasks(&self, number: u64) -> bool {
        self.has_tasks() && self.story.threads[&number].task.is_none()
    }

    /// Counted from the first record.
    fn moment(&self, time: u64) -> String {
        duration(time.saturating_sub(self.from))
    }

    /// All there is to say, a paragraph an item; deeper ones are indented.
    pub(crate) fn report(&self) -> Vec<String> {
        let mut lines = self.troubles();
        lines.extend(self.figures());
        lines
    }

    /// What went wrong or might.
    pub(crate) fn troubles(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for circle in &self.deadlocks.circles {
            self.deadlock(circle, &mut lines);
        }
        let unsaid = self.deadlocks.count - self.deadlocks.circles.len() as u64;
        if unsaid > 0 {
            lines.push(format!(
                "  and {} like these",
                times(unsaid, "more", "more")
            ));
        }
        for inversion in self
            .orders
            .inversions
            .iter()
            .filter(|inversion| !self.deadlocks.include(inversion))
        {
            self.inversion(inversion, &mut lines);
        }
        if self.orders.more > 0 {
            lines.push(format!(
                "  and {} of the lock order",
                times(self.orders.more, "more inversion", "more inversions")
            ));
        }
        if self.orders.is_full() {
            lines.push(
                "More locks nest than this command keeps: the order of later ones is not checked."
                    .to_owned(),
            );
        }
        self.unfinished(&mut lines);
        lines
    }

    fn deadlock(&self, circle: &Circle, lines: &mut Vec<String>) {
        let title = match circle.links.len() {
            1 => "a thread waits for itself".to_owned(),
            count => format!("{count} threads wait for one another"),
        };
        lines.push(format!("DEADLOCK at {}: {title}", self.moment(circle.time)));
        for link in &circle.links {
            let (thread, held, since) = (
                self.thread(link.thread),
                self.thing(link.holds),
                self.moment(link.holds_since),
            );
            lines.push(format!(
                "  {thread} holds {held} since {since}{}",
                from(link.held_from.as_ref())
            ));
            lines.extend(self.source(link.held_from.as_ref()));
            let wanted = self.thing(link.waits_for);
            lines.push(format!(
                "    and waits for {wanted}{}",
                at(link.waits_at.as_ref())
            ));
            lines.extend(self.source(link.waits_at.as_ref()));
        }
    }

    fn inversion(&self, inversion: &Inversion, lines: &mut Vec<String>) {
        lines.push(format!(
            "LOCK ORDER at {}: locks are taken in opposite orders, which can end in a deadlock",
            self.moment(inversion.time)
        ));
        for nesting in &inversion.nestings {
            let (thread, held) = (self.thread(nesting.thread), self.thing(nesting.held));
            lines.push(format!(
                "  {thread} holds {held}{}",
                from(nesting.held_from.as_ref())
            ));
            lines.extend(self.source(nesting.held_from.as_ref()));
            lines.push(format!(
                "    and takes {}{}",
                self.thing(nesting.wanted),
                at(nesting.wanted_at.as_ref())
            ));
            lines.extend(self.source(nesting.wanted_at.as_ref()));
        }
    }

    /// Which threads wait when the trace ends, and which threads they wait for.
    fn unfinished(&self, lines: &mut Vec<String>) {
        let going = || {
            self.story
                .threads
                .iter()
                .filter(|(_, thread)| thread.ended.is_none())
        };
        let waits =
            going().filter_map(|(number, thread)| Some((*number, thread.waiting.as_ref()?)));
        let mut said: Vec<String> = waits
            .map(|(number, wait)| {
                let (thread, thing, since) = (
                    self.thread(number),
                    self.thing(wait.thing),
                    self.moment(wait.since),
                );
                let holder = self.holder(&self.story.things[wait.thing], wait.thing);
                format!(
                    "  {thread} waits for {thing} since {since}{}; {holder}",
                    at(wait.place.as_ref())
                )
            })
            .collect();
        if said.is_empty() {
            return;
        }
        let held = |(number, thread): (&u64, &Thread)| {
            let hold = thread.holds.last().filter(|_| thread.waiting.is_none())?;
            Some(self.idle_holder(*number, hold))
        };
        said.extend(going().filter_map(held));
        let count = said.len().saturating_sub(DESCRIBED) as u64;
        lines.push("When the trace ends:".to_owned());
        lines.extend(said.into_iter().take(DESCRIBED));
        if count > 0 {
            lines.push(format!(
                "  and {}",
                times(count, "more thread", "more threads")
            ));
        }
    }

    fn idle_holder(&self, number: u64, hold: &Hold) -> String {
        let (thread, thing, since) = (
            self.thread(number),
            self.thing(hold.thing),
            self.moment(hold.since),
        );
        let place = from(hold.place.as_ref());
        format!(
            "  {thread} holds {thing} since {since}{place}, and runs, or waits for something that \
             the trace does not show"
        )
    }

    /// Which thread has what another one waits for at the end.
    fn holder(&self, thing: &Thing, id: Id) -> String {
        match thing.holder {
            Some(holder) => {
                let hold = self
                    .story
                    .threads
                    .get(&holder)
                    .and_then(|thread| thread.hold(id));
                let place = hold.and_then(|hold| hold.place.as_ref());
                format!("{} holds it{}", self.thread(holder), from(place))
            }
            None => unknown_holder(thing.kind, "no thread holds it").to_owned(),
        }
    }

    /// About each primitive, the one waited for longest first, and about each thread.
    pub(crate) fn figures(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut ids: Vec<Id> = (0..self.things.len()).collect();
        ids.sort_by_key(|id| std::cmp::Reverse(self.things[*id].waiting));
        for id in ids.iter().take(DESCRIBED) {
            self.primitive(*id, &mut lines);
        }
        if ids.len() > DESCRIBED {
            let rest = (ids.len() - DESCRIBED) as u64;
            lines.push(format!(
                "and {}, waited for less",
                times(rest, "more primitive", "more primitives")
            ));
        }
        for number in self.threads.keys().take(DESCRIBED) {
            lines.push(format!("{} {}", self.thread(*number), self.shares(*number)));
            if let Some(polls) = self.tasks.get(number) {
                lines.extend(self.task(*number, polls));
            }
        }
        if self.threads.len() > DESCRIBED {
            lines.push(format!("and {}", self.more(DESCRIBED)));
        }
        lines
    }

    /// How many lanes there are beyond the first ones: `3 more tasks`.
    pub(crate) fn more(&self, first: usize) -> String {
        let rest = (self.threads.len() - first) as u64;
        match (self.has_threads(), self.has_tasks()) {
            (true, false) => times(rest, "more thread", "more threads"),
            (false, true) => times(rest, "more task", "more tasks"),
            _ => format!("{rest} more tasks and threads"),
        }
    }

    /// How a thread or a task spent its time.
    pub(crate) fn shares(&self, number: u64) -> String {
        let shares = &self.threads[&number];
        match self.tasks.get(&number) {
            Some(polls) => shares.words_of_task(polls.count),
            None => shares.words(),
        }
    }

    /// Where a task comes from, and which tasks and threads woke it.
    fn task(&self, number: u64, polls: &Polls) -> Vec<String> {
        let mut lines = Vec::new();
        let task = self.story.threads[&number].task.as_ref();
        let place = from(task.and_then(|task| task.place.as_ref()));
        if let Some(by) = polls.spawned_by {
            lines.push(format!("  spawned by {}{place}", self.thread(by)));
        }
        if let Some(longest) = polls.longest {
            let (length, worker) = (duration(longest.length), self.thread(longest.worker));
            let ready = duration(polls.longest_ready);
            lines.push(format!(
                "  longest poll: {length} on {worker}; longest wait for a thread: {ready}"
            ));
        }
        let mut wakers: BTreeMap<String, u64> = BTreeMap::new();
        for (waker, count) in &polls.wakers {
            let name = if *waker == number {
                "itself".to_owned()
            } else {
                shown(&self.story.waker_name(*waker))
            };
            *wakers.entry(name).or_default() += count;
        }
        let mut wakers: Vec<(String, u64)> = wakers.into_iter().collect();
        wakers.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let few: Vec<String> = wakers
            .iter()
            .take(WAKERS)
            .map(|(name, count)| format!("{name} ({count})"))
            .collect();
        if !few.is_empty() {
            let rest = wakers.len() - few.len();
            let more = if rest > 0 {
                format!(" and {rest} others")
            } else {
                String::new()
            };
            lines.push(format!("  woken by {}{more}", few.join(", ")));
        }
        lines
    }

    fn primitive(&self, id: Id, lines: &mut Vec<String>) {
        let (thing, figures) = (&self.story.things[id], &self.things[id]);
        lines.push(format!(
            "{}{}: {}",
            thing.name(),
            from(thing.first.as_ref()),
            figures.uses(thing.kind)
        ));
        if let Some(longest) = &figures.longest {
            lines.push(format!("  {}", self.waits(thing, figures, longest)));
        }
        if let Some((op, verb)) = shared_out(thing.kind)
            && let Some(by) = figures.uses.get(&op).filter(|by| by.len() > 1)
        {
            let few = by
                .iter()
                .take(DESCRIBED)
                .map(|(thread, count)| format!("{} ({count})", self.thread(*thread)));
            let few = few.collect::<Vec<_>>().join(", ");
            let more = if by.len() > DESCRIBED {
                ", and others"
            } else {
                ""
            };
            lines.push(format!(
                "  {verb} by {few}{more}{}",
                figures.overtaken(thing.kind)
            ));
        }
    }

    fn waits(&self, thing: &Thing, figures: &Figures, longest: &Longest) -> String {
        let count = times(figures.waits, "wait", "waits");
        let (all, long, thread) = (
            duration(figures.waiting),
            duration(longest.length),
            self.thread(longest.thread),
        );
        let (at_least, open) = if longest.open {
            ("at least ", ", which did not end")
        } else {
            ("", "")
        };
        let holder = match &longest.holder {
            Some(holder) if holder.thread == longest.thread => {
                "the thread held it itself".to_owned()
            }
            Some(holder) => {
                format!(
                    "when it began, {} held it{}",
                    self.thread(holder.thread),
                    from(holder.place.as_ref())
                )
            }
            None => unknown_holder(thing.kind, "it was free again when the wait began").to_owned(),
        };
        format!(
            "{count}, {all} in all; the longest, {at_least}{long}, of {thread}{}{open}; {holder}",
            at(longest.place.as_ref())
        )
    }
}

impl Shares {
    /// The same in the words for a task, which holds a thread while it is polled.
    fn words_of_task(&self, polls: u64) -> String {
        let percent = |part: u64| format!("{:.0} %", part as f64 * 100.0 / self.all.max(1) as f64);
        format!(
            "polled {}, woken {}, idle {} of its time ({})",
            percent(self.holding),
            percent(self.waiting),
            percent(self.all - self.holding - self.waiting),
            times(polls, "poll", "polls")
        )
    }

    pub(crate) fn words(&self) -> String {
        let percent = |part: u64| format!("{:.0} %", part as f64 * 100.0 / self.all.max(1) as f64);
        let mut words = format!(
            "runs {}, holds {}, waits {} of its time",
            percent(self.all - (self.holding + self.waiting - self.both)),
            percent(self.holding),
            percent(self.waiting)
        );
        if self.waits > 0 {
            words += &format!(" ({})", times(self.waits, "wait", "waits"));
        }
        if self.both > 0 {
            words += &format!("; for {} it does both", percent(self.both));
        }
        words
    }
}

/// A lock knows its holder. The others know none, and the report says so.
fn unknown_holder(kind: Primitive, free: &'static str) -> &'static str {
    match kind {
        Primitive::Lock | Primitive::RLock => free,
        Primitive::Semaphore => {
            "which thread has the permits is not known, because permits can be handed on"
        }
        Primitive::Condition => "which thread will notify it is not known",
        Primitive::Event => "which thread will set it is not known",
        Primitive::Barrier => "which thread is still to arrive is not known",
        Primitive::Queue | Primitive::LifoQueue | Primitive::PriorityQueue => {
            "which thread will push or pop is not known"
        }
    }
}

/// What shows whether threads get their share.
fn shared_out(kind: Primitive) -> Option<(Op, &'static str)> {
    match kind {
        Primitive::Lock | Primitive::RLock | Primitive::Semaphore => Some((Op::Acquire, "taken")),
        Primitive::Queue | Primitive::LifoQueue | Primitive::PriorityQueue => {
            Some((Op::Pop, "popped"))
        }
        Primitive::Condition | Primitive::Event | Primitive::Barrier => None,
    }
}

impl Figures {
    /// How often it was used, and for what.
    fn uses(&self, kind: Primitive) -> String {
        let mut parts = Vec::new();
        for (op, verb) in [
            (Op::Acquire, "taken"),
            (Op::Arrive, "reached"),
            (Op::Pass, "passed"),
            (Op::Notify, "notified"),
            (Op::Set, "set"),
            (Op::Clear, "cleared"),
            (Op::Push, "pushed to"),
            (Op::Pop, "popped from"),
            (Op::Close, "closed"),
            (Op::Break, "broken or found broken"),
            (Op::Reset, "reset"),
        ] {
            let count = self.count(op);
            // A thread that reaches a barrier and is not the last one passes it.
            let is_said = count > 0 && !(kind == Primitive::Barrier && op == Op::Pass);
            parts.extend(is_said.then(|| format!("{verb} {}", times(count, "time", "times"))));
        }
        if self.again > 0 {
            parts.push(format!(
                "{} again by its holder",
                times(self.again, "time", "times")
            ));
        }
        match self.count(Op::Timeout) {
            0 => {}
            count => parts.push(format!("timed out {}", times(count, "time", "times"))),
        }
        if parts.is_empty() {
            "waited for".to_owned()
        } else {
            parts.join(", ")
        }
    }

    fn overtaken(&self, kind: Primitive) -> String {
        match (kind, self.overtaken) {
            (Primitive::Queue | Primitive::LifoQueue | Primitive::PriorityQueue, _) => {
                String::new()
            }
            (_, 0) => "; no waiter was overtaken".to_owned(),
            (_, count) => format!("; waiters were overtaken {}", times(count, "time", "times")),
        }
    }
}

/// Breaks a paragraph into lines; they keep its indent, and those after the first get two columns
/// more.
pub(crate) fn wrapped(paragraph: &str, width: usize) -> Vec<String> {
    let bare = paragraph.trim_start();
    let indent = paragraph.len() - bare.len();
    // Source text stays as it is.
    if bare.starts_with('|') {
        return vec![fitted(paragraph, width)];
    }
    let mut lines = Vec::new();
    let mut line = " ".repeat(indent);
    let mut is_empty = true;
    for word in bare.split_whitespace() {
        if !is_empty && width_of(&line) + 1 + width_of(word) > width {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent + 2)));
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_without_what_could_mislead() {
        let name = "a\u{202e}b\u{fffe}c\u{1b}d\u{200b}e\u{feff}f";
        assert_eq!(shown(name), "a?b?c?d?e?f");
        assert_eq!(shown("wörker 作業者 👷"), "wörker 作業者 👷");
    }

    #[test]
    fn as_much_is_taken_as_fits() {
        assert_eq!(fitted("作業者", 5), "作業");
        assert_eq!(fitted("worker", 5), "worke");
        assert_eq!(fitted("e\u{301}", 1), "e\u{301}");
    }

    #[test]
    fn a_place_in_the_standard_library_is_not_named() {
        let place = |file: &str| Place {
            file: file.to_owned(),
            line: 88,
            column: 28,
        };
        let library = "library/core/src/iter/adapters/map.rs";
        for file in [
            format!("/rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/{library}"),
            format!("/home/me/.rustup/toolchains/stable/lib/rustlib/src/rust/{library}"),
        ] {
            let place = place(&file);
            assert_eq!(at(Some(&place)), " inside the standard library");
            assert_eq!(from(Some(&place)), " (inside the standard library)");
        }
        assert_eq!(
            at(Some(&place("src/rustc/x.rs"))),
            " at src/rustc/x.rs:88:28"
        );
    }

    #[test]
    fn a_thread_that_holds_a_lock_while_it_waits_holds_it() {
        let shares = Shares {
            all: 100,
            holding: 90,
            waiting: 60,
            both: 50,
            waits: 1,
        };
        let expected =
            "runs 0 %, holds 90 %, waits 60 % of its time (1 wait); for 50 % it does both";
        assert_eq!(shares.words(), expected);
    }
}
