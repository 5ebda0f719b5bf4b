//! The drawing for a terminal.

use crate::lanes::{Lane, Lanes, Span};
use crate::story::{About, Look};
use crate::summary::Summary;
use crate::words::{duration, fitted, times, width_of, wrapped};

/// How a drawing for a terminal looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Style {
    pub(crate) width: usize,
    /// ASCII characters only.
    pub(crate) plain: bool,
    pub(crate) colour: bool,
}

/// More lanes than these fit on no screen.
pub(crate) const LANES: usize = 40;
const LONGEST_NAME: usize = 20;
/// A terminal with fewer columns gets lines that do not fit.
pub(crate) const LEAST_WIDTH: usize = 20;

impl Style {
    /// The mark of a task, or of a thread. In a drawing with both, a thread has marks of its own.
    fn character(self, look: Look, is_thread_among_tasks: bool) -> char {
        let marks = match (self.plain, is_thread_among_tasks) {
            (false, false) => ['─', '█', '░', '▒'],
            (true, false) => ['-', '#', '.', '%'],
            (false, true) => ['┄', '▄', ':', '▓'],
            (true, true) => ['~', '=', ':', '+'],
        };
        match look {
            Look::Running => marks[0],
            Look::Holding(_) => marks[1],
            Look::Waiting(_) => marks[2],
            Look::Both(..) => marks[3],
        }
    }

    fn coloured(self, look: Look, text: &str) -> String {
        let code = match look {
            Look::Running => 2,
            Look::Holding(_) => 32,
            Look::Waiting(_) => 33,
            Look::Both(..) => 31,
        };
        if self.colour {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    fn plainly(self, line: String) -> String {
        if self.plain {
            line.replace('µ', "u").replace(|c: char| !c.is_ascii(), "?")
        } else {
            line
        }
    }
}

/// How many columns the lanes have beside the names, and how wide the names are.
pub(crate) fn columns(summary: &Summary, style: Style) -> (usize, usize) {
    let mut longest = 0;
    for thread in summary.threads.keys().take(LANES) {
        longest = longest.max(width_of(&style.plainly(summary.thread(*thread))));
    }
    let names = longest.min(LONGEST_NAME).min(style.width / 3);
    (style.width - names - 1, names)
}

/// The lanes with an axis above and what the characters mean below, then all there is to say.
pub(crate) fn drawing(title: &str, summary: &Summary, lanes: &Lanes, style: Style) -> String {
    let (columns, names) = columns(summary, style);
    let mut lines = wrapped(&format!("{title}: {}", extent(summary)), style.width);
    lines.push(format!("{:names$} {}", "", axis(summary.length(), columns)));
    for lane in &lanes.lanes {
        let name = fitted(&style.plainly(summary.thread(lane.thread)), names);
        let space = " ".repeat(names - width_of(&name) + 1);
        let lane = lane_text(summary, lane, columns, style);
        lines.push(format!("{name}{space}{lane}"));
    }
    if summary.threads.len() > lanes.lanes.len() {
        let more = summary.more(lanes.lanes.len());
        lines.push(format!("and {more}, not drawn"));
    }
    if summary.has_tasks() {
        lines.extend(legend(&TASKS, (names + 1, false), style));
    }
    match (summary.has_threads(), summary.has_tasks()) {
        (true, true) => lines.extend(legend(&THREADS_AMONG_TASKS, (names + 1, true), style)),
        (true, false) => lines.extend(legend(&THREADS, (names + 1, false), style)),
        (false, _) => {}
    }
    lines.push(String::new());
    for paragraph in summary.report() {
        lines.extend(wrapped(&paragraph, style.width));
    }
    let mut drawing = String::new();
    for line in lines {
        drawing += &style.plainly(line.trim_end().to_owned());
        drawing.push('\n');
    }
    drawing
}

/// How much there is of the trace.
pub(crate) fn extent(summary: &Summary) -> String {
    let tasks = summary.tasks.len();
    let threads = summary.threads.len() - tasks;
    let mut lanes = Vec::new();
    if tasks > 0 {
        lanes.push(times(tasks as u64, "task", "tasks"));
    }
    if threads > 0 {
        lanes.push(times(threads as u64, "thread", "threads"));
    }
    format!(
        "{}, {}, {}",
        lanes.join(", "),
        duration(summary.length()),
        times(summary.records, "record", "records")
    )
}

/// The beginning, the middle and the end in time; without the middle where there is no room.
fn axis(length: u64, columns: usize) -> String {
    let (middle, end) = (duration(length / 2), duration(length));
    let mut line = "0".to_owned();
    let left = (columns / 2).saturating_sub(width_of(&middle) / 2);
    if left + width_of(&middle) + width_of(&end) < columns {
        line = format!("{line:<left$}{middle}");
    }
    let right = columns.saturating_sub(width_of(&line));
    format!("{line}{end:>right$}")
}

fn lane_text(summary: &Summary, lane: &Lane, columns: usize, style: Style) -> String {
    let mut text = String::new();
    let mut column = 0;
    for span in lane.spans() {
        text.push_str(&" ".repeat(span.first - column));
        let bar = span_text(summary, lane.thread, span, style);
        text.push_str(&style.coloured(span.look, &bar));
        column = span.end;
    }
    debug_assert!(column <= columns);
    text
}

/// With the name of what it is about where that fits.
fn span_text(summary: &Summary, thread: u64, span: Span, style: Style) -> String {
    let length = span.end - span.first;
    let mark = style.character(span.look, summary.is_thread_among_tasks(thread));
    let bar = |count: usize| mark.to_string().repeat(count);
    let name = about(span.look)
        .map(|about| style.plainly(summary.about(about)))
        .filter(|name| width_of(name) + 2 <= length);
    match name {
        Some(name) => {
            let (width, left) = (width_of(&name), (length - width_of(&name)) / 2);
            format!("{}{name}{}", bar(left), bar(length - left - width))
        }
        None => bar(length),
    }
}

/// What a thread waits for, or else what it holds.
fn about(look: Look) -> Option<About> {
    look.waits_for().or(look.holds())
}

/// Anything.
const ABOUT: About = About::Thing(0);
/// What the looks of a thread and of a task are called.
const THREADS: [(Look, &str); 4] = [
    (Look::Running, "runs"),
    (Look::Holding(ABOUT), "holds"),
    (Look::Waiting(ABOUT), "waits"),
    (Look::Both(ABOUT, ABOUT), "waits and holds"),
];
const THREADS_AMONG_TASKS: [(Look, &str); 4] = [
    (Look::Running, "thread runs"),
    (Look::Holding(ABOUT), "holds"),
    (Look::Waiting(ABOUT), "waits"),
    (Look::Both(ABOUT, ABOUT), "waits and holds"),
];
const TASKS: [(Look, &str); 4] = [
    (Look::Running, "idle"),
    (Look::Holding(ABOUT), "polled"),
    (Look::Waiting(ABOUT), "woken"),
    (Look::Both(ABOUT, ABOUT), "woken and polled"),
];

/// What the characters mean: below the lanes if there is room, or else over the whole width.
fn legend(
    looks: &[(Look, &str)],
    (indent, is_thread_among_tasks): (usize, bool),
    style: Style,
) -> Vec<String> {
    const GAP: usize = 3;
    let width_of_entry = |word: &str| word.len() + 2;
    let all: usize = looks.iter().map(|(_, word)| width_of_entry(word)).sum();
    let fits = indent + all + GAP * (looks.len() - 1) <= style.width;
    let start = if fits { indent } else { 0 };

    let mut lines = Vec::new();
    let mut line = " ".repeat(start);
    let mut width = start;
    for (look, word) in looks {
        let look = *look;
        if width > start {
            if width + GAP + width_of_entry(word) > style.width {
                lines.push(std::mem::take(&mut line));
                width = 0;
            } else {
                line += &" ".repeat(GAP);
                width += GAP;
            }
        }
        // The colour has no width.
        let mark = style.character(look, is_thread_among_tasks);
        let sample = style.coloured(look, &mark.to_string());
        line += &format!("{sample} {word}");
        width += width_of_entry(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::Trace;
    use recorder::Op::{Acquire, Release, Timeout, Wait};
    use recorder::Primitive::Lock;

    fn trace() -> Trace {
        let (a, b) = ((Lock, 1), (Lock, 2));
        let mut trace = Trace::new();
        trace
            .begin(0, 1, "main")
            .event(0, 1, Acquire, a, 10)
            .begin(0, 2, "wörker\u{1b}")
            .event(500, 2, Acquire, b, 20);
        trace
            .event(2000, 2, Wait, a, 21)
            .event(3000, 2, Timeout, a, 21)
            .event(3000, 2, Release, b, 0);
        trace
            .event(3500, 1, Release, a, 0)
            .end(4000, 2)
            .end(4000, 1);
        trace
    }

    fn drawn(width: usize, plain: bool, colour: bool) -> String {
        let (trace, style) = (
            trace(),
            Style {
                width,
                plain,
                colour,
            },
        );
        let summary = trace.summary();
        let lanes = trace.lanes(columns(&summary, style).0, LANES);
        drawing("by hand", &summary, &lanes, style)
    }

    #[test]
    fn the_drawing_at_width_60() {
        let drawn = drawn(60, false, false);
        let (lanes, report) = drawn
            .split_once("\n\n")
            .expect("an empty line is between them");
        assert_eq!(
            lanes.lines().map(|line| line.chars().count()).max(),
            Some(60),
            "{lanes}"
        );
        assert!(
            report.lines().all(|line| line.chars().count() <= 60),
            "{report}"
        );
        assert_eq!(format!("{lanes}\n"), EXPECTED);
    }

    const EXPECTED: &str = "\
by hand: 2 threads, 4.00 µs, 10 records
        0                      2.00 µs               4.00 µs
main    ████████████████████Lock 1████████████████████──────
wörker? ──────███████Lock 2███████▒▒▒Lock 1▒▒▒▒─────────────
        ─ runs   █ holds   ░ waits   ▒ waits and holds
";

    #[test]
    fn plain_is_ascii_and_colour_is_asked_for() {
        let plain = drawn(60, true, false);
        assert!(plain.is_ascii() && !plain.contains('\u{1b}'), "{plain}");
        assert!(
            plain.contains("4.00 us") && plain.contains("#Lock 2#"),
            "{plain}"
        );
        assert!(drawn(60, true, true).contains("\u{1b}[32m#"));
    }

    #[test]
    fn every_line_fits_into_the_width() {
        for width in [LEAST_WIDTH, 30, 40, 60, 80] {
            for plain in [false, true] {
                let drawn = drawn(width, plain, false);
                let (lanes, _) = drawn.split_once("\n\n").expect("an empty line");
                let widest = lanes.lines().map(width_of).max();
                assert_eq!(widest, Some(width), "{lanes}");
            }
        }
        let narrow = drawn(30, false, false);
        assert!(
            narrow.contains("─ runs   █ holds   ░ waits\n▒ waits and holds\n"),
            "{narrow}"
        );
    }

    #[test]
    fn wide_characters_do_not_shift_the_lanes() {
        let mut trace = Trace::new();
        for (thread, name) in [
            (1, "main"),
            (2, "作業者"),
            (3, "e\u{301}t\u{e9}"),
            (4, "👷"),
        ] {
            trace
                .begin(0, thread, name)
                .event(0, thread, Acquire, (Lock, thread), 1);
        }
        for thread in 1..=4 {
            trace.end(1000, thread);
        }
        let summary = trace.summary();
        for plain in [false, true] {
            let style = Style {
                width: 60,
                plain,
                colour: false,
            };
            let lanes = trace.lanes(columns(&summary, style).0, LANES);
            let drawn = drawing("wide", &summary, &lanes, style);
            let (head, _) = drawn.split_once("\n\n").expect("an empty line");
            let bar = style.character(Look::Holding(ABOUT), false);
            let mut starts = Vec::new();
            for line in head.lines().filter(|line| line.contains("Lock ")) {
                let (name, _) = line.split_once(bar).expect("a bar");
                starts.push(width_of(name));
            }
            assert_eq!(starts, [starts[0]; 4], "{drawn}");
        }
    }

    #[test]
    fn a_trace_whose_only_time_is_the_largest_is_drawn() {
        let mut trace = Trace::new();
        trace
            .begin(u64::MAX, 1, "main")
            .event(u64::MAX, 1, Wait, (Lock, 1), 1);
        let summary = trace.summary();
        let style = Style {
            width: 60,
            plain: true,
            colour: false,
        };
        let lanes = trace.lanes(columns(&summary, style).0, LANES);
        assert!(drawing("late", &summary, &lanes, style).contains("main"));
    }

    #[test]
    fn the_waits_of_all_threads_may_be_longer_than_the_largest_time() {
        let mut trace = Trace::new();
        for thread in 1..=3 {
            trace.event(0, thread, Wait, (Lock, 1), 1);
        }
        for thread in 1..=3 {
            trace
                .event(u64::MAX, thread, Timeout, (Lock, 1), 1)
                .end(u64::MAX, thread);
        }
        assert_eq!(trace.summary().things[0].waiting, u64::MAX);
    }
}
