//! Summarise temperature readings: one thread reads them line by line, two keep the minimum, mean and maximum of each
//! station, and a buffer of ten slots lies between them.
//!
//! ```text
//! cargo run -p condition                           # input/readings.csv
//! cargo run -p condition -- north.csv south.csv    # your files, one after the other
//! ```
//!
//! A line is a station, a semicolon and a temperature with one digit after the point. You see a row for each station, in
//! byte order. Temperatures are added up as whole tenths, so the order of addition does not show. A mean is rounded to
//! the nearest tenth, and from half way between two away from zero: 0.25 to 0.3, -0.25 to -0.3. The first file that
//! cannot be read or line that is malformed is reported, and nothing is printed.

use std::collections::{BTreeMap, VecDeque};
use std::path::{MAIN_SEPARATOR_STR, Path, PathBuf};
use std::{env, fs::File, io::BufRead, io::BufReader, process, thread};
use sync_primitives::{Condition, Lock};

// ANCHOR: main
fn main() {
    let buffer = Buffer::default();
    let (outcome, tables) = thread::scope(|scope| {
        let inlet = Inlet(&buffer);
        let keepers = [(); 2].map(|()| scope.spawn(|| keep(&buffer)));
        let outcome = read(&input_files(), inlet);
        (outcome, keepers.map(|keeper| keeper.join().expect("a keeper panicked")))
    });
    let readings = outcome.unwrap_or_else(|reason| {
        eprintln!("{reason}");
        process::exit(1)
    });
    print(&merge(tables), readings);
}
// ANCHOR_END: main

// ANCHOR: buffer
const SLOTS: usize = 10;

#[derive(Default)]
struct Buffer {
    slots: Lock<Slots>,
    not_empty: Condition,
    not_full: Condition,
}

#[derive(Default)]
struct Slots {
    readings: VecDeque<Reading>,
    closed: bool,
}

impl Buffer {
    fn put(&self, reading: Reading) {
        let mut slots = self.slots.lock();
        self.not_full.wait_while(&mut slots, |slots| slots.readings.len() == SLOTS);
        slots.readings.push_back(reading);
        // One reading serves one keeper: waking both would send one of them back to sleep.
        self.not_empty.notify_one();
    }

    /// `None` when the buffer is closed and everything put into it has been taken.
    fn take(&self) -> Option<Reading> {
        let mut slots = self.slots.lock();
        self.not_empty.wait_while(&mut slots, |slots| slots.readings.is_empty() && !slots.closed);
        let reading = slots.readings.pop_front();
        self.not_full.notify_one();
        reading
    }
}
// ANCHOR_END: buffer

// ANCHOR: close
/// The reader's end of the buffer. Whether reading ends well, with an error or in a panic, this is dropped, and the
/// keepers learn that no more will come. Without it they would wait for ever, and `main` for them.
struct Inlet<'a>(&'a Buffer);

impl Drop for Inlet<'_> {
    fn drop(&mut self) {
        self.0.slots.lock().closed = true;
        self.0.not_empty.notify_all(); // The end concerns every keeper.
    }
}
// ANCHOR_END: close

struct Reading {
    station: String,
    tenths: i64,
}

fn read(files: &[PathBuf], inlet: Inlet) -> Result<i64, String> {
    let mut readings = 0;
    for path in files {
        let name = path.display().to_string().replace(MAIN_SEPARATOR_STR, "/");
        let file = File::open(path).map_err(|error| format!("cannot read {name}: {error}; name files that exist"))?;
        for (number, line) in (1..).zip(BufReader::new(file).lines()) {
            let line = line.map_err(|error| format!("{name}:{number}: {error}"))?;
            let malformed = || format!("{name}:{number}: expected a line such as EWR;-3.9, found {line:?}");
            inlet.0.put(parse(&line).ok_or_else(malformed)?);
            readings += 1;
        }
    }
    Ok(readings)
}

fn parse(line: &str) -> Option<Reading> {
    let (station, celsius) = line.split_once(';').filter(|(station, _)| !station.is_empty())?;
    let digits = celsius.strip_prefix('-').unwrap_or(celsius);
    let tenths = digits.replacen('.', "", 1).parse::<u16>().ok()?.into();
    // Well formed is what comes out as it went in.
    let tenths = (degrees(tenths) == digits).then_some(if digits == celsius { tenths } else { -tenths })?;
    Some(Reading { station: station.to_owned(), tenths })
}

/// In tenths of a degree. `parse` lets 6553.5 degrees in at most: no sum of readings overflows an `i64`.
struct Summary {
    readings: i64,
    sum: i64,
    min: i64,
    max: i64,
}

type Table = BTreeMap<String, Summary>;

// ANCHOR: keep
fn keep(buffer: &Buffer) -> Table {
    let mut table = Table::new();
    while let Some(Reading { station, tenths }) = buffer.take() {
        add(&mut table, station, Summary { readings: 1, sum: tenths, min: tenths, max: tenths });
    }
    table
}

/// Sums of whole numbers, minima and maxima: whichever keeper took which reading, and when, the result is the same.
fn add(table: &mut Table, station: String, new: Summary) {
    let known = table.entry(station).or_insert(Summary { readings: 0, sum: 0, ..new });
    known.readings += new.readings;
    known.sum += new.sum;
    known.min = known.min.min(new.min);
    known.max = known.max.max(new.max);
}
// ANCHOR_END: keep

fn merge([mut table, other]: [Table; 2]) -> Table {
    let count = |table: &Table| table.values().map(|summary| summary.readings).sum::<i64>();
    eprintln!("the keepers took {} and {} readings", count(&table), count(&other));
    other.into_iter().for_each(|(station, summary)| add(&mut table, station, summary));
    table
}

fn print(table: &Table, read: i64) {
    let kept: i64 = table.values().map(|summary| summary.readings).sum();
    assert_eq!(kept, read, "the buffer lost or made up a reading");
    println!("station  readings     min    mean     max");
    for (station, Summary { readings, sum, min, max }) in table {
        let mean = (2 * sum.abs() + readings) / (2 * readings) * sum.signum();
        println!("{station:<8} {readings:>8} {:>7} {:>7} {:>7}", degrees(*min), degrees(mean), degrees(*max));
    }
}

fn degrees(tenths: i64) -> String {
    let sign = if tenths < 0 { "-" } else { "" };
    format!("{sign}{}.{}", tenths.abs() / 10, tenths.abs() % 10)
}

fn input_files() -> Vec<PathBuf> {
    let named: Vec<_> = env::args_os().skip(1).map(PathBuf::from).collect();
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("input/readings.csv");
    if named.is_empty() { vec![default] } else { named }
}
