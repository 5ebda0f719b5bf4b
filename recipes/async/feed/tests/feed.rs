//! Tests what only this recipe promises. `shared/tools/checks` tests what every recipe promises.

use checks::program::Program;
use checks::scratch::Scratch;

fn feed() -> Program {
    Program::new(env!("CARGO_BIN_EXE_feed"))
}

fn scratch(test: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), test)
}

/// Rows of one rate a day. Years have twelve months of 28 days here.
fn days(count: u32) -> String {
    let mut rows = String::from("Date,CHF\n");
    for number in 0..count {
        let day = number % 28 + 1;
        let month = number / 28 % 12 + 1;
        let year = 2000 + number / (28 * 12);
        rows += &format!("{year}-{month:02}-{day:02},1.{number:05}\n");
    }
    rows
}

/// Checks what the program says about a file with these rows.
#[track_caller]
fn assert_refuses(scratch: &Scratch, rows: &str, reason: &str) {
    let file = scratch.file("CHF.csv", rows);
    feed()
        .run([&file])
        .assert_refuses(&format!("CHF.csv:{reason}"));
}

#[test]
fn every_run_prints_the_expected_report() {
    for _ in 0..10 {
        feed()
            .run_alone()
            .assert_prints(include_str!("../expected.txt"));
    }
}

/// The program jumps over waiting times. In real time, the slow subscriber would need more than six
/// hours for these rates, and the test ends after a minute.
#[test]
fn more_than_ten_times_as_many_rates_are_replayed() {
    let scratch = scratch("more_than_ten_times_as_many_rates_are_replayed");
    let file = scratch.file("CHF.csv", days(6000));
    let end = feed().run([&file]);
    assert_eq!(end.code, Some(0), "{}", end.stderr);
    let row = "broadcast  fast         6000       0         0.00 s  1.0000 on 2000-01-01\n";
    assert!(end.stdout.contains(row), "{}", end.stdout);
    let row = "mpsc       slow         6000       0     18056.99 s  1.0000 on 2000-01-01\n";
    assert!(end.stdout.contains(row), "{}", end.stdout);
}

#[test]
fn a_single_rate_reaches_every_subscriber_at_once() {
    let scratch = scratch("a_single_rate_reaches_every_subscriber_at_once");
    let file = scratch.file("CHF.csv", "Date,CHF\n2016-02-29,1.0904\n");
    feed().run([&file]).assert_prints(
        "\
1 rate, one a second
channel    subscriber   seen  missed  late by up to  lowest rate
watch      fast            1       0         0.00 s  1.0904 on 2016-02-29
watch      slow            1       0         0.00 s  1.0904 on 2016-02-29
broadcast  fast            1       0         0.00 s  1.0904 on 2016-02-29
broadcast  slow            1       0         0.00 s  1.0904 on 2016-02-29
mpsc       fast            1       0         0.00 s  1.0904 on 2016-02-29
mpsc       slow            1       0         0.00 s  1.0904 on 2016-02-29
at the end, the publisher was late by 0.00 s with watch, 0.00 s with broadcast, 0.00 s with mpsc
",
    );
}

/// Five rates: one that the slow subscriber works on, and four in the channel.
#[test]
fn rates_that_fit_into_the_channel_are_not_lost_and_do_not_wait() {
    let scratch = scratch("rates_that_fit_into_the_channel_are_not_lost_and_do_not_wait");
    let file = scratch.file("CHF.csv", days(5));
    feed().run([&file]).assert_prints(
        "\
5 rates, one a second
channel    subscriber   seen  missed  late by up to  lowest rate
watch      fast            5       0         0.00 s  1.0000 on 2000-01-01
watch      slow            2       3         0.01 s  1.0000 on 2000-01-01
broadcast  fast            5       0         0.00 s  1.0000 on 2000-01-01
broadcast  slow            5       0        12.04 s  1.0000 on 2000-01-01
mpsc       fast            5       0         0.00 s  1.0000 on 2000-01-01
mpsc       slow            5       0        12.04 s  1.0000 on 2000-01-01
at the end, the publisher was late by 0.00 s with watch, 0.00 s with broadcast, 0.00 s with mpsc
",
    );
}

#[test]
fn a_price_keeps_its_digits() {
    let scratch = scratch("a_price_keeps_its_digits");
    for (price, shown) in [
        ("0.00001", "0.00001"),
        ("0.8265", "0.8265"),
        ("0.82650", "0.8265"),
        ("136", "136.0000"),
        ("20275.17", "20275.1700"),
        ("999999999.99999", "999999999.99999"),
    ] {
        let file = scratch.file("CHF.csv", format!("Date,CHF\n2026-10-30,{price}\n"));
        let end = feed().run([&file]);
        let lowest = format!("  {shown} on 2026-10-30\n");
        assert!(end.stdout.contains(&lowest), "{}{}", end.stdout, end.stderr);
    }
}

#[test]
fn a_file_without_rates_is_refused() {
    let scratch = scratch("a_file_without_rates_is_refused");
    let row = "expected a row such as 2015-01-15,1.028 after the header";
    assert_refuses(&scratch, "Date,CHF\n", &format!("2: {row}"));
    for header in [
        "",
        "Date",
        "Date,",
        "Date,chf",
        "Date,CHFX",
        "date,CHF",
        "Date,CHF,",
    ] {
        let rows = format!("{header}\n2015-01-15,1.028\n");
        let reason = format!("1: expected a header such as Date,CHF, found \"{header}\"");
        assert_refuses(&scratch, &rows, &reason);
    }
}

#[test]
fn a_row_that_is_no_rate_is_refused() {
    let scratch = scratch("a_row_that_is_no_rate_is_refused");
    for row in [
        "",
        "2015-01-15",
        "2015-01-15,",
        "2015-01-15,N/A",
        "2015-01-15,0",
        "2015-01-15,0.00000",
        "2015-01-15,-1.028",
        "2015-01-15,+1.028",
        "2015-01-15, 1.028",
        "2015-01-15,1.",
        "2015-01-15,.028",
        "2015-01-15,1.028001",
        "2015-01-15,1.0.28",
        "2015-01-15,1000000000",
        "2015-01-15,1.028,2",
        "2015-1-15,1.028",
        "15-01-15,1.028",
        "2015/01/15,1.028",
        "2015-00-15,1.028",
        "2015-13-15,1.028",
        "2015-02-29,1.028",
        "0000-01-15,1.028",
    ] {
        let rows = format!("Date,CHF\n2014-12-31,1.2024\n{row}\n");
        let reason = format!("3: expected a row such as 2015-01-15,1.028, found \"{row}\"");
        assert_refuses(&scratch, &rows, &reason);
    }
}

#[test]
fn a_day_that_is_not_later_than_the_one_before_is_refused() {
    let scratch = scratch("a_day_that_is_not_later_than_the_one_before_is_refused");
    for day in ["2015-01-15", "2015-01-14"] {
        let rows = format!("Date,CHF\n2015-01-15,1.028\n{day},1.201\n");
        let reason = format!("3: {day} follows 2015-01-15, but the oldest day comes first");
        assert_refuses(&scratch, &rows, &reason);
    }
}

#[test]
fn too_many_rates_are_refused() {
    let scratch = scratch("too_many_rates_are_refused");
    let reason = "10002: more than 10000 rates, so name a file with fewer";
    assert_refuses(&scratch, &days(10_001), reason);
}

#[test]
fn a_second_file_is_refused() {
    feed()
        .run(["CHF.csv", "GBP.csv"])
        .assert_refuses("expected one file, found 2 arguments");
}
