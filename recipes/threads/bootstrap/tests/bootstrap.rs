//! Tests what only this recipe promises. `shared/tools/checks` tests what every recipe promises.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use checks::process;
use checks::program::Program;
use checks::scratch::Scratch;

/// Long enough for a slow machine. A program that takes longer has hung.
const TIME_LIMIT: Duration = Duration::from_secs(60);

fn bootstrap() -> Program {
    Program::new(env!("CARGO_BIN_EXE_bootstrap"))
}

fn scratch(test: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), test)
}

fn own_series() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("input/nile.csv");
    fs::read_to_string(path).expect("the recipe has a series")
}

/// Returns what the program prints with these arguments and this many threads.
fn with_threads(threads: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bootstrap"));
    command.env("RAYON_NUM_THREADS", threads).args(arguments);
    let end = process::run(&mut command, TIME_LIMIT).expect("the recipe ends");
    assert_eq!(end.code, Some(0), "{threads} threads: {}", end.stderr);
    end.stdout
}

/// Returns the two ends of the interval, in hundredths.
fn interval(stdout: &str) -> (i64, i64) {
    let (_, ends) = stdout.split_once("interval ").expect("an interval");
    let (low, high) = ends.trim_end().split_once(" to ").expect("two ends");
    let hundredths = |number: &str| number.replace('.', "").parse().expect("two decimals");
    (hundredths(low), hundredths(high))
}

/// rayon may give the chunks to different threads on each run.
#[test]
fn every_run_prints_the_expected_interval() {
    for _ in 0..10 {
        bootstrap()
            .run_alone()
            .assert_prints(include_str!("../expected.txt"));
    }
}

#[test]
fn a_run_that_succeeds_writes_nothing_to_standard_error() {
    assert_eq!(bootstrap().run_alone().stderr, "");
}

#[test]
fn the_digits_do_not_depend_on_the_number_of_threads() {
    for threads in ["1", "2", "3", "64"] {
        let stdout = with_threads(threads, &[]);
        assert_eq!(stdout, include_str!("../expected.txt"), "{threads} threads");
    }
}

/// The last chunk may be shorter than the others, or the only one.
#[test]
fn the_digits_do_not_depend_on_the_number_of_threads_if_the_last_chunk_is_short() {
    for resamples in ["40", "99", "101", "777"] {
        let arguments = ["--resamples", resamples, "--seed", "7"];
        let one = with_threads("1", &arguments);
        assert!(
            one.contains(&format!(" {resamples} resamples, seed 7\n")),
            "{one}"
        );
        assert_eq!(with_threads("16", &arguments), one);
    }
}

#[test]
fn the_seed_decides_the_digits() {
    let digits = |seed: &str| interval(&bootstrap().run(["--seed", seed]).stdout);
    let largest = u64::MAX.to_string();
    assert_eq!(digits("1"), digits("1"));
    assert_ne!(digits("1"), digits("2"));
    assert_eq!(digits(&largest), digits(&largest));
}

/// For a mean, a formula gives nearly the same interval: it reaches 28.8 to each side, which is
/// 1.96 standard errors of 14.7.
#[test]
fn the_interval_agrees_with_the_formula_for_means() {
    let end = bootstrap().run(["--resamples", "200000"]);
    let (low, high) = interval(&end.stdout);
    assert!((81_997..=82_397).contains(&low), "{}", end.stdout);
    assert!((87_597..=87_997).contains(&high), "{}", end.stdout);
}

/// With ten times as many values, the interval is narrower by the square root of ten.
#[test]
fn a_series_ten_times_as_long_has_a_narrower_interval() {
    let scratch = scratch("a_series_ten_times_as_long_has_a_narrower_interval");
    let file = scratch.file("long.csv", own_series().repeat(10));
    let end = bootstrap().run([&file]);
    assert!(end.stdout.contains("720 values"), "{}", end.stdout);
    assert!(end.stdout.contains("mean 849.97,"), "{}", end.stdout);
    let (low, high) = interval(&end.stdout);
    assert!((1_600..=2_000).contains(&(high - low)), "{}", end.stdout);
}

#[test]
fn the_interval_of_a_single_value_is_that_value() {
    let scratch = scratch("the_interval_of_a_single_value_is_that_value");
    let file = scratch.file("one.csv", "1899,774");
    bootstrap().run([&file]).assert_prints(
        "1 value, 10000 resamples, seed 1899\nmean 774.00, 95 % interval 774.00 to 774.00\n",
    );
}

#[test]
fn a_mean_is_rounded_to_the_nearest_hundredth() {
    let scratch = scratch("a_mean_is_rounded_to_the_nearest_hundredth");
    for (name, values, mean) in [
        ("thirds", &["1", "1", "0"][..], "0.67"),
        ("negative", &["-1", "0", "0"][..], "-0.33"),
        (
            "half",
            &["1", "0", "0", "0", "0", "0", "0", "0"][..],
            "0.13",
        ),
        ("none", &["1", "-1"][..], "0.00"),
        ("largest", &["1000000000"; 9][..], "1000000000.00"),
        ("smallest", &["-1000000000"; 9][..], "-1000000000.00"),
    ] {
        let rows: String = values.iter().map(|value| format!("x,{value}\n")).collect();
        let file = scratch.file(name, rows);
        let end = bootstrap().run([&file]);
        let expected = format!("\nmean {mean}, ");
        assert!(end.stdout.contains(&expected), "{name}: {}", end.stdout);
    }
}

#[test]
fn a_mean_that_rounds_to_zero_has_no_sign() {
    let scratch = scratch("a_mean_that_rounds_to_zero_has_no_sign");
    let file = scratch.file("zero.csv", "x,0\n".repeat(999) + "x,-1\n");
    let end = bootstrap().run([&file]);
    assert!(end.stdout.contains("\nmean 0.00, "), "{}", end.stdout);
}

#[test]
fn options_may_come_before_or_after_the_file() {
    let scratch = scratch("options_may_come_before_or_after_the_file");
    let file = scratch.file("own.csv", own_series());
    let file = file.to_str().expect("the target folder has a plain name");
    let before = bootstrap().run(["--seed", "5", "--resamples", "500", file]);
    let after = bootstrap().run([file, "--resamples", "500", "--seed", "5"]);
    assert_eq!(before.code, Some(0));
    assert_eq!(before, after);
}

#[test]
fn bad_options_are_refused() {
    let resamples = "--resamples needs a number from 40 to 10000000 after it, found ";
    for number in [
        "", "0", "39", "10000001", "-40", "+40", "4e3", "40.5", "ten",
    ] {
        let reason = format!("{resamples}{number:?}");
        bootstrap()
            .run(["--resamples", number])
            .assert_refuses(&reason);
    }
    bootstrap()
        .run(["--resamples"])
        .assert_refuses(&format!("{resamples}nothing"));
    let seed = "--seed needs a number from 0 to 18446744073709551615 after it, found ";
    for number in ["-1", "18446744073709551616", "0x7"] {
        let reason = format!("{seed}{number:?}");
        bootstrap().run(["--seed", number]).assert_refuses(&reason);
    }
    bootstrap()
        .run(["--threads", "4"])
        .assert_refuses("there is no option --threads");
    bootstrap()
        .run(["one.csv", "two.csv"])
        .assert_refuses("two.csv is a second file");
}

#[test]
fn a_malformed_row_is_refused() {
    let scratch = scratch("a_malformed_row_is_refused");
    for (name, row) in [
        ("empty", ""),
        ("no_label", "774"),
        ("no_value", "1899,"),
        ("decimal", "1899,77.4"),
        ("sign", "1899,+774"),
        ("space", "1899, 774"),
        ("large", "1899,1000000001"),
        ("small", "1899,-1000000001"),
        ("third_field", "1899,774,1"),
        ("heading", "year,volume"),
    ] {
        let file = scratch.file(name, format!("1898,1\n{row}\n"));
        bootstrap().run([&file]).assert_refuses(&format!(
            "{name}:2: expected a label and a whole number from -1000000000 to 1000000000, \
             such as 1899,774, found {row:?}"
        ));
    }
}

#[test]
fn too_many_values_or_draws_are_refused() {
    let scratch = scratch("too_many_values_or_draws_are_refused");
    let file = scratch.file("long.csv", "x,1\n".repeat(1_000_001));
    bootstrap()
        .run([&file])
        .assert_refuses("long.csv has 1000001 values; at most 1000000 are allowed");
    let file = scratch.file("many.csv", "x,1\n".repeat(10_001));
    let file = file.to_str().expect("the target folder has a plain name");
    bootstrap()
        .run(["--resamples", "10000000", file])
        .assert_refuses("are 100010000000 draws; at most 100000000000 are allowed");
}

#[test]
fn a_series_without_values_is_refused() {
    let scratch = scratch("a_series_without_values_is_refused");
    let file = scratch.file("none.csv", "");
    bootstrap()
        .run([&file])
        .assert_refuses("none.csv has no values");
}
