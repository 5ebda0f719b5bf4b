//! Tests what only this recipe promises: which rows it accepts, that it misses no earthquake, and
//! that it ends.

use std::thread;

use checks::program::Program;
use checks::scratch::Scratch;

const EXPECTED: &str = include_str!("../expected.txt");
const INPUT: &str = include_str!("../input/earthquakes.txt");

fn event() -> Program {
    Program::new(env!("CARGO_BIN_EXE_event"))
}

fn scratch(test: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), test)
}

/// The two numbers of a line such as `8 batches, 95 looks at the feed`.
struct Effort {
    batches: u32,
    looks: u32,
}

fn effort(stderr: &str) -> Effort {
    let numbers = stderr.split(|c: char| !c.is_ascii_digit());
    let numbers: Vec<u32> = numbers.filter_map(|number| number.parse().ok()).collect();
    let [batches, looks] = numbers[..] else {
        panic!("not two numbers: {stderr:?}");
    };
    Effort { batches, looks }
}

#[test]
fn the_output_is_the_same_on_every_run() {
    for _ in 0..10 {
        event().run_alone().assert_prints(EXPECTED);
    }
}

/// Programs that compete for the processors are interrupted in places where one alone is not.
#[test]
fn the_output_is_the_same_while_other_programs_run() {
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| event().run_alone().assert_prints(EXPECTED));
        }
    });
}

/// An unsorted file used to be played in a batch for each row: 2,000 rows took 40 seconds.
#[test]
fn the_order_of_the_rows_does_not_matter() {
    let scratch = scratch("the_order_of_the_rows_does_not_matter");
    let rows: Vec<&str> = INPUT.lines().collect();
    let mut dealt = Vec::new();
    for first in 0..100 {
        dealt.extend(rows.iter().copied().skip(first).step_by(100)); // A row of each day in turn.
    }
    assert_eq!(dealt.len(), rows.len());
    let end = event().run([scratch.file("dealt.txt", dealt.join("\n"))]);
    end.assert_prints(EXPECTED);
    assert_eq!(effort(&end.stderr).batches, 8, "one batch for each day");
}

#[test]
fn a_feed_of_many_days_is_played_in_fifty_batches() {
    let scratch = scratch("a_feed_of_many_days_is_played_in_fifty_batches");
    let mut rows = String::new();
    for year in 1000..2000 {
        rows += &format!("{year}-01-01T00:00:00Z;1;Here\n{year}-12-31T00:00:00Z;2;There\n");
    }
    let end = event().run([scratch.file("days.txt", rows)]);
    assert_eq!(end.code, Some(0), "standard error: {}", end.stderr);
    assert_eq!(effort(&end.stderr).batches, 50);
    assert!(
        end.stdout
            .ends_with("1999-12-31       1\nmagnitude  1  1000\nmagnitude  2  1000\n")
    );
}

#[test]
fn several_files_are_one_feed() {
    let scratch = scratch("several_files_are_one_feed");
    let first = scratch.file(
        "first.txt",
        "2024-02-29T00:00:00Z;-0.5;1km N of Here, There\n2024-02-29T23:59:59Z;6.25;Sea\n",
    );
    let second = scratch.file(
        "second.txt",
        "2024-01-01T12:00:00Z;5.99;Nowhere\r\n2024-03-01T12:00:00Z;7;Lake",
    );
    let expected = "\
2024-01-01       1
2024-02-29       2
2024-03-01       1
magnitude -1     1
magnitude  5     1
magnitude  6     1
magnitude  7     1
2024-02-29T23:59:59Z 6.25 Sea
2024-03-01T12:00:00Z 7    Lake
";
    event().run([&first, &second]).assert_prints(expected);
    event().run([&second, &first]).assert_prints(expected);
}

#[test]
fn earthquakes_of_the_same_second_keep_their_order() {
    let scratch = scratch("earthquakes_of_the_same_second_keep_their_order");
    let file = scratch.file(
        "second.txt",
        "2024-02-29T00:00:00Z;7;Lake\n2024-02-29T00:00:00Z;6.25;Sea\n",
    );
    let end = event().run([file]);
    let strong = "2024-02-29T00:00:00Z 7    Lake\n2024-02-29T00:00:00Z 6.25 Sea\n";
    assert!(end.stdout.ends_with(strong), "{}", end.stdout);
}

#[test]
fn magnitudes_are_rounded_down() {
    let scratch = scratch("magnitudes_are_rounded_down");
    let mut rows = String::new();
    for magnitude in [
        "-1", "-0.01", "-0", "0", "0.99", "1", "1.0", "1.01", "10", "-9",
    ] {
        rows += &format!("2024-02-29T00:00:00Z;{magnitude};Here\n");
    }
    let expected = "\
2024-02-29      10
magnitude -9     1
magnitude -1     2
magnitude  0     3
magnitude  1     3
magnitude 10     1
2024-02-29T00:00:00Z 10   Here
";
    event()
        .run([scratch.file("magnitudes.txt", rows)])
        .assert_prints(expected);
}

#[test]
fn columns_do_not_run_together_at_a_million_rows() {
    let scratch = scratch("columns_do_not_run_together_at_a_million_rows");
    let rows = "2024-02-29T00:00:00Z;3;A\n".repeat(1_000_000) + "2024-03-01T00:00:00Z;3;A\n";
    event()
        .run([scratch.file("million.txt", rows)])
        .assert_prints("2024-02-29   1000000\n2024-03-01         1\nmagnitude  3 1000001\n");
}

#[test]
fn columns_do_not_run_together_at_a_precise_magnitude() {
    let scratch = scratch("columns_do_not_run_together_at_a_precise_magnitude");
    let rows = "2024-02-29T00:00:00Z;6.12345;Sea\n2024-02-29T00:00:00Z;7;Lake\n";
    let end = event().run([scratch.file("precise.txt", rows)]);
    let strong = "2024-02-29T00:00:00Z 6.12345 Sea\n2024-02-29T00:00:00Z 7       Lake\n";
    assert!(end.stdout.ends_with(strong), "{}", end.stdout);
}

/// All earthquakes arrive right before the end, so a monitor that looks first and pauses then
/// would miss them.
#[test]
fn what_arrives_right_before_the_stop_is_seen() {
    let scratch = scratch("what_arrives_right_before_the_stop_is_seen");
    let day = scratch.file("day.txt", "2024-02-29T00:00:00Z;3.5;Here\n".repeat(1000));
    for _ in 0..20 {
        event()
            .run([&day])
            .assert_prints("2024-02-29    1000\nmagnitude  3  1000\n");
    }
}

#[test]
fn the_monitors_look_while_the_feed_goes_on() {
    let scratch = scratch("the_monitors_look_while_the_feed_goes_on");
    let mut rows = String::new();
    for day in 1..=30 {
        rows += &format!("2024-04-{day:02}T00:00:00Z;3.5;Here\n");
    }
    let end = event().run([scratch.file("april.txt", rows)]);
    let effort = effort(&end.stderr);
    assert_eq!(effort.batches, 30);
    assert!(effort.looks > 3, "each monitor only looked at the end");
}

#[test]
fn a_file_without_earthquakes_prints_nothing() {
    let scratch = scratch("a_file_without_earthquakes_prints_nothing");
    event()
        .run([scratch.file("empty.txt", "")])
        .assert_prints("");
}

/// Checks that the second row of a file is refused with its line number.
fn assert_refused(scratch: &Scratch, row: &str) {
    let good = "2024-02-29T00:00:00Z;3.5;Here";
    let file = scratch.file("bad.txt", format!("{good}\n{row}\n{good};wrong too\n"));
    let example = "2018-02-06T15:50:42Z;6.4;Taiwan";
    event().run([&file]).assert_refuses(&format!(
        "bad.txt:2: expected a row such as {example}, found {row:?}\n"
    ));
}

#[test]
fn a_time_that_never_was_is_refused() {
    let scratch = scratch("a_time_that_never_was_is_refused");
    let times = [
        "2018-02-30T25:61:61Z",
        "2018-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2024-02-30T00:00:00Z",
        "2024-04-31T00:00:00Z",
        "2024-12-32T00:00:00Z",
        "2024-01-00T00:00:00Z",
        "2024-00-01T00:00:00Z",
        "2024-13-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T00:60:00Z",
        "2016-12-31T23:59:60Z", // A leap second: Unix time has none.
    ];
    for time in times {
        assert_refused(&scratch, &format!("{time};3.5;Here"));
    }
}

#[test]
fn the_last_days_and_seconds_are_accepted() {
    let scratch = scratch("the_last_days_and_seconds_are_accepted");
    let mut rows = String::new();
    let mut expected = String::new();
    for day in [
        "0001-01-01",
        "2000-02-29",
        "2023-02-28",
        "2024-01-31",
        "2024-02-29",
        "2024-06-30",
        "9999-12-31",
    ] {
        rows += &format!("{day}T00:00:00Z;3;Here\n{day}T23:59:59Z;3;Here\n");
        expected += &format!("{day}       2\n");
    }
    expected += "magnitude  3    14\n";
    event()
        .run([scratch.file("days.txt", rows)])
        .assert_prints(&expected);
}

#[test]
fn a_malformed_row_is_refused() {
    let scratch = scratch("a_malformed_row_is_refused");
    for row in [
        "",
        ";",
        ";;",
        "2024-02-29T00:00:00Z",
        "2024-02-29T00:00:00Z;3.5",
        "2024-02-29T00:00:00Z;3.5;Here;There",
        "\u{feff}2024-02-29T00:00:00Z;3.5;Here",
    ] {
        assert_refused(&scratch, row);
    }
    for time in [
        "",
        "2024-02-29",
        "2024-02-29T00:00Z",
        "2024-02-29T00:00:00",
        "2024-02-29 00:00:00Z",
        "24-02-29T00:00:00Z",
        "\u{663}024-02-29T00:00:00Z",
    ] {
        assert_refused(&scratch, &format!("{time};3.5;Here"));
    }
    for magnitude in [
        "", " 3.5", "3,5", "strong", "NaN", "inf", "-inf", "10.1", "-9.1", "1e9",
    ] {
        assert_refused(&scratch, &format!("2024-02-29T00:00:00Z;{magnitude};Here"));
    }
    for place in ["", " ", " Here", "Here ", "Here\t"] {
        assert_refused(&scratch, &format!("2024-02-29T00:00:00Z;3.5;{place}"));
    }
}

#[test]
fn the_first_bad_file_is_named() {
    let scratch = scratch("the_first_bad_file_is_named");
    let good = scratch.file("good.txt", "2024-02-29T00:00:00Z;3.5;Here\n");
    let one = scratch.file("one.txt", "wrong\n");
    let two = scratch.file("two.txt", "wrong\n");
    let missing = scratch.path().join("missing.txt");
    event()
        .run([&good, &one, &two])
        .assert_refuses("one.txt:1: ");
    event()
        .run([&good, &two, &one])
        .assert_refuses("two.txt:1: ");
    event()
        .run([&good, &missing, &one])
        .assert_refuses("missing.txt: ");
    event().run([&one, &missing]).assert_refuses("one.txt:1: ");
}

/// There is address space for two threads only, so the third cannot be started. The other two
/// wait for `start`, which `main` must still set.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
#[test]
fn no_monitor_waits_forever_when_a_thread_cannot_be_started() {
    use checks::process;
    use std::process::Command;
    use std::time::Duration;

    for _ in 0..5 {
        let mut command = Command::new("sh");
        command
            .args(["-c", "ulimit -v 1048576; exec \"$0\""])
            .arg(env!("CARGO_BIN_EXE_event"))
            .env("RUST_MIN_STACK", "419430400");
        let end = process::run(&mut command, Duration::from_secs(60)).expect("the recipe ends");
        assert_eq!(end.code, Some(101), "standard error: {}", end.stderr);
        assert_eq!(end.stdout, "");
        assert!(
            end.stderr.contains("failed to spawn thread"),
            "{}",
            end.stderr
        );
    }
}
