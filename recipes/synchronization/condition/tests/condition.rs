//! Tests what only this recipe promises. `shared/tools/checks` tests what every recipe promises.

use checks::program::Program;
use checks::scratch::Scratch;

const HEADER: &str = "station  readings     min    mean     max\n";

fn condition() -> Program {
    Program::new(env!("CARGO_BIN_EXE_condition"))
}

fn scratch(name: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), name)
}

#[test]
fn the_result_is_the_same_on_every_run() {
    for _ in 0..10 {
        condition()
            .run_alone()
            .assert_prints(include_str!("../expected.txt"));
    }
}

#[test]
fn several_files_are_summarized_together() {
    let scratch = scratch("several_files_are_summarized_together");
    let first = scratch.file("first.csv", "Oslo;-39\nRome;120\nOslo;4\n");
    let second = scratch.file("second.csv", "Oslo;11\r\nBergen;32767");
    let expected = format!(
        "{HEADER}\
         Bergen          1  3276.7  3276.7  3276.7\n\
         Oslo            3    -3.9    -0.8     1.1\n\
         Rome            1    12.0    12.0    12.0\n"
    );
    condition().run([&first, &second]).assert_prints(&expected);
    condition().run([&second, &first]).assert_prints(&expected);
}

#[test]
fn a_mean_is_rounded_to_the_nearest_tenth_and_a_half_away_from_zero() {
    let scratch = scratch("a_mean_is_rounded_to_the_nearest_tenth_and_a_half_away_from_zero");
    let readings = "down;-2\ndown;-3\nfrost;-1\nfrost;0\nnear;1\nnear;1\nnear;2\nup;2\nup;3\n\
                    zero;-1\nzero;0\nzero;-0\n";
    let expected = format!(
        "{HEADER}\
         down            2    -0.3    -0.3    -0.2\n\
         frost           2    -0.1    -0.1     0.0\n\
         near            3     0.1     0.1     0.2\n\
         up              2     0.2     0.3     0.3\n\
         zero            3    -0.1     0.0     0.0\n"
    );
    condition()
        .run([scratch.file("means.csv", readings)])
        .assert_prints(&expected);
}

#[test]
fn an_empty_file_gives_a_table_without_stations() {
    let scratch = scratch("an_empty_file_gives_a_table_without_stations");
    for content in ["", "\u{feff}"] {
        condition()
            .run([scratch.file("empty.csv", content)])
            .assert_prints(HEADER);
    }
}

#[test]
fn a_byte_order_mark_does_not_make_another_station() {
    let scratch = scratch("a_byte_order_mark_does_not_make_another_station");
    let first = scratch.file("first.csv", "\u{feff}EWR;10\nEWR;20\n");
    let second = scratch.file("second.csv", "\u{feff}EWR;30\r\n");
    let expected = format!("{HEADER}EWR             3     1.0     2.0     3.0\n");
    condition().run([first, second]).assert_prints(&expected);
}

#[test]
fn a_long_name_widens_its_column() {
    let scratch = scratch("a_long_name_widens_its_column");
    let file = scratch.file("long.csv", "Kuala Lumpur;301\nÅs;-100\n");
    condition().run([file]).assert_prints(
        "station      readings     min    mean     max\n\
         Kuala Lumpur        1    30.1    30.1    30.1\n\
         Ås                  1   -10.0   -10.0   -10.0\n",
    );
}

#[test]
fn a_malformed_row_is_named() {
    let scratch = scratch("a_malformed_row_is_named");
    let rows = [
        "",
        "EWR",
        "EWR;",
        "EWR;3.9",
        "EWR;3.",
        "EWR;.5",
        "EWR;3,9",
        "EWR;-",
        "EWR;--39",
        "EWR;-+39",
        "EWR; 39",
        "EWR;39 ",
        "EWR;39;",
        "EWR;32768",
        "EWR;-32769",
        "EWR;NA",
        "EWR;inf",
        "EWR,39",
        "\u{feff}",
    ];
    for row in rows {
        let content = format!("EWR;39\n{row}\nJFK;wrong as well\n");
        condition()
            .run([scratch.file("malformed.csv", content)])
            .assert_refuses(&format!(
                "malformed.csv:2: expected a row such as EWR;-39, found {row:?}\n"
            ));
    }
}

#[test]
fn a_name_that_is_empty_or_has_spaces_around_it_is_refused() {
    let scratch = scratch("a_name_that_is_empty_or_has_spaces_around_it_is_refused");
    for name in ["", " ", "EWR ", " EWR", "\tEWR", "EWR\u{a0}"] {
        let content = format!("New York;39\n{name};39\n");
        condition()
            .run([scratch.file("names.csv", content)])
            .assert_refuses(&format!(
                "names.csv:2: expected the name of a station without spaces around it, \
                 found {name:?}\n"
            ));
    }
}

/// The error comes at once, when the consumers may not have started; then when the buffer is half
/// full; and finally when it has been filled and emptied many times.
#[test]
fn no_consumer_waits_forever_after_an_error() {
    let scratch = scratch("no_consumer_waits_forever_after_an_error");
    for good_rows in [0, 5, 5000] {
        let content = format!("{}wrong\n", "EWR;39\n".repeat(good_rows));
        let file = scratch.file("wrong.csv", content);
        for _ in 0..10 {
            condition()
                .run([&file])
                .assert_refuses(&format!("wrong.csv:{}: ", good_rows + 1));
        }
    }
}

#[test]
fn the_first_of_several_bad_files_is_named() {
    let scratch = scratch("the_first_of_several_bad_files_is_named");
    let good = scratch.file("good.csv", "EWR;39\n");
    let bad = scratch.file("bad.csv", "?\n");
    let missing = scratch.path().join("missing.csv");
    condition()
        .run([&good, &missing, &bad])
        .assert_refuses("missing.csv: ");
    condition()
        .run([&good, &bad, &missing])
        .assert_refuses("bad.csv:1: ");
}
