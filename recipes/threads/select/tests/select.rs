//! Tests what only this recipe promises. `shared/tools/checks` tests what every recipe promises.

use checks::program::Program;
use checks::scratch::Scratch;

/// A station that closes.
const CLOSES: &str = "EWR,2013-01-31T07:00Z,9864\nEWR,2013-01-31T08:00Z,9900\n";

/// A station that falls silent.
const SILENT: &str = "LGA,2013-01-31T10:00Z,9838\nLGA,2013-01-31T12:00Z,silent\n";

fn select() -> Program {
    Program::new(env!("CARGO_BIN_EXE_select"))
}

fn scratch(test: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), test)
}

/// How often the collector woke up, as it says on standard error.
#[track_caller]
fn rounds(stderr: &str) -> usize {
    let count = stderr.strip_prefix("the collector woke up ");
    let count = count.and_then(|rest| rest.strip_suffix(" times\n"));
    let count = count.and_then(|count| count.parse().ok());
    count.unwrap_or_else(|| panic!("standard error is {stderr:?}"))
}

/// The threads run in another order on every run.
#[test]
fn every_run_prints_the_expected_report() {
    for _ in 0..10 {
        select()
            .run_alone()
            .assert_prints(include_str!("../expected.txt"));
    }
}

/// If the collector received from a closed channel again, it would wake up thousands of times.
#[test]
fn the_collector_wakes_up_once_for_each_event() {
    let readings = include_str!("../input/readings.csv").lines().count() - 1;
    let arrivals = 3 + 1; // The last one is the end of the channel.
    let closed = 2;
    let stop_and_limit = 2;
    let most = readings + arrivals + closed + stop_and_limit;
    for _ in 0..10 {
        let end = select().run_alone();
        let rounds = rounds(&end.stderr);
        assert!(rounds <= most, "{rounds} rounds, expected at most {most}");
        assert!(rounds > readings, "{rounds} rounds");
    }
}

#[test]
fn a_station_with_one_reading_closes() {
    let scratch = scratch("a_station_with_one_reading_closes");
    let file = scratch.file("one.csv", "EWR,2013-01-31T07:00Z,9864\n");
    select().run([&file]).assert_prints(
        "\
EWR  closed after 1 reading
1 reading in all, below 990.0 hPa:
2013-01-31T07:00Z  EWR  986.4
",
    );
}

#[test]
fn a_silent_station_alone_ends_at_the_time_limit() {
    let scratch = scratch("a_silent_station_alone_ends_at_the_time_limit");
    let file = scratch.file("silent.csv", SILENT);
    let end = select().run([&file]);
    end.assert_prints(
        "\
LGA  silent after 1 reading
1 reading in all, below 990.0 hPa:
2013-01-31T10:00Z  LGA  983.8
",
    );
    // A new station, the end of that channel, a reading, the stop signal and the limit.
    assert!(rounds(&end.stderr) <= 5, "{}", end.stderr);
}

#[test]
fn no_readings_are_an_empty_report() {
    let scratch = scratch("no_readings_are_an_empty_report");
    let file = scratch.file("empty.csv", "");
    select()
        .run([&file])
        .assert_prints("0 readings in all, below 990.0 hPa:\n");
}

#[test]
fn readings_of_the_same_time_are_in_the_order_of_their_stations() {
    let scratch = scratch("readings_of_the_same_time_are_in_the_order_of_their_stations");
    let mut rows = String::new();
    for name in ["é", "Bb", "A"] {
        rows += &format!("{name},2013-01-31T07:00Z,9899\n");
    }
    let file = scratch.file("readings.csv", rows);
    select().run([&file]).assert_prints(
        "\
A   closed after 1 reading
Bb  closed after 1 reading
é   closed after 1 reading
3 readings in all, below 990.0 hPa:
2013-01-31T07:00Z  A   989.9
2013-01-31T07:00Z  Bb  989.9
2013-01-31T07:00Z  é   989.9
",
    );
}

#[test]
fn the_rows_of_a_station_may_be_in_several_files() {
    let scratch = scratch("the_rows_of_a_station_may_be_in_several_files");
    let january = scratch.file("january.csv", CLOSES);
    let february = scratch.file("february.csv", "EWR,2013-02-01T07:00Z,9899\n");
    let report = "\
EWR  closed after 3 readings
3 readings in all, below 990.0 hPa:
2013-01-31T07:00Z  EWR  986.4
2013-02-01T07:00Z  EWR  989.9
";
    select().run([&january, &february]).assert_prints(report);
    let reason = "january.csv:1: 2013-01-31T07:00Z follows 2013-02-01T07:00Z at EWR";
    select().run([&february, &january]).assert_refuses(reason);
}

#[test]
fn an_input_of_ten_times_the_size_is_merged() {
    let scratch = scratch("an_input_of_ten_times_the_size_is_merged");
    let mut rows = String::new();
    let mut low = String::new();
    for number in 0..800 {
        let time = format!(
            "2013-{:02}-{:02}",
            number / 24 / 28 + 1,
            number / 24 % 28 + 1
        );
        let time = format!("{time}T{:02}:00Z", number % 24);
        for station in ["A", "B", "C"] {
            let pressure = if number % 100 == 0 { 9899 } else { 10_000 };
            rows += &format!("{station},{time},{pressure}\n");
            if pressure < 9900 {
                low += &format!("{time}  {station}  989.9\n");
            }
        }
    }
    rows += "B,2013-03-01T00:00Z,silent\n";
    let file = scratch.file("readings.csv", rows);
    select().run([&file]).assert_prints(&format!(
        "\
A  closed after 800 readings
B  silent after 800 readings
C  closed after 800 readings
2400 readings in all, below 990.0 hPa:
{low}"
    ));
}

#[test]
fn as_many_stations_as_are_allowed_connect() {
    let scratch = scratch("as_many_stations_as_are_allowed_connect");
    let mut rows = String::new();
    let mut expected = String::new();
    for number in 0..256 {
        rows += &format!("S{number:03},2013-01-31T07:00Z,10000\n");
        // Every second station falls silent.
        if number % 2 == 0 {
            rows += &format!("S{number:03},2013-01-31T08:00Z,silent\n");
            expected += &format!("S{number:03}  silent after 1 reading\n");
        } else {
            expected += &format!("S{number:03}  closed after 1 reading\n");
        }
    }
    expected += "256 readings in all, below 990.0 hPa:\n";
    let file = scratch.file("readings.csv", &rows);
    select().run([&file]).assert_prints(&expected);

    rows += "one more,2013-01-31T07:00Z,10000\n";
    let file = scratch.file("readings.csv", &rows);
    select()
        .run([&file])
        .assert_refuses("one more is one too many: 256 stations are the most");
}

#[test]
fn more_than_a_year_is_refused() {
    let scratch = scratch("more_than_a_year_is_refused");
    let first = "A,2011-12-31T00:00Z,10000\n";
    let year = scratch.file("year.csv", format!("{first}B,2012-12-31T00:00Z,10000\n"));
    let end = select().run([&year]);
    assert_eq!(end.code, Some(0), "{}", end.stderr);
    let longer = scratch.file("longer.csv", format!("{first}B,2012-12-31T00:01Z,10000\n"));
    let reason = "2011-12-31T00:00Z and 2012-12-31T00:01Z are more than 366 days apart";
    select().run([&longer]).assert_refuses(reason);
}

#[test]
fn a_row_out_of_its_order_is_refused() {
    let scratch = scratch("a_row_out_of_its_order_is_refused");
    for (rows, reason) in [
        (
            format!("{CLOSES}EWR,2013-01-31T08:00Z,9900\n"),
            ":3: 2013-01-31T08:00Z follows 2013-01-31T08:00Z at EWR",
        ),
        (
            format!("{CLOSES}EWR,2013-01-31T07:30Z,silent\n"),
            ":3: 2013-01-31T07:30Z follows 2013-01-31T08:00Z at EWR",
        ),
        (
            format!("{SILENT}LGA,2013-01-31T13:00Z,9900\n"),
            ":3: LGA is silent already, so it cannot have another row",
        ),
        (
            format!("{CLOSES}LGA,2013-01-31T13:00Z,silent\n"),
            ":3: LGA is silent before its first reading",
        ),
    ] {
        let file = scratch.file("readings.csv", rows);
        select().run([&file]).assert_refuses(reason);
    }
}

#[test]
fn a_row_that_is_no_reading_is_refused() {
    let scratch = scratch("a_row_that_is_no_reading_is_refused");
    for row in [
        "",
        "EWR",
        "EWR,2014-01-01T06:00Z",
        "EWR,2014-01-01T06:00Z,",
        "EWR,2014-01-01T06:00Z,9864,1",
        "EWR,2014-01-01T06:00Z,986.4",
        "EWR,2014-01-01T06:00Z,-9864",
        "EWR,2014-01-01T06:00Z, 9864",
        "EWR,2014-01-01T06:00Z,7999",
        "EWR,2014-01-01T06:00Z,11001",
        "EWR,2014-01-01T06:00Z,Silent",
        ",2014-01-01T06:00Z,9864",
        " EWR,2014-01-01T06:00Z,9864",
        "EWR ,2014-01-01T06:00Z,9864",
        "EWR,2014-01-01 06:00Z,9864",
        "EWR,2014-01-01T06:00,9864",
        "EWR,0000-01-01T06:00Z,9864",
        "EWR,2014-13-01T06:00Z,9864",
        "EWR,2014-02-29T06:00Z,9864",
        "EWR,2100-02-29T06:00Z,9864",
        "EWR,2014-04-31T06:00Z,9864",
        "EWR,2014-01-01T24:00Z,9864",
        "EWR,2014-01-01T06:60Z,9864",
        "EWR,２014-01-01T06:0Z,9864",
    ] {
        let file = scratch.file("readings.csv", format!("{CLOSES}{row}\n"));
        let expected = "expected a row such as EWR,2013-01-31T08:00Z,9839";
        let reason = format!("readings.csv:3: {expected}, found \"{row}\"");
        select().run([&file]).assert_refuses(&reason);
    }
}

#[test]
fn the_limits_of_a_reading_are_accepted() {
    let scratch = scratch("the_limits_of_a_reading_are_accepted");
    let file = scratch.file(
        "readings.csv",
        "EWR,2012-02-29T23:59Z,8000\nEWR,2012-03-01T00:00Z,11000\n",
    );
    select().run([&file]).assert_prints(
        "\
EWR  closed after 2 readings
2 readings in all, below 990.0 hPa:
2012-02-29T23:59Z  EWR  800.0
",
    );
}
