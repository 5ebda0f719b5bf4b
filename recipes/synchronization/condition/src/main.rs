//! Summarise temperature readings: one thread reads them line by line, two keep the minimum, mean and maximum of each
//! station, and a buffer of ten slots lies between them.
//!
//! ```text
//! cargo run -p condition             # input/readings.csv
//! cargo run -p condition -- my.csv   # your readings
//! ```
//!
//! A line is a station, a semicolon and a temperature in tenths of a degree. You see degrees, stations in byte order,
//! means rounded to the nearest tenth and half way away from zero. Of bad input the first file or line is reported.

use std::collections::{BTreeMap, VecDeque};
use std::{env, fs::File, io::BufRead, io::BufReader, iter, path::PathBuf, process, thread};
use sync_primitives::{Condition, Lock};

fn main() {
    let buffer = Buffer::default();
    let (outcome, tables) = thread::scope(|scope| {
        let [reader, keepers @ ..] = [(); 3].map(|()| End(&buffer));
        let keepers = keepers.map(|end| scope.spawn(move || keep(iter::from_fn(|| end.take()))));
        (
            read(reader),
            keepers.map(|keeper| keeper.join().expect("a keeper panicked")),
        )
    });
    let readings = outcome.unwrap_or_else(|reason| {
        eprintln!("{reason}");
        process::exit(1)
    });
    print(&keep(tables.into_iter().flatten()), readings);
}

// ANCHOR: buffer
#[derive(Default)]
struct Buffer {
    slots: Lock<Slots>,
    not_empty: Condition,
    not_full: Condition,
}

#[derive(Default)]
struct Slots {
    readings: VecDeque<Reading>, // Ten at most.
    closed: bool,
}

struct End<'a>(&'a Buffer);

impl End<'_> {
    fn put(&self, reading: Reading) {
        let mut slots = self.0.slots.lock();
        self.0.not_full.wait_while(&mut slots, |slots| {
            slots.readings.len() == 10 && !slots.closed
        });
        assert!(!slots.closed, "a keeper has gone");
        slots.readings.push_back(reading);
        // One reading serves one keeper: waking both would send one of them back to sleep.
        self.0.not_empty.notify_one();
    }

    /// `None` when the buffer is closed and everything put into it has been taken.
    fn take(&self) -> Option<Reading> {
        let mut slots = self.0.slots.lock();
        self.0.not_empty.wait_while(&mut slots, |slots| {
            slots.readings.is_empty() && !slots.closed
        });
        let reading = slots.readings.pop_front();
        self.0.not_full.notify_one();
        reading
    }
}
// ANCHOR_END: buffer

// ANCHOR: close
/// Whoever is done, has failed or panics drops its end. Without this the others would wait for it for ever.
impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.slots.lock().closed = true;
        self.0.not_empty.notify_all(); // It concerns everybody.
        self.0.not_full.notify_all();
    }
}
// ANCHOR_END: close

/// A station, and of one or more readings there: how many, their sum, lowest and highest, in tenths of a degree.
type Reading = (String, [i64; 4]);

fn read(end: End) -> Result<i64, String> {
    let named = env::args_os().skip(1);
    let default = (named.len() == 0)
        .then(|| concat!(env!("CARGO_MANIFEST_DIR"), "/input/readings.csv").into());
    let mut readings = 0;
    for path in named.chain(default).map(PathBuf::from) {
        let name = path.display();
        let file = File::open(&path)
            .map_err(|error| format!("cannot read {name}: {error}; name files that exist"))?;
        for (number, line) in (1..).zip(BufReader::new(file).lines()) {
            let line = line.map_err(|error| format!("{name}:{number}: {error}"))?;
            let malformed =
                || format!("{name}:{number}: expected a line such as EWR;-39, found {line:?}");
            let (station, tenths) = line
                .split_once(';')
                .filter(|fields| !fields.0.is_empty())
                .ok_or_else(malformed)?;
            let tenths = tenths.parse::<i16>().map_err(|_| malformed())?.into();
            end.put((station.to_owned(), [1, tenths, tenths, tenths]));
            readings += 1;
        }
    }
    Ok(readings)
}

// ANCHOR: keep
/// Sums of whole numbers, minima and maxima: whichever keeper took which reading, and when, the result is the same.
fn keep(readings: impl Iterator<Item = Reading>) -> BTreeMap<String, [i64; 4]> {
    let mut table = BTreeMap::new();
    for (station, [readings, sum, min, max]) in readings {
        let known = table.entry(station).or_insert([0, 0, min, max]);
        *known = [
            known[0] + readings,
            known[1] + sum,
            known[2].min(min),
            known[3].max(max),
        ];
    }
    table
}
// ANCHOR_END: keep

fn print(table: &BTreeMap<String, [i64; 4]>, read: i64) {
    assert_eq!(
        table.values().map(|summary| summary[0]).sum::<i64>(),
        read,
        "the buffer lost or made up a reading"
    );
    println!("station  readings     min    mean     max");
    for (station, [readings, sum, min, max]) in table {
        let mean = (2 * sum.abs() + readings) / (2 * readings) * sum.signum();
        let [min, mean, max] = [*min, mean, *max].map(|tenths| tenths as f64 / 10.0);
        println!("{station:<8} {readings:>8} {min:>7.1} {mean:>7.1} {max:>7.1}");
    }
}
