//! Tests what only this recipe promises. `shared/tools/checks` tests what every recipe promises.

use checks::program::Program;
use checks::scratch::Scratch;

fn lock() -> Program {
    Program::new(env!("CARGO_BIN_EXE_lock"))
}

fn scratch(test: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), test)
}

/// The threads take other files, and meet in another order, on every run.
#[test]
fn every_run_prints_the_expected_counts() {
    for _ in 0..10 {
        lock()
            .run_alone()
            .assert_prints(include_str!("../expected.txt"));
    }
}

#[test]
fn a_run_that_succeeds_writes_nothing_to_standard_error() {
    assert_eq!(lock().run_alone().stderr, "");
}

#[test]
fn a_word_is_a_run_of_ascii_letters_in_lower_case() {
    let scratch = scratch("a_word_is_a_run_of_ascii_letters_in_lower_case");
    let file = scratch.file("words.txt", "Plum, PLUM plum1plum\nfig's café_fig\r\nfig");
    lock().run([&file]).assert_prints(
        "\
files: 1, words: 9, distinct words: 4
     4 plum
     3 fig
     1 caf
     1 s
",
    );
}

#[test]
fn the_order_of_the_files_does_not_change_the_result() {
    let scratch = scratch("the_order_of_the_files_does_not_change_the_result");
    let one = scratch.file("one.txt", "plum pear fig");
    let two = scratch.file("two.txt", "fig plum pear");
    let expected = "\
files: 2, words: 6, distinct words: 3
     2 fig
     2 pear
     2 plum
";
    lock().run([&one, &two]).assert_prints(expected);
    lock().run([&two, &one]).assert_prints(expected);
}

/// Words that are equally common are in alphabetical order.
#[test]
fn only_the_ten_commonest_words_are_printed() {
    let scratch = scratch("only_the_ten_commonest_words_are_printed");
    let file = scratch.file("words.txt", "l k j i h g f e d c b a l k");
    lock().run([&file]).assert_prints(
        "\
files: 1, words: 14, distinct words: 12
     2 k
     2 l
     1 a
     1 b
     1 c
     1 d
     1 e
     1 f
     1 g
     1 h
",
    );
}

#[test]
fn many_files_lose_no_word() {
    let scratch = scratch("many_files_lose_no_word");
    let file = scratch.file("words.txt", "to be or not to be ".repeat(50));
    lock().run([&file; 200]).assert_prints(
        "\
files: 200, words: 60000, distinct words: 4
 20000 be
 20000 to
 10000 not
 10000 or
",
    );
}

#[test]
fn large_numbers_widen_their_column() {
    let scratch = scratch("large_numbers_widen_their_column");
    let file = scratch.file("words.txt", "be ".repeat(100_000) + "not");
    lock().run([&file; 10]).assert_prints(
        "\
files: 10, words: 1000010, distinct words: 2
1000000 be
     10 not
",
    );
}

#[test]
fn a_file_without_words_counts_as_a_file() {
    let scratch = scratch("a_file_without_words_counts_as_a_file");
    let file = scratch.file("empty.txt", "");
    lock()
        .run([&file])
        .assert_prints("files: 1, words: 0, distinct words: 0\n");
}

/// The thread that finds the first bad file is often not the first to end.
#[test]
fn the_first_bad_file_is_named() {
    let scratch = scratch("the_first_bad_file_is_named");
    let good = scratch.file("good.txt", "good\n".repeat(1_000));
    let mut bytes = b"good\n".repeat(1_000);
    bytes.push(0xff);
    let bad_at_its_end = scratch.file("bad_at_its_end.txt", bytes);
    let missing = scratch.path().join("missing.txt");
    for _ in 0..20 {
        lock()
            .run([&good, &good, &bad_at_its_end, &missing, &good, &missing])
            .assert_refuses("bad_at_its_end.txt is not UTF-8 text");
        lock()
            .run([&good, &missing, &bad_at_its_end, &good])
            .assert_refuses("missing.txt: ");
    }
}
