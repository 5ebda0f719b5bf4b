//! Tests what only this recipe promises. `shared/tools/checks` tests what every recipe promises.

use std::fs;
use std::path::Path;

use checks::program::Program;
use checks::scratch::Scratch;

/// Many more satellites than a mirror has replies, so that the replies of the mirrors meet in many
/// combinations.
const MANY: usize = 2000;

const WIND: [&str; 3] = [
    "WIND",
    "1 23333U 94071A   94305.49999999 -.00172956  26967-3  10000-3 0    15",
    "2 23333  28.7490   2.3720 9728298  30.4360   1.3500  0.07309491    70",
];

fn hedge() -> Program {
    Program::new(env!("CARGO_BIN_EXE_hedge"))
}

fn scratch(test: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), test)
}

/// A line of an orbit with its checksum.
fn with_checksum(line: &str) -> String {
    let mut sum = 0;
    for character in line.chars() {
        sum += match character {
            '-' => 1,
            other => other.to_digit(10).unwrap_or(0),
        };
    }
    format!("{line}{}", sum % 10)
}

/// A catalog with this many satellites, all on the orbit of `WIND`.
fn catalog(satellites: usize) -> String {
    let mut text = String::new();
    for number in 0..satellites {
        let first = format!("1 {number:05}{}", &WIND[1][7..68]);
        let second = format!("2 {number:05}{}", &WIND[2][7..68]);
        let (first, second) = (with_checksum(&first), with_checksum(&second));
        text += &format!("S{number}\n{first}\n{second}\n");
    }
    text
}

/// With a real clock, every run would take half a minute, and the seconds could differ.
#[test]
fn every_run_prints_the_same_seconds() {
    for _ in 0..20 {
        let end = hedge().run_alone();
        end.assert_prints(include_str!("../expected.txt"));
        assert_eq!(end.stderr, "");
    }
}

#[test]
fn one_satellite_is_asked_for_once() {
    let scratch = scratch("one_satellite_is_asked_for_once");
    let file = scratch.file("one.tle", WIND.join("\n"));
    hedge().run([file]).assert_prints(
        "WIND   0.07 rounds a day: Paris after 0.1 s\n\
         1 of 1 orbits in 0.1 s, 1 requests, 0 canceled\n",
    );
}

/// Computes the winners and times a second time, without tasks or a clock: they follow from the
/// delays in `PLANS` and from the rules of the recipe.
#[test]
fn a_plain_calculation_gives_the_same_winners_and_times() {
    let scratch = scratch("a_plain_calculation_gives_the_same_winners_and_times");
    let file = scratch.file("many.tle", catalog(MANY));
    let end = hedge().run([file]);
    let mut requests = [0; 3];
    let mut winners = [0; 4];
    for line in end.stdout.lines().take(MANY) {
        let (winner, tenths) = calculate(&mut requests);
        winners[winner.unwrap_or(3)] += 1;
        let seconds = format!("{}.{}", tenths / 10, tenths % 10);
        let expected = match winner {
            Some(mirror) => format!("{} after {seconds} s", PLANS[mirror].0),
            None => format!("gave up after {seconds} s"),
        };
        assert!(line.contains(&expected), "expected {expected} in {line}");
    }
    assert!(winners.iter().all(|times| *times > 0), "{winners:?}");
    let sums = end.stdout.lines().last().unwrap_or_default();
    let all_requests: usize = requests.iter().sum();
    assert!(
        sums.contains(&format!(" {all_requests} requests, ")),
        "{sums}"
    );
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Good,
    Bad,
    Silent,
}

use Kind::{Bad, Good, Silent};

/// A copy of the recipe's `PLANS`, with the delays in tenths of a second.
const PLANS: [(&str, &[(Kind, u64)]); 3] = [
    (
        "Paris",
        &[(Good, 1), (Silent, 0), (Bad, 11), (Good, 51), (Bad, 1)],
    ),
    (
        "Oslo",
        &[
            (Good, 2),
            (Bad, 12),
            (Silent, 0),
            (Good, 32),
            (Silent, 0),
            (Good, 12),
        ],
    ),
    (
        "Lima",
        &[(Good, 4), (Bad, 4), (Silent, 0), (Silent, 0), (Good, 14)],
    ),
];

/// The mirror with the first good answer, and when it came.
fn calculate(requests: &mut [usize; 3]) -> (Option<usize>, u64) {
    let mut good: Option<(u64, usize)> = None;
    let mut bad = Vec::new();
    let mut running = 0;
    let mut ask_at = 0;
    for (mirror, (_, replies)) in PLANS.iter().enumerate() {
        if good.is_some_and(|(time, _)| time < ask_at) {
            break;
        }
        let (kind, delay) = replies[requests[mirror] % replies.len()];
        requests[mirror] += 1;
        let time = ask_at + delay;
        match kind {
            Good if good.is_none_or(|(first, _)| time < first) => good = Some((time, mirror)),
            Bad => bad.push(time),
            _ => {}
        }
        if kind != Bad {
            running += 1;
        }
        // The next mirror is asked after two seconds, or at once after a bad answer.
        let next_bad = bad.iter().filter(|time| **time > ask_at).min();
        ask_at = next_bad.map_or(ask_at + 20, |time| (ask_at + 20).min(*time));
    }
    match good {
        Some((time, mirror)) => (Some(mirror), time),
        None if running > 0 => (None, 100),
        None => (None, bad.into_iter().max().unwrap_or(0)),
    }
}

#[test]
fn several_files_are_one_catalog() {
    let scratch = scratch("several_files_are_one_catalog");
    let input = Path::new(env!("CARGO_MANIFEST_DIR")).join("input/orbits.tle");
    let text = fs::read_to_string(input).expect("the recipe has orbits");
    let (first, second) = text.split_at(text.find("WIND").expect("it is in the input"));
    let first = scratch.file("first.tle", first);
    let second = scratch.file("second.tle", second);
    hedge()
        .run([first, second])
        .assert_prints(include_str!("../expected.txt"));
}

#[test]
fn a_satellite_that_appears_twice_is_refused() {
    let scratch = scratch("a_satellite_that_appears_twice_is_refused");
    let file = scratch.file("twice.tle", format!("{0}\n{0}\n", WIND.join("\n")));
    hedge()
        .run([file])
        .assert_refuses("twice.tle:5: expected each satellite once, found 23333 again");
}

#[test]
fn too_many_satellites_are_refused() {
    let scratch = scratch("too_many_satellites_are_refused");
    let file = scratch.file("many.tle", catalog(10_001));
    hedge()
        .run([file])
        .assert_refuses("many.tle:30001: too many satellites: name at most 10000");
}

#[test]
fn a_wrong_checksum_is_refused() {
    let scratch = scratch("a_wrong_checksum_is_refused");
    let wrong = WIND.join("\n").replace("28.7490", "28.7491");
    let file = scratch.file("wrong.tle", wrong);
    hedge()
        .run([file])
        .assert_refuses("wrong.tle:3: expected the checksum 1 at the end, found \"0\"");
}

#[test]
fn lines_in_a_different_format_are_refused() {
    let scratch = scratch("lines_in_a_different_format_are_refused");
    let [name, first, second] = WIND;
    let other = with_checksum(&format!("2 23334{}", &second[7..68]));
    let no_rounds = with_checksum(&format!("{}       none{}", &second[..52], &second[63..68]));
    for (file, text, reason) in [
        (
            "name",
            format!("\n{first}\n{second}\n"),
            "1: expected a name",
        ),
        (
            "long",
            format!("{}\n{first}\n{second}\n", "a".repeat(25)),
            "1: expected a name",
        ),
        (
            "end",
            format!("{name}\n{first}\n"),
            "1: expected two lines after \"WIND\", found the end of the file",
        ),
        (
            "short",
            format!("{name}\n{first}\n{}\n", &second[..68]),
            "3: expected a line of 69 characters",
        ),
        (
            "swapped",
            format!("{name}\n{second}\n{first}\n"),
            "2: expected a line of 69 characters such as `1 23333…`",
        ),
        (
            "accent",
            format!("{name}\n1 2333é{}\n{second}\n", &first[8..]),
            "2: expected a line of 69 characters",
        ),
        (
            "other",
            format!("{name}\n{first}\n{other}\n"),
            "3: expected satellite 23333 as in the line above",
        ),
        (
            "rounds",
            format!("{name}\n{first}\n{no_rounds}\n"),
            "3: expected rounds a day in columns 53 to 63, found \"       none\"",
        ),
    ] {
        let path = scratch.file(file, text);
        hedge()
            .run([path])
            .assert_refuses(&format!("{file}:{reason}"));
    }
}
