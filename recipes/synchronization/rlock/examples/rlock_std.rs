//! Keep a warehouse's stock right while three threads change it, with the standard library and no re-entrant lock.
//!
//! ```text
//! cargo run -p rlock --example rlock_std
//! cargo run -p rlock --example rlock_std -- mine.csv
//! ```
//!
//! What differs from the recipe: no method that locks calls another. Public methods lock once and pass on `&mut Stock`;
//! the work is in private ones, which cannot lock because they do not know the lock. Do this first, whatever the library:
//! it needs a plain `Mutex`, plain numbers instead of `Cell`s, and the compiler sees who changes what. A re-entrant lock is
//! for what cannot be taken apart in this way, such as a callback that calls you back. A `Mutex` is poisoned by a panic.

use std::sync::{Mutex, MutexGuard};
use std::{collections::BTreeMap, env, fs, path::PathBuf, process, thread};

const TORN: &str = "a thread panicked in the middle of an order, so the stock is wrong";

fn main() {
    let Day {
        items,
        adds,
        removes,
        transfers,
        ..
    } = load().unwrap_or_else(|reason| {
        eprintln!("{reason}");
        process::exit(1)
    });
    let total = items.values().sum();
    let inventory = Inventory {
        stock: Mutex::new(Stock { items, total }),
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            adds.iter()
                .for_each(|(item, quantity)| inventory.add(item, *quantity))
        });
        scope.spawn(|| {
            removes
                .iter()
                .for_each(|(item, quantity)| inventory.remove(item, *quantity))
        });
        scope.spawn(|| {
            transfers
                .iter()
                .for_each(|(from, to, quantity)| inventory.transfer(from, to, *quantity))
        });
    });
    let Stock { items, total } = inventory.stock.into_inner().expect(TORN);
    assert_eq!(
        items.values().sum::<i64>(),
        total,
        "goods were lost or made up"
    );
    items
        .iter()
        .for_each(|(item, quantity)| println!("{item:30}{quantity:>8}"));
    println!("{:30}{total:>8}", "total");
}

struct Inventory {
    stock: Mutex<Stock>,
}

impl Inventory {
    fn transfer(&self, from: &str, to: &str, quantity: i64) {
        let mut stock = self.lock(); // Over both: nobody sees the goods in neither place.
        stock.change(from, -quantity);
        stock.change(to, quantity);
    }

    fn add(&self, item: &str, quantity: i64) {
        self.lock().change(item, quantity);
    }

    fn remove(&self, item: &str, quantity: i64) {
        self.lock().change(item, -quantity);
    }

    fn lock(&self) -> MutexGuard<'_, Stock> {
        self.stock.lock().expect(TORN)
    }
}

struct Stock {
    items: BTreeMap<String, i64>,
    total: i64,
}

impl Stock {
    fn change(&mut self, item: &str, change: i64) {
        *self
            .items
            .get_mut(item)
            .expect("`load` has checked each item") += change;
        self.total += change;
    }
}

/// What the files say, and what no order takes of each item's opening stock.
#[derive(Default)]
struct Day {
    items: BTreeMap<String, i64>,
    unclaimed: BTreeMap<String, i64>,
    adds: Vec<(String, i64)>,
    removes: Vec<(String, i64)>,
    transfers: Vec<(String, String, i64)>,
}

fn load() -> Result<Day, String> {
    let named = env::args_os().skip(1);
    let default =
        (named.len() == 0).then(|| concat!(env!("CARGO_MANIFEST_DIR"), "/input/orders.csv").into());
    let mut day = Day::default();
    for path in named.chain(default).map(PathBuf::from) {
        let name = path.display();
        let failed = |error| format!("cannot read {name}: {error}; name files that exist");
        for (number, row) in (1..).zip(fs::read_to_string(&path).map_err(failed)?.lines()) {
            enter(&mut day, row).map_err(|reason| format!("{name}:{number}: {reason}"))?;
        }
    }
    Ok(day)
}

fn enter(day: &mut Day, row: &str) -> Result<(), String> {
    let malformed = || format!("expected a row such as add,hex bolt,12, found {row:?}");
    let (order, quantity) = row.rsplit_once(',').ok_or_else(malformed)?;
    let n = quantity.parse::<u32>().map_err(|_| malformed())?.into();
    // The item's name, if its opening stock covers what leaves it by this order as well.
    let mut claim = |item: &str, leaving| {
        let left = day
            .unclaimed
            .get_mut(item)
            .ok_or_else(|| format!("no stock row for {item:?} above this one"))?;
        *left -= leaving;
        if *left < 0 {
            Err(format!("the opening stock of {item:?} is {} short", -*left))
        } else {
            Ok(item.to_owned())
        }
    };
    match order.split(',').collect::<Vec<_>>()[..] {
        ["stock", item] if day.items.contains_key(item) => {
            return Err(format!("a second stock row for {item:?}"));
        }
        ["stock", item] => {
            day.items.insert(item.into(), n);
            day.unclaimed.insert(item.into(), n);
        }
        ["add", item] => day.adds.push((claim(item, 0)?, n)),
        ["remove", item] => day.removes.push((claim(item, n)?, n)),
        ["transfer", from, to] => day.transfers.push((claim(from, n)?, claim(to, 0)?, n)),
        _ => return Err(malformed()),
    }
    Ok(())
}
