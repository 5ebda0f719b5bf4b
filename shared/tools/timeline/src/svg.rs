//! The drawing for the book: one lane a thread, waits above and holds below a thin line. The lane
//! of a task is drawn alike: above the line it waits for a thread, and below a thread polls it. If
//! a picture has both, a thread has a dotted line and narrow bars, so that no mark means two
//! things.
//!
//! Colours are the page's own custom properties, with its text colour in their place where there
//! are none. Position and stripes say the same as the colours. All spans of a lane that are about
//! one primitive are one path, whose `data-` attributes say what they are: so a picture stays
//! small, and a test can compare it with its trace.

use crate::lanes::{Lane, Lanes, Span};
use crate::story::{About, Look};
use crate::summary::Summary;
use crate::text::extent;
use crate::words::duration;
use std::collections::BTreeMap;
use std::fmt::{Arguments, Write};

/// One of the two things that a look says: what is waited for, or what is held.
type Side = fn(Look) -> Option<About>;

pub(crate) const WIDTH: f64 = 390.0;
pub(crate) const LEFT: f64 = 12.0;
const RIGHT: f64 = WIDTH - 12.0;
/// Lanes beyond these are counted in the text.
pub(crate) const LANES: usize = 12;
/// Half a pixel each.
pub(crate) const COLUMNS: usize = 732;
/// If that makes too large a file, so many of them become one.
const COARSER: [usize; 6] = [1, 2, 3, 4, 6, 12];
/// Bytes; a page may have several pictures. One with many tasks takes most of this.
pub(crate) const LARGEST: usize = 24_000;
const HEAD: f64 = 22.0;
const ROW: f64 = 44.0;
const FOOT: f64 = 30.0;
/// Where the thin line is in a row.
const MIDDLE: f64 = 29.0;
/// The height of the bar of a wait or a hold.
const BAR: f64 = 11.0;
/// How the line of a lane and its bars are painted.
const RUN: &str = r#"class="timeline-run" stroke="currentColor" stroke-width="1.5""#;
const WAIT: &str = r#"class="timeline-wait" style="stroke:var(--timeline-wait,currentColor)" stroke-width="11" stroke-dasharray="2 1.5""#;
const HOLD: &str =
    r#"class="timeline-hold" style="stroke:var(--timeline-hold,currentColor)" stroke-width="11""#;
/// The same of a thread, if the picture has tasks, too.
const NARROW: f64 = 5.0;
const THREAD_RUN: &str =
    r#"class="timeline-run" stroke="currentColor" stroke-width="1.5" stroke-dasharray="1.5 3""#;
const THREAD_WAIT: &str = r#"class="timeline-wait" style="stroke:var(--timeline-wait,currentColor)" stroke-width="5" stroke-dasharray="2 1.5""#;
const THREAD_HOLD: &str =
    r#"class="timeline-hold" style="stroke:var(--timeline-hold,currentColor)" stroke-width="5""#;
/// Letters on stripes and on lines get an edge in the colour of the page.
const ON_LINES: &str =
    r#"stroke="none" style="paint-order:stroke;stroke:var(--bg,#fff);stroke-width:5px""#;
/// The line from one task to another that it wakes, and the dot at its end.
const WAKE: &str = r#"class="timeline-wake" stroke="currentColor" stroke-width="0.7""#;
const DOT: &str = "m-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0";
/// A name on a bar: its letters are about this wide.
const LETTER: f64 = 5.8;
/// A word below the lanes: its letters are about this wide, and this is the room after it.
const LEGEND_LETTER: f64 = 6.2;
const LEGEND_GAP: f64 = 10.0;
const LEGEND_ROW: f64 = 18.0;
const MOST_NAMES: usize = 24;
/// More wakes than these would cover the lanes: then none is drawn.
const MOST_WAKES: usize = 150;
/// How far such a line bulges for each lane that it passes over, and at most. So wakes at the same
/// moment do not cover each other.
const BULGE: f64 = 8.0;
const MOST_BULGE: f64 = 48.0;

/// The picture of lanes with [`COLUMNS`], as fine as it may be without becoming too large.
pub(crate) fn picture(name: &str, title: &str, summary: &Summary, lanes: &Lanes) -> String {
    // A poll is drawn as one column, which half a pixel would hide.
    let finest = if summary.has_tasks() { 2 } else { 1 };
    let pictures = COARSER
        .iter()
        .filter(|factor| **factor >= finest)
        .map(|factor| draw_all(name, title, summary, &lanes.coarser(*factor)));
    let mut last = String::new();
    for picture in pictures {
        last = picture;
        if last.len() <= LARGEST {
            break;
        }
    }
    last
}

fn draw_all(name: &str, title: &str, summary: &Summary, lanes: &Lanes) -> String {
    let columns = lanes.columns();
    let hidden = summary.threads.len() - lanes.lanes.len();
    let name = id_of(name);
    let note = if hidden > 0 { 18.0 } else { 0.0 };
    let keys = keys(summary, lanes);
    let more_rows = keys.last().map_or(0.0, |key| key.row as f64) * LEGEND_ROW;
    let height = HEAD + ROW * lanes.lanes.len() as f64 + note + FOOT + more_rows;
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" class="timeline" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="timeline-{name}-title timeline-{name}-desc" style="width:100%;max-width:48rem;height:auto" font-family="sans-serif" font-size="12" fill="currentColor" data-from="{}" data-to="{}" data-columns="{columns}">
<title id="timeline-{name}-title">{}: {}</title>
<desc id="timeline-{name}-desc">{}</desc>
"#,
        summary.from,
        summary.to,
        escaped(title),
        escaped(&extent(summary)),
        escaped(&description(summary)),
    );
    axis(&mut svg, summary.length(), height - FOOT - note - more_rows);
    // Below the lanes, so that the names can be read.
    wakes(&mut svg, summary, lanes);
    let mut names = MOST_NAMES;
    for (index, lane) in lanes.lanes.iter().enumerate() {
        draw(
            &mut svg,
            summary,
            lane,
            columns,
            HEAD + ROW * index as f64,
            &mut names,
        );
    }
    if hidden > 0 {
        let more = summary.more(lanes.lanes.len());
        let y = height - FOOT - more_rows + 2.0;
        add(
            &mut svg,
            format_args!(r#"<text x="{LEFT}" y="{y}">and {more}, not drawn</text>"#),
        );
    }
    legend(&mut svg, &keys, height - 10.0 - more_rows);
    svg + "</svg>\n"
}

/// The picture in words.
fn description(summary: &Summary) -> String {
    let mut sentences: Vec<String> = Vec::new();
    for paragraph in summary
        .troubles()
        .iter()
        .filter(|paragraph| !paragraph.trim_start().starts_with('|'))
    {
        sentences.push(paragraph.trim().to_owned());
    }
    for number in summary.threads.keys().take(LANES) {
        let name = summary.thread(*number);
        sentences.push(format!("{name} {}", summary.shares(*number)));
    }
    sentences.join(". ") + "."
}

fn axis(svg: &mut String, length: u64, bottom: f64) {
    for (quarter, anchor) in [(0u32, "start"), (1, ""), (2, "middle"), (3, ""), (4, "end")] {
        let x = LEFT + (RIGHT - LEFT) * f64::from(quarter) / 4.0;
        add(
            svg,
            format_args!(
                r#"<path d="M{x} 18V{bottom}" stroke="currentColor" stroke-opacity="0.25"/>"#
            ),
        );
        if !anchor.is_empty() {
            let label =
                duration(length / 4 * u64::from(quarter) + length % 4 * u64::from(quarter) / 4);
            add(
                svg,
                format_args!(r#"<text x="{x}" y="13" text-anchor="{anchor}">{label}</text>"#),
            );
        }
    }
}

fn draw(
    svg: &mut String,
    summary: &Summary,
    lane: &Lane,
    columns: usize,
    top: f64,
    names: &mut usize,
) {
    let spans = lane.spans();
    let (thread, name) = (lane.thread, escaped(&summary.thread(lane.thread)));
    let is_apart = summary.is_thread_among_tasks(lane.thread);
    let (run, wait, hold, bar, kind) = if is_apart {
        let kind = r#" data-kind="thread""#;
        (THREAD_RUN, THREAD_WAIT, THREAD_HOLD, NARROW, kind)
    } else {
        (RUN, WAIT, HOLD, BAR, "")
    };
    add(
        svg,
        format_args!(
            r#"<g data-thread="{thread}" data-name="{name}"{kind}><title>{name} {}</title>"#,
            summary.shares(lane.thread)
        ),
    );
    add(
        svg,
        format_args!(
            r#"<text x="{LEFT}" y="{}" {ON_LINES}>{name}</text>"#,
            top + 13.0
        ),
    );
    let middle = top + MIDDLE;
    if let (Some(first), Some(last)) = (spans.first(), spans.last()) {
        let (from, to) = (x(first.first, columns), x(last.end, columns));
        add(
            svg,
            format_args!(r#"<path {run} data-look="runs" d="M{from} {middle}H{to}"/>"#),
        );
    }
    let sides: [(Side, f64, &str, &str); 2] = [
        (Look::waits_for, middle - bar / 2.0, "waits", wait),
        (Look::holds, middle + bar / 2.0, "holds", hold),
    ];
    for (side, y, look, paint) in sides {
        let bars = bars(&spans, columns, y, side);
        if bars.is_empty() {
            continue;
        }
        add(svg, format_args!("<g {paint}>"));
        for (about, path) in bars {
            let thing = data(summary, about);
            add(
                svg,
                format_args!(r#"<path data-look="{look}" {thing} d="{path}"/>"#),
            );
        }
        add(svg, format_args!("</g>"));
    }
    let on_hold = if is_apart {
        ON_LINES
    } else {
        r#"style="fill:var(--bg,#fff)""#
    };
    labels(svg, summary, &spans, columns, (middle, on_hold), names);
    svg.push_str("</g>\n");
}

/// What a bar is about, as attributes: the text that names it, and the number of the lane that it
/// names, if it does.
fn data(summary: &Summary, about: About) -> String {
    let name = escaped(&summary.about(about));
    match about {
        About::Thing(_) => format!(r#"data-thing="{name}""#),
        About::Waker(number) | About::Worker(number) => {
            format!(r#"data-thing="{name}" data-number="{number}""#)
        }
    }
}

/// A line from each task or thread to each task that it spawns or wakes. The dot is at the one that
/// is woken.
fn wakes(svg: &mut String, summary: &Summary, lanes: &Lanes) {
    if lanes.wakes.is_empty() || lanes.wakes.len() > MOST_WAKES {
        return;
    }
    let y = |thread: u64| {
        let index = lanes.lanes.iter().position(|lane| lane.thread == thread);
        HEAD + ROW * index.expect("only lanes have wakes") as f64 + MIDDLE
    };
    let mut paths: BTreeMap<(u64, u64), String> = BTreeMap::new();
    for wake in &lanes.wakes {
        let path = paths.entry((wake.by, wake.task)).or_default();
        let (x, from, to) = (x(wake.column, lanes.columns()), y(wake.by), y(wake.task));
        // A task often spawns many at once, and then one straight line with many dots is clearer.
        let spawner = summary.tasks.get(&wake.task).and_then(|it| it.spawned_by);
        path.push_str(&line(x, from, to, spawner != Some(wake.by)));
        path.push_str(DOT);
    }
    add(svg, format_args!("<g {WAKE}>"));
    for ((by, task), path) in paths {
        add(
            svg,
            format_args!(r#"<path data-by="{by}" data-task="{task}" d="{path}"/>"#),
        );
    }
    add(svg, format_args!("</g>"));
}

/// From one lane to another. It may bulge where it passes over other lanes, to the right if there
/// is room.
fn line(x: f64, from: f64, to: f64, may_bulge: bool) -> String {
    let passed = (to - from).abs() / ROW - 1.0;
    let bulge = (BULGE * passed).clamp(0.0, MOST_BULGE);
    if bulge == 0.0 || !may_bulge {
        return format!("M{x} {from}V{to}");
    }
    let side = if x + bulge / 2.0 < RIGHT {
        x + bulge
    } else {
        x - bulge
    };
    let middle = (from + to) / 2.0;
    // There and back, so that it encloses nothing: the dot at its end is filled.
    format!("M{x} {to}Q{side} {middle} {x} {from}Q{side} {middle} {x} {to}")
}

/// A path for each primitive that any of the spans is about. Spans side by side become one stroke.
fn bars(spans: &[Span], columns: usize, y: f64, side: Side) -> BTreeMap<About, String> {
    let mut paths = BTreeMap::new();
    for (thing, first, end) in joined(spans, side) {
        let path: &mut String = paths.entry(thing).or_default();
        write!(
            path,
            "M{} {y}h{}",
            x(first, columns),
            x(end, columns) - x(first, columns)
        )
        .expect("a string takes all");
    }
    paths
}

/// What it is about, the first column, and the one after the last.
fn joined(spans: &[Span], side: Side) -> Vec<(About, usize, usize)> {
    let mut strokes: Vec<(About, usize, usize)> = Vec::new();
    for span in spans {
        let Some(thing) = side(span.look) else {
            continue;
        };
        match strokes.last_mut() {
            Some((known, _, end)) if *known == thing && *end == span.first => *end = span.end,
            _ => strokes.push((thing, span.first, span.end)),
        }
    }
    strokes
}

fn x(column: usize, columns: usize) -> f64 {
    LEFT + (RIGHT - LEFT) * column as f64 / columns as f64
}

/// Names on the bars that have room for them.
fn labels(
    svg: &mut String,
    summary: &Summary,
    spans: &[Span],
    columns: usize,
    (middle, on_hold): (f64, &str),
    names: &mut usize,
) {
    let tracks: [(Side, f64, &str); 2] = [
        (Look::waits_for, middle - 2.0, ON_LINES),
        (Look::holds, middle + 9.0, on_hold),
    ];
    for (side, y, paint) in tracks {
        for (thing, first, end) in joined(spans, side) {
            let (from, to, name) = (
                x(first, columns),
                x(end, columns),
                escaped(&summary.about(thing)),
            );
            if *names == 0 || to - from < LETTER * name.len() as f64 + 4.0 {
                continue;
            }
            *names -= 1;
            let centre = (from + to) / 2.0;
            add(
                svg,
                format_args!(
                    r#"<text x="{centre}" y="{y}" font-size="10" text-anchor="middle" {paint}>{name}</text>"#
                ),
            );
        }
    }
}

/// An entry of the legend. The page takes the words from here, by `data-word`.
struct Key {
    word: &'static str,
    data: &'static str,
    paint: &'static str,
    x: f64,
    row: usize,
}

impl Key {
    fn is_wake(&self) -> bool {
        self.data == "wakes"
    }

    /// The room for the sample of the mark.
    fn sample(&self) -> f64 {
        if self.is_wake() { 8.0 } else { 27.0 }
    }
}

/// What the lines and bars mean: those of a thread, or those of a task and then those of the
/// threads beside them.
fn keys(summary: &Summary, lanes: &Lanes) -> Vec<Key> {
    let mut keys = Vec::new();
    let mut add = |word, data, paint| {
        keys.push(Key {
            word,
            data,
            paint,
            x: 0.0,
            row: 0,
        });
    };
    let words = if summary.has_tasks() {
        ["idle", "woken", "polled"]
    } else {
        ["runs", "waits", "holds"]
    };
    for (word, (data, paint)) in
        words
            .into_iter()
            .zip([("runs", RUN), ("waits", WAIT), ("holds", HOLD)])
    {
        add(word, data, paint);
    }
    if !lanes.wakes.is_empty() && lanes.wakes.len() <= MOST_WAKES {
        add("wakes", "wakes", WAKE);
    }
    let threads = lanes
        .lanes
        .iter()
        .filter(|lane| summary.is_thread_among_tasks(lane.thread));
    let spans: Vec<Span> = threads.flat_map(Lane::spans).collect();
    if !spans.is_empty() {
        add("thread runs", "thread-runs", THREAD_RUN);
    }
    if spans.iter().any(|span| span.look.waits_for().is_some()) {
        add("thread waits", "thread-waits", THREAD_WAIT);
    }
    if spans.iter().any(|span| span.look.holds().is_some()) {
        add("thread holds", "thread-holds", THREAD_HOLD);
    }
    let (mut x, mut row) = (LEFT, 0);
    for key in &mut keys {
        let width = key.sample() + LEGEND_LETTER * key.word.len() as f64;
        if x + width > WIDTH {
            (x, row) = (LEFT, row + 1);
        }
        (key.x, key.row) = (x, row);
        x += width + LEGEND_GAP;
    }
    keys
}

fn legend(svg: &mut String, keys: &[Key], top: f64) {
    for key in keys {
        let Key {
            word,
            data,
            paint,
            x,
            row,
        } = key;
        let y = top + LEGEND_ROW * *row as f64;
        let (middle, text) = (y - 4.0, x + key.sample());
        let path = if key.is_wake() {
            format!("M{x} {}v12{DOT}", middle - 6.0)
        } else {
            format!("M{x} {middle}h22")
        };
        add(
            svg,
            format_args!(
                r#"<path d="{path}" {paint}/><text x="{text}" y="{y}" data-word="{data}">{word}</text>"#
            ),
        );
    }
}

/// A name as a part of an identifier: the page refers to the title by it, and a space would end the
/// reference.
fn id_of(name: &str) -> String {
    name.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '_' {
                c
            } else {
                '-'
            }
        })
        .collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn add(svg: &mut String, element: Arguments<'_>) {
    writeln!(svg, "{element}").expect("a string takes all");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book;
    use crate::synthetic::Trace;
    use recorder::Op::{Acquire, Release, Wait};
    use recorder::{Event, Op, Primitive, Reader, Record, TaskKind, What};
    use roxmltree::{Document, Node};
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::io::{BufRead, Cursor};

    /// A bar as the picture has it: the thread, `waits` or `holds`, the primitive, and the columns.
    type Bar = (u64, String, String, usize, usize);

    fn number(node: Node<'_, '_>, name: &str) -> u64 {
        node.attribute(name)
            .and_then(|value| value.parse().ok())
            .unwrap_or_else(|| panic!("{name} is no number"))
    }

    /// What is drawn, read back from the picture.
    fn drawn(document: &Document<'_>) -> (BTreeSet<Bar>, BTreeMap<u64, (usize, usize)>) {
        let columns = number(document.root_element(), "data-columns");
        let column = |x: f64| ((x - LEFT) / (RIGHT - LEFT) * columns as f64).round() as usize;
        let (mut bars, mut lives) = (BTreeSet::new(), BTreeMap::new());
        for path in document
            .descendants()
            .filter(|node| node.has_attribute("data-look"))
        {
            let lane = path
                .ancestors()
                .find(|node| node.has_attribute("data-thread"));
            let thread = number(lane.expect("a lane"), "data-thread");
            let (look, d) = (
                path.attribute("data-look").expect("a look"),
                path.attribute("d").expect("a line"),
            );
            for stroke in d.split('M').skip(1) {
                let (x, rest) = stroke.split_once(' ').expect("a start");
                let x: f64 = x.parse().expect("a number");
                if let Some((_, end)) = rest.split_once('H') {
                    lives.insert(thread, (column(x), column(end.parse().expect("a number"))));
                    continue;
                }
                let (_, width) = rest.split_once('h').expect("a width");
                let end = x + width.parse::<f64>().expect("a number");
                // The names of tasks come from their sources, which may have changed since.
                let thing = path
                    .attribute("data-number")
                    .or(path.attribute("data-thing"));
                let thing = thing.expect("what it is about").to_owned();
                bars.insert((thread, look.to_owned(), thing, column(x), column(end)));
            }
        }
        (bars, lives)
    }

    /// What a thread did from one moment to another: what it waited for and what it held.
    type Stretch = (u64, u64, Option<String>, Option<String>);

    /// Since when, what it waits for, and what it holds how often.
    type State = (u64, Option<String>, Vec<(String, u64)>);

    /// The same from the records, slowly and without the code that draws: all stretches of all
    /// threads, kept.
    fn stretches(reader: Reader<impl BufRead>, end: u64) -> BTreeMap<u64, Vec<Stretch>> {
        let (mut names, mut counts) = (BTreeMap::new(), BTreeMap::<Primitive, u64>::new());
        let mut threads: BTreeMap<u64, Vec<Stretch>> = BTreeMap::new();
        let mut now: BTreeMap<u64, State> = BTreeMap::new();
        let mut close = |thread: u64, to: u64, (from, waits, holds): &State| {
            let held = holds.last().map(|(name, _)| name.clone());
            threads
                .entry(thread)
                .or_default()
                .push((*from, to, waits.clone(), held));
        };
        // A thread reports a release after it has released the lock, so the next owner may be
        // faster.
        let mut late: BTreeSet<(u64, String)> = BTreeSet::new();
        // Tasks that were woken while they were polled, and by which number.
        let mut again: BTreeMap<u64, u64> = BTreeMap::new();
        for Record { time, thread, what } in reader.map(|item| item.expect("a good record")) {
            let is_late_wake = matches!(what, What::Woken(_)) && !now.contains_key(&thread);
            if is_late_wake {
                continue;
            }
            let state = now.entry(thread).or_insert((time, None, Vec::new()));
            match what {
                What::Begin(_) => {}
                What::End => {
                    close(thread, time, state);
                    now.remove(&thread);
                }
                What::Event(Event {
                    op: Op::Park | Op::Wake,
                    ..
                }) => {}
                What::Event(Event {
                    op,
                    primitive: Some(kind),
                    address,
                    count,
                    ..
                }) => {
                    let name = names.entry((kind, address)).or_insert_with(|| {
                        let count = counts
                            .entry(kind)
                            .and_modify(|count| *count += 1)
                            .or_insert(1);
                        format!("{} {count}", kind.name())
                    });
                    close(thread, time, state);
                    state.0 = time;
                    let is_lock = matches!(kind, Primitive::Lock | Primitive::RLock);
                    let is_late = is_lock
                        && matches!(op, Op::Acquire | Op::Release)
                        && late.remove(&(thread, name.clone()));
                    if is_late && op == Op::Release {
                        continue;
                    }
                    change(&mut state.1, &mut state.2, op, kind, name, count);
                    if !is_lock || op != Op::Acquire {
                        continue;
                    }
                    for (other, state) in &mut now {
                        let is_held = state.2.iter().any(|(held, _)| held == name);
                        if *other != thread && is_held {
                            close(*other, time, state);
                            state.0 = time;
                            state.2.retain(|(held, _)| held != name);
                            late.insert((*other, name.clone()));
                        }
                    }
                }
                What::Event(_) => {}
                What::Task(task) => {
                    if task.kind != TaskKind::BlockOn {
                        state.1 = Some(task.by.to_string());
                    }
                }
                What::Woken(by) if !state.2.is_empty() => {
                    again.entry(thread).or_insert(by);
                }
                What::Woken(by) => {
                    if state.1.is_none() {
                        close(thread, time, state);
                        *state = (time, Some(by.to_string()), Vec::new());
                    }
                }
                What::Poll(worker) => {
                    close(thread, time, state);
                    *state = (time, None, vec![(worker.to_string(), 1)]);
                }
                What::Idle => {
                    close(thread, time, state);
                    let by = again.remove(&thread);
                    *state = (time, by.map(|by| by.to_string()), Vec::new());
                }
            }
        }
        now.iter()
            .for_each(|(thread, state)| close(*thread, end, state));
        threads
    }

    fn change(
        waits: &mut Option<String>,
        holds: &mut Vec<(String, u64)>,
        op: Op,
        kind: Primitive,
        name: &str,
        count: u64,
    ) {
        if waits.as_deref() == Some(name) {
            *waits = None;
        }
        let held = holds.iter().position(|(held, _)| held == name);
        match (op, held, kind) {
            (Op::Wait, ..) => *waits = Some(name.to_owned()),
            (Op::Acquire, None, _) => holds.push((name.to_owned(), count)),
            (Op::Acquire, Some(index), Primitive::Semaphore) => holds[index].1 += count,
            (Op::Release, Some(index), Primitive::Semaphore) => {
                holds[index].1 = holds[index].1.saturating_sub(count);
                holds.retain(|(_, count)| *count > 0);
            }
            (Op::Release, Some(index), Primitive::Lock) => drop(holds.remove(index)),
            (Op::Release, Some(index), Primitive::RLock) if count == 0 => drop(holds.remove(index)),
            _ => {}
        }
    }

    /// The numbers of the tasks, and those of all that have a lane.
    fn tasks_and_lanes(reader: Reader<impl BufRead>) -> (BTreeSet<u64>, BTreeSet<u64>) {
        let mut tasks = BTreeSet::new();
        let mut users = BTreeSet::new();
        let mut wakers = BTreeSet::new();
        let mut workers = BTreeSet::new();
        for Record { thread, what, .. } in reader.map(|item| item.expect("a good record")) {
            match what {
                What::Task(_) => drop(tasks.insert(thread)),
                What::Event(_) => drop(users.insert(thread)),
                What::Woken(by) => drop(wakers.insert(by)),
                What::Poll(worker) => drop(workers.insert(worker)),
                What::Begin(_) | What::End | What::Idle => {}
            }
        }
        let mut lanes: BTreeSet<u64> = wakers.difference(&workers).copied().collect();
        lanes.extend(tasks.iter().chain(&users));
        (tasks, lanes)
    }

    /// Each wake as its waker, the woken task and the time. If a task is woken more than once
    /// before a poll, only the first wake counts.
    fn wakes(reader: Reader<impl BufRead>) -> Vec<(u64, u64, u64)> {
        let mut wakes = Vec::new();
        let mut ready = BTreeSet::new();
        let mut ended = BTreeSet::new();
        for Record { time, thread, what } in reader.map(|item| item.expect("a good record")) {
            let by = match what {
                What::Task(task) if task.kind != TaskKind::BlockOn => task.by,
                What::Woken(by) if !ended.contains(&thread) => by,
                What::Poll(_) => {
                    ready.remove(&thread);
                    continue;
                }
                What::End => {
                    ended.insert(thread);
                    continue;
                }
                _ => continue,
            };
            if ready.insert(thread) && by != thread {
                wakes.push((by, thread, time));
            }
        }
        wakes
    }

    /// The bars that the stretches make: in each column the wait or hold that took longest, if all
    /// took a quarter. Of a task, each wait and hold.
    fn expected(
        stretches: &BTreeMap<u64, Vec<Stretch>>,
        tasks: &BTreeSet<u64>,
        (from, to): (u64, u64),
        columns: usize,
    ) -> BTreeSet<Bar> {
        let edge = |index: usize| from as f64 + (to - from) as f64 * index as f64 / columns as f64;
        let mut bars: BTreeSet<Bar> = BTreeSet::new();
        for (thread, all) in stretches.iter().take(LANES) {
            let mut open: [Option<(String, usize)>; 2] = [None, None];
            for column in 0..=columns {
                // In whole nanoseconds, as the trace counts.
                let (start, end) = (
                    edge(column).ceil() as u64,
                    (edge(column + 1).ceil() as u64).min(to),
                );
                let mut times: BTreeMap<(&Option<String>, &Option<String>), u64> = BTreeMap::new();
                for (from, to, waits, holds) in all
                    .iter()
                    .filter(|it| column < columns && it.0 < end && it.1 > start)
                {
                    *times.entry((waits, holds)).or_default() +=
                        (*to).min(end) - (*from).max(start);
                }
                let there: u64 = times.values().sum();
                let busy = || {
                    let some = times.iter().filter(|(_, time)| **time > 0);
                    some.filter(|((waits, holds), _)| waits.is_some() || holds.is_some())
                };
                let share: u64 = busy().map(|(_, time)| time).sum();
                let shown = busy()
                    .max_by_key(|(_, time)| **time)
                    .filter(|_| there > 0 && share * 4 >= there);
                let mut shown = shown.map_or([None, None], |((waits, holds), _)| {
                    [(*waits).clone(), (*holds).clone()]
                });
                if tasks.contains(thread) {
                    let waits = busy().filter(|((waits, _), _)| waits.is_some());
                    let holds = busy().filter(|((_, holds), _)| holds.is_some());
                    let waits = waits.max_by_key(|(_, time)| **time);
                    let holds = holds.max_by_key(|(_, time)| **time);
                    shown = [
                        waits.and_then(|((waits, _), _)| (*waits).clone()),
                        holds.and_then(|((_, holds), _)| (*holds).clone()),
                    ];
                }
                for ((open, shown), look) in open.iter_mut().zip(shown).zip(["waits", "holds"]) {
                    if open.as_ref().map(|(thing, _)| thing) == shown.as_ref() {
                        continue;
                    }
                    if let Some((thing, first)) = open.take() {
                        bars.insert((*thread, look.to_owned(), thing, first, column));
                    }
                    *open = shown.map(|thing| (thing, column));
                }
            }
        }
        bars
    }

    /// The lines between lanes: the number of the waker, that of the task, and the column.
    fn wakes_drawn(document: &Document<'_>) -> BTreeSet<(u64, u64, usize)> {
        let columns = number(document.root_element(), "data-columns") as f64;
        let mut wakes = BTreeSet::new();
        let paths = document.descendants();
        for path in paths.filter(|node| node.has_attribute("data-by")) {
            let (by, task) = (number(path, "data-by"), number(path, "data-task"));
            let d = path.attribute("d").expect("a line");
            for line in d.split('M').skip(1) {
                let (x, _) = line.split_once(' ').expect("a start");
                let x: f64 = x.parse().expect("a number");
                let column = ((x - LEFT) / (RIGHT - LEFT) * columns).round() as usize;
                wakes.insert((by, task, column));
            }
        }
        wakes
    }

    /// Those of the trace, between the lanes that are drawn; none if there are too many.
    fn wakes_expected(
        reader: Reader<impl BufRead>,
        lanes: &[u64],
        (from, to): (u64, u64),
        columns: u64,
    ) -> BTreeSet<(u64, u64, usize)> {
        let mut expected = BTreeSet::new();
        for (by, task, time) in wakes(reader) {
            if lanes.contains(&by) && lanes.contains(&task) {
                let column = (time - from) * columns / (to - from);
                expected.insert((by, task, column.min(columns - 1) as usize));
            }
        }
        if expected.len() > MOST_WAKES {
            expected.clear();
        }
        expected
    }

    /// Compares a picture with its trace: extent, lanes, and every bar.
    fn check(svg: &str, name: &str, reader: impl Fn() -> Reader<Cursor<Vec<u8>>>) {
        let document = Document::parse(svg).unwrap_or_else(|error| panic!("{name}: {error}"));
        let root = document.root_element();
        let (extent, columns) = (
            (number(root, "data-from"), number(root, "data-to")),
            number(root, "data-columns"),
        );
        let (tasks, with_lane) = tasks_and_lanes(reader());
        let mut stretches = stretches(reader(), extent.1);
        stretches.retain(|number, _| with_lane.contains(number));
        let lanes: Vec<_> = document
            .descendants()
            .filter(|node| node.has_attribute("data-thread"))
            .collect();
        let threads: Vec<_> = lanes
            .iter()
            .map(|lane| number(*lane, "data-thread"))
            .collect();
        assert_eq!(
            threads,
            stretches.keys().copied().take(LANES).collect::<Vec<_>>(),
            "{name}"
        );
        let (bars, lives) = drawn(&document);
        let expected = expected(&stretches, &tasks, extent, columns as usize);
        // If two looks took equally long in one column, to the nanosecond, record that run again.
        let differ = bars.symmetric_difference(&expected).collect::<Vec<_>>();
        assert!(differ.is_empty(), "{name}, {} bars: {differ:?}", bars.len());
        assert_eq!(
            wakes_drawn(&document),
            wakes_expected(reader(), &threads, extent, columns),
            "{name}"
        );
        for (thread, (first, end)) in lives {
            let all = &stretches[&thread];
            let (from, to) = (all[0].0, all[all.len() - 1].1);
            let column = |time: u64| {
                (time - extent.0) as f64 / (extent.1 - extent.0).max(1) as f64 * columns as f64
            };
            assert!(
                (column(from) - first as f64).abs() <= 1.0
                    && (column(to) - end as f64).abs() <= 1.0,
                "{name}"
            );
        }
        assert_eq!(root.attribute("role"), Some("img"), "{name}");
        let text = |tag: &str| {
            root.children()
                .find(|node| node.has_tag_name(tag))
                .and_then(|node| node.text())
        };
        assert!(
            text("title").is_some() && text("desc").is_some_and(|desc| desc.len() > 20),
            "{name}"
        );
    }

    fn reader_of(text: &str) -> impl Fn() -> Reader<Cursor<Vec<u8>>> {
        let bytes = text.as_bytes().to_vec();
        move || Reader::new(Cursor::new(bytes.clone())).expect("a trace")
    }

    #[test]
    fn each_picture_of_the_book_agrees_with_its_trace() {
        let mut files: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for entry in fs::read_dir(book::folder()).expect("docs/timelines") {
            let path = entry.expect("an entry").path();
            let [Some(name), Some(ending)] = [path.file_stem(), path.extension()] else {
                panic!("{} is no file of a picture", path.display());
            };
            let name = name.to_string_lossy().into_owned();
            let endings = files.entry(name).or_default();
            endings.insert(ending.to_string_lossy().into_owned());
        }
        assert!(!files.is_empty(), "the book has no pictures");
        for (name, endings) in files {
            let expected = ["svg", "trace", "txt"].map(str::to_owned);
            assert_eq!(endings, BTreeSet::from(expected), "{name}");
            let read = |ending: &str| {
                let path = book::folder().join(format!("{name}.{ending}"));
                fs::read_to_string(&path).expect("it can be read")
            };
            let svg = read("svg");
            check(&svg, &name, reader_of(&read("trace")));
            assert!(svg.len() <= LARGEST, "{name} has {} bytes", svg.len());
        }
    }

    #[test]
    fn names_that_xml_forbids_make_a_good_picture_all_the_same() {
        let mut trace = Trace::new();
        trace
            .begin(0, 1, "\u{fffe}\u{1}<\u{202e}")
            .event(10, 1, Acquire, (Primitive::Lock, 1), 1)
            .end(20, 1);
        let lanes = trace.lanes(COLUMNS, LANES);
        let svg = picture("a \"b\" <c>", "title", &trace.summary(), &lanes);
        let document = Document::parse(&svg).expect("XML");
        let lane = document
            .descendants()
            .find_map(|node| node.attribute("data-name"));
        assert_eq!(lane, Some("??<?"));
        let labels = document.root_element().attribute("aria-labelledby");
        let expected = "timeline-a--b---c--title timeline-a--b---c--desc";
        assert_eq!(labels, Some(expected));
    }

    #[test]
    fn a_picture_of_a_trace_made_by_hand_and_how_it_would_be_seen_to_be_wrong() {
        let (a, b) = ((Primitive::Lock, 1), (Primitive::Semaphore, 2));
        let mut trace = Trace::new();
        trace
            .begin(0, 1, "<&\">")
            .event(0, 1, Acquire, a, 1)
            .event(700, 2, Wait, a, 2);
        trace
            .event(800, 1, Wait, b, 3)
            .event(900, 1, Acquire, b, 3)
            .event(1000, 1, Release, a, 0);
        trace
            .event(1100, 2, Acquire, a, 2)
            .event(1200, 1, Release, b, 0)
            .event(5000, 2, Release, a, 0)
            .end(7320, 1);
        let summary = trace.summary();
        let svg = picture("name", "by hand", &summary, &trace.lanes(COLUMNS, LANES));
        let reader = reader_of(trace.text());
        check(&svg, "by hand", &reader);
        let document = Document::parse(&svg).expect("XML");
        assert!(
            drawn(&document)
                .0
                .contains(&(1, "waits".into(), "Semaphore 1".into(), 80, 90))
        );
        let planted = svg.replacen("h5\"", "h6\"", 1);
        assert_ne!(planted, svg);
        std::panic::catch_unwind(|| check(&planted, "planted", &reader))
            .expect_err("a bar is too long");
    }

    #[test]
    fn tasks_are_drawn_with_their_polls_and_wakes() {
        let mut trace = Trace::new();
        trace
            .begin(0, 1, "main")
            .task(0, 2, TaskKind::BlockOn, 1, "")
            .poll(0, 2, 1)
            .task(700, 3, TaskKind::Spawned, 2, "<fetch>")
            .idle(900, 2)
            .begin(1000, 4, "tokio-rt-worker")
            .poll(1000, 3, 4)
            .idle(1010, 3)
            // A thread of another pool wakes it twice, which counts once.
            .begin(3000, 5, "")
            .woken(3000, 3, 5)
            .woken(3050, 3, 5)
            .poll(4000, 3, 4)
            // It wakes itself while it is polled.
            .woken(4500, 3, 3)
            .idle(5000, 3)
            .poll(5500, 3, 4)
            .idle(6000, 3)
            .end(6000, 3)
            .woken(6100, 3, 5)
            .end(6200, 5)
            .end(7320, 2);
        let summary = trace.summary();
        let svg = picture("name", "tasks", &summary, &trace.lanes(COLUMNS, LANES));
        let reader = reader_of(trace.text());
        check(&svg, "tasks", &reader);
        let document = Document::parse(&svg).expect("XML");
        let bars = drawn(&document).0;
        let bar = |look: &str, thing: &str, first, end| {
            (3, look.to_owned(), thing.to_owned(), first, end)
        };
        for expected in [
            bar("waits", "2", 35, 50),
            // So short a poll would be no bar of a thread.
            bar("holds", "4", 50, 51),
            bar("waits", "5", 150, 200),
            bar("holds", "4", 200, 250),
            bar("waits", "3", 250, 275),
        ] {
            assert!(bars.contains(&expected), "{expected:?}: {bars:?}");
        }
        let wakes = wakes_drawn(&document);
        assert_eq!(wakes, BTreeSet::from([(2, 3, 35), (5, 3, 150)]));
        let planted = svg.replacen("data-by=\"5\"", "data-by=\"2\"", 1);
        assert_ne!(planted, svg);
        std::panic::catch_unwind(|| check(&planted, "planted", &reader))
            .expect_err("another task seems to have woken it");
    }

    #[test]
    fn a_thread_beside_tasks_has_marks_of_its_own() {
        let lock = (Primitive::Lock, 1);
        let mut trace = Trace::new();
        trace
            .begin(0, 1, "main")
            .event(0, 1, Acquire, lock, 1)
            .event(5000, 1, Release, lock, 0);
        let of_threads = picture("a", "a", &trace.summary(), &trace.lanes(COLUMNS, LANES));
        trace
            .task(5000, 2, TaskKind::Spawned, 1, "a task")
            .poll(6000, 2, 1)
            .idle(7000, 2)
            .end(7320, 2)
            .end(7320, 1);
        let of_both = picture("a", "a", &trace.summary(), &trace.lanes(COLUMNS, LANES));
        check(&of_both, "both", reader_of(trace.text()));
        assert!(of_threads.contains(HOLD) && of_threads.contains(">holds</text>"));
        assert!(!of_threads.contains(THREAD_RUN) && !of_threads.contains(THREAD_HOLD));
        for mark in [THREAD_RUN, THREAD_HOLD, HOLD] {
            // In its lane and in the legend.
            assert_eq!(of_both.matches(mark).count(), 2, "{mark}");
        }
        for word in ["idle", "woken", "polled", "thread runs", "thread holds"] {
            assert!(of_both.contains(&format!(">{word}</text>")), "{word}");
        }
        assert!(!of_both.contains("thread waits"));
    }

    #[test]
    fn a_wake_bulges_where_it_passes_over_a_lane_and_stays_in_the_picture() {
        assert_eq!(line(100.0, 0.0, ROW, true), "M100 0V44");
        assert_eq!(line(100.0, 0.0, 2.0 * ROW, false), "M100 0V88");
        let [right, left] = [100.0, RIGHT].map(|x| line(x, 0.0, 2.0 * ROW, true));
        assert_eq!(right, "M100 88Q108 44 100 0Q108 44 100 88");
        assert_eq!(left, "M378 88Q370 44 378 0Q370 44 378 88");
    }

    #[test]
    fn a_busy_trace_is_drawn_more_coarsely_and_stays_small() {
        let mut trace = Trace::new();
        for time in 0..40_000u64 {
            let (thread, lock) = (time % 12 + 1, (Primitive::Lock, time % 12));
            trace.event(
                time * 10,
                thread,
                if time / 12 % 2 == 0 { Acquire } else { Release },
                lock,
                1,
            );
        }
        let svg = picture(
            "busy",
            "busy",
            &trace.summary(),
            &trace.lanes(COLUMNS, LANES),
        );
        check(&svg, "busy", reader_of(trace.text()));
        assert!(svg.len() <= LARGEST, "{} bytes", svg.len());
    }
}
