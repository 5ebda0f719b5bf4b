//! Tests what only this recipe promises. `shared/tools/checks` tests what every recipe promises.

use checks::program::Program;
use checks::scratch::Scratch;

const CLIENT: &str = "10.0.0.1.5000";
const SERVER: &str = "10.0.0.9.80";

/// A connection is opened in 30 milliseconds. The client has sent 100 to 102, the server 500.
const OPENING: [Packet; 3] = [
    Packet(0, Client, "S", "seq 100"),
    Packet(20, Server, "S.", "seq 500, ack 101"),
    Packet(30, Client, ".", "ack 501"),
];

const OPEN: &str = "
     0.000  SYN_SENT
     0.020  ESTABLISHED           SYN_RECEIVED
     0.030                        ESTABLISHED";

/// The time in milliseconds, the sender, the flags and the numbers.
#[derive(Clone, Copy)]
struct Packet(u64, Sender, &'static str, &'static str);

#[derive(Clone, Copy)]
enum Sender {
    Client,
    Server,
}

use Sender::{Client, Server};

fn states() -> Program {
    Program::new(env!("CARGO_BIN_EXE_states"))
}

fn scratch(test: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), test)
}

fn line(packet: Packet) -> String {
    let Packet(time, sender, flags, numbers) = packet;
    let (source, destination) = match sender {
        Client => (CLIENT, SERVER),
        Server => (SERVER, CLIENT),
    };
    let seconds = 1_700_000_000 + time / 1000;
    let thousandths = time % 1000;
    format!(
        "{seconds}.{thousandths:03}999 IP {source} > {destination}: Flags [{flags}], {numbers}, \
         win 512, length 0\n"
    )
}

fn lines(packets: &[Packet]) -> String {
    packets.iter().map(|packet| line(*packet)).collect()
}

/// Checks the table of the only connection in a capture.
#[track_caller]
fn assert_table(test: &str, packets: &[Packet], expected: &str) {
    let scratch = scratch(test);
    let file = scratch.file("packets.txt", lines(packets));
    let end = states().run([file]);
    assert_eq!(end.stderr, "");
    let (names, rest) = end.stdout.split_once('\n').expect("it prints lines");
    assert_eq!(names.trim(), format!("{CLIENT:<20}  {SERVER}"));
    let (table, _) = rest.split_once("\n\n").expect("an empty line follows");
    assert_eq!(format!("\n{table}"), expected);
}

#[track_caller]
fn assert_after_opening(test: &str, packets: &[Packet], expected: &str) {
    let packets = [&OPENING, packets].concat();
    assert_table(test, &packets, &format!("{OPEN}{expected}"));
}

/// The lines of a program from one that begins with `first` to the one before `last`, without
/// markers.
fn lines_between<'a>(program: &'a str, first: &str, last: &str) -> Vec<&'a str> {
    let from_first = program.lines().skip_while(|line| !line.starts_with(first));
    let lines = from_first.take_while(|line| !line.starts_with(last));
    lines
        .filter(|line| !line.trim().starts_with("// ANCHOR"))
        .collect()
}

#[test]
fn every_run_prints_the_expected_states() {
    for _ in 0..10 {
        let end = states().run_alone();
        end.assert_prints(include_str!("../expected.txt"));
        assert_eq!(end.stderr, "");
    }
}

/// The chapter says so.
#[test]
fn the_event_loop_runs_the_functions_of_the_recipe_without_a_change() {
    let first = "/// Follows one end";
    let recipe = lines_between(include_str!("../src/main.rs"), first, "nowhere");
    let variant = include_str!("../examples/states_executor.rs");
    assert!(recipe.len() > 100, "{recipe:#?}");
    assert_eq!(recipe, lines_between(variant, first, "nowhere"));
}

/// The chapter explains the event loop of the part, and the variant runs the recipe on it.
#[test]
fn both_programs_with_an_event_loop_have_the_same_one() {
    let part = include_str!("../examples/states_part_executor.rs");
    let variant = include_str!("../examples/states_executor.rs");
    let first = "/// The event loop";
    let of_part = lines_between(part, first, "fn main");
    assert!(of_part.len() > 100, "{of_part:#?}");
    let of_variant = lines_between(variant, first, "/// Lets every other task");
    assert_eq!(of_part, of_variant);
}

#[test]
fn an_opening_without_an_answer_ends_after_three_minutes() {
    let packets = [
        Packet(0, Client, "S", "seq 100"),
        // A repeated SYN does not begin the three minutes again.
        Packet(1000, Client, "S", "seq 100"),
    ];
    let expected = "
     0.000  SYN_SENT
   180.000  CLOSED (timer)";
    let test = "an_opening_without_an_answer_ends_after_three_minutes";
    assert_table(test, &packets, expected);
}

#[test]
fn an_answer_without_an_acknowledgment_ends_after_three_minutes() {
    let expected = "
     0.000  SYN_SENT
     0.020  ESTABLISHED           SYN_RECEIVED
   180.020                        CLOSED (timer)";
    let test = "an_answer_without_an_acknowledgment_ends_after_three_minutes";
    assert_table(test, &OPENING[..2], expected);
}

#[test]
fn a_timer_comes_before_a_packet_of_the_same_time() {
    let packets = [
        Packet(0, Client, "S", "seq 100"),
        Packet(180_000, Server, "S.", "seq 500, ack 101"),
    ];
    let expected = "
     0.000  SYN_SENT
   180.000  CLOSED (timer)        SYN_RECEIVED
   360.000                        CLOSED (timer)";
    let test = "a_timer_comes_before_a_packet_of_the_same_time";
    assert_table(test, &packets, expected);
}

#[test]
fn both_ends_may_open_at_once() {
    let packets = [
        Packet(0, Client, "S", "seq 100"),
        Packet(1, Server, "S", "seq 500"),
        Packet(2, Client, "S.", "seq 100, ack 501"),
        Packet(3, Server, "S.", "seq 500, ack 101"),
    ];
    // A packet counts as received when it is captured, so the SYN of the client finds the server in
    // CLOSED, where it changes nothing.
    let expected = "
     0.000  SYN_SENT
     0.001  SYN_RECEIVED          SYN_SENT
     0.002                        ESTABLISHED
     0.003  ESTABLISHED";
    assert_table("both_ends_may_open_at_once", &packets, expected);
}

#[test]
fn an_open_connection_has_no_timer() {
    let test = "an_open_connection_has_no_timer";
    let day = 24 * 60 * 60 * 1000;
    let packets = [Packet(day, Client, ".", "ack 501")];
    assert_after_opening(test, &packets, "");
}

#[test]
fn a_fin_without_an_answer_ends_after_a_limit_at_its_sender_only() {
    let expected = "
     1.000  FIN_WAIT_1            CLOSE_WAIT
   101.000  CLOSED (timer)";
    let test = "a_fin_without_an_answer_ends_after_a_limit_at_its_sender_only";
    let packets = [Packet(1000, Client, "F.", "seq 101, ack 501")];
    assert_after_opening(test, &packets, expected);
}

#[test]
fn a_half_closed_connection_waits_without_a_limit() {
    let expected = "
     1.000  FIN_WAIT_1            CLOSE_WAIT
     1.020  FIN_WAIT_2";
    let test = "a_half_closed_connection_waits_without_a_limit";
    let packets = [
        Packet(1000, Client, "F.", "seq 101, ack 501"),
        Packet(1020, Server, ".", "ack 102"),
    ];
    assert_after_opening(test, &packets, expected);
}

#[test]
fn an_acknowledgment_of_older_data_does_not_acknowledge_the_fin() {
    let expected = "
     1.000  FIN_WAIT_1            CLOSE_WAIT
     1.030  FIN_WAIT_2";
    let test = "an_acknowledgment_of_older_data_does_not_acknowledge_the_fin";
    let packets = [
        Packet(1000, Client, "FP.", "seq 101:141, ack 501"),
        Packet(1020, Server, ".", "ack 141"),
        Packet(1030, Server, ".", "ack 142"),
    ];
    assert_after_opening(test, &packets, expected);
}

#[test]
fn sequence_numbers_begin_again_at_zero() {
    let expected = "
     1.000  FIN_WAIT_1            CLOSE_WAIT
     1.020  FIN_WAIT_2";
    let test = "sequence_numbers_begin_again_at_zero";
    let packets = [
        Packet(1000, Client, "F.", "seq 4294967295, ack 501"),
        Packet(1020, Server, ".", "ack 0"),
    ];
    assert_after_opening(test, &packets, expected);
}

#[test]
fn both_ends_may_close_at_once() {
    let expected = "
     1.000  FIN_WAIT_1            CLOSE_WAIT
     1.001  CLOSING               LAST_ACK
     1.010                        CLOSED
     1.011  TIME_WAIT
   241.011  CLOSED (timer)";
    let test = "both_ends_may_close_at_once";
    let packets = [
        Packet(1000, Client, "F.", "seq 101, ack 501"),
        Packet(1001, Server, "F.", "seq 501, ack 101"),
        Packet(1010, Client, ".", "ack 502"),
        Packet(1011, Server, ".", "ack 102"),
    ];
    assert_after_opening(test, &packets, expected);
}

const CLOSING: [Packet; 3] = [
    Packet(1000, Client, "F.", "seq 101, ack 501"),
    Packet(1020, Server, "F.", "seq 501, ack 102"),
    Packet(1030, Client, ".", "ack 502"),
];

const CLOSED: &str = "
     1.000  FIN_WAIT_1            CLOSE_WAIT
     1.020  FIN_WAIT_2            LAST_ACK
     1.020  TIME_WAIT
     1.030                        CLOSED";

#[test]
fn a_repeated_fin_begins_the_wait_again() {
    let test = "a_repeated_fin_begins_the_wait_again";
    let mut packets = CLOSING.to_vec();
    packets.push(Packet(200_000, Server, "F.", "seq 501, ack 102"));
    let expected = format!("{CLOSED}\n   440.000  CLOSED (timer)");
    assert_after_opening(test, &packets, &expected);
}

#[test]
fn ports_may_be_used_again_before_the_wait_has_ended() {
    let test = "ports_may_be_used_again_before_the_wait_has_ended";
    let mut packets = CLOSING.to_vec();
    packets.push(Packet(60_000, Client, "S", "seq 900"));
    packets.push(Packet(60_010, Server, "R.", "seq 0, ack 901"));
    let expected = format!("{CLOSED}\n    60.000  SYN_SENT\n    60.010  CLOSED (reset)");
    assert_after_opening(test, &packets, &expected);
}

#[test]
fn a_new_connection_between_the_same_ends_has_no_fin() {
    let test = "a_new_connection_between_the_same_ends_has_no_fin";
    let mut packets = CLOSING.to_vec();
    packets.push(Packet(60_000, Client, "S", "seq 900"));
    // The next number is the one that acknowledged the FIN of the old connection.
    packets.push(Packet(60_010, Server, "S.", "seq 501, ack 901"));
    packets.push(Packet(60_020, Client, ".", "ack 502"));
    let opening = "
    60.000  SYN_SENT
    60.010  ESTABLISHED           SYN_RECEIVED
    60.020                        ESTABLISHED";
    assert_after_opening(test, &packets, &format!("{CLOSED}{opening}"));
}

#[test]
fn a_reset_closes_both_ends() {
    let expected = "\n     5.000  CLOSED (reset)        CLOSED (reset)";
    let packets = [Packet(5000, Server, "R", "seq 501")];
    assert_after_opening("a_reset_closes_both_ends", &packets, expected);
}

#[test]
fn a_connection_that_is_older_than_the_capture_counts_as_established() {
    let packets = [
        Packet(0, Server, "P.", "seq 1:2, ack 9"),
        Packet(5, Client, "R", "seq 9"),
    ];
    let scratch = scratch("a_connection_that_is_older_than_the_capture");
    let file = scratch.file("packets.txt", lines(&packets));
    states().run([file]).assert_prints(
        "            10.0.0.9.80           10.0.0.1.5000
     0.000  ESTABLISHED           ESTABLISHED
     0.005  CLOSED (reset)        CLOSED (reset)

connections: 1, packets: 2
last packet: 0.005 s, last change: 0.005 s
",
    );
}

#[test]
fn packets_of_several_files_are_put_in_the_order_of_time() {
    let scratch = scratch("packets_of_several_files_are_put_in_the_order_of_time");
    let [syn, syn_ack, ack] = OPENING;
    let one = scratch.file("one.txt", lines(&[ack, syn]));
    let other = scratch.file("other.txt", line(syn_ack));
    let end = states().run([one, other]);
    assert!(end.stdout.contains(OPEN), "{}", end.stdout);
}

#[test]
fn packets_of_ipv6_and_what_tcpdump_prints_of_the_contents_are_accepted() {
    let scratch = scratch("packets_of_ipv6");
    let text = "1.500 IP6 2001:db8::1.5000 > 2001:db8::2.80: Flags [S], seq 1, length 0\n\
                1.600123456 IP6 2001:db8::2.80 > 2001:db8::1.5000: Flags [R.], seq 0, ack 2, \
                win 0, length 9: HTTP, seq x, ack y\n";
    let file = scratch.file("packets.txt", text);
    states().run([file]).assert_prints(
        "            2001:db8::1.5000      2001:db8::2.80
     0.000  SYN_SENT
     0.100  CLOSED (reset)

connections: 1, packets: 2
last packet: 0.100 s, last change: 0.100 s
",
    );
}

#[test]
fn a_capture_without_packets_has_no_connections() {
    let scratch = scratch("a_capture_without_packets_has_no_connections");
    let file = scratch.file("packets.txt", "");
    states()
        .run([file])
        .assert_prints("connections: 0, packets: 0\nlast packet: 0.000 s, last change: 0.000 s\n");
}

#[test]
fn a_thousand_connections_are_followed_at_once() {
    let scratch = scratch("a_thousand_connections_are_followed_at_once");
    let packets = lines(&[&OPENING[..], &CLOSING].concat());
    let mut text = String::new();
    for port in 10_000..11_000 {
        text += &packets.replace(".5000", &format!(".{port}"));
    }
    let end = states().run([scratch.file("packets.txt", text)]);
    let summary =
        "connections: 1000, packets: 6000\nlast packet: 1.030 s, last change: 241.020 s\n";
    assert!(end.stdout.ends_with(summary), "{}", end.stderr);
    assert_eq!(end.stdout.matches(OPEN).count(), 1000);
    assert_eq!(end.stdout.matches("241.020  CLOSED (timer)").count(), 1000);
}

#[test]
fn a_capture_of_more_than_a_year_is_refused() {
    let scratch = scratch("a_capture_of_more_than_a_year_is_refused");
    let year = 366 * 24 * 60 * 60 * 1000;
    let last = Packet(year, Client, ".", "ack 501");
    let file = scratch.file("packets.txt", lines(&[OPENING[0], last]));
    let end = states().run([&file]);
    let summary = "last packet: 31622400.000 s, last change: 180.000 s\n";
    assert!(end.stdout.ends_with(summary), "{}", end.stderr);

    let late = Packet(year + 1, Client, ".", "ack 501");
    let file = scratch.file("packets.txt", lines(&[OPENING[0], late]));
    states()
        .run([&file])
        .assert_refuses("more than 366 days after the first");
}

#[test]
fn a_line_that_is_no_packet_is_named() {
    let scratch = scratch("a_line_that_is_no_packet_is_named");
    for bad in [
        "",
        "hello",
        "1.000 IP 10.0.0.1.1 > 10.0.0.9.80: UDP, length 49",
        "1.000 ARP, Request who-has 10.0.0.9 tell 10.0.0.1, length 28",
        "1.000 IP 10.0.0.1.1 > 10.0.0.9.80: Flags [S, seq 1",
        "1.000 IP 10.0.0.1.1 10.0.0.9.80: Flags [S], seq 1",
        "1 IP 10.0.0.1.1 > 10.0.0.9.80: Flags [S], seq 1",
        "1.00 IP 10.0.0.1.1 > 10.0.0.9.80: Flags [S], seq 1",
        "1.00x IP 10.0.0.1.1 > 10.0.0.9.80: Flags [S], seq 1",
        "+1.000 IP 10.0.0.1.1 > 10.0.0.9.80: Flags [S], seq 1",
        "4294967296.000 IP 10.0.0.1.1 > 10.0.0.9.80: Flags [S], seq 1",
        "12:00:01.000 IP 10.0.0.1.1 > 10.0.0.9.80: Flags [S], seq 1",
        "1.000 IP 10.0.0.1.1 > 10.0.0.9.http: Flags [S], seq 1",
        "1.000 IP 10.0.0.1.1 > 10.0.0.9.65536: Flags [S], seq 1",
        "1.000 IP 10.0.0.1.80 > 10.0.0.1.80: Flags [S], seq 1",
        "1.000 IP 10.0.0.1.1 > 10.0.0.9.80: Flags [F], win 1",
        "1.000 IP 10.0.0.1.1 > 10.0.0.9.80: Flags [F], seq one",
        "1.000 IP 10.0.0.1.1 > 10.0.0.9.80: Flags [.], win 1",
        "1.000 IP 10.0.0.1.1 > 10.0.0.9.80: Flags [.], ack 4294967296",
    ] {
        let file = scratch.file("packets.txt", format!("{}{bad}\n", line(OPENING[0])));
        let expected = "expected a packet as `tcpdump -n -tt -S tcp` prints it";
        let reason = format!("packets.txt:2: {expected}, found \"{bad}\"");
        states().run([file]).assert_refuses(&reason);
    }
}
