//! Keep a warehouse's stock right while three threads change it by methods that call one another, with parking_lot.
//!
//! ```text
//! cargo run -p rlock --example rlock_parking_lot
//! cargo run -p rlock --example rlock_parking_lot -- mine.csv
//! ```
//!
//! What differs from the recipe: the import. `ReentrantMutex` lends `&T`, as an `RLock` does, so the numbers are in
//! `Cell`s here too. It has no `depth()`, its `Condvar` does not wait on it, and an unlock always lets the fastest thread
//! in: a waiter gets its turn for certain by `unlock_fair` only.

use parking_lot::ReentrantMutex;
use std::{cell::Cell, collections::BTreeMap, env, fs, path::PathBuf, process, thread};

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
    let total = Cell::new(items.values().map(Cell::get).sum());
    let inventory = Inventory {
        stock: ReentrantMutex::new(Stock { items, total }),
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
    let Stock { items, total } = inventory.stock.into_inner();
    assert_eq!(
        items.values().map(Cell::get).sum::<i64>(),
        total.get(),
        "goods were lost or made up"
    );
    items
        .iter()
        .for_each(|(item, quantity)| println!("{item:30}{:>8}", quantity.get()));
    println!("{:30}{:>8}", "total", total.get());
}

struct Inventory {
    stock: ReentrantMutex<Stock>,
}

/// A `ReentrantMutex` hands out `&Stock` and never `&mut Stock`, so whatever changes is in a `Cell`.
struct Stock {
    items: BTreeMap<String, Cell<i64>>,
    total: Cell<i64>,
}

impl Inventory {
    fn transfer(&self, from: &str, to: &str, quantity: i64) {
        let _stock = self.stock.lock(); // Over both calls: nobody sees the goods in neither place.
        self.remove(from, quantity);
        self.add(to, quantity);
    }

    fn add(&self, item: &str, quantity: i64) {
        let stock = self.stock.lock();
        self.execute(item, quantity);
        stock.total.update(|total| total + quantity);
    }

    fn remove(&self, item: &str, quantity: i64) {
        let stock = self.stock.lock();
        self.execute(item, -quantity);
        stock.total.update(|total| total - quantity);
    }

    fn execute(&self, item: &str, change: i64) {
        self.stock.lock().items[item].update(|quantity| quantity + change);
    }
}

/// What the files say, and what no order takes of each item's opening stock.
#[derive(Default)]
struct Day {
    items: BTreeMap<String, Cell<i64>>,
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
            day.items.insert(item.into(), Cell::new(n));
            day.unclaimed.insert(item.into(), n);
        }
        ["add", item] => day.adds.push((claim(item, 0)?, n)),
        ["remove", item] => day.removes.push((claim(item, n)?, n)),
        ["transfer", from, to] => day.transfers.push((claim(from, n)?, claim(to, 0)?, n)),
        _ => return Err(malformed()),
    }
    Ok(())
}
