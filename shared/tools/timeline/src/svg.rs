//! The drawing for the book: one lane a thread, waits above and holds below a thin line.
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
/// Bytes; a page may have several pictures.
pub(crate) const LARGEST: usize = 15_000;
const HEAD: f64 = 22.0;
const ROW: f64 = 44.0;
const FOOT: f64 = 30.0;
/// The height of the bar of a wait or a hold.
const BAR: f64 = 11.0;
/// A name on a bar: its letters are about this wide.
const LETTER: f64 = 5.8;
const MOST_NAMES: usize = 24;

/// The picture of lanes with [`COLUMNS`], as fine as it may be without becoming too large.
pub(crate) fn picture(name: &str, title: &str, summary: &Summary, lanes: &Lanes) -> String {
    let pictures = COARSER
        .iter()
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
    let height = HEAD + ROW * lanes.lanes.len() as f64 + note + FOOT;
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
    axis(&mut svg, summary.length(), height - FOOT - note);
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
        let (y, more) = (height - FOOT + 2.0, summary.more(lanes.lanes.len()));
        add(
            &mut svg,
            format_args!(r#"<text x="{LEFT}" y="{y}">and {more}, not drawn</text>"#),
        );
    }
    legend(&mut svg, height - 10.0);
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
    add(
        svg,
        format_args!(
            r#"<g data-thread="{thread}" data-name="{name}"><title>{name} {}</title>"#,
            summary.shares(lane.thread)
        ),
    );
    add(
        svg,
        format_args!(r#"<text x="{LEFT}" y="{}">{name}</text>"#, top + 13.0),
    );
    let middle = top + 29.0;
    if let (Some(first), Some(last)) = (spans.first(), spans.last()) {
        let (from, to) = (x(first.first, columns), x(last.end, columns));
        add(
            svg,
            format_args!(
                r#"<path class="timeline-run" data-look="runs" d="M{from} {middle}H{to}" stroke="currentColor" stroke-width="1.5"/>"#
            ),
        );
    }
    let waits = bars(&spans, columns, middle - BAR / 2.0, Look::waits_for);
    for (thing, path) in waits {
        let (thing, paint) = (
            escaped(&summary.about(thing)),
            "stroke:var(--timeline-wait,currentColor)",
        );
        add(
            svg,
            format_args!(
                r#"<path class="timeline-wait" data-look="waits" data-thing="{thing}" d="{path}" style="{paint}" stroke-width="{BAR}" stroke-dasharray="2 1.5"/>"#
            ),
        );
    }
    for (thing, path) in bars(&spans, columns, middle + BAR / 2.0, Look::holds) {
        let (thing, paint) = (
            escaped(&summary.about(thing)),
            "stroke:var(--timeline-hold,currentColor)",
        );
        add(
            svg,
            format_args!(
                r#"<path class="timeline-hold" data-look="holds" data-thing="{thing}" d="{path}" style="{paint}" stroke-width="{BAR}"/>"#
            ),
        );
    }
    labels(svg, summary, &spans, columns, middle, names);
    svg.push_str("</g>\n");
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
    middle: f64,
    names: &mut usize,
) {
    // On stripes the letters get an edge in the colour of the page.
    let on_stripes =
        r#"stroke="none" style="paint-order:stroke;stroke:var(--bg,#fff);stroke-width:5px""#;
    let on_bar = r#"style="fill:var(--bg,#fff)""#;
    let tracks: [(Side, f64, &str); 2] = [
        (Look::waits_for, middle - 2.0, on_stripes),
        (Look::holds, middle + 9.0, on_bar),
    ];
    for (side, y, paint) in tracks {
        for (thing, first, end) in joined(spans, side) {
            let (from, to, name) = (x(first, columns), x(end, columns), escaped(&summary.about(thing)));
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

fn legend(svg: &mut String, y: f64) {
    let middle = y - 4.0;
    let samples = [
        (LEFT, "runs", r#"stroke="currentColor" stroke-width="1.5""#),
        (
            LEFT + 84.0,
            "waits",
            r#"style="stroke:var(--timeline-wait,currentColor)" stroke-width="11" stroke-dasharray="2 1.5""#,
        ),
        (
            LEFT + 174.0,
            "holds",
            r#"style="stroke:var(--timeline-hold,currentColor)" stroke-width="11""#,
        ),
    ];
    for (x, word, paint) in samples {
        add(
            svg,
            format_args!(
                r#"<path d="M{x} {middle}h22" {paint}/><text x="{}" y="{y}">{word}</text>"#,
                x + 27.0
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
    use recorder::{Event, Op, Primitive, Reader, Record, What};
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
            let thread = number(path.parent_element().expect("a lane"), "data-thread");
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
                let thing = path
                    .attribute("data-thing")
                    .expect("a primitive")
                    .to_owned();
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
        for Record { time, thread, what } in reader.map(|item| item.expect("a good record")) {
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

    /// The bars that the stretches make: in each column the wait or hold that took longest, if all
    /// took a quarter.
    fn expected(
        stretches: &BTreeMap<u64, Vec<Stretch>>,
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
                    times
                        .iter()
                        .filter(|((waits, holds), _)| waits.is_some() || holds.is_some())
                };
                let share: u64 = busy().map(|(_, time)| time).sum();
                let shown = busy()
                    .max_by_key(|(_, time)| **time)
                    .filter(|_| there > 0 && share * 4 >= there);
                let shown = shown.map_or([None, None], |((waits, holds), _)| {
                    [(*waits).clone(), (*holds).clone()]
                });
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

    /// Compares a picture with its trace: extent, lanes, and every bar.
    fn check(svg: &str, name: &str, reader: impl Fn() -> Reader<Cursor<Vec<u8>>>) {
        let document = Document::parse(svg).unwrap_or_else(|error| panic!("{name}: {error}"));
        let root = document.root_element();
        let (extent, columns) = (
            (number(root, "data-from"), number(root, "data-to")),
            number(root, "data-columns"),
        );
        let stretches = stretches(reader(), extent.1);
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
        let expected = expected(&stretches, extent, columns as usize);
        // If two looks took equally long in one column, to the nanosecond, record that run again.
        let differ = bars.symmetric_difference(&expected).collect::<Vec<_>>();
        assert!(differ.is_empty(), "{name}, {} bars: {differ:?}", bars.len());
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
