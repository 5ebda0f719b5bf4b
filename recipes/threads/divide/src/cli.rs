//! The part of the recipe that is not about threads: reads the list, knows what a city is and how
//! far two cities are apart, looks for closer pairs across a border, and prints the result. Except
//! for `closest_across`, which combines two halves, you can skip it when you read the recipe.
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

/// The size of a block in bytes. Parsing one takes much longer than handing it to a thread.
const BLOCK: usize = 32 * 1024;

/// As a check, so many cities are compared with each other at the end.
const SAMPLE: usize = 300;

/// One or more files that have been read into memory.
pub(crate) struct List {
    files: Vec<File>,
    /// Stays in memory until the program ends, so that cities can refer to it.
    text: &'static str,
    blocks: Vec<Block>,
}

/// Whole lines of a list, about `BLOCK` bytes.
struct Block {
    text: &'static str,
    lines: usize,
}

/// Whole lines of a list, and the place for their cities.
pub(crate) struct Piece<'cities> {
    text: &'static str,
    cities: &'cities mut [City],
}

/// One of the files that a list was read from.
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
    /// The square of their distance on a straight line through the globe. It is cheaper to compute
    /// than the distance on the surface, and the closest pair is the same by both.
    squared: f64,
}

/// A line is not a city. Does not say which line.
#[derive(Debug)]
pub(crate) struct BadLine;

impl List {
    fn new(files: Vec<File>, text: String) -> Self {
        let text = text.leak();
        List {
            files,
            text,
            blocks: blocks(text),
        }
    }

    /// How many lines there are.
    pub(crate) fn count(&self) -> usize {
        self.blocks.iter().map(|block| block.lines).sum()
    }

    /// All lines, in pieces of about equal size, with the place for their cities. There must be as
    /// many cities as lines. There is at least one piece.
    pub(crate) fn pieces<'cities>(&self, mut cities: &'cities mut [City]) -> Vec<Piece<'cities>> {
        let mut pieces = Vec::new();
        for block in &self.blocks {
            let (first, rest) = cities.split_at_mut(block.lines);
            pieces.push(Piece {
                text: block.text,
                cities: first,
            });
            cities = rest;
        }
        pieces
    }
}

impl Block {
    fn new(text: &'static str) -> Self {
        // Faster than `text.lines().count()`.
        let line_ends = text.bytes().filter(|byte| *byte == b'\n').count();
        let has_unended_line = !text.is_empty() && !text.ends_with('\n');
        let lines = line_ends + usize::from(has_unended_line);
        Block { text, lines }
    }
}

impl Piece<'_> {
    /// Parses each line into its city.
    pub(crate) fn parse(&mut self) -> Result<(), BadLine> {
        for (line, city) in self.text.lines().zip(&mut *self.cities) {
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

    /// The order by x. Cities at the same place follow each other in alphabetical order.
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
    pub(crate) fn closer(self, other: Self) -> Self {
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
            closest = closest.closer(Pair::new(*city, *other));
        }
    }
    closest
}

// ANCHOR: across
/// Looks for a closer pair with one city in the south and one in the north.
pub(crate) fn closest_across(south: &[City], north: &[City], mut closest: Pair) -> Pair {
    // The border runs through the southernmost city of the north. The cut left it in the first
    // place, but the search of the north may have moved it.
    let border = north.iter().map(|city| city.z).fold(1.0, f64::min);

    // A city that is too far from the border is even farther from every city beyond it.
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
                break; // The next ones are even farther away.
            }
            closest = closest.closer(Pair::new(*city, *other));
            if closest.squared == 0.0 {
                break; // No pair is closer, and thousands of cities may be at the same place.
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
        // `BadLine` does not say which line it is, so this parses the list again, from its start.
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

/// Prints the closest cities. As a check, first compares some cities from the middle of the list.
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

/// Cuts a text at line ends into blocks of about `BLOCK` bytes.
fn blocks(text: &'static str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while rest.len() > BLOCK {
        let line_end = rest.as_bytes()[BLOCK..].iter().position(|b| *b == b'\n');
        let Some(line_end) = line_end else { break };
        let (block, after) = rest.split_at(BLOCK + line_end + 1);
        blocks.push(Block::new(block));
        rest = after;
    }
    blocks.push(Block::new(rest));
    blocks
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
    // `lines` removes the `\r` of a Windows line end only if an `\n` follows.
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

/// Reads digits, perhaps with a minus sign and a point: `parse` alone would accept `1e1` and `inf`.
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
