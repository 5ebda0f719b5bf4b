//! Keep a warehouse's stock right while three threads change it through methods that call one another: `transfer` calls
//! `remove` and `add`, those call `execute`, and each of the four takes the same lock.
//!
//! ```text
//! cargo run -p rlock                               # input/stock.csv, then input/orders.csv
//! cargo run -p rlock -- my-stock.csv my-orders.csv # your files, one after the other
//! ```
//!
//! A row is `stock,item,quantity` (what is there at first), `add,item,quantity`, `remove,item,quantity` or
//! `transfer,from,to,quantity`. An item's stock row comes before its orders and covers all that leaves it, so no order
//! can fail, whichever thread is first, and you see the same closing stock at every run, in byte order of the items.

use std::path::{MAIN_SEPARATOR_STR, Path, PathBuf};
use std::{cell::Cell, collections::BTreeMap, env, fs, process, thread};
use sync_primitives::RLock;

// ANCHOR: main
fn main() {
    let day = Day::load(&input_files()).unwrap_or_else(|reason| {
        eprintln!("{reason}");
        process::exit(1)
    });
    let inventory = Inventory { stock: RLock::new(day.stock) };
    thread::scope(|scope| {
        scope.spawn(|| replay("adder", &day.adds, |(item, quantity)| inventory.add(item, *quantity)));
        scope.spawn(|| replay("remover", &day.removes, |(item, quantity)| inventory.remove(item, *quantity)));
        scope.spawn(|| replay("mover", &day.transfers, |(from, to, quantity)| inventory.transfer(from, to, *quantity)));
    });
    inventory.stock.into_inner().print_checked(day.opening);
}
// ANCHOR_END: main

fn replay<Order>(worker: &str, orders: &[Order], carry_out: impl Fn(&Order)) {
    orders.iter().for_each(carry_out);
    eprintln!("{worker}: {} orders carried out", orders.len());
}

// ANCHOR: inventory
struct Inventory {
    stock: RLock<Stock>,
}

/// An `RLock` hands out `&Stock` and never `&mut Stock`, so whatever changes is in a `Cell`.
#[derive(Default)]
struct Stock {
    items: BTreeMap<String, Cell<i64>>,
    added: Cell<i64>,
    removed: Cell<i64>,
}
// ANCHOR_END: inventory

// ANCHOR: methods
impl Inventory {
    fn transfer(&self, from: &str, to: &str, quantity: i64) {
        let _stock = self.stock.lock(); // Over both calls: nobody sees the goods in neither place.
        self.remove(from, quantity);
        self.add(to, quantity);
    }

    fn add(&self, item: &str, quantity: i64) {
        let stock = self.stock.lock();
        self.execute(item, quantity);
        stock.added.update(|total| total + quantity);
    }

    fn remove(&self, item: &str, quantity: i64) {
        let stock = self.stock.lock();
        self.execute(item, -quantity);
        stock.removed.update(|total| total + quantity);
    }

    fn execute(&self, item: &str, change: i64) {
        self.stock.lock().items[item].update(|quantity| quantity + change);
    }
}
// ANCHOR_END: methods

impl Stock {
    // ANCHOR: check
    fn print_checked(&self, opening: i64) {
        let total: i64 = self.items.values().map(Cell::get).sum();
        assert_eq!(total, opening + self.added.get() - self.removed.get(), "goods were lost or made up");
        for (item, quantity) in &self.items {
            println!("{item:30}{:>8}", quantity.get());
        }
        println!("{:30}{total:>8}", "total");
    }
    // ANCHOR_END: check
}

/// What the files say: the stock at first, item by item and in all, what of it no order takes, and the orders by kind.
#[derive(Default)]
struct Day {
    stock: Stock,
    opening: i64,
    unclaimed: BTreeMap<String, Cell<i64>>,
    adds: Vec<(String, i64)>,
    removes: Vec<(String, i64)>,
    transfers: Vec<(String, String, i64)>,
}

impl Day {
    fn load(files: &[PathBuf]) -> Result<Self, String> {
        let mut day = Self::default();
        for path in files {
            let name = path.display().to_string().replace(MAIN_SEPARATOR_STR, "/");
            let text = fs::read_to_string(path)
                .map_err(|error| format!("cannot read {name}: {error}; name files that exist"))?;
            for (number, row) in (1..).zip(text.lines()) {
                day.enter(row).map_err(|reason| format!("{name}:{number}: {reason}"))?;
            }
        }
        Ok(day)
    }

    fn enter(&mut self, row: &str) -> Result<(), String> {
        let malformed = || format!("expected a row such as add,hex bolt,12, found {row:?}");
        let (order, quantity) = row.rsplit_once(',').ok_or_else(malformed)?;
        let n = quantity.parse::<u32>().map_err(|_| malformed())?.into();
        match order.split(',').collect::<Vec<_>>()[..] {
            ["stock", item] if self.unclaimed.insert(item.into(), Cell::new(n)).is_none() => {
                self.stock.items.insert(item.into(), Cell::new(n));
                self.opening += n;
            }
            ["stock", item] => return Err(format!("a second stock row for {item:?}")),
            ["add", item] => self.adds.push((self.claim(item, 0)?, n)),
            ["remove", item] => self.removes.push((self.claim(item, n)?, n)),
            ["transfer", from, to] => self.transfers.push((self.claim(from, n)?, self.claim(to, 0)?, n)),
            _ => return Err(malformed()),
        }
        Ok(())
    }

    /// The item's name, if its opening stock covers what leaves it by this order as well.
    fn claim(&self, item: &str, leaving: i64) -> Result<String, String> {
        let unclaimed = self.unclaimed.get(item).ok_or_else(|| format!("no stock row for {item:?} above this one"))?;
        unclaimed.update(|quantity| quantity - leaving);
        let short = -unclaimed.get();
        if short > 0 { Err(format!("the opening stock of {item:?} is {short} short")) } else { Ok(item.to_owned()) }
    }
}

fn input_files() -> Vec<PathBuf> {
    let named: Vec<_> = env::args_os().skip(1).map(PathBuf::from).collect();
    let input = Path::new(env!("CARGO_MANIFEST_DIR")).join("input");
    if named.is_empty() { vec![input.join("stock.csv"), input.join("orders.csv")] } else { named }
}
