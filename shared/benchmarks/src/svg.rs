//! The plots: a group's workloads one below the other, each with its peers as dots on one scale.
//!
//! A dot is ours divided by a peer's, so that left of the line ours is faster. Colours are the page's own
//! (`currentColor`), and classes let it change them.

use crate::results::{Entry, Row};
use std::fmt::Write;

const WIDTH: f64 = 390.0;
const LEFT: f64 = 12.0;
const RIGHT: f64 = WIDTH - 12.0;
/// The scale is logarithmic; what lies beyond stands at its end.
const LEAST: f64 = 1.0 / 16.0;
const MOST: f64 = 4.0;
const TICKS: [(f64, &str); 7] = [
    (1.0 / 16.0, "1/16"),
    (0.125, "1/8"),
    (0.25, "1/4"),
    (0.5, "1/2"),
    (1.0, "1"),
    (2.0, "2"),
    (4.0, "4"),
];
const HEAD: f64 = 48.0;
const ROW: f64 = 38.0;
const FOOT: f64 = 24.0;

/// A plot for each group that has peers, with the group's name.
pub(crate) fn plots(rows: &[Row], busy: bool) -> Vec<(String, String)> {
    let mut groups: Vec<&str> = rows.iter().map(|row| row.group.as_str()).collect();
    groups.dedup();
    let rows_of = |group: &str| {
        rows.iter()
            .filter(|row| row.group == group && row.verdict().is_some())
            .collect()
    };
    let plots = groups.into_iter().map(|group| (group, rows_of(group)));
    let plots = plots.filter(|(_, rows): &(_, Vec<&Row>)| !rows.is_empty());
    plots
        .map(|(group, rows)| (group.to_owned(), plot(group, &rows, busy)))
        .collect()
}

fn plot(group: &str, rows: &[&Row], busy: bool) -> String {
    let height = HEAD + ROW * rows.len() as f64 + FOOT;
    let id = format!(
        "bench-{}-{}",
        if busy { "busy" } else { "quiet" },
        group.to_lowercase()
    );
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" class="bench" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="{id}-title {id}-desc" style="width:100%;max-width:36rem;height:auto" font-family="sans-serif" font-size="12" fill="currentColor">
<title id="{id}-title">{}: ours divided by each peer's, {}</title>
<desc id="{id}-desc">{}</desc>
"#,
        escaped(group),
        if busy {
            "beside other programs"
        } else {
            "on a quiet machine"
        },
        escaped(&description(rows)),
    );
    scale(&mut svg, height - FOOT);
    for (index, row) in rows.iter().enumerate() {
        line(&mut svg, row, HEAD + ROW * index as f64);
    }
    svg + "</svg>\n"
}

/// The plot in words.
fn description(rows: &[&Row]) -> String {
    let sentence = |row: &&Row| {
        let verdict = row.verdict().expect("only such rows are plotted");
        format!(
            "{}: {} of {}.",
            row.name,
            times(verdict.ratio),
            verdict.best.name
        )
    };
    rows.iter().map(sentence).collect::<Vec<_>>().join(" ")
}

/// What the scale means, at the top and at the bottom.
fn scale(svg: &mut String, bottom: f64) {
    add(
        svg,
        format_args!(r#"<text x="{LEFT}" y="14">← ours is faster</text>"#),
    );
    add(
        svg,
        format_args!(r#"<text x="{RIGHT}" y="14" text-anchor="end">the peer is faster →</text>"#),
    );
    for (ratio, label) in TICKS {
        for y in [HEAD - 18.0, bottom + 16.0] {
            add(
                svg,
                format_args!(
                    r#"<text x="{:.1}" y="{y}" text-anchor="middle">{label}</text>"#,
                    place(ratio)
                ),
            );
        }
    }
}

/// The scale's marks, beside the dots that they serve; that of 1 stands out.
fn marks(svg: &mut String, middle: f64) {
    let mark = |ratio| format!("M{:.1} {}V{}", place(ratio), middle - 9.0, middle + 9.0);
    let others: String = TICKS
        .iter()
        .map(|(ratio, _)| *ratio)
        .filter(|ratio| *ratio != 1.0)
        .map(mark)
        .collect();
    add(
        svg,
        format_args!(r#"<path d="{others}" stroke="currentColor" stroke-opacity="0.3"/>"#),
    );
    add(
        svg,
        format_args!(r#"<path d="{}" stroke="currentColor"/>"#, mark(1.0)),
    );
}

/// One workload: its name, its best peer, and all peers on the scale.
fn line(svg: &mut String, row: &Row, top: f64) {
    let verdict = row.verdict().expect("only such rows are plotted");
    let (text, middle) = (top + 12.0, top + 25.0);
    add(
        svg,
        format_args!(
            r#"<text x="{LEFT}" y="{text}">{}</text>"#,
            escaped(&row.name)
        ),
    );
    let best = format!("{} of {}", times(verdict.ratio), verdict.best.name);
    add(
        svg,
        format_args!(
            r#"<text x="{RIGHT}" y="{text}" text-anchor="end" font-weight="bold">{}</text>"#,
            escaped(&best)
        ),
    );
    marks(svg, middle);
    noise(svg, verdict.noise.unwrap_or(0.0), middle);
    add(
        svg,
        format_args!(r#"<g class="bench-peer" fill-opacity="0.5">"#),
    );
    for peer in row.peers().filter(|peer| peer.name != verdict.best.name) {
        dot(svg, row, peer, middle, r#"r="3.5""#);
    }
    add(svg, format_args!("</g>"));
    whisker(svg, row, verdict.best, middle);
    dot(
        svg,
        row,
        verdict.best,
        middle,
        r#"class="bench-best" r="5""#,
    );
}

/// As far as the control strays from 1.
fn noise(svg: &mut String, noise: f64, middle: f64) {
    let (from, to) = (place(1.0 / (1.0 + noise)), place(1.0 + noise));
    let (y, width) = (middle - 8.0, to - from);
    add(
        svg,
        format_args!(
            r#"<rect class="bench-noise" x="{from:.1}" y="{y}" width="{width:.1}" height="16" fill-opacity="0.15"/>"#
        ),
    );
}

fn dot(svg: &mut String, row: &Row, peer: &Entry, middle: f64, look: &str) {
    let ratio = row.read(peer.ratio.median);
    let (x, label) = (place(ratio), format!("{}: {}", peer.name, times(ratio)));
    add(
        svg,
        format_args!(
            r#"<circle cx="{x:.1}" cy="{middle}" {look}><title>{}</title></circle>"#,
            escaped(&label)
        ),
    );
}

/// From quartile to quartile.
fn whisker(svg: &mut String, row: &Row, peer: &Entry, middle: f64) {
    let [from, to] = [peer.ratio.low, peer.ratio.high].map(|ratio| place(row.read(ratio)));
    add(
        svg,
        format_args!(
            r#"<path d="M{from:.1} {middle}H{to:.1}" stroke="currentColor" stroke-width="2"/>"#
        ),
    );
}

/// Where a ratio stands.
fn place(ratio: f64) -> f64 {
    let part = (ratio.clamp(LEAST, MOST) / LEAST).ln() / (MOST / LEAST).ln();
    // Room for half a label at both ends.
    let (from, to) = (LEFT + 14.0, RIGHT - 6.0);
    from + (to - from) * part
}

fn times(ratio: f64) -> String {
    if ratio < 0.1 {
        format!("{ratio:.3}")
    } else {
        format!("{ratio:.2}")
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn add(svg: &mut String, element: std::fmt::Arguments<'_>) {
    writeln!(svg, "{element}").expect("a string takes all");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        measure::{AGAIN, OURS},
        results::tests::{entry, row},
    };

    fn planted() -> Vec<Row> {
        let contenders = |peer| {
            vec![
                entry(OURS, 10.0),
                entry(AGAIN, 10.0),
                entry("slow", 400.0),
                entry(peer, 5.0),
            ]
        };
        vec![
            row("Lock", "a < b", contenders("std")),
            row("Queue", "c", contenders("kanal")),
        ]
    }

    #[test]
    fn a_group_has_a_plot_and_a_peer_a_dot() {
        let plots = plots(&planted(), false);
        assert_eq!(
            plots
                .iter()
                .map(|(group, _)| group.as_str())
                .collect::<Vec<_>>(),
            ["Lock", "Queue"]
        );
        let svg = &plots[0].1;
        assert_eq!(svg.matches("<circle").count(), 2);
        assert!(svg.contains("<title>std: 2.00</title>"), "{svg}");
        assert!(svg.contains("a &lt; b: 2.00 of std."), "{svg}");
    }

    #[test]
    fn what_lies_beyond_the_scale_stands_at_its_end() {
        assert_eq!(place(0.001), place(LEAST));
        assert_eq!(place(1000.0), place(MOST));
        assert!(place(LEAST) >= LEFT && place(MOST) <= RIGHT);
        assert!(place(0.9) < place(1.0));
    }
}
