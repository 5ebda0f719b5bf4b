//! Tests what only this recipe promises. `shared/tools/checks` tests what every recipe promises.

use std::thread;
use std::time::Duration;

use checks::process::End;
use checks::program::Program;
use checks::scratch::Scratch;
use crossbeam::channel;

/// How many pieces may be in memory at once.
const IN_FLIGHT: usize = 16;
const HEADINGS: &str = " words    new  chapter\n";
/// More lines than all stages hold at once.
const LONG: usize = 100_000;

fn pipeline() -> Program {
    Program::new(env!("CARGO_BIN_EXE_pipeline"))
}

fn scratch(test: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), test)
}

fn own_book() -> &'static str {
    include_str!("../input/alice.txt")
}

/// How many pieces were in memory at once, and how many there were, as standard error says.
#[track_caller]
fn pieces(end: &End) -> (usize, usize) {
    let line = end
        .stderr
        .strip_prefix("pieces in memory at once: at most ")
        .expect("standard error says it");
    let (peak, all) = line.trim_end().split_once(" of ").expect("two numbers");
    let number = |digits: &str| digits.parse().expect("a number");
    (number(peak), number(all))
}

/// The first piece takes far longer to cut than the others, so they overtake it.
#[test]
fn pieces_that_overtake_a_slow_one_do_not_fill_the_memory() {
    let scratch = scratch("pieces_that_overtake_a_slow_one_do_not_fill_the_memory");
    let slow = "a ".repeat(32_767) + "\n";
    let quick = (" ".repeat(2047) + "\n").repeat(1000);
    let file = scratch.file("book.txt", slow + &quick);
    let end = pipeline().run([&file]);
    let (peak, all) = pieces(&end);
    assert!(all > 10 * IN_FLIGHT, "{all} pieces are too few");
    assert!(peak <= IN_FLIGHT, "{peak} pieces at once");
}

/// The cutters may finish the pieces in a different order on each run.
#[test]
fn every_run_prints_the_expected_table() {
    for _ in 0..20 {
        pipeline()
            .run_alone()
            .assert_prints(include_str!("../expected.txt"));
    }
}

#[test]
fn a_book_ten_times_as_long_needs_no_more_memory() {
    let scratch = scratch("a_book_ten_times_as_long_needs_no_more_memory");
    let body = own_book().replace("THE END", "");
    let file = scratch.file("long.txt", body.repeat(10));
    let end = pipeline().run([&file]);
    let totals = "words: 273010, distinct words: 2561\n";
    assert!(end.stdout.starts_with(totals), "{}", end.stdout);
    assert_eq!(end.stdout.lines().count(), 2 + 1 + 10 * 12);
    let (peak, all) = pieces(&end);
    assert!((1..=IN_FLIGHT).contains(&peak), "{peak} pieces at once");
    assert!(all > 40 * IN_FLIGHT, "there were only {all} pieces");
}

#[test]
fn a_book_of_one_line_is_one_piece_for_three_cutters() {
    let scratch = scratch("a_book_of_one_line_is_one_piece_for_three_cutters");
    let expected = format!(
        "words: 3, distinct words: 2\n{HEADINGS}     3      2  (before the first chapter)\n"
    );
    for (name, text) in [("lf", "Down, down, the\n"), ("none", "down DOWN the")] {
        let file = scratch.file(name, text);
        let end = pipeline().run([&file]);
        end.assert_prints(&expected);
        assert_eq!(pieces(&end), (1, 1));
    }
}

#[test]
fn an_empty_book_has_no_words() {
    let scratch = scratch("an_empty_book_has_no_words");
    for (name, text) in [("empty", ""), ("mark", "\u{feff}")] {
        let file = scratch.file(name, text);
        let end = pipeline().run([&file]);
        end.assert_prints(&format!("words: 0, distinct words: 0\n{HEADINGS}"));
        assert_eq!(pieces(&end), (0, 0));
    }
}

/// The counter leaves, and the stages before it end long before the file does. A reader that went
/// on would find the bytes that are no text.
#[test]
fn what_follows_the_end_is_not_even_read() {
    let scratch = scratch("what_follows_the_end_is_not_even_read");
    for end_line in ["THE END", "   THE END  ", "*** END OF THE PROJECT ***"] {
        let mut book = format!("down the rabbit hole\n{end_line}\n").into_bytes();
        for _ in 0..LONG {
            book.extend_from_slice(b"nobody reads this\n");
        }
        book.extend_from_slice(b"\xff\n");
        let file = scratch.file("book.txt", book);
        let end = pipeline().run([&file]);
        assert!(
            end.stdout.starts_with("words: 4, distinct words: 4\n"),
            "{end:?}"
        );
        let (_, all) = pieces(&end);
        assert!(all <= IN_FLIGHT, "{all} pieces were read");
    }
}

/// All cutters are alive after the panic, and so are the other stages. They must end.
#[test]
fn a_stage_that_panics_ends_the_others() {
    let scratch = scratch("a_stage_that_panics_ends_the_others");
    let before = "down the rabbit hole\n".repeat(LONG);
    let word = "a".repeat(1001);
    let file = scratch.file("book.txt", format!("{before}{word}\n{before}"));
    let end = pipeline().run([&file]);
    assert_eq!(end.code, Some(1), "{end:?}");
    assert_eq!(end.stdout, "");
    let reason = "book.txt:100001: a word of 1001 letters, more than 1000\n";
    assert!(end.stderr.ends_with(reason), "{}", end.stderr);
    assert!(end.stderr.contains("panicked at"), "{}", end.stderr);
}

/// Two cutters often panic at the same time, and the later one may be first.
#[test]
fn the_first_failure_of_the_book_is_reported() {
    let scratch = scratch("the_first_failure_of_the_book_is_reported");
    let line = "down the rabbit hole\n".repeat(100);
    let word = "a".repeat(1001);
    let panics = scratch.file("panics.txt", format!("{line}{word}\n{line}{word}\n"));
    let mut bytes = format!("{line}{word}\n{line}").into_bytes();
    bytes.extend_from_slice(b"\xff\n");
    let panic_first = scratch.file("panic-first.txt", bytes);
    let bytes = [line.as_bytes(), b"\xff\n", line.as_bytes(), word.as_bytes()].concat();
    let text_first = scratch.file("text-first.txt", bytes);
    for _ in 0..20 {
        for (file, reason) in [
            (&panics, "panics.txt:101: a word of 1001 letters"),
            (&panic_first, "panic-first.txt:101: a word of 1001 letters"),
            (&text_first, "text-first.txt:101: this line is not UTF-8"),
        ] {
            let end = pipeline().run([file]);
            assert_eq!(end.code, Some(1), "{end:?}");
            let last = end.stderr.lines().last().unwrap_or_default();
            assert!(last.contains(reason), "{}", end.stderr);
        }
    }
}

#[test]
fn a_failure_after_the_end_is_not_reported() {
    let scratch = scratch("a_failure_after_the_end_is_not_reported");
    // All lines are in one piece, up to the one that is no text.
    let file = scratch.file("book.txt", b"down\nTHE END\n\xff\n");
    for _ in 0..20 {
        let end = pipeline().run([&file]);
        assert!(end.stdout.starts_with("words: 1, "), "{end:?}");
    }
}

#[test]
fn a_word_of_a_thousand_letters_is_a_word() {
    let scratch = scratch("a_word_of_a_thousand_letters_is_a_word");
    let file = scratch.file("book.txt", "a".repeat(1000));
    let end = pipeline().run([&file]);
    assert!(end.stdout.starts_with("words: 1, "), "{end:?}");
}

#[test]
fn a_line_that_is_too_long_is_refused() {
    let scratch = scratch("a_line_that_is_too_long_is_refused");
    let longest = "a ".repeat(32_767) + "a\n";
    let file = scratch.file("book.txt", &longest);
    let end = pipeline().run([&file]);
    assert!(end.stdout.starts_with("words: 32768, "), "{end:?}");
    let file = scratch.file("book.txt", format!("down\n {longest}"));
    pipeline()
        .run([&file])
        .assert_refuses("book.txt:2: expected a line of at most 65536 bytes");
}

#[test]
fn a_second_file_is_refused() {
    pipeline()
        .run(["one.txt", "two.txt"])
        .assert_refuses("expected one file, found 2 arguments");
}

#[test]
fn a_line_begins_a_chapter_only_with_the_whole_word() {
    let scratch = scratch("a_line_begins_a_chapter_only_with_the_whole_word");
    let text = "CHAPTERS\nChapter\n\tCHAPTER \nTHE ENDING\nCHAPTER\x1b 2\nCHAPTER 2\nend\n";
    let file = scratch.file("book.txt", text);
    pipeline().run([&file]).assert_prints(&format!(
        "words: 6, distinct words: 5\n{HEADINGS}     2      2  (before the first chapter)\n     \
         3      2  CHAPTER\n     1      1  CHAPTER 2\n"
    ));
}

/// A heading as long as a line would make the table unreadable.
#[test]
fn a_heading_is_shortened_and_has_no_control_characters() {
    let scratch = scratch("a_heading_is_shortened_and_has_no_control_characters");
    let text = format!("CHAPTER \x1b{}\n", "é".repeat(100));
    let file = scratch.file("book.txt", text);
    let end = pipeline().run([&file]);
    let heading = format!("CHAPTER \u{fffd}{}\n", "é".repeat(51));
    assert!(end.stdout.ends_with(&heading), "{}", end.stdout);
}

/// The stages rely on this. In some of the rounds the sender already waits for room.
#[test]
fn a_sender_learns_that_the_receiver_has_left() {
    for _ in 0..1000 {
        let (sender, receiver) = channel::bounded(1);
        let (done_sender, done) = channel::bounded(1);
        sender.send(1).expect("there is room");
        let waiting = thread::spawn(move || {
            let result = sender.send(2);
            done_sender.send(result.is_err()).expect("the test waits");
        });
        drop(receiver);
        let has_failed = done.recv_timeout(Duration::from_secs(30));
        assert_eq!(has_failed, Ok(true), "the sender did not learn it");
        waiting.join().expect("the sender does not panic");
    }
}
