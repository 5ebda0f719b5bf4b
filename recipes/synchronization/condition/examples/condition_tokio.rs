//! Summarise temperature readings: one task reads, two keep, and a buffer of ten slots lies between them, with tokio.
//!
//! ```text
//! cargo run -p condition --example condition_tokio # -- my.csv
//! ```
//!
//! What differs from the recipe: tokio has no condition. `Notify` knows no lock, so releasing it and getting in line is
//! not one step, and it keeps one notification when nobody waits, of however many. So get in line by `enable`, look, and
//! wait outside the lock. `tokio::sync::mpsc` is this buffer, finished, for a single receiver.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{collections::BTreeMap, collections::VecDeque, env, path::PathBuf, pin::pin, process};
use tokio::{fs::File, io::AsyncBufReadExt, io::BufReader, sync::Notify, task::JoinSet};

#[tokio::main]
async fn main() {
    let buffer = Arc::new(Buffer::default());
    let [reader, keepers @ ..] = [(); 3].map(|()| End(buffer.clone()));
    let keepers: JoinSet<_> = keepers.map(keep).into_iter().collect();
    let Ok(readings) = read(reader)
        .await
        .inspect_err(|reason| eprintln!("{reason}"))
    else {
        process::exit(1)
    };
    print(
        &keepers
            .join_all()
            .await
            .into_iter()
            .flatten()
            .fold(Table::new(), add),
        readings,
    );
}

#[derive(Default)]
struct Buffer {
    slots: Mutex<Slots>,
    not_empty: Notify,
    not_full: Notify,
}

#[derive(Default)]
struct Slots {
    readings: VecDeque<Reading>, // Ten at most.
    closed: bool,
}

struct End(Arc<Buffer>);

impl End {
    async fn wait_while(
        &self,
        news: &Notify,
        is_early: fn(&Slots) -> bool,
    ) -> MutexGuard<'_, Slots> {
        loop {
            let mut notified = pin!(news.notified());
            notified.as_mut().enable(); // In line before the look: what is notified after it is not lost.
            match self
                .0
                .slots
                .lock()
                .expect("a task panicked while it held the buffer")
            {
                slots if slots.closed || !is_early(&slots) => return slots,
                _ => {} // Here the guard goes: it must not live across the `.await`.
            }
            notified.await;
        }
    }

    async fn put(&self, reading: Reading) {
        let mut slots = self
            .wait_while(&self.0.not_full, |slots| slots.readings.len() == 10)
            .await;
        assert!(!slots.closed, "a keeper has gone");
        slots.readings.push_back(reading);
        self.0.not_empty.notify_one();
    }

    async fn take(&self) -> Option<Reading> {
        let mut slots = self
            .wait_while(&self.0.not_empty, |slots| slots.readings.is_empty())
            .await;
        self.0.not_full.notify_one();
        slots.readings.pop_front()
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.0
            .slots
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .closed = true;
        self.0.not_empty.notify_waiters();
        self.0.not_full.notify_waiters();
    }
}

/// A station, and of one or more readings there: how many, their sum, lowest and highest, in tenths of a degree.
type Reading = (String, [i64; 4]);
type Table = BTreeMap<String, [i64; 4]>;

async fn read(end: End) -> Result<i64, String> {
    let named = env::args_os().skip(1);
    let default = (named.len() == 0)
        .then(|| concat!(env!("CARGO_MANIFEST_DIR"), "/input/readings.csv").into());
    let mut readings = 0;
    for path in named.chain(default).map(PathBuf::from) {
        let name = path.display();
        let failed = |error| format!("cannot read {name}: {error}; name files that exist");
        let (mut lines, mut number) = (
            BufReader::new(File::open(&path).await.map_err(failed)?).lines(),
            1,
        );
        while let Some(line) = lines
            .next_line()
            .await
            .map_err(|error| format!("{name}:{number}: {error}"))?
        {
            let malformed =
                || format!("{name}:{number}: expected a line such as EWR;-39, found {line:?}");
            let (station, tenths) = line
                .split_once(';')
                .filter(|fields| !fields.0.is_empty())
                .ok_or_else(malformed)?;
            let tenths = tenths.parse::<i16>().map_err(|_| malformed())?.into();
            end.put((station.to_owned(), [1, tenths, tenths, tenths]))
                .await;
            (readings, number) = (readings + 1, number + 1);
        }
    }
    Ok(readings)
}

async fn keep(end: End) -> Table {
    let mut table = Table::new();
    while let Some(reading) = end.take().await {
        table = add(table, reading);
    }
    table
}

fn add(mut table: Table, (station, [readings, sum, min, max]): Reading) -> Table {
    let known = table.entry(station).or_insert([0, 0, min, max]);
    *known = [
        known[0] + readings,
        known[1] + sum,
        known[2].min(min),
        known[3].max(max),
    ];
    table
}

fn print(table: &Table, read: i64) {
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
