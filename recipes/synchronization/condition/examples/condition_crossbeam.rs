//! Summarise temperature readings: one reader, two keepers and a channel of ten slots, with crossbeam.
//!
//! ```text
//! cargo run -p condition --example condition_crossbeam
//! cargo run -p condition --example condition_crossbeam -- my.csv
//! ```
//!
//! What differs from the recipe: there is no condition. A bounded channel is a buffer with both its waits inside: `send`
//! waits while it is full, a receiver while it is empty. It is closed when the last sender or the last receiver is dropped,
//! so nobody says `closed`. What a channel cannot do is wait for something else than "there is an item" or "there is room".

use crossbeam::channel::{self, Sender};
use std::collections::BTreeMap;
use std::{env, fs::File, io::BufRead, io::BufReader, path::PathBuf, process, thread};

fn main() {
    let (put, take) = channel::bounded(10);
    let (outcome, tables) = thread::scope(|scope| {
        // The keepers own the receivers: when both have gone, `send` fails.
        let keepers = [take.clone(), take].map(|take| scope.spawn(move || keep(take.into_iter())));
        (
            read(put),
            keepers.map(|keeper| keeper.join().expect("a keeper panicked")),
        )
    });
    let readings = outcome.unwrap_or_else(|reason| {
        eprintln!("{reason}");
        process::exit(1)
    });
    print(&keep(tables.into_iter().flatten()), readings);
}

/// A station, and of one or more readings there: how many, their sum, lowest and highest, in tenths of a degree.
type Reading = (String, [i64; 4]);

/// Owns the only sender: however this ends, the keepers get what is left in the channel and then end too.
fn read(put: Sender<Reading>) -> Result<i64, String> {
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
            put.send((station.to_owned(), [1, tenths, tenths, tenths]))
                .expect("a keeper is there");
            readings += 1;
        }
    }
    Ok(readings)
}

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
