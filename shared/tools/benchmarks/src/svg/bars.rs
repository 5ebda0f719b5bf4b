//! The plots of workloads that compare ways to do something, and not this library with its peers. A
//! plot has a bar for what each way costs in the release profile.

use super::{LEFT, RIGHT, add, escaped, on_a_machine, opened};
use crate::{
    profile::Profile,
    report::number,
    results::{Entry, Results, Row},
};

/// Where the bars begin, behind the names of the ways.
const BARS: f64 = 132.0;
/// Where the longest bar ends. There must be room for its number.
const LONGEST: f64 = RIGHT - 52.0;
const ROW: f64 = 26.0;
const BAR: f64 = 20.0;
const FOOT: f64 = 6.0;

pub(super) fn plot(group: &str, rows: &[&Row], results: &Results) -> String {
    let bars: usize = rows.iter().map(|row| ways(row).len()).sum();
    let height = ROW * rows.len() as f64 + BAR * bars as f64 + FOOT;
    let (unit, cores) = (&rows[0].unit, results.machine.cores);
    let on_a_machine = on_a_machine(results.busy);
    let processors = if cores == 1 {
        "processor"
    } else {
        "processors"
    };
    let title = format!("{group}: {unit}, {on_a_machine} with {cores} {processors}");
    let mut svg = opened(group, results.busy, height, &title, &description(rows));
    let all = rows.iter().flat_map(|row| ways(row));
    let most = all.map(|way| way.value.high).fold(0.0, f64::max);
    let mut top = 0.0;
    for row in rows {
        heading(&mut svg, row, top + 17.0);
        top += ROW;
        for way in ways(row) {
            bar(&mut svg, way, most, top);
            top += BAR;
        }
    }
    svg + "</svg>\n"
}

fn ways(row: &Row) -> &[Entry] {
    let measured = row.profiles.get(&Profile::Release);
    measured.map_or(&[], |measurement| &measurement.contenders)
}

/// The plot in words.
fn description(rows: &[&Row]) -> String {
    let mut sentences = Vec::new();
    for row in rows {
        let costs = ways(row)
            .iter()
            .map(|way| format!("{} {}", way.name, number(way.value.median)));
        let costs: Vec<_> = costs.collect();
        sentences.push(format!("{}: {}.", row.name, costs.join(", ")));
    }
    sentences.join(" ")
}

/// The name of a workload. If there are two ways, it also says how many times as long the second
/// one takes: the median of the rounds.
fn heading(svg: &mut String, row: &Row, y: f64) {
    let name = escaped(&row.name);
    add(
        svg,
        format_args!(r#"<text x="{LEFT}" y="{y}" font-weight="bold">{name}</text>"#),
    );
    if let [_, second] = ways(row) {
        let (second, times) = (escaped(&second.name), 1.0 / second.ratio.median);
        add(
            svg,
            format_args!(
                r#"<text x="{RIGHT}" y="{y}" text-anchor="end" font-weight="bold">{second}: {times:.1} times as long</text>"#
            ),
        );
    }
}

/// The name of a way, a bar of its median, a line from the lower to the upper quartile, and the
/// number.
fn bar(svg: &mut String, way: &Entry, most: f64, top: f64) {
    let place = |value: f64| BARS + (LONGEST - BARS) * value / most;
    let (name, number) = (escaped(&way.name), number(way.value.median));
    let [low, median, high] = [way.value.low, way.value.median, way.value.high].map(place);
    let (text, middle, width) = (top + 12.0, top + 8.0, median - BARS);
    add(
        svg,
        format_args!(
            r#"<text x="{}" y="{text}" text-anchor="end">{name}</text>"#,
            BARS - 8.0
        ),
    );
    add(
        svg,
        format_args!(
            r#"<rect class="bench-bar" x="{BARS}" y="{top}" width="{width:.1}" height="16" fill-opacity="0.5"/>"#
        ),
    );
    add(
        svg,
        format_args!(
            r#"<path d="M{low:.1} {middle}H{high:.1}" stroke="currentColor" stroke-width="2"/>"#
        ),
    );
    let after = median.max(high) + 6.0;
    add(
        svg,
        format_args!(r#"<text x="{after:.1}" y="{text}">{number}</text>"#),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::{entry, results_of, row};

    fn planted(ways: &[(&str, f64)]) -> String {
        let entries = ways.iter().map(|(name, cost)| entry(name, *cost));
        let results = results_of(vec![row("Ways <1>", "2 threads", entries.collect())]);
        plot("Ways <1>", &[&results.workloads[0]], &results)
    }

    #[test]
    fn each_way_has_a_bar_and_a_number() {
        let svg = planted(&[("padded", 10.0), ("on one line", 50.0), ("locked", 20.0)]);
        assert_eq!(svg.matches("bench-bar").count(), 3);
        assert!(svg.contains(">50.0</text>"), "{svg}");
        assert!(!svg.contains("times as long"), "{svg}");
        assert!(
            svg.contains("2 threads: padded 10.0, on one line 50.0, locked 20.0."),
            "{svg}"
        );
    }

    #[test]
    fn the_second_of_two_ways_is_compared_with_the_first() {
        let svg = planted(&[("padded", 10.0), ("on one line", 50.0)]);
        assert!(
            svg.contains(">on one line: 5.0 times as long</text>"),
            "{svg}"
        );
    }

    #[test]
    fn the_title_names_the_unit_and_the_number_of_processors() {
        let svg = planted(&[("padded", 10.0)]);
        let title = ">Ways &lt;1&gt;: ns, on a quiet machine with 2 processors</title>";
        assert!(svg.contains(title), "{svg}");
    }
}
