//! The part of the recipe that is not about threads: reads the list, knows what a city is and how
//! far two cities are apart, and prints the result. You can skip it when you read the recipe.
//!
//! A line of a list is a city:
//!
//! ```text
//! Reykjavík,IS,64.13548,-21.89541      name, country, degrees north, degrees east
//! ```
//!
//! The name may contain commas, and the country may be any text without one. Degrees are decimal
//! numbers. They are negative in the south and in the west.

use std::cmp::Ordering;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::{env, fs, process};

const DEFAULT_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/input/cities.csv");

/// The mean radius of the earth, in kilometers.
const RADIUS: f64 = 6371.0088;

/// The size of a piece. It takes much longer to parse one than to give it to another thread.
const PIECE: usize = 32 * 1024;

/// How many cities are compared with each other at the end, as a check.
const SAMPLE: usize = 300;

/// One or more files that have been read into memory.
pub(crate) struct List {
    files: Vec<File>,
    /// It stays in memory until the program ends, so that cities can refer to it.
    text: &'static str,
    pieces: Vec<Piece>,
}

/// A number of lines of a list.
pub(crate) struct Piece {
    text: &'static str,
    lines: usize,
}

/// A part of a list.
struct File {
    name: String,
    /// Where the text of the file ends in the text of the list.
    end: usize,
}

/// A city, as a point on a globe with the radius 1. The center is at 0, 0, 0, and the north pole is
/// at z = 1. So distances are right near the poles and across the date line too.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct City {
    /// The name and the country.
    place: &'static str,
    x: f64,
    y: f64,
    z: f64,
}

/// Two cities.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    one: City,
    other: City,
    /// The square of their distance on a straight line through the globe. It is less work than the
    /// distance on the surface, and a pair that is closer by one is closer by the other.
    squared: f64,
}

/// There is a line that is no city.
#[derive(Debug)]
pub(crate) struct BadLine;

impl List {
    fn new(files: Vec<File>, text: String) -> Self {
        let text = text.leak();
        List {
            files,
            text,
            pieces: pieces(text),
        }
    }

    /// All lines, in pieces of about equal size. There is at least one piece.
    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// How many lines there are.
    pub(crate) fn count(&self) -> usize {
        count_lines(&self.pieces)
    }
}

impl Piece {
    fn new(text: &'static str) -> Self {
        // Many times faster than `text.lines().count()`. So few bytes are counted in a `u8`, and
        // the processor counts many of these at once.
        let mut lines = 0;
        for bytes in text.as_bytes().chunks(192) {
            let line_ends: u8 = bytes.iter().map(|byte| u8::from(*byte == b'\n')).sum();
            lines += usize::from(line_ends);
        }
        let has_unended_line = !text.is_empty() && !text.ends_with('\n');
        lines += usize::from(has_unended_line);
        Piece { text, lines }
    }

    /// Parses each line. There must be as many cities as lines.
    pub(crate) fn parse(&self, cities: &mut [City]) -> Result<(), BadLine> {
        for (line, city) in self.text.lines().zip(cities) {
            *city = parse_line(line).ok_or(BadLine)?;
        }
        Ok(())
    }
}

impl City {
    /// The order from south to north. Cities at the same place are in alphabetical order.
    pub(crate) fn south_to_north(&self, other: &City) -> Ordering {
        let order = self.z.total_cmp(&other.z);
        order.then_with(|| self.left_to_right(other))
    }

    /// The order by x. Cities at the same place are neighbors, and in alphabetical order.
    fn left_to_right(&self, other: &City) -> Ordering {
        self.x
            .total_cmp(&other.x)
            .then_with(|| self.y.total_cmp(&other.y))
            .then_with(|| self.z.total_cmp(&other.z))
            .then_with(|| self.place.cmp(other.place))
    }
}

impl Pair {
    fn new(one: City, other: City) -> Self {
        let (x, y, z) = (one.x - other.x, one.y - other.y, one.z - other.z);
        Pair {
            one,
            other,
            squared: x * x + y * y + z * z,
        }
    }

    /// The closer of two pairs. If both are equally close, the first one in alphabetical order.
    pub(crate) fn min(self, other: Self) -> Self {
        let order = self.squared.total_cmp(&other.squared);
        let order = order.then_with(|| self.places().cmp(&other.places()));
        if order.is_le() { self } else { other }
    }

    /// The two cities in alphabetical order.
    fn places(&self) -> (&'static str, &'static str) {
        let (one, other) = (self.one.place, self.other.place);
        (one.min(other), one.max(other))
    }

    /// The distance on the surface of the earth.
    fn kilometers(&self) -> f64 {
        let half = self.squared.sqrt() / 2.0;
        // Opposite points may be a little more than 2 apart, because of rounding.
        2.0 * RADIUS * half.min(1.0).asin()
    }
}

/// Compares each city with each. There must be at least two.
pub(crate) fn closest_of_few(cities: &[City]) -> Pair {
    let mut closest = Pair::new(cities[0], cities[1]);
    for (index, city) in cities.iter().enumerate() {
        for other in &cities[index + 1..] {
            closest = closest.min(Pair::new(*city, *other));
        }
    }
    closest
}

// ANCHOR: across
/// Looks for a closer pair with one city in the south and one in the north.
pub(crate) fn closest_across(south: &[City], north: &[City], mut closest: Pair) -> Pair {
    let border = north.iter().map(|city| city.z).fold(1.0, f64::min);

    // Any other city is too far from the border, and even farther from the other half.
    let mut strip = Vec::new();
    for city in south.iter().chain(north) {
        if (city.z - border).powi(2) <= closest.squared {
            strip.push(*city);
        }
    }
    strip.sort_unstable_by(City::left_to_right);

    for (index, city) in strip.iter().enumerate() {
        for other in &strip[index + 1..] {
            if (other.x - city.x).powi(2) > closest.squared {
                break; // The next ones are even farther to the right.
            }
            closest = closest.min(Pair::new(*city, *other));
            if closest.squared == 0.0 {
                break; // Nothing is closer. Thousands of cities may be at the same place.
            }
        }
    }
    closest
}
// ANCHOR_END: across

/// Reads the files named on the command line, or else the recipe's own list.
///
/// If one cannot be read, prints one line that says why, and exits with status 1.
pub(crate) fn load_or_exit() -> List {
    let mut paths: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    if paths.is_empty() {
        paths.push(PathBuf::from(DEFAULT_FILE));
    }
    let mut files = Vec::new();
    let mut text = String::new();
    for path in paths {
        if let Err(reason) = read(&path, &mut files, &mut text) {
            // A bad line in an earlier file comes first.
            let list = List::new(files, text);
            exit(&first_bad_line(&list).unwrap_or(reason));
        }
    }
    List::new(files, text)
}

/// If there is a bad line, or only one city, prints one line that says so, and exits with status 1.
pub(crate) fn check_or_exit(list: &List, parsed: Result<(), BadLine>) {
    if parsed.is_err() {
        // Threads that parse at the same time may meet another bad line than the first.
        exit(&first_bad_line(list).expect("there is a bad line"));
    }
    let count = list.count();
    if count < 2 {
        let names: Vec<&str> = list.files.iter().map(|file| file.name.as_str()).collect();
        let names = names.join(", ");
        exit(&format!(
            "{names}: expected at least two cities, found {count}"
        ));
    }
}

/// Prints the closest cities. As a check, compares some cities on both sides of the first border.
pub(crate) fn print(cities: &[City], closest: Pair) {
    let start = (cities.len() / 2).saturating_sub(SAMPLE / 2);
    let end = cities.len().min(start + SAMPLE);
    let checked = closest_of_few(&cities[start..end]);
    assert!(checked.squared >= closest.squared, "{checked:?} is closer");

    let count = cities.len();
    let (one, other) = closest.places();
    let (one, other) = (show(one), show(other));
    let kilometers = closest.kilometers();
    let report = format!("cities: {count}\nclosest: {one} and {other}, {kilometers:.1} km\n");

    if let Err(error) = io::stdout().write_all(report.as_bytes()) {
        // A program that reads our output, such as `head`, may stop when it has seen enough.
        if error.kind() != ErrorKind::BrokenPipe {
            exit(&format!("cannot print the result: {error}"));
        }
    }
}

/// How many lines the pieces have together.
pub(crate) fn count_lines(pieces: &[Piece]) -> usize {
    pieces.iter().map(|piece| piece.lines).sum()
}

/// Cuts a text at line ends into pieces of about `PIECE` bytes.
fn pieces(text: &'static str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while rest.len() > PIECE {
        let line_end = rest.as_bytes()[PIECE..].iter().position(|b| *b == b'\n');
        let Some(line_end) = line_end else { break };
        let (piece, after) = rest.split_at(PIECE + line_end + 1);
        pieces.push(Piece::new(piece));
        rest = after;
    }
    pieces.push(Piece::new(rest));
    pieces
}

/// The name of a city, and its country in parentheses.
fn show(place: &str) -> String {
    let (name, country) = place.rsplit_once(',').expect("a place has a country");
    format!("{name} ({country})")
}

/// Adds the text of a file to the text of the files before it.
fn read(path: &Path, files: &mut Vec<File>, all: &mut String) -> Result<(), String> {
    let name = path.display().to_string();
    let bytes = fs::read(path).map_err(|error| format!("cannot read {name}: {error}"))?;
    let mut text = String::from_utf8(bytes).map_err(|_| format!("{name} is not UTF-8 text"))?;
    // Some editors begin a file with a byte-order mark.
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    if let Some(last) = files.last_mut() {
        // The last line of a file may have no end.
        if !all.is_empty() && !all.ends_with('\n') {
            all.push('\n');
            last.end += 1;
        }
        all.push_str(&text);
    } else {
        *all = text;
    }
    let end = all.len();
    files.push(File { name, end });
    Ok(())
}

fn first_bad_line(list: &List) -> Option<String> {
    let mut start = 0;
    for File { name, end } in &list.files {
        let text = &list.text[start..*end];
        for (index, line) in text.lines().enumerate() {
            if parse_line(line).is_none() {
                let number = index + 1;
                return Some(format!(
                    "{name}:{number}: expected a line such as Reykjavík,IS,64.13548,-21.89541, \
                     found {line:?}"
                ));
            }
        }
        start = *end;
    }
    None
}

fn parse_line(line: &'static str) -> Option<City> {
    // A line that ends as on Windows, in case it was not cut there.
    let line = line.trim_end_matches('\r');
    let (line, longitude) = line.rsplit_once(',')?;
    let (place, latitude) = line.rsplit_once(',')?;
    let (name, country) = place.rsplit_once(',')?;
    if name.trim().is_empty() || country.trim().is_empty() {
        return None;
    }
    let latitude = degrees(latitude, 90.0)?.to_radians();
    let longitude = degrees(longitude, 180.0)?.to_radians();
    Some(City {
        place,
        x: latitude.cos() * longitude.cos(),
        y: latitude.cos() * longitude.sin(),
        z: latitude.sin(),
    })
}

/// Reads digits, perhaps with a sign and a point: `parse` alone would accept `1e1` and `inf`.
fn degrees(text: &str, limit: f64) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_digit = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    if !digits.bytes().all(is_digit) {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    // Adding 0 makes 0 of -0.
    (number.abs() <= limit).then_some(number + 0.0)
}

fn exit(reason: &str) -> ! {
    eprintln!("{reason}");
    process::exit(1)
}
