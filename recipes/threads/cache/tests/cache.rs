//! Tests what only this recipe promises. `shared/tools/checks` tests what every recipe promises.

use std::fs;
use std::path::Path;

use checks::program::Program;
use checks::scratch::Scratch;

fn cache() -> Program {
    Program::new(env!("CARGO_BIN_EXE_cache"))
}

fn scratch(test: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), test)
}

fn own(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("input")
        .join(file);
    fs::read_to_string(path).expect("the recipe has this file")
}

/// Checks what is printed for a dictionary and a book.
#[track_caller]
fn assert_finds(scratch: &Scratch, words: &str, book: &str, expected: &str) {
    let words = scratch.file("words.txt", words);
    let book = scratch.file("book.txt", book);
    cache().run([&words, &book]).assert_prints(expected);
}

/// The threads meet in different entries on every run.
#[test]
fn every_run_searches_each_word_once() {
    for _ in 0..10 {
        let end = cache().run_alone();
        end.assert_prints(include_str!("../expected.txt"));
        assert_eq!(end.stderr, "");
    }
}

#[test]
fn a_book_ten_times_as_long_needs_no_more_searches() {
    let scratch = scratch("a_book_ten_times_as_long_needs_no_more_searches");
    let words = scratch.file("words.txt", own("american-english.txt"));
    let book = scratch.file("book.txt", own("wonderland.txt").repeat(10));
    let end = cache().run([&words, &book]);
    let totals = "words: 266830, different: 2598, searches: 2598\n";
    assert!(end.stdout.starts_with(totals), "{}", end.stdout);
}

#[test]
fn more_threads_than_lines_search_one_word_once() {
    let scratch = scratch("more_threads_than_lines_search_one_word_once");
    let expected = "words: 1, different: 1, searches: 1\nignored:\n\
                    unknown: 1, with a suggestion: 1\ntae  tea\n";
    assert_finds(&scratch, "tea\n", "tae", expected);
    let same = "words: 4, different: 1, searches: 1\nignored:\n\
                unknown: 1, with a suggestion: 1\ntae  tea\n";
    assert_finds(&scratch, "tea\n", "tae\ntae\ntae\ntae\n", same);
}

#[test]
fn a_book_without_words_needs_no_search() {
    let scratch = scratch("a_book_without_words_needs_no_search");
    let expected = "words: 0, different: 0, searches: 0\nignored:\n\
                    unknown: 0, with a suggestion: 0\n";
    for book in ["", "\n", "\n\n", "1865 -- '' ...\n"] {
        assert_finds(&scratch, "tea\n", book, expected);
        assert_finds(&scratch, "", book, expected);
    }
}

#[test]
fn one_file_can_hold_the_dictionary_and_the_book() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample/note.txt");
    let expected = include_str!("../sample/expected.txt");
    cache().run([&file]).assert_prints(expected);
}

#[test]
fn a_single_file_without_an_empty_line_is_refused() {
    let scratch = scratch("a_single_file_without_an_empty_line_is_refused");
    let file = scratch.file("words.txt", "tea\ntime\n");
    cache()
        .run([&file])
        .assert_refuses("words.txt: expected words, one on each line, then an empty line");
}

#[test]
fn several_books_are_checked_together() {
    let scratch = scratch("several_books_are_checked_together");
    let words = scratch.file("words.txt", "tea\n");
    let one = scratch.file("one.txt", "tea tae");
    let two = scratch.file("two.txt", "tae\nthea\n");
    cache().run([&words, &one, &two]).assert_prints(
        "words: 4, different: 3, searches: 3\nignored:\nunknown: 2, with a suggestion: 2\n\
         thea  tea\ntae   tea\n",
    );
}

#[test]
fn a_suggestion_is_one_change_away() {
    let scratch = scratch("a_suggestion_is_one_change_away");
    let one_away = [
        "heat", "wheat", "wheet", "whaet", "wheaat", "hweat", "wheatz", "whea",
    ];
    for word in one_away {
        let count = usize::from(word != "wheat");
        let row = if count == 1 {
            format!("{word}  wheat\n")
        } else {
            String::new()
        };
        let expected = format!(
            "words: 1, different: 1, searches: 1\nignored:\n\
             unknown: {count}, with a suggestion: {count}\n{row}"
        );
        assert_finds(&scratch, "wheat\n", word, &expected);
    }
    for word in ["hate", "eat", "wheatier", "whatea", "1"] {
        let count = usize::from(word != "1");
        let expected = format!(
            "words: {count}, different: {count}, searches: {count}\nignored:\n\
             unknown: {count}, with a suggestion: 0\n"
        );
        assert_finds(&scratch, "wheat\n", word, &expected);
    }
}

#[test]
fn the_first_suggestion_in_the_alphabet_is_printed() {
    let scratch = scratch("the_first_suggestion_in_the_alphabet_is_printed");
    let expected = "words: 1, different: 1, searches: 1\nignored:\n\
                    unknown: 1, with a suggestion: 1\nslice  alice\n";
    assert_finds(&scratch, "spice\nslick\nalice\nsplice\n", "slice", expected);
}

#[test]
fn an_unknown_word_that_occurs_ten_times_is_reported_as_ignored() {
    let scratch = scratch("an_unknown_word_that_occurs_ten_times_is_reported_as_ignored");
    let book = "tae ".repeat(9) + "\n" + &"thea\n".repeat(10) + &"tea\n".repeat(20);
    let expected = "words: 39, different: 3, searches: 3\nignored: thea\n\
                    unknown: 1, with a suggestion: 1\ntae  tea\n";
    assert_finds(&scratch, "tea\n", &book, expected);
}

#[test]
fn capitals_apostrophes_and_hyphens_are_understood() {
    let scratch = scratch("capitals_apostrophes_and_hyphens_are_understood");
    let words = "Tea\nparty\ndon't\nécole\n";
    let book = "`TEA-party,' don't 'DON’T' tea's École";
    let expected = "words: 6, different: 4, searches: 4\nignored:\n\
                    unknown: 0, with a suggestion: 0\n";
    assert_finds(&scratch, words, book, expected);
}

/// Trying all changes of such a word would take hours.
#[test]
fn a_huge_word_has_no_suggestion() {
    let scratch = scratch("a_huge_word_has_no_suggestion");
    let expected = "words: 1, different: 1, searches: 1\nignored:\n\
                    unknown: 1, with a suggestion: 0\n";
    assert_finds(&scratch, "tea\n", &"a".repeat(1_000_000), expected);
    let longest = "a".repeat(64);
    let nearly = format!("{longest}b");
    let expected = format!(
        "words: 1, different: 1, searches: 1\nignored:\n\
         unknown: 1, with a suggestion: 1\n{nearly}  {longest}\n"
    );
    assert_finds(&scratch, &longest, &nearly, &expected);
}

#[test]
fn a_dictionary_line_that_is_not_one_word_is_refused() {
    let scratch = scratch("a_dictionary_line_that_is_not_one_word_is_refused");
    let book = scratch.file("book.txt", "tea\n");
    let too_long = "a".repeat(65);
    for line in ["", " ", "'", "two words", "co-op", "3rd", " tea", &too_long] {
        let words = scratch.file("words.txt", format!("tea\n{line}\ntime\n"));
        let reason =
            format!("words.txt:2: expected one word of at most 64 letters, found {line:?}");
        cache().run([&words, &book]).assert_refuses(&reason);
    }
}

#[test]
fn the_first_file_that_cannot_be_read_is_reported() {
    let scratch = scratch("the_first_file_that_cannot_be_read_is_reported");
    let words = scratch.file("words.txt", "tea\n");
    let latin = scratch.file("latin.txt", b"caf\xe9\n");
    let missing = scratch.path().join("missing.txt");
    cache()
        .run([&words, &latin, &missing])
        .assert_refuses("latin.txt is not UTF-8 text");
    cache()
        .run([&missing, &latin])
        .assert_refuses("missing.txt: ");
}
