//! Tests what only this recipe promises. `shared/tools/checks` tests what every recipe promises.

use std::env;
use std::fmt::Write;
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use checks::process;
use checks::program::Program;
use checks::scratch::Scratch;

/// Long enough for a slow machine. A program that takes longer has hung.
const TIME_LIMIT: Duration = Duration::from_secs(60);

fn divide() -> Program {
    Program::new(env!("CARGO_BIN_EXE_divide"))
}

fn scratch(test: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), test)
}

fn own_list() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("input/cities.csv");
    fs::read_to_string(path).expect("the recipe has a list")
}

/// A city of a list that a test makes.
struct City {
    name: String,
    latitude: f64,
    longitude: f64,
}

impl City {
    fn new(number: usize, latitude: f64, longitude: f64) -> Self {
        City {
            name: format!("Town {number}"),
            latitude,
            longitude,
        }
    }

    /// The name and the country, by which the program orders cities.
    fn place(&self) -> String {
        format!("{},XX", self.name)
    }

    fn point(&self) -> [f64; 3] {
        let (latitude, longitude) = (self.latitude.to_radians(), self.longitude.to_radians());
        let x = latitude.cos() * longitude.cos();
        let y = latitude.cos() * longitude.sin();
        [x, y, latitude.sin()]
    }
}

fn csv(cities: &[City]) -> String {
    let mut text = String::new();
    for city in cities {
        let place = city.place();
        let (latitude, longitude) = (city.latitude, city.longitude);
        writeln!(text, "{place},{latitude},{longitude}").expect("a string takes any text");
    }
    text
}

/// What the program must print for these cities, by comparing each with each.
fn compare_all(cities: &[City]) -> String {
    // The square of the distance, and both cities in alphabetical order.
    let mut best = (f64::INFINITY, String::new(), String::new());
    let points: Vec<[f64; 3]> = cities.iter().map(City::point).collect();
    for (index, [x, y, z]) in points.iter().enumerate() {
        for (other, [other_x, other_y, other_z]) in points.iter().enumerate().skip(index + 1) {
            let (x, y, z) = (x - other_x, y - other_y, z - other_z);
            let squared = x * x + y * y + z * z;
            if squared > best.0 {
                continue;
            }
            let mut places = [cities[index].place(), cities[other].place()];
            places.sort();
            let [first, second] = places;
            let pair = (squared, first, second);
            if pair < best {
                best = pair;
            }
        }
    }
    let (squared, first, second) = best;
    let [first, second] = [first, second].map(|place| place.replace(",XX", " (XX)"));
    let kilometers = 2.0 * 6371.0088 * (squared.sqrt() / 2.0).min(1.0).asin();
    let count = cities.len();
    format!("cities: {count}\nclosest: {first} and {second}, {kilometers:.1} km\n")
}

/// Random numbers that are the same for the same seed.
struct Random(u64);

impl Random {
    /// With a new seed on each run. To repeat a run that failed, set `SEED` to the one it printed.
    fn with_new_seed() -> Self {
        let seed = match env::var("SEED") {
            Ok(seed) => seed.parse().expect("SEED is a number"),
            Err(_) => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH);
                u64::from(now.expect("it is after 1970").subsec_nanos())
            }
        };
        println!("SEED={seed}");
        Random(seed)
    }

    /// A number from 0 to `end`, without `end`: splitmix64.
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % end
    }

    /// A multiple of `step` from `-limit` to `limit`, in degrees.
    fn degrees(&mut self, limit: u64, step: f64) -> f64 {
        let steps = (limit as f64 * 2.0 / step) as u64 + 1;
        self.below(steps) as f64 * step - limit as f64
    }
}

fn with_threads(threads: &str, file: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_divide"));
    command.env("RAYON_NUM_THREADS", threads).arg(file);
    let end = process::run(&mut command, TIME_LIMIT).expect("the recipe ends");
    assert_eq!(end.code, Some(0), "{end:?}");
    end.stdout
}

#[track_caller]
fn assert_as_compared(scratch: &Scratch, name: &str, cities: &[City]) {
    let file = scratch.file(name, csv(cities));
    divide().run([&file]).assert_prints(&compare_all(cities));
}

#[test]
fn every_run_prints_the_expected_pair() {
    for _ in 0..10 {
        divide()
            .run_alone()
            .assert_prints(include_str!("../expected.txt"));
    }
}

#[test]
fn a_run_that_succeeds_writes_nothing_to_standard_error() {
    assert_eq!(divide().run_alone().stderr, "");
}

#[test]
fn the_result_does_not_depend_on_the_number_of_threads() {
    let scratch = scratch("the_result_does_not_depend_on_the_number_of_threads");
    let mut random = Random(1);
    let mut cities = Vec::new();
    for number in 0..20_000 {
        let latitude = random.degrees(90, 0.001);
        cities.push(City::new(number, latitude, random.degrees(180, 0.001)));
    }
    let file = scratch.file("cities.csv", csv(&cities));
    let expected = with_threads("1", &file);
    for threads in ["2", "3", "64"] {
        assert_eq!(with_threads(threads, &file), expected, "{threads} threads");
    }
}

#[test]
fn random_lists_give_what_comparing_each_with_each_gives() {
    let scratch = scratch("random_lists");
    let mut random = Random::with_new_seed();
    for (name, count, (north, east), step) in [
        ("two", 2, (90, 180), 0.01),
        ("three", 3, (90, 180), 0.01),
        ("seventeen", 17, (90, 180), 0.01),
        ("hundred", 100, (90, 180), 0.01),
        ("world", 2500, (90, 180), 0.001),
        ("region", 2500, (1, 1), 0.0001),
        // Many cities at the same place, and many pairs with the same distance.
        ("grid", 2500, (10, 10), 0.25),
        ("coarse", 2500, (90, 180), 30.0),
        ("meridian", 2100, (90, 0), 0.001),
        ("equator", 2100, (0, 180), 0.001),
    ] {
        let mut cities = Vec::new();
        for number in 0..count {
            let latitude = random.degrees(north, step);
            cities.push(City::new(number, latitude, random.degrees(east, step)));
        }
        assert_as_compared(&scratch, name, &cities);
    }
}

#[test]
fn cities_on_both_sides_of_the_date_line_are_close() {
    let scratch = scratch("cities_on_both_sides_of_the_date_line_are_close");
    let cities = [
        City::new(1, 10.0, 179.9),
        City::new(2, 10.0, -179.9),
        City::new(3, 10.0, 179.0),
    ];
    assert_as_compared(&scratch, "date line", &cities);
    let file = scratch.file("cities.csv", csv(&cities));
    let expected = "cities: 3\nclosest: Town 1 (XX) and Town 2 (XX), 21.9 km\n";
    divide().run([&file]).assert_prints(expected);
}

#[test]
fn at_a_pole_all_longitudes_are_the_same_place() {
    let scratch = scratch("at_a_pole_all_longitudes_are_the_same_place");
    let file = scratch.file("pole.csv", "A,X,-90,0\nB,X,-90,120\nC,X,-89.99,0\n");
    let expected = "cities: 3\nclosest: A (X) and B (X), 0.0 km\n";
    divide().run([&file]).assert_prints(expected);
}

#[test]
fn opposite_cities_are_half_the_circumference_apart() {
    let scratch = scratch("opposite_cities_are_half_the_circumference_apart");
    let file = scratch.file("two.csv", "A,X,0,0\nB,X,-0,180\n");
    let expected = "cities: 2\nclosest: A (X) and B (X), 20015.1 km\n";
    divide().run([&file]).assert_prints(expected);
}

#[test]
fn more_threads_than_cities_find_the_only_pair() {
    let scratch = scratch("more_threads_than_cities_find_the_only_pair");
    let file = scratch.file("two.csv", "B,X,1,1\nA,X,1,2\n");
    let expected = "cities: 2\nclosest: A (X) and B (X), 111.2 km\n";
    assert_eq!(with_threads("16", &file), expected);
}

#[test]
fn fewer_than_two_cities_are_refused() {
    let scratch = scratch("fewer_than_two_cities_are_refused");
    let none = scratch.file("none.csv", "");
    let one = scratch.file("one.csv", "A,X,1,1\n");
    divide()
        .run([&none, &one])
        .assert_refuses("one.csv: expected at least two cities, found 1");
    divide()
        .run([&none])
        .assert_refuses("none.csv: expected at least two cities, found 0");
}

/// Every city has nine others at the same place.
#[test]
fn a_list_ten_times_as_long_has_cities_at_the_same_place() {
    let scratch = scratch("a_list_ten_times_as_long");
    let list = own_list();
    let file = scratch.file("long.csv", list.repeat(10));
    let mut places: Vec<&str> = list.lines().collect();
    places.sort_unstable();
    let mut first = places[0].split(',');
    let (name, country) = (first.next().unwrap(), first.next().unwrap());
    divide().run([&file]).assert_prints(&format!(
        "cities: {}\nclosest: {name} ({country}) and {name} ({country}), 0.0 km\n",
        10 * places.len()
    ));
}

/// All these cities are near each border. A search that compared each of them with each would make
/// billions of comparisons.
#[test]
fn many_cities_at_one_place_or_at_one_latitude_are_searched_in_time() {
    let scratch = scratch("many_cities_at_one_place_or_at_one_latitude");
    let mut same_place = String::new();
    let mut same_latitude = Vec::new();
    for number in 0..60_000 {
        same_place += "Town,XX,47.5,19\n";
        let longitude = number as f64 * 0.006 - 180.0;
        same_latitude.push(City::new(number, 47.5, longitude));
    }
    let file = scratch.file("place.csv", same_place);
    let expected = "cities: 60000\nclosest: Town (XX) and Town (XX), 0.0 km\n";
    divide().run([&file]).assert_prints(expected);
    let file = scratch.file("latitude.csv", csv(&same_latitude));
    let end = divide().run([&file]);
    assert!(end.stdout.ends_with(", 0.5 km\n"), "{end:?}");
}

#[test]
fn files_are_searched_together() {
    let scratch = scratch("files_are_searched_together");
    let one = scratch.file("one.csv", "\u{feff}A,X,1,1\nB,X,50,50");
    let other = scratch.file("other.csv", "\u{feff}C,X,70,70\r\nD,X,1,1.5");
    let expected = "cities: 4\nclosest: A (X) and D (X), 55.6 km\n";
    divide().run([&one, &other]).assert_prints(expected);
    divide().run([&other, &one]).assert_prints(expected);
}

#[test]
fn the_order_of_the_lines_makes_no_difference() {
    let scratch = scratch("the_order_of_the_lines_makes_no_difference");
    let list = own_list();
    let mut lines: Vec<&str> = list.lines().collect();
    lines.reverse();
    let file = scratch.file("reversed.csv", lines.join("\n"));
    divide()
        .run([&file])
        .assert_prints(include_str!("../expected.txt"));
}

#[test]
fn a_name_may_have_commas_and_quotes_and_any_length() {
    let scratch = scratch("a_name_may_have_commas_and_quotes_and_any_length");
    let file = scratch.file("names.csv", "Washington, D.C.,US,1,1\n\"x\",Y Z,1,2\n");
    let expected = "cities: 2\nclosest: \"x\" (Y Z) and Washington, D.C. (US), 111.2 km\n";
    divide().run([&file]).assert_prints(expected);

    // The middle of the text is in one line, with all others before or after it.
    let mut short = String::new();
    for number in 0..3000 {
        writeln!(short, "Town {number},X,{},0", number % 90).expect("a string takes any text");
    }
    let long = format!("{},X,-80,0\n", "x".repeat(1_000_000));
    for (name, text) in [
        ("long_last", format!("{short}{long}")),
        (
            "long_last_without_end",
            format!("{short}{}", long.trim_end()),
        ),
        ("long_first", format!("{long}{short}")),
    ] {
        let file = scratch.file(name, text);
        let expected = "cities: 3001\nclosest: Town 0 (X) and Town 1080 (X), 0.0 km\n";
        divide().run([&file]).assert_prints(expected);
    }
}

#[test]
fn a_line_in_another_form_is_refused() {
    let scratch = scratch("a_line_in_another_form_is_refused");
    for (name, bad) in [
        ("nothing", ""),
        ("no_name", ",X,1,1"),
        ("space_for_a_name", " ,X,1,1"),
        ("no_country", "A,,1,1"),
        ("three_fields", "A,1,1"),
        ("no_longitude", "A,X,1,"),
        ("far_north", "A,X,90.001,1"),
        ("far_west", "A,X,1,-180.001"),
        ("words", "A,X,one,1"),
        ("exponent", "A,X,1e1,1"),
        ("infinite", "A,X,inf,1"),
        ("not_a_number", "A,X,NaN,1"),
        ("plus", "A,X,+1,1"),
        ("space", "A,X, 1,1"),
        ("two_signs", "A,X,--1,1"),
        ("two_points", "A,X,1.2.3,1"),
        ("point", "A,X,.,1"),
    ] {
        let file = scratch.file(name, format!("B,X,1,1\n{bad}\nC,X,2,2\n"));
        divide().run([&file]).assert_refuses(&format!(
            "{name}:2: expected a line such as Reykjavík,IS,64.13548,-21.89541, found {bad:?}"
        ));
    }
}

/// The threads often meet the second bad line before the first.
#[test]
fn the_first_bad_line_is_named() {
    let scratch = scratch("the_first_bad_line_is_named");
    let good = "A,X,1,1\n".repeat(2_000);
    let bad = scratch.file("bad.csv", format!("{good}one\n{good}two\n"));
    let unended = scratch.file("unended.csv", good.trim_end());
    let missing: PathBuf = scratch.path().join("missing.csv");
    for _ in 0..20 {
        divide()
            .run([&unended, &bad, &bad])
            .assert_refuses("bad.csv:2001: ");
    }
    divide()
        .run([&unended, &bad, &missing])
        .assert_refuses("bad.csv:2001: ");
    divide()
        .run([&unended, &missing, &bad])
        .assert_refuses("missing.csv: ");
}

/// This tests rayon and not the recipe: the chapter promises that `join` runs both closures even if
/// one panics, and passes the panic on.
#[test]
fn a_panic_in_one_half_reaches_the_caller_after_the_other_half_has_ended() {
    for _ in 0..100 {
        let other_ended = AtomicBool::new(false);
        let join = || {
            rayon::join(
                || panic!("the first half"),
                || other_ended.store(true, Relaxed),
            );
        };
        let panic = panic::catch_unwind(AssertUnwindSafe(join)).expect_err("one half panics");
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"the first half"));
        assert!(other_ended.into_inner());
    }
}
