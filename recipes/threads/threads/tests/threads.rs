//! Tests what only this recipe promises. `shared/tools/checks` tests what every recipe promises.

use checks::program::Program;
use checks::scratch::Scratch;

const GOOD: &str = "2013-01-01T06:00Z,39,9\n2013-01-01T07:00Z,-9,10\n";

fn threads() -> Program {
    Program::new(env!("CARGO_BIN_EXE_threads"))
}

fn scratch(test: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), test)
}

/// Checks what the report says about a file with these rows.
#[track_caller]
fn assert_reports(scratch: &Scratch, rows: &str, finding: &str) {
    let file = scratch.file("EWR.csv", rows);
    let passed = if finding.starts_with("failed") { 0 } else { 1 };
    let expected = format!("EWR  {finding}\n{passed} of 1 files passed\n");
    threads().run([&file]).assert_prints(&expected);
}

/// The threads run in another order on every run.
#[test]
fn every_run_prints_the_expected_report() {
    for _ in 0..10 {
        threads()
            .run_alone()
            .assert_prints(include_str!("../expected.txt"));
    }
}

#[test]
fn standard_error_names_the_thread_that_panicked() {
    let end = threads().run_alone();
    assert_eq!(end.stderr.lines().count(), 1, "{}", end.stderr);
    assert!(
        end.stderr.starts_with("EWR: the check failed at "),
        "{}",
        end.stderr
    );
}

#[test]
fn a_file_that_passes_leaves_standard_error_empty() {
    let scratch = scratch("a_file_that_passes_leaves_standard_error_empty");
    let file = scratch.file("EWR.csv", GOOD);
    assert_eq!(threads().run([&file]).stderr, "");
}

#[test]
fn the_report_is_in_the_order_of_the_files() {
    let scratch = scratch("the_report_is_in_the_order_of_the_files");
    let long = scratch.file("long.csv", hours(20_000));
    let short = scratch.file("short.csv", GOOD);
    let bad = scratch.file("bad.csv", "bad\n");
    threads().run([&long, &bad, &short]).assert_prints(
        "\
long   20000 readings, 0.0 to 0.0 °C, wind up to 0 knots
bad    failed: line 1: expected a row such as 2013-02-12T08:00Z,39,11, found \"bad\"
short  2 readings, -0.9 to 3.9 °C, wind up to 10 knots
2 of 3 files passed
",
    );
}

#[test]
fn the_panic_of_every_thread_becomes_a_line() {
    let scratch = scratch("the_panic_of_every_thread_becomes_a_line");
    let mut files = Vec::new();
    let mut expected = String::new();
    for number in 10..50 {
        let rows = format!("2013-01-01T06:00Z,39,{}\n", 300 + number);
        files.push(scratch.file(&format!("station{number}.csv"), rows));
        expected += &format!("station{number}  failed: line 1: 3{number} knots of wind\n");
    }
    expected += "0 of 40 files passed\n";
    let end = threads().run(&files);
    end.assert_prints(&expected);
    assert_eq!(end.stderr.lines().count(), 40, "{}", end.stderr);
}

#[test]
fn as_many_threads_as_are_allowed_check_as_many_files() {
    let scratch = scratch("as_many_threads_as_are_allowed_check_as_many_files");
    let mut files = Vec::new();
    for number in 0..256 {
        files.push(scratch.file(&format!("{number}.csv"), GOOD));
    }
    let end = threads().run(&files);
    assert!(
        end.stdout.ends_with("\n256 of 256 files passed\n"),
        "{}{}",
        end.stdout,
        end.stderr
    );
    files.push(scratch.file("256.csv", GOOD));
    threads()
        .run(&files)
        .assert_refuses("257 files are too many");
}

#[test]
fn an_input_of_ten_times_the_size_is_checked_to_its_end() {
    let scratch = scratch("an_input_of_ten_times_the_size_is_checked_to_its_end");
    let rows = hours(21_000) + "2020-01-01T00:00Z,0,221\n";
    assert_reports(&scratch, &rows, "failed: line 21001: 221 knots of wind");
}

#[test]
fn a_file_without_readings_fails() {
    let scratch = scratch("a_file_without_readings_fails");
    assert_reports(&scratch, "", "failed: no readings");
}

#[test]
fn the_strongest_wind_ever_measured_passes() {
    let scratch = scratch("the_strongest_wind_ever_measured_passes");
    let row = "1996-04-10T10:55Z,250,220\n";
    let finding = "1 reading, 25.0 to 25.0 °C, wind up to 220 knots";
    assert_reports(&scratch, row, finding);
    let row = row.replace("220", "221");
    assert_reports(&scratch, &row, "failed: line 1: 221 knots of wind");
}

#[test]
fn temperatures_below_zero_keep_their_sign() {
    let scratch = scratch("temperatures_below_zero_keep_their_sign");
    let rows = "2013-01-01T06:00Z,-105,0\n2013-01-01T07:00Z,-4,0\n";
    let finding = "2 readings, -10.5 to -0.4 °C, wind up to 0 knots";
    assert_reports(&scratch, rows, finding);
}

#[test]
fn a_reading_that_is_not_later_than_the_one_before_fails() {
    let scratch = scratch("a_reading_that_is_not_later_than_the_one_before_fails");
    for time in ["2013-01-01T07:00Z", "2012-12-31T23:00Z"] {
        let rows = format!("{GOOD}{time},0,0\n");
        let finding = format!("failed: line 3: {time} follows 2013-01-01T07:00Z");
        assert_reports(&scratch, &rows, &finding);
    }
}

#[test]
fn a_row_that_is_no_reading_fails() {
    let scratch = scratch("a_row_that_is_no_reading_fails");
    for row in [
        "",
        "2014-01-01T06:00Z",
        "2014-01-01T06:00Z,39",
        "2014-01-01T06:00Z,39,9,9",
        "2014-01-01T06:00Z,39,",
        "2014-01-01T06:00Z,39,-1",
        "2014-01-01T06:00Z,39,4294967296",
        "2014-01-01T06:00Z,3.9,9",
        "2014-01-01T06:00Z,1001,9",
        "2014-01-01T06:00Z,-1001,9",
        "2014-01-01T06:00Z, 39,9",
        "2014-01-01 06:00Z,39,9",
        "2014-01-01T06:00,39,9",
        "14-01-01T06:00Z,39,9",
        "0000-01-01T06:00Z,39,9",
        "2014-00-01T06:00Z,39,9",
        "2014-13-01T06:00Z,39,9",
        "2014-04-31T06:00Z,39,9",
        "2014-02-29T06:00Z,39,9",
        "2100-02-29T06:00Z,39,9",
        "2014-01-01T24:00Z,39,9",
        "2014-01-01T06:60Z,39,9",
        "２014-01-01T06:0Z,39,9",
    ] {
        let rows = format!("{GOOD}{row}\n");
        let expected = "expected a row such as 2013-02-12T08:00Z,39,11";
        let finding = format!("failed: line 3: {expected}, found \"{row}\"");
        assert_reports(&scratch, &rows, &finding);
    }
}

#[test]
fn the_29th_of_february_exists_in_leap_years() {
    let scratch = scratch("the_29th_of_february_exists_in_leap_years");
    let rows = "2000-02-29T06:00Z,0,0\n2012-02-29T06:00Z,0,0\n";
    let finding = "2 readings, 0.0 to 0.0 °C, wind up to 0 knots";
    assert_reports(&scratch, rows, finding);
}

#[test]
fn the_first_file_that_cannot_be_read_is_named() {
    let scratch = scratch("the_first_file_that_cannot_be_read_is_named");
    let bad_row = scratch.file("bad.csv", "bad\n");
    let bad_text = scratch.file("latin.csv", b"caf\xe9\n");
    let missing = scratch.path().join("missing.csv");
    threads()
        .run([&bad_row, &bad_text, &missing])
        .assert_refuses("latin.csv is not UTF-8 text");
    threads()
        .run([&bad_row, &missing, &bad_text])
        .assert_refuses("missing.csv: ");
}

#[test]
fn a_second_file_of_a_station_is_refused() {
    let scratch = scratch("a_second_file_of_a_station_is_refused");
    let csv = scratch.file("EWR.csv", GOOD);
    let txt = scratch.file("EWR.txt", GOOD);
    threads()
        .run([&csv, &txt])
        .assert_refuses("EWR.txt: a second file of station EWR");
}

#[test]
fn a_station_with_white_space_around_its_name_is_refused() {
    let scratch = scratch("a_station_with_white_space_around_its_name_is_refused");
    let file = scratch.file("EWR .csv", GOOD);
    threads()
        .run([&file])
        .assert_refuses("expected a station's name without white space around it");
}

/// Rows of readings, one for each hour of days with 24 hours and months with 28 days.
fn hours(count: u32) -> String {
    let mut rows = String::new();
    for number in 0..count {
        let hour = number % 24;
        let day = number / 24 % 28 + 1;
        let month = number / (24 * 28) % 12 + 1;
        let year = 2000 + number / (24 * 28 * 12);
        rows += &format!("{year}-{month:02}-{day:02}T{hour:02}:00Z,0,0\n");
    }
    rows
}
