//! The results of the benchmark on the pages of the book.

use crate::build::assert_fault;
use crate::workspace::Workspace;

const QUIET: &str = "shared/tools/benchmarks/results/quiet.json";
const BUSY: &str = "shared/tools/benchmarks/results/busy.json";

/// The group and the name of a workload, and its peers, each with what it costs.
type Measured<'a> = (&'a str, &'a str, &'a [(&'a str, f64)]);

/// A results file in which this library costs `ours`, and in which only the release profile was
/// measured.
fn results(ours: f64, workloads: &[Measured<'_>]) -> String {
    results_of_profiles(ours, &[("release", workloads)])
}

/// A results file in which this library costs `ours`. Each profile has a list of workloads, and all
/// lists begin with the same workloads.
fn results_of_profiles(ours: f64, profiles: &[(&str, &[Measured<'_>])]) -> String {
    let entry = |name: &str, median: f64| {
        let ratio = ours / median;
        let ratio = serde_json::json!({ "median": ratio, "low": ratio * 0.9, "high": ratio * 1.1 });
        let usage =
            serde_json::json!({ "processor_ns": median, "sleeps": median / 2.0, "switches": 0.0 });
        serde_json::json!({
            "name": name, "median": median, "low": median, "high": median, "ratio": ratio, "usage": usage
        })
    };
    let measurement = |peers: &[(&str, f64)]| {
        let mut contenders = vec![
            entry("sync-primitives", ours),
            entry("sync-primitives again", ours),
        ];
        contenders.extend(peers.iter().map(|(name, median)| entry(name, *median)));
        serde_json::json!({ "contenders": contenders, "floor": null })
    };
    let (_, first) = profiles[0];
    let mut workloads = Vec::new();
    for (index, (group, name, _)) in first.iter().enumerate() {
        let mut measurements = serde_json::Map::new();
        for (profile, workloads) in profiles {
            if let Some((_, _, peers)) = workloads.get(index) {
                measurements.insert((*profile).to_owned(), measurement(peers));
            }
        }
        workloads.push(serde_json::json!({
            "group": group, "name": name, "unit": "ms", "higher_is_better": false, "profiles": measurements
        }));
    }
    let machine =
        serde_json::json!({ "cpu": "Z80", "cores": 1, "os": "CP/M", "rustc": "rustc 1.95.0" });
    let results = serde_json::json!({
        "format": 2, "date": "2026-11-23", "machine": machine, "versions": {}, "rounds": 9, "workloads": workloads
    });
    results.to_string()
}

/// The rows of the table that `directive` makes. A row is the text of its cells.
#[track_caller]
fn cells(workspace: &Workspace, directive: &str) -> Vec<Vec<String>> {
    workspace.append("docs/src/index.md", &format!("\n{directive}\n"));
    assert_eq!(workspace.build().stderr, "");
    let page = workspace
        .read("docs/book/index.html")
        .replace("<th", "<td")
        .replace("<code>", "")
        .replace("</code>", "");
    let table = page
        .split("<table>")
        .nth(1)
        .unwrap()
        .split("</table>")
        .next()
        .unwrap();
    let cell = |text: &str| Some(text.split_once('>')?.1.split_once('<')?.0.to_owned());
    table
        .split("<tr>")
        .skip(1)
        .map(|row| row.split("<td").skip(1).filter_map(cell).collect())
        .collect()
}

#[test]
fn a_group_that_was_measured_in_both_profiles_has_two_rows_per_workload() {
    let workspace = Workspace::new();
    let release: [Measured<'_>; 2] = [
        ("Bell", "ring", &[("gong", 20.0)]),
        ("Bell", "toll", &[("gong", 20.0)]),
    ];
    let lto: [Measured<'_>; 1] = [("Bell", "ring", &[("gong", 8.0)])];
    let profiles: [(&str, &[Measured<'_>]); 2] = [("release", &release), ("lto", &lto)];
    workspace.write(QUIET, &results_of_profiles(10.0, &profiles));
    let rows = cells(&workspace, "{{#bench Bell}}");
    let release = ["10.0", "20.0", "0.50 (0.45 to 0.55) gong", "± 0.10"];
    let lto = ["10.0", "8.00", "1.25 (1.12 to 1.38) gong", "± 0.10"];
    let missing = ["–", "–", "not measured", "–"];
    assert_eq!(rows[0][..2], ["Workload", "Profile"]);
    assert_eq!(rows[1][..2], ["ring (ms)", "Release"]);
    assert_eq!(rows[1][2..], release);
    assert_eq!(rows[2][..2], ["", "One unit + LTO"]);
    assert_eq!(rows[2][2..], lto);
    assert_eq!(rows[3][..2], ["toll (ms)", "Release"]);
    assert_eq!(rows[3][2..], release);
    assert_eq!(rows[4][..2], ["", "One unit + LTO"]);
    assert_eq!(rows[4][2..], missing);
}

#[test]
fn a_group_that_compares_ways_has_no_ratio_and_no_noise() {
    let workspace = Workspace::new();
    let ways = results(10.0, &[("Ways", "ring", &[("loud", 8.0)])])
        .replace("sync-primitives again", "very soft")
        .replace("sync-primitives", "soft");
    workspace.write(QUIET, &ways);
    let rows = cells(&workspace, "{{#bench Ways}}");
    assert_eq!(rows[0], ["Workload", "soft", "very soft", "loud"]);
    assert_eq!(rows[1], ["ring (ms)", "10.0", "10.0", "8.00"]);
}

/// Results of one recipe with one and two threads.
const SPEED_UPS: &str = r#"{
    "format": 1, "date": "2026-11-30", "rounds": 3,
    "machine": {"cpu": "A", "cores": 2, "os": "linux", "rustc": "rustc 1.95.0"},
    "recipes": {"bell": {
        "share_of_two_copies": {"median": 0.956, "low": 0.9, "high": 1.0},
        "threads": {
            "1": {"speed_up": {"median": 0.99, "low": 0.9, "high": 1.0}},
            "2": {"speed_up": {"median": 1.9, "low": 1.8, "high": 2.0}}
        }
    }}
}"#;

#[test]
fn what_more_threads_gain_is_a_table() {
    let workspace = Workspace::new();
    workspace.write("shared/tools/benchmarks/results/speed-up.json", SPEED_UPS);
    for directive in ["{{#speed-up}}", "{{#speed-up bell}}"] {
        let rows = cells(&workspace, directive);
        assert_eq!(
            rows[0],
            ["Recipe", "1 thread", "2 threads", "Share of two copies"]
        );
        assert_eq!(rows[1], ["bell", "0.99", "1.90", "96 %"]);
    }
}

#[test]
fn a_recipe_whose_speed_up_was_not_measured() {
    assert_fault(
        |workspace| {
            workspace.append("docs/src/index.md", "\n{{#speed-up gong}}\n");
            workspace.write("shared/tools/benchmarks/results/speed-up.json", SPEED_UPS);
        },
        "docs/src/index.md:5: {{#speed-up gong}}: shared/tools/benchmarks/results/speed-up.json has \
         no such recipe; it has: bell",
    );
}

#[test]
fn a_group_that_was_measured_in_one_profile_says_so() {
    let workspace = Workspace::new();
    workspace.write(
        QUIET,
        &results(10.0, &[("Bell", "ring", &[("gong", 20.0)])]),
    );
    let rows = cells(&workspace, "{{#bench Bell}}");
    assert_eq!(rows[1][0], "ring (ms)");
    assert_eq!(rows.len(), 2);
    let page = workspace.read("docs/book/index.html");
    let note = "All numbers are from release builds.";
    assert!(page.contains(note), "{page}");
}

#[test]
fn a_group_is_a_table() {
    let workspace = Workspace::new();
    workspace.write(
        QUIET,
        &results(10.0, &[("Bell", "ring", &[("gong", 20.0), ("drum", 12.5)])]),
    );
    workspace.write(
        BUSY,
        &results(10.0, &[("Bell", "ring", &[("gong", 8.0), ("drum", 12.5)])]),
    );
    let rows = cells(&workspace, "{{#bench Bell}}");
    assert_eq!(
        rows[0],
        [
            "Workload",
            "sync-primitives",
            "gong",
            "drum",
            "Ratio to best peer",
            "Ratio on a busy machine",
            "Noise"
        ]
    );
    assert_eq!(
        rows[1],
        [
            "ring (ms)",
            "10.0",
            "20.0",
            "12.5",
            "0.80 (0.72 to 0.88) drum",
            "1.25 (1.12 to 1.38) gong",
            "± 0.10"
        ]
    );
}

#[test]
fn a_workload_is_listed_once_for_each_profile_in_which_another_is_ahead_by_more_than_the_noise() {
    let workspace = Workspace::new();
    let release: [Measured<'_>; 3] = [
        ("Bell", "ring", &[("gong", 8.0), ("drum", 5.0)]),
        ("Bell", "toll", &[("gong", 9.5)]),
        ("Bell", "peal", &[("gong", 20.0)]),
    ];
    let lto: [Measured<'_>; 3] = [
        ("Bell", "ring", &[("gong", 4.0), ("drum", 5.0)]),
        ("Bell", "toll", &[("gong", 9.5)]),
        ("Bell", "peal", &[("gong", 5.0)]),
    ];
    let profiles: [(&str, &[Measured<'_>]); 2] = [("release", &release), ("lto", &lto)];
    workspace.write(QUIET, &results_of_profiles(10.0, &profiles));
    let rows = cells(&workspace, "{{#behind quiet}}");
    assert_eq!(
        rows[0],
        [
            "Workload",
            "Profile",
            "Ratio to best peer",
            "Processor, ns",
            "Sleeps",
            "Switches"
        ]
    );
    assert_eq!(rows[1][..3], ["Bell: ring", "Release", "2.00 drum"]);
    assert_eq!(rows[1][3..], ["10.0 / 5.00", "5.00 / 2.50", "–"]);
    assert_eq!(rows[2][..3], ["Bell: ring", "One unit + LTO", "2.50 gong"]);
    assert_eq!(rows[3][..3], ["Bell: peal", "One unit + LTO", "2.00 gong"]);
    assert_eq!(rows.len(), 4);
}

#[test]
fn a_recipe_is_compared_by_its_time() {
    let workspace = Workspace::new();
    workspace.write(
        QUIET,
        &results(10.0, &[("Recipes", "bell", &[("python3", 40.0)])]),
    );
    let rows = cells(&workspace, "{{#compare bell}}");
    assert_eq!(
        rows[0],
        ["With", "Lines", "Crates it adds", "Time", "Ratio"]
    );
    assert_eq!(rows[1][3..], ["10.0 ms", "1"]);
    assert_eq!(rows[2][3..], ["not measured", "–"]);
    assert_eq!(rows[3][3..], ["40.0 ms", "0.25 (0.23 to 0.28)"]);
}

#[test]
fn a_plot_becomes_part_of_the_page() {
    let workspace = Workspace::new();
    let svg = "<svg viewBox=\"0 0 9 9\" role=\"img\">\n<title id=\"t\">Bells &lt; gongs</title>\n\n<path d=\"M0 0\"/>\n</svg>\n";
    workspace.write("shared/tools/benchmarks/results/bell.svg", svg);
    workspace.append("docs/src/index.md", "\n{{#plot bell}}\n\nText after it.\n");
    assert_eq!(workspace.build().stderr, "");
    let page = workspace.read("docs/book/index.html");
    let figure = page
        .split("<div class=\"figure plot\">")
        .nth(1)
        .unwrap()
        .split("</figure>")
        .next()
        .unwrap();
    for part in [
        "<title id=\"t\">Bells &lt; gongs</title>",
        "d=\"M0 0\"",
        "</svg>",
    ] {
        assert!(figure.contains(part), "{part} is not in {figure}");
    }
    assert!(!figure.contains("<p>"), "{figure}");
    assert!(page.contains("<p>Text after it.</p>"), "{page}");
}

#[track_caller]
fn assert_bench_fault(directive: &str, break_it: impl FnOnce(&Workspace), reason: &str) {
    let add = |workspace: &Workspace| {
        break_it(workspace);
        workspace.append("docs/src/index.md", &format!("\n{directive}\n"));
    };
    assert_fault(add, &format!("docs/src/index.md:5: {directive}: {reason}"));
}

#[test]
fn results_that_are_missing() {
    let reason =
        "there is no shared/tools/benchmarks/results/quiet.json; `cargo bench-peers` writes it";
    assert_bench_fault("{{#bench Bell}}", |_| (), reason);
    assert_bench_fault("{{#behind quiet}}", |_| (), reason);
}

#[test]
fn a_group_that_is_missing() {
    assert_bench_fault(
        "{{#bench Gong}}",
        |workspace| {
            workspace.write(
                QUIET,
                &results(1.0, &[("Bell", "ring", &[]), ("Drum", "beat", &[])]),
            )
        },
        "shared/tools/benchmarks/results/quiet.json has no group `Gong`; it has: Bell, Drum",
    );
}

#[test]
fn results_that_cannot_be_read() {
    for (text, reason) in [
        ("{}", "missing field"),
        (
            &*results(1.0, &[]).replace("\"format\":2", "\"format\":1"),
            "its format is 1, not 2",
        ),
    ] {
        let reason = format!("shared/tools/benchmarks/results/quiet.json: {reason}");
        assert_bench_fault(
            "{{#compare bell}}",
            |workspace| workspace.write(QUIET, text),
            &reason,
        );
    }
}

#[test]
fn a_plot_that_is_missing() {
    assert_bench_fault(
        "{{#plot bell}}",
        |_| (),
        "cannot read shared/tools/benchmarks/results/bell.svg: ",
    );
}

#[test]
fn a_plot_that_is_not_an_svg_element() {
    assert_bench_fault(
        "{{#plot bell}}",
        |workspace| {
            workspace.write(
                "shared/tools/benchmarks/results/bell.svg",
                "<?xml version=\"1.0\"?>\n<svg></svg>\n",
            )
        },
        "shared/tools/benchmarks/results/bell.svg is no `<svg>`",
    );
}
