//! Tests what only this recipe promises. `shared/tools/checks` tests what every recipe promises.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use checks::program::Program;
use checks::scratch::Scratch;

fn atomics() -> Program {
    Program::new(env!("CARGO_BIN_EXE_atomics"))
}

fn scratch(test: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), test)
}

fn line(status: &str) -> String {
    format!("10.0.0.1 - - [18/May/2015:11:05:03 +0000] \"GET / HTTP/1.1\" {status} 7\n")
}

/// What the recipe prints for these statuses, which are in ascending order.
fn report(rows: &[(u64, u64)]) -> String {
    let requests: u64 = rows.iter().map(|(_, requests)| requests).sum();
    let mut report = format!("requests: {requests}\nstatus requests\n");
    for (status, requests) in rows {
        report += &format!("{status:>6} {requests:>8}\n");
    }
    report
}

fn own_log() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("input/access.log");
    fs::read_to_string(path).expect("the recipe has a log")
}

/// The threads meet at other requests on every run, and the program compares its three results.
#[test]
fn every_run_prints_the_expected_counts() {
    for _ in 0..20 {
        atomics()
            .run_alone()
            .assert_prints(include_str!("../expected.txt"));
    }
}

#[test]
fn each_way_has_a_time_on_standard_error() {
    let stderr = atomics().run_alone().stderr;
    for way in [
        "one fetch_add per request: ",
        "one lock per request: ",
        "one table per thread: ",
    ] {
        let time = stderr.lines().find_map(|line| line.strip_prefix(way));
        assert!(time.is_some_and(|time| time.ends_with(" ms")), "{stderr}");
    }
}

#[test]
fn a_log_ten_times_as_long_has_ten_times_the_counts() {
    let scratch = scratch("a_log_ten_times_as_long_has_ten_times_the_counts");
    let file = scratch.file("long.log", own_log().repeat(10));
    atomics().run([&file]).assert_prints(&report(&[
        (200, 22640),
        (206, 30),
        (301, 530),
        (304, 1100),
        (403, 10),
        (404, 660),
        (416, 20),
        (500, 10),
    ]));
}

#[test]
fn there_may_be_fewer_requests_than_threads() {
    let scratch = scratch("there_may_be_fewer_requests_than_threads");
    for requests in 0..=9 {
        let file = scratch.file("few.log", line("200").repeat(requests));
        let rows = [(200, requests as u64)];
        let rows = if requests == 0 { &[] } else { &rows[..] };
        atomics().run([&file]).assert_prints(&report(rows));
    }
}

#[test]
fn files_are_counted_together() {
    let scratch = scratch("files_are_counted_together");
    let one = scratch.file("one.log", line("404") + &line("200"));
    let two = scratch.file("two.log", line("404"));
    let expected = report(&[(200, 1), (404, 2)]);
    atomics().run([&one, &two]).assert_prints(&expected);
    atomics().run([&two, &one]).assert_prints(&expected);
}

#[test]
fn the_lowest_and_the_highest_status_are_counted() {
    let scratch = scratch("the_lowest_and_the_highest_status_are_counted");
    let file = scratch.file("edges.log", line("999") + &line("100") + &line("999"));
    let expected = report(&[(100, 1), (999, 2)]);
    atomics().run([&file]).assert_prints(&expected);
}

#[test]
fn the_combined_format_a_user_and_quotes_in_a_request_are_read() {
    let scratch = scratch("the_combined_format_a_user_and_quotes_are_read");
    let file = scratch.file(
        "combined.log",
        r#"ant - - [t] "GET / HTTP/1.1" 200 1 "http://a/" "Mozilla/5.0 (\"x\")"
bee id ann lee [t] "GET /\"q\" \\" 404 2
bee - - [t] "" 400 -
"#,
    );
    let expected = report(&[(200, 1), (400, 1), (404, 1)]);
    atomics().run([&file]).assert_prints(&expected);
}

#[test]
fn a_last_line_may_end_in_any_way() {
    let scratch = scratch("a_last_line_may_end_in_any_way");
    for (name, end) in [("lf", "\n"), ("crlf", "\r\n"), ("none", ""), ("cr", "\r")] {
        let file = scratch.file(name, format!("{}{end}", line("304").trim_end()));
        atomics().run([&file]).assert_prints(&report(&[(304, 1)]));
    }
}

#[test]
fn a_line_in_another_form_is_refused() {
    let scratch = scratch("a_line_in_another_form_is_refused");
    for (name, bad) in [
        ("nothing", ""),
        ("no_host", " - - [t] \"GET /\" 200 1"),
        ("tab_in_host", "a\tb - - [t] \"GET /\" 200 1"),
        ("no_user", "ant [t] \"GET /\" 200 1"),
        ("no_time", "ant - - \"GET /\" 200 1"),
        ("open_quote", "ant - - [t] \"GET / 200 1"),
        ("escaped_quote", "ant - - [t] \"GET /\\\" 200 1"),
        ("low_status", "ant - - [t] \"GET /\" 099 1"),
        ("long_status", "ant - - [t] \"GET /\" 0200 1"),
        ("high_status", "ant - - [t] \"GET /\" 1000 1"),
        ("signed_status", "ant - - [t] \"GET /\" +20 1"),
        ("no_bytes", "ant - - [t] \"GET /\" 200"),
        ("negative_bytes", "ant - - [t] \"GET /\" 200 -1"),
        ("signed_bytes", "ant - - [t] \"GET /\" 200 +1"),
        (
            "many_bytes",
            "ant - - [t] \"GET /\" 200 18446744073709551616",
        ),
    ] {
        let file = scratch.file(name, line("200") + bad + "\n");
        atomics().run([&file]).assert_refuses(&format!(
            "{name}:2: expected HOST - USER [TIME] \"REQUEST\" STATUS BYTES, found {bad:?}"
        ));
    }
}

#[test]
fn the_first_fault_is_named() {
    let scratch = scratch("the_first_fault_is_named");
    let good = scratch.file("good.log", line("200"));
    let bad = scratch.file("bad.log", line("200") + "one\ntwo\n");
    let missing = scratch.path().join("missing.log");
    atomics()
        .run([&good, &bad, &missing])
        .assert_refuses("bad.log:2: ");
    atomics()
        .run([&good, &missing, &bad])
        .assert_refuses("missing.log: ");
}

/// The exercise depends on this.
#[test]
fn fetch_add_returns_each_number_once() {
    const THREADS: u64 = 8;
    const OF_EACH: u64 = 1000;
    let next = AtomicU64::new(0);
    let numbers = Mutex::new(BTreeSet::new());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..OF_EACH {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let mut numbers = numbers.lock().expect("no thread panics");
                    assert!(numbers.insert(number), "{number} came twice");
                }
            });
        }
    });
    let numbers = numbers.into_inner().expect("no thread panics");
    assert_eq!(numbers.len() as u64, THREADS * OF_EACH);
    assert_eq!(numbers.last(), Some(&(THREADS * OF_EACH - 1)));
}

/// The chapter says so: a number never overflows with a panic, not even in a debug build.
#[test]
fn fetch_add_wraps_around() {
    let count = AtomicU64::new(u64::MAX);
    assert_eq!(count.fetch_add(2, Ordering::Relaxed), u64::MAX);
    assert_eq!(count.into_inner(), 1);
}

/// A thread that panics may leave a lock poisoned. An atomic has no state in between.
#[test]
fn a_panic_poisons_the_lock_and_not_the_atomic() {
    let count = AtomicU64::new(0);
    let table = Mutex::new(0_u64);
    let scope = panic::catch_unwind(AssertUnwindSafe(|| {
        thread::scope(|scope| {
            scope.spawn(|| {
                count.fetch_add(1, Ordering::Relaxed);
                let mut table = table.lock().expect("no thread has panicked yet");
                *table += 1;
                panic!("a bad request");
            });
        });
    }));
    assert!(scope.is_err(), "a scope passes the panic on");
    assert_eq!(count.into_inner(), 1);
    assert!(table.is_poisoned());
}
