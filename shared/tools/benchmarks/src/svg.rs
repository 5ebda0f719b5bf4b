//! The plots. A plot shows the workloads of a group below each other, and the peers of each
//! workload as dots on one scale.
//!
//! A dot is the cost of this library divided by the cost of a peer, so this library is faster than
//! the peers whose dots are left of 1. The filled dots are the peers in the release profile, and
//! the hollow dot is the best peer in the other profile. The colors are those of the page
//! (`currentColor`), and the page can change them by class. Workloads that do not compare this
//! library have plots of another form, in the module `bars`.

mod bars;

use crate::{
    profile::Profile,
    recipes,
    report::Verdict,
    results::{Entry, Results, Row},
};
use std::fmt::Write;

const WIDTH: f64 = 390.0;
const LEFT: f64 = 12.0;
const RIGHT: f64 = WIDTH - 12.0;
/// The scale is logarithmic. A ratio beyond its end is drawn at its end.
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

/// For each group that has peers, the name of the file without its ending, and the plot.
pub(crate) fn plots(results: &Results) -> Vec<(String, String)> {
    let mut groups: Vec<&str> = Vec::new();
    for row in &results.workloads {
        if groups.last() != Some(&row.group.as_str()) {
            groups.push(&row.group);
        }
    }
    let mut plots = Vec::new();
    for group in groups {
        let rows = results.workloads.iter().filter(|row| row.group == group);
        let (compared, others): (Vec<&Row>, Vec<&Row>) = rows.partition(|row| row.is_comparison());
        let compared: Vec<&Row> = compared
            .into_iter()
            .filter(|row| row.worst_verdict().is_some())
            .collect();
        let file = file(group, results.busy);
        if !compared.is_empty() {
            plots.push((file, plot(group, &compared, results.busy)));
        } else if !others.is_empty() {
            plots.push((file, bars::plot(group, &others, results)));
        }
    }
    plots
}

fn file(group: &str, busy: bool) -> String {
    let group = group.to_lowercase().replace(' ', "-");
    format!("{}-{group}", if busy { "busy" } else { "quiet" })
}

fn on_a_machine(busy: bool) -> &'static str {
    if busy {
        "on a busy machine"
    } else {
        "on a quiet machine"
    }
}

/// The beginning of a plot, with its title and its content in words.
fn opened(group: &str, busy: bool, height: f64, title: &str, description: &str) -> String {
    let id = format!("bench-{}", file(group, busy));
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" class="bench" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="{id}-title {id}-desc" style="width:100%;max-width:36rem;height:auto" font-family="sans-serif" font-size="12" fill="currentColor">
<title id="{id}-title">{}</title>
<desc id="{id}-desc">{}</desc>
"#,
        escaped(title),
        escaped(description),
    )
}

/// The contender that the others are compared with. A recipe need not use this library.
fn subject(group: &str) -> &'static str {
    if group == recipes::GROUP {
        "the recipe"
    } else {
        "this library"
    }
}

fn plot(group: &str, rows: &[&Row], busy: bool) -> String {
    let height = HEAD + ROW * rows.len() as f64 + FOOT;
    let on_a_machine = on_a_machine(busy);
    let subject = subject(group);
    let title = format!("{group}: {subject} divided by each peer, {on_a_machine}");
    let mut svg = opened(group, busy, height, &title, &description(rows));
    scale(&mut svg, height - FOOT, subject);
    for (index, row) in rows.iter().enumerate() {
        line(&mut svg, row, HEAD + ROW * index as f64);
    }
    svg + "</svg>\n"
}

/// The plot in words.
fn description(rows: &[&Row]) -> String {
    let mut sentences = Vec::new();
    for row in rows {
        let ratios: Vec<_> = row.verdicts().iter().map(label).collect();
        sentences.push(format!("{}: {}.", row.name, ratios.join(", ")));
    }
    sentences.join(" ")
}

/// The ratio to the best peer. The release profile is not named, because it is the one that readers
/// expect.
fn label(verdict: &Verdict<'_>) -> String {
    let ratio = format!("{} of {}", times(verdict.ratio), verdict.best.name);
    match verdict.profile {
        Profile::Release => ratio,
        Profile::Lto => format!("{ratio} (LTO)"),
    }
}

/// The meaning of the scale at the top, and its numbers at the top and at the bottom.
fn scale(svg: &mut String, bottom: f64, subject: &str) {
    add(
        svg,
        format_args!(r#"<text x="{LEFT}" y="14">← {subject} is faster</text>"#),
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

/// The marks of the scale, next to the dots of a workload. The mark of 1 is stronger than the
/// others.
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

/// One workload: its name, the ratio to its best peer in the worse profile, and the dots.
fn line(svg: &mut String, row: &Row, top: f64) {
    let worst = row
        .worst_verdict()
        .expect("only rows with peers are plotted");
    let (text, middle) = (top + 12.0, top + 25.0);
    add(
        svg,
        format_args!(
            r#"<text x="{LEFT}" y="{text}">{}</text>"#,
            escaped(&row.name)
        ),
    );
    add(
        svg,
        format_args!(
            r#"<text x="{RIGHT}" y="{text}" text-anchor="end" font-weight="bold">{}</text>"#,
            escaped(&label(&worst))
        ),
    );
    marks(svg, middle);
    noise(svg, worst.noise.unwrap_or(0.0), middle);
    let verdicts = row.verdicts();
    let (first, others) = verdicts.split_first().expect("there is the worst one");
    add(
        svg,
        format_args!(r#"<g class="bench-peer" fill-opacity="0.5">"#),
    );
    for peer in row.profiles[&first.profile].peers() {
        if peer.name != first.best.name {
            dot(svg, row, peer, middle, r#"r="3.5""#);
        }
    }
    add(svg, format_args!("</g>"));
    whisker(svg, row, first.best, middle);
    dot(svg, row, first.best, middle, r#"class="bench-best" r="5""#);
    for other in others {
        let look =
            r#"class="bench-lto" r="5" fill="none" stroke="currentColor" stroke-width="1.5""#;
        dot(svg, row, other.best, middle, look);
    }
}

/// A band that is as wide as the noise.
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

/// A line from the lower to the upper quartile.
fn whisker(svg: &mut String, row: &Row, peer: &Entry, middle: f64) {
    let [from, to] = [peer.ratio.low, peer.ratio.high].map(|ratio| place(row.read(ratio)));
    add(
        svg,
        format_args!(
            r#"<path d="M{from:.1} {middle}H{to:.1}" stroke="currentColor" stroke-width="2"/>"#
        ),
    );
}

/// The x coordinate of a ratio.
fn place(ratio: f64) -> f64 {
    let part = (ratio.clamp(LEAST, MOST) / LEAST).ln() / (MOST / LEAST).ln();
    // There must be room for half a label at both ends.
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
    writeln!(svg, "{element}").expect("writing to a string succeeds");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        measure::{AGAIN, OURS},
        results::tests::{entry, measurement, results_of, row},
    };

    fn contenders(peer: &str, cost: f64) -> Vec<Entry> {
        vec![
            entry(OURS, 10.0),
            entry(AGAIN, 10.0),
            entry("slow", 400.0),
            entry(peer, cost),
        ]
    }

    #[test]
    fn each_group_has_a_plot_and_each_peer_a_dot() {
        let rows = vec![
            row("Lock", "a < b", contenders("std", 5.0)),
            row("Queue", "c", contenders("kanal", 5.0)),
        ];
        let plots = plots(&results_of(rows));
        let files: Vec<_> = plots.iter().map(|(file, _)| file.as_str()).collect();
        assert_eq!(files, ["quiet-lock", "quiet-queue"]);
        let svg = &plots[0].1;
        assert_eq!(svg.matches("<circle").count(), 2);
        assert!(svg.contains("<title>std: 2.00</title>"), "{svg}");
        assert!(svg.contains("a &lt; b: 2.00 of std."), "{svg}");
    }

    #[test]
    fn the_best_peer_of_the_other_profile_is_a_hollow_dot_and_the_label_is_the_worse_ratio() {
        let mut row = row("Lock", "a", contenders("std", 5.0));
        let lto = measurement(contenders("std", 4.0));
        row.profiles.insert(Profile::Lto, lto);
        let svg = plots(&results_of(vec![row])).remove(0).1;
        assert_eq!(svg.matches("<circle").count(), 3);
        assert_eq!(svg.matches(r#"class="bench-lto""#).count(), 1);
        assert!(svg.contains("a: 2.00 of std, 2.50 of std (LTO)."), "{svg}");
        let label = r#"font-weight="bold">2.50 of std (LTO)<"#;
        assert!(svg.contains(label), "{svg}");
    }

    #[test]
    fn a_ratio_beyond_the_scale_is_drawn_at_its_end() {
        assert_eq!(place(0.001), place(LEAST));
        assert_eq!(place(1000.0), place(MOST));
        assert!(place(LEAST) >= LEFT && place(MOST) <= RIGHT);
        assert!(place(0.9) < place(1.0));
    }
}
