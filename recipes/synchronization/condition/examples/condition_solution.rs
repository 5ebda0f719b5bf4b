//! Summarise temperature readings. A keeper waits no longer than a millisecond, counts that it was in vain, and waits on.
//!
//! Run `cargo run -p condition --example condition_solution`; for readings of your own, add `-- my.csv`.
//!
//! What differs from the recipe: `take` waits by `wait_while_for` and asks `timed_out`, which says whether the predicate is
//! still true. So a reading that comes together with the end of the time is taken, and the table does not change.

use std::collections::{BTreeMap, VecDeque};
use std::{
    env, fs::File, io::BufRead, io::BufReader, iter, path::PathBuf, process, thread, time::Duration,
};
use sync_primitives::{Condition, Lock};

const A_WHILE: Duration = Duration::from_millis(1);

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
    eprintln!(
        "keepers waited in vain {} times",
        buffer.slots.lock().in_vain
    );
    print(&keep(tables.into_iter().flatten()), readings);
}

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
    in_vain: usize,
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
        self.0.not_empty.notify_one();
    }

    /// `None` when the buffer is closed and everything put into it has been taken.
    fn take(&self) -> Option<Reading> {
        let mut slots = self.0.slots.lock();
        let nothing = |slots: &Slots| slots.readings.is_empty() && !slots.closed;
        while self
            .0
            .not_empty
            .wait_while_for(&mut slots, A_WHILE, nothing)
            .timed_out()
        {
            slots.in_vain += 1;
        }
        let reading = slots.readings.pop_front();
        self.0.not_full.notify_one();
        reading
    }
}

/// Whoever is done, has failed or panics drops its end. Without this the others would wait for it for ever.
impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.slots.lock().closed = true;
        self.0.not_empty.notify_all(); // It concerns everybody.
        self.0.not_full.notify_all();
    }
}

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
