//! Tests what only this recipe promises. `shared/tools/checks` tests what every recipe promises.

use checks::program::Program;
use checks::scratch::Scratch;
use std::thread;

fn semaphore() -> Program {
    Program::new(env!("CARGO_BIN_EXE_semaphore"))
}

fn scratch(name: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), name)
}

#[test]
fn no_request_is_refused_on_any_run() {
    for _ in 0..20 {
        semaphore()
            .run_alone()
            .assert_prints(include_str!("../expected.txt"));
    }
}

/// Several programs share the processors, so their threads are stopped in unusual places.
#[test]
fn no_request_is_refused_while_the_processors_are_busy() {
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                semaphore()
                    .run_alone()
                    .assert_prints(include_str!("../expected.txt"));
            });
        }
    });
}

#[test]
fn forty_clients_share_three_connections() {
    let scratch = scratch("forty_clients_share_three_connections");
    let mut requests = String::new();
    for client in 10..50 {
        // A large prime keeps the server busy for a while.
        requests += &format!("client{client} 999999999989\n");
    }
    let end = semaphore().run([scratch.file("forty.txt", requests)]);
    let last = end.stdout.lines().last();
    assert_eq!(last, Some("requests: 40, answers: 40, refused: 0"));
}

#[test]
fn several_files_are_read_in_the_order_given() {
    let scratch = scratch("several_files_are_read_in_the_order_given");
    let one = scratch.file("one.txt", "ada 15\r\nbob 2\r\n");
    let two = scratch.file("two.txt", "ada 1000000000000\nada 999999999989");
    semaphore().run([one, two]).assert_prints(
        "ada                    5             5  999999999989\n\
         bob                    2\n\
         requests: 4, answers: 4, refused: 0\n",
    );
}

#[test]
fn an_empty_file_sends_no_requests() {
    let scratch = scratch("an_empty_file_sends_no_requests");
    for content in ["", "\u{feff}"] {
        semaphore()
            .run([scratch.file("empty.txt", content)])
            .assert_prints("requests: 0, answers: 0, refused: 0\n");
    }
}

#[test]
fn a_byte_order_mark_does_not_make_another_client() {
    let scratch = scratch("a_byte_order_mark_does_not_make_another_client");
    let one = scratch.file("one.txt", "\u{feff}ada 15\nada 21\n");
    let two = scratch.file("two.txt", "\u{feff}ada 22\r\n");
    semaphore().run([one, two]).assert_prints(
        "ada                    5             7            11\n\
         requests: 3, answers: 3, refused: 0\n",
    );
}

#[test]
fn a_long_name_widens_its_column() {
    let scratch = scratch("a_long_name_widens_its_column");
    let file = scratch.file("long.txt", "srinivasa-ramanujan 999999999989\neuler 15\n");
    semaphore().run([file]).assert_prints(
        "euler                           5\n\
         srinivasa-ramanujan  999999999989\n\
         requests: 2, answers: 2, refused: 0\n",
    );
}

#[test]
fn a_thousand_clients_are_served() {
    let scratch = scratch("a_thousand_clients_are_served");
    let end = semaphore().run([scratch.file("clients.txt", requests_of_clients(1000))]);
    let last = end.stdout.lines().last();
    assert_eq!(last, Some("requests: 1000, answers: 1000, refused: 0"));
}

/// Each client is a thread. Fifty thousand of them once aborted the process.
#[test]
fn one_client_more_than_a_thousand_is_refused() {
    let scratch = scratch("one_client_more_than_a_thousand_is_refused");
    for clients in [1001, 50_000] {
        semaphore()
            .run([scratch.file("clients.txt", requests_of_clients(clients))])
            .assert_refuses("clients.txt:1001: \"client1000\" is one client too many: ");
    }
}

fn requests_of_clients(count: usize) -> String {
    let mut requests = String::new();
    for client in 0..count {
        requests += &format!("client{client} 15\n");
    }
    requests
}

#[test]
fn a_malformed_row_is_named() {
    let scratch = scratch("a_malformed_row_is_named");
    let rows = [
        "",
        "ada",
        " 15",
        "ada 15 16",
        "ada  15",
        "ada 15 ",
        "ada,15",
        "ada\t15",
        "ada\t 15",
        "ada\u{a0} 15",
        "ada -7",
        "ada 1.5",
        "ada 18446744073709551616",
        "ada fifteen",
    ];
    for row in rows {
        let content = format!("ada 15\n{row}\nbob wrong as well\n");
        semaphore()
            .run([scratch.file("malformed.txt", content)])
            .assert_refuses(&format!(
                "malformed.txt:2: expected a row such as fermat 4294967297, found {row:?}\n"
            ));
    }
}

#[test]
fn a_number_out_of_range_is_named() {
    let scratch = scratch("a_number_out_of_range_is_named");
    for number in ["0", "1", "1000000000001", "18446744073709551615"] {
        let content = format!("ada 15\nada {number}\n");
        semaphore()
            .run([scratch.file("range.txt", content)])
            .assert_refuses(&format!(
                "range.txt:2: expected a number from 2 to 1000000000000, found \"{number}\"\n"
            ));
    }
}

#[test]
fn the_first_of_several_bad_files_is_named() {
    let scratch = scratch("the_first_of_several_bad_files_is_named");
    let bad = scratch.file("bad.txt", "?\n");
    let missing = scratch.path().join("missing.txt");
    semaphore()
        .run([&bad, &missing])
        .assert_refuses("bad.txt:1: ");
    semaphore()
        .run([&missing, &bad])
        .assert_refuses("missing.txt: ");
}
