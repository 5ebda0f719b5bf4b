//! Tests what only this recipe promises. `shared/tools/checks` tests what every recipe promises.

use std::slice;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use checks::program::Program;
use checks::scratch::Scratch;
use crossbeam::channel;
use crossbeam::sync::WaitGroup;

/// The program itself, for the tests of its two kinds of threads.
#[path = "../src/main.rs"]
#[expect(dead_code, reason = "the tests do not call its `main`")]
mod recipe;

use recipe::{Clock, Reading, Station, Time, collect, play};

/// Long enough for a slow machine. A thread that takes longer has hung.
const TIME_LIMIT: Duration = Duration::from_secs(60);

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

/// A station that has a reading at the beginning of each of these years, and then closes.
fn station(name: &str, years: &[u64]) -> Station {
    let reading = |year: &u64| Reading {
        time: Time {
            year: *year,
            month: 1,
            day: 1,
            hour: 0,
            minute: 0,
        },
        pressure: 10_000,
    };
    Station {
        name: name.to_string(),
        readings: years.iter().map(reading).collect(),
        falls_silent: false,
    }
}

/// Runs this in a thread. The receiver gets what it returns, or an error if it panics.
fn spawn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> mpsc::Receiver<T> {
    let (sender, result) = mpsc::channel();
    thread::spawn(move || {
        let value = work();
        sender.send(value).expect("the test waits");
    });
    result
}

/// How often the collector woke up, as it says on standard error.
#[track_caller]
fn rounds(stderr: &str) -> usize {
    let count = stderr.strip_prefix("the collector woke up ");
    let count = count.and_then(|rest| rest.strip_suffix(" times\n"));
    let count = count.and_then(|count| count.parse().ok());
    count.unwrap_or_else(|| panic!("standard error is {stderr:?}"))
}

/// The threads run in a different order on each run.
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

/// Each station must end, whether it connects, waits to be received from, or sends a reading.
#[test]
fn a_collector_that_leaves_early_ends_all_stations() {
    for connections_received in 0..=2 {
        let stations = ["A", "B"].map(|name| station(name, &[2013, 2013]));
        let clock = Clock::start(&stations);
        let (arrivals, new_connections) = channel::unbounded();
        let ends = stations.map(|station| {
            let arrivals = arrivals.clone();
            spawn(move || play(&station, clock, arrivals, WaitGroup::new()))
        });

        for _ in 0..connections_received {
            let connection = new_connections.recv_timeout(TIME_LIMIT);
            drop(connection.expect("a station connects"));
        }
        drop(new_connections);
        for end in ends {
            assert_eq!(end.recv_timeout(TIME_LIMIT), Ok(()), "a station has hung");
        }
    }
}

/// The collector leaves at its time limit. The station's next reading would be due minutes later.
#[test]
fn a_station_that_waits_for_a_distant_reading_ends_with_the_collector() {
    let waits = station("waits", &[2013, 2413]);
    let closes = station("closes", &[2013, 2014]);
    let clock = Clock::start(slice::from_ref(&waits));
    let (arrivals, new_connections) = channel::unbounded();
    let (stop, stopped) = channel::bounded(0);
    let collector = spawn(|| collect(new_connections, stopped));
    let arrivals_of_waits = arrivals.clone();
    let waits = spawn(move || play(&waits, clock, arrivals_of_waits, WaitGroup::new()));
    let closes = spawn(move || play(&closes, clock, arrivals, WaitGroup::new()));

    // By now the other station waits, too, because its first reading was due long ago.
    assert_eq!(
        closes.recv_timeout(TIME_LIMIT),
        Ok(()),
        "a station has hung"
    );
    drop(stop);
    assert!(
        collector.recv_timeout(TIME_LIMIT).is_ok(),
        "the collector has hung"
    );
    assert_eq!(waits.recv_timeout(TIME_LIMIT), Ok(()), "a station has hung");
}

/// The panic drops the station's sender, so the collector need not wait for the time limit.
#[test]
fn a_station_that_panics_counts_as_closed() {
    // The station panics when it computes when its second reading is due.
    let panics = station("panics", &[2013, u64::MAX]);
    let healthy = station("healthy", &[2013, 2014]);
    let received = [
        station("panics", &[2013]),
        station("healthy", &[2013, 2014]),
    ];
    let clock = Clock::start(&received);
    let (arrivals, new_connections) = channel::unbounded();
    let (stop, stopped) = channel::bounded(0);
    let log = spawn(|| collect(new_connections, stopped));
    let ends = [panics, healthy].map(|station| {
        let arrivals = arrivals.clone();
        spawn(move || play(&station, clock, arrivals, WaitGroup::new()))
    });

    let ends: Vec<_> = ends
        .iter()
        .map(|end| end.recv_timeout(TIME_LIMIT))
        .collect();
    assert_eq!(ends, [Err(mpsc::RecvTimeoutError::Disconnected), Ok(())]);
    drop(stop);
    let log = log
        .recv_timeout(TIME_LIMIT)
        .expect("the collector has hung");
    log.assert_complete(&received);
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
fn the_collector_gives_up_on_a_silent_station_at_the_time_limit() {
    let scratch = scratch("the_collector_gives_up_on_a_silent_station_at_the_time_limit");
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
fn a_file_without_readings_gives_an_empty_report() {
    let scratch = scratch("a_file_without_readings_gives_an_empty_report");
    let file = scratch.file("empty.csv", "");
    select()
        .run([&file])
        .assert_prints("0 readings in all, below 990.0 hPa:\n");
}

#[test]
fn readings_of_the_same_time_are_in_the_order_of_station_names() {
    let scratch = scratch("readings_of_the_same_time_are_in_the_order_of_station_names");
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
fn an_input_ten_times_as_large_is_collected() {
    let scratch = scratch("an_input_ten_times_as_large_is_collected");
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
fn the_maximum_number_of_stations_can_connect() {
    let scratch = scratch("the_maximum_number_of_stations_can_connect");
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
fn readings_more_than_a_year_apart_are_refused() {
    let scratch = scratch("readings_more_than_a_year_apart_are_refused");
    let first = "A,2011-12-31T00:00Z,10000\n";
    let year = scratch.file("year.csv", format!("{first}B,2012-12-31T00:00Z,10000\n"));
    let end = select().run([&year]);
    assert_eq!(end.code, Some(0), "{}", end.stderr);
    let longer = scratch.file("longer.csv", format!("{first}B,2012-12-31T00:01Z,10000\n"));
    let reason = "2011-12-31T00:00Z and 2012-12-31T00:01Z are more than 366 days apart";
    select().run([&longer]).assert_refuses(reason);
}

#[test]
fn a_row_out_of_order_is_refused() {
    let scratch = scratch("a_row_out_of_order_is_refused");
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
            ":3: LGA is silent already, so it cannot have a later row",
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
fn a_malformed_row_is_refused() {
    let scratch = scratch("a_malformed_row_is_refused");
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
fn the_lowest_and_highest_pressures_are_accepted() {
    let scratch = scratch("the_lowest_and_highest_pressures_are_accepted");
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
