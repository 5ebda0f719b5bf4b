//! The drawing for a terminal.

use crate::lanes::{Lane, Lanes, Span};
use crate::story::{Id, Look};
use crate::summary::Summary;
use crate::words::{duration, times, wrapped};

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
const LONGEST_NAME: usize = 16;
const LEAST_WIDTH: usize = 40;

impl Style {
    fn character(self, look: Look) -> char {
        match (self.plain, look) {
            (false, Look::Running) => '─',
            (false, Look::Holding(_)) => '█',
            (false, Look::Waiting(_)) => '░',
            (false, Look::Both(..)) => '▒',
            (true, Look::Running) => '-',
            (true, Look::Holding(_)) => '#',
            (true, Look::Waiting(_)) => '.',
            (true, Look::Both(..)) => '%',
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
    let longest = summary
        .threads
        .keys()
        .take(LANES)
        .map(|it| summary.thread(*it).chars().count())
        .max();
    let names = longest.unwrap_or(0).min(LONGEST_NAME);
    (style.width.max(LEAST_WIDTH) - names - 1, names)
}

/// The lanes with an axis above and what the characters mean below, then all there is to say.
pub(crate) fn drawing(title: &str, summary: &Summary, lanes: &Lanes, style: Style) -> String {
    let (columns, names) = columns(summary, style);
    let width = style.width.max(LEAST_WIDTH);
    let mut lines = wrapped(&format!("{title}: {}", extent(summary)), width);
    lines.push(format!("{:names$} {}", "", axis(summary.length(), columns)));
    for lane in &lanes.lanes {
        let name: String = summary.thread(lane.thread).chars().take(names).collect();
        lines.push(format!(
            "{name:names$} {}",
            lane_text(summary, lane, columns, style)
        ));
    }
    if summary.threads.len() > lanes.lanes.len() {
        let rest = (summary.threads.len() - lanes.lanes.len()) as u64;
        lines.push(format!(
            "and {}, not drawn",
            times(rest, "more thread", "more threads")
        ));
    }
    lines.push(format!("{:names$} {}", "", legend(style)));
    lines.push(String::new());
    lines.extend(
        summary
            .report()
            .iter()
            .flat_map(|paragraph| wrapped(paragraph, width)),
    );
    lines
        .into_iter()
        .map(|line| style.plainly(line.trim_end().to_owned()) + "\n")
        .collect()
}

/// How much there is of the trace.
pub(crate) fn extent(summary: &Summary) -> String {
    let threads = times(summary.threads.len() as u64, "thread", "threads");
    format!(
        "{threads}, {}, {}",
        duration(summary.length()),
        times(summary.records, "record", "records")
    )
}

fn axis(length: u64, columns: usize) -> String {
    let (middle, end) = (duration(length / 2), duration(length));
    let left = (columns / 2).saturating_sub(middle.chars().count() / 2);
    let mut line = format!("{:<left$}{middle}", "0");
    let right = columns.saturating_sub(line.chars().count());
    line.push_str(&format!("{end:>right$}"));
    line
}

fn lane_text(summary: &Summary, lane: &Lane, columns: usize, style: Style) -> String {
    let mut text = String::new();
    let mut column = 0;
    for span in lane.spans() {
        text.push_str(&" ".repeat(span.first - column));
        text.push_str(&style.coloured(span.look, &span_text(summary, span, style)));
        column = span.end;
    }
    debug_assert!(column <= columns);
    text
}

/// With the name of what it is about where that fits.
fn span_text(summary: &Summary, span: Span, style: Style) -> String {
    let length = span.end - span.first;
    let bar = |count: usize| style.character(span.look).to_string().repeat(count);
    let name = about(span.look)
        .map(|id| summary.thing(id))
        .filter(|name| name.len() + 2 <= length);
    match name {
        Some(name) => {
            let left = (length - name.len()) / 2;
            format!("{}{name}{}", bar(left), bar(length - left - name.len()))
        }
        None => bar(length),
    }
}

/// What a thread waits for, or else what it holds.
fn about(look: Look) -> Option<Id> {
    look.waits_for().or(look.holds())
}

fn legend(style: Style) -> String {
    let looks = [
        (Look::Running, "runs"),
        (Look::Holding(0), "holds"),
        (Look::Waiting(0), "waits"),
        (Look::Both(0, 0), "waits and holds"),
    ];
    let sample = |look| style.coloured(look, &style.character(look).to_string());
    looks
        .map(|(look, word)| format!("{} {word}", sample(look)))
        .join("   ")
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
    fn a_narrow_terminal_gets_forty_columns() {
        assert_eq!(
            drawn(1, false, false)
                .lines()
                .nth(3)
                .expect("a lane")
                .chars()
                .count(),
            LEAST_WIDTH
        );
    }
}
