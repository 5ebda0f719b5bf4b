//! Tests what only this recipe promises. `shared/tools/checks` tests what every recipe promises.

use std::fs;
use std::path::Path;

use checks::program::Program;
use checks::scratch::Scratch;

fn atomics() -> Program {
    Program::new(env!("CARGO_BIN_EXE_atomics"))
}

fn scratch(test: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), test)
}

fn line(status: &str) -> String {
    format!("10.0.0.1 - - [18/May/2015:11:05:03 +0000] \"GET / HTTP/1.1\" {status} 7\n")
}

/// What the recipe prints for these statuses, which are in ascending order.
fn report(rows: &[(u64, u64)]) -> String {
    let requests: u64 = rows.iter().map(|(_, requests)| requests).sum();
    let mut report = format!("requests: {requests}\nstatus requests\n");
    for (status, requests) in rows {
        report += &format!("{status:>6} {requests:>8}\n");
    }
    report
}

fn own_log() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("input/access.log");
    fs::read_to_string(path).expect("the recipe has a log")
}

/// The threads take turns differently on every run, and the program compares its three results.
#[test]
fn every_run_prints_the_expected_counts() {
    for _ in 0..20 {
        atomics()
            .run_alone()
            .assert_prints(include_str!("../expected.txt"));
    }
}

#[test]
fn each_way_has_a_time_on_standard_error() {
    let stderr = atomics().run_alone().stderr;
    for way in [
        "one fetch_add per request: ",
        "one lock per request: ",
        "one table per thread: ",
    ] {
        let time = stderr.lines().find_map(|line| line.strip_prefix(way));
        let milliseconds = time.and_then(|time| time.strip_suffix(" ms"));
        let milliseconds = milliseconds.and_then(|number| number.parse::<f64>().ok());
        assert!(milliseconds.is_some_and(|number| number > 0.0), "{stderr}");
    }
}

#[test]
fn a_log_ten_times_as_long_has_ten_times_the_counts() {
    let scratch = scratch("a_log_ten_times_as_long_has_ten_times_the_counts");
    let file = scratch.file("long.log", own_log().repeat(10));
    atomics().run([&file]).assert_prints(&report(&[
        (200, 22640),
        (206, 30),
        (301, 530),
        (304, 1100),
        (403, 10),
        (404, 660),
        (416, 20),
        (500, 10),
    ]));
}

#[test]
fn there_may_be_fewer_requests_than_threads() {
    let scratch = scratch("there_may_be_fewer_requests_than_threads");
    for requests in 0..=9 {
        let file = scratch.file("few.log", line("200").repeat(requests));
        let mut rows = Vec::new();
        if requests > 0 {
            rows.push((200, requests as u64));
        }
        atomics().run([&file]).assert_prints(&report(&rows));
    }
}

#[test]
fn several_files_are_counted_together() {
    let scratch = scratch("several_files_are_counted_together");
    let one = scratch.file("one.log", line("404") + &line("200"));
    let two = scratch.file("two.log", line("404"));
    let expected = report(&[(200, 1), (404, 2)]);
    atomics().run([&one, &two]).assert_prints(&expected);
    atomics().run([&two, &one]).assert_prints(&expected);
}

#[test]
fn the_lowest_and_the_highest_status_are_counted() {
    let scratch = scratch("the_lowest_and_the_highest_status_are_counted");
    let file = scratch.file("edges.log", line("999") + &line("100") + &line("999"));
    let expected = report(&[(100, 1), (999, 2)]);
    atomics().run([&file]).assert_prints(&expected);
}

#[test]
fn the_combined_format_a_user_and_quotes_in_a_request_are_read() {
    let scratch = scratch("the_combined_format_a_user_and_quotes_are_read");
    let file = scratch.file(
        "combined.log",
        r#"ant - - [t] "GET / HTTP/1.1" 200 1 "http://a/" "Mozilla/5.0 (\"x\")"
bee id ann lee [t] "GET /\"q\" \\" 404 2
bee - - [t] "" 400 -
"#,
    );
    let expected = report(&[(200, 1), (400, 1), (404, 1)]);
    atomics().run([&file]).assert_prints(&expected);
}

#[test]
fn a_last_line_may_end_in_any_way() {
    let scratch = scratch("a_last_line_may_end_in_any_way");
    for (name, end) in [("lf", "\n"), ("crlf", "\r\n"), ("none", ""), ("cr", "\r")] {
        let file = scratch.file(name, format!("{}{end}", line("304").trim_end()));
        atomics().run([&file]).assert_prints(&report(&[(304, 1)]));
    }
}

#[test]
fn a_line_in_a_different_format_is_refused() {
    let scratch = scratch("a_line_in_a_different_format_is_refused");
    let many_digits = format!("ant - - [t] \"GET /\" 200 {}", "9".repeat(5000));
    for (name, bad) in [
        ("nothing", ""),
        ("no_host", " - - [t] \"GET /\" 200 1"),
        ("tab_in_host", "a\tb - - [t] \"GET /\" 200 1"),
        ("no_identity_and_user", "ant [t] \"GET /\" 200 1"),
        ("no_user", "ant - [t] \"GET /\" 200 1"),
        ("empty_user", "ant -  [t] \"GET /\" 200 1"),
        ("empty_identity", "ant  - [t] \"GET /\" 200 1"),
        ("no_time", "ant - - \"GET /\" 200 1"),
        ("open_quote", "ant - - [t] \"GET / 200 1"),
        ("escaped_quote", "ant - - [t] \"GET /\\\" 200 1"),
        ("low_status", "ant - - [t] \"GET /\" 099 1"),
        ("long_status", "ant - - [t] \"GET /\" 0200 1"),
        ("high_status", "ant - - [t] \"GET /\" 1000 1"),
        ("signed_status", "ant - - [t] \"GET /\" +20 1"),
        ("no_bytes", "ant - - [t] \"GET /\" 200"),
        ("negative_bytes", "ant - - [t] \"GET /\" 200 -1"),
        ("signed_bytes", "ant - - [t] \"GET /\" 200 +1"),
        (
            "many_bytes",
            "ant - - [t] \"GET /\" 200 18446744073709551616",
        ),
        ("many_digits", many_digits.as_str()),
    ] {
        let file = scratch.file(name, line("200") + bad + "\n");
        atomics().run([&file]).assert_refuses(&format!(
            "{name}:2: expected HOST - USER [TIME] \"REQUEST\" STATUS BYTES, found {bad:?}"
        ));
    }
}

#[test]
fn the_first_error_is_reported() {
    let scratch = scratch("the_first_error_is_reported");
    let good = scratch.file("good.log", line("200"));
    let bad = scratch.file("bad.log", line("200") + "one\ntwo\n");
    let missing = scratch.path().join("missing.log");
    atomics()
        .run([&good, &bad, &missing])
        .assert_refuses("bad.log:2: ");
    atomics()
        .run([&good, &missing, &bad])
        .assert_refuses("missing.log: ");
}
