//! Tests what only this recipe promises. `shared/tools/checks` tests what every recipe promises.

use std::fs;
use std::path::Path;

use checks::program::Program;
use checks::scratch::Scratch;

const HEADINGS: &str = "requests    bytes errors host\n";

fn map_reduce() -> Program {
    Program::new(env!("CARGO_BIN_EXE_map-reduce"))
}

fn scratch(test: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), test)
}

fn line(host: &str, status: u16, bytes: &str) -> String {
    format!("{host} - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" {status} {bytes}\n")
}

fn own_log() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("input/access.log");
    fs::read_to_string(path).expect("the recipe has a log")
}

/// On every run, rayon may cut the log at different places and merge in a different order.
#[test]
fn every_run_prints_the_expected_hosts() {
    for _ in 0..10 {
        map_reduce()
            .run_alone()
            .assert_prints(include_str!("../expected.txt"));
    }
}

#[test]
fn a_run_that_succeeds_writes_nothing_to_standard_error() {
    assert_eq!(map_reduce().run_alone().stderr, "");
}

#[test]
fn the_result_does_not_depend_on_the_number_of_threads() {
    for threads in ["1", "2", "3", "64"] {
        println!("with {threads} threads");
        map_reduce()
            .env("RAYON_NUM_THREADS", threads)
            .run_alone()
            .assert_prints(include_str!("../expected.txt"));
    }
}

#[test]
fn more_threads_than_lines_count_one_line_once() {
    let scratch = scratch("more_threads_than_lines_count_one_line_once");
    let file = scratch.file("one.log", line("ant", 200, "7"));
    let expected = format!(
        "hosts: 1, requests: 1, bytes: 7, errors: 0\n{HEADINGS}       1        7      0 ant\n"
    );
    map_reduce()
        .env("RAYON_NUM_THREADS", "16")
        .run([&file])
        .assert_prints(&expected);
}

#[test]
fn a_log_ten_times_as_long_has_ten_times_the_sums() {
    let scratch = scratch("a_log_ten_times_as_long_has_ten_times_the_sums");
    let file = scratch.file("long.log", own_log().repeat(10));
    let end = map_reduce().run([&file]);
    let totals = "hosts: 586, requests: 30000, bytes: 4950633290, errors: 590\n";
    assert!(end.stdout.starts_with(totals), "{}", end.stdout);
}

#[test]
fn several_files_are_counted_together() {
    let scratch = scratch("several_files_are_counted_together");
    let one = scratch.file("one.log", line("bee", 200, "1") + &line("ant", 304, "-"));
    let two = scratch.file("two.log", line("ant", 404, "20"));
    let expected = format!(
        "hosts: 2, requests: 3, bytes: 21, errors: 1\n{HEADINGS}       \
         2       20      1 ant\n       1        1      0 bee\n"
    );
    map_reduce().run([&one, &two]).assert_prints(&expected);
    map_reduce().run([&two, &one]).assert_prints(&expected);
}

#[test]
fn only_the_ten_busiest_hosts_are_printed_and_equally_busy_ones_by_name() {
    let scratch = scratch("only_the_ten_busiest_hosts_are_printed");
    let mut log = String::new();
    for host in ["l", "k", "j", "i", "h", "g", "f", "e", "d", "c", "b", "a"] {
        log += &line(host, 200, "1");
    }
    log += &line("l", 200, "1");
    let file = scratch.file("twelve.log", log);
    let end = map_reduce().run([&file]);
    let hosts: Vec<&str> = end
        .stdout
        .lines()
        .skip(2)
        .filter_map(|row| row.split_whitespace().last())
        .collect();
    assert_eq!(
        hosts,
        ["l", "a", "b", "c", "d", "e", "f", "g", "h", "i"],
        "{}",
        end.stdout
    );
}

#[test]
fn an_empty_log_has_no_hosts() {
    let scratch = scratch("an_empty_log_has_no_hosts");
    let file = scratch.file("empty.log", "");
    let expected = format!("hosts: 0, requests: 0, bytes: 0, errors: 0\n{HEADINGS}");
    map_reduce().run([&file]).assert_prints(&expected);
}

#[test]
fn a_status_of_400_or_more_is_an_error() {
    let scratch = scratch("a_status_of_400_or_more_is_an_error");
    let mut log = String::new();
    for status in [100, 200, 302, 399, 400, 404, 500, 999] {
        log += &line("ant", status, "0");
    }
    let file = scratch.file("statuses.log", log);
    let end = map_reduce().run([&file]);
    let totals = "hosts: 1, requests: 8, bytes: 0, errors: 4\n";
    assert!(end.stdout.starts_with(totals), "{}", end.stdout);
}

#[test]
fn the_largest_numbers_do_not_overflow_and_widen_their_column() {
    let scratch = scratch("the_largest_numbers_do_not_overflow");
    let log = line("ant", 200, "18446744073709551615") + &line("ant", 200, "18446744073709551615");
    let file = scratch.file("large.log", log);
    map_reduce().run([&file]).assert_prints(
        "\
hosts: 1, requests: 2, bytes: 36893488147419103230, errors: 0
requests                bytes errors host
       2 36893488147419103230      0 ant
",
    );
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
    let expected = format!(
        "hosts: 2, requests: 3, bytes: 3, errors: 2\n{HEADINGS}       \
         2        2      2 bee\n       1        1      0 ant\n"
    );
    map_reduce().run([&file]).assert_prints(&expected);
}

#[test]
fn a_last_line_may_end_in_any_way() {
    let scratch = scratch("a_last_line_may_end_in_any_way");
    let expected = format!(
        "hosts: 1, requests: 1, bytes: 7, errors: 0\n{HEADINGS}       1        7      0 ant\n"
    );
    for (name, end) in [("lf", "\n"), ("crlf", "\r\n"), ("none", ""), ("cr", "\r")] {
        let log = line("ant", 200, "7");
        let file = scratch.file(name, format!("{}{end}", log.trim_end()));
        map_reduce().run([&file]).assert_prints(&expected);
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
        ("no_bytes", "ant - - [t] \"GET /\" 200"),
        ("negative_bytes", "ant - - [t] \"GET /\" 200 -1"),
        ("signed_bytes", "ant - - [t] \"GET /\" 200 +1"),
        (
            "many_bytes",
            "ant - - [t] \"GET /\" 200 18446744073709551616",
        ),
        ("many_digits", many_digits.as_str()),
    ] {
        let file = scratch.file(name, line("ant", 200, "1") + bad + "\n");
        map_reduce().run([&file]).assert_refuses(&format!(
            "{name}:2: expected HOST - USER [TIME] \"REQUEST\" STATUS BYTES, found {bad:?}"
        ));
    }
}

/// The threads often find the second bad line before the first.
#[test]
fn the_first_bad_line_is_reported() {
    let scratch = scratch("the_first_bad_line_is_reported");
    let good = line("ant", 200, "1").repeat(2_000);
    let bad = scratch.file("bad.log", format!("{good}one\n{good}two\n"));
    let good = scratch.file("good.log", good);
    let missing = scratch.path().join("missing.log");
    for _ in 0..20 {
        map_reduce()
            .run([&good, &bad, &bad])
            .assert_refuses("bad.log:2001: ");
    }
    map_reduce()
        .run([&good, &bad, &missing])
        .assert_refuses("bad.log:2001: ");
    map_reduce()
        .run([&good, &missing, &bad])
        .assert_refuses("missing.log: ");
}
