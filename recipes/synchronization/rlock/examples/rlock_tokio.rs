//! Keep a warehouse's stock right while three tasks change it by orders to the one task that owns it, with tokio.
//!
//! ```text
//! cargo run -p rlock --example rlock_tokio
//! cargo run -p rlock --example rlock_tokio -- mine.csv
//! ```
//!
//! What differs from the recipe: tokio has no re-entrant lock, by design: a task moves from thread to thread, and a lock
//! that knows its owner would have to know tasks. Here an actor owns the stock. An order is a message, a transfer is one
//! order, so nobody sees it half done; inside, methods call each other freely, and nothing is locked. The channel is
//! bounded: who orders faster than the actor works waits.

use std::{collections::BTreeMap, env, path::PathBuf, process};
use tokio::{fs, sync::mpsc};

#[tokio::main]
async fn main() {
    let Day {
        items,
        adds,
        removes,
        transfers,
        ..
    } = load().await.unwrap_or_else(|reason| {
        eprintln!("{reason}");
        process::exit(1)
    });
    let total = items.values().sum();
    let (inventory, inbox) = mpsc::channel(32);
    let actor = tokio::spawn(Stock { items, total }.run(inbox));
    for orders in [adds, removes, transfers] {
        tokio::spawn(send(inventory.clone(), orders));
    }
    drop(inventory); // The actor ends when the last sender is gone.
    let Stock { items, total } = actor.await.expect("the actor panicked");
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

enum Order {
    Add(String, i64),
    Remove(String, i64),
    Transfer(String, String, i64),
}

async fn send(inventory: mpsc::Sender<Order>, orders: Vec<Order>) {
    for order in orders {
        inventory
            .send(order)
            .await
            .expect("the actor is there as long as there are senders");
    }
}

struct Stock {
    items: BTreeMap<String, i64>,
    total: i64,
}

impl Stock {
    async fn run(mut self, mut inbox: mpsc::Receiver<Order>) -> Self {
        while let Some(order) = inbox.recv().await {
            match order {
                Order::Add(item, quantity) => self.add(&item, quantity),
                Order::Remove(item, quantity) => self.add(&item, -quantity),
                Order::Transfer(from, to, quantity) => {
                    self.add(&from, -quantity);
                    self.add(&to, quantity);
                }
            }
        }
        self
    }

    fn add(&mut self, item: &str, quantity: i64) {
        *self
            .items
            .get_mut(item)
            .expect("`load` has checked each item") += quantity;
        self.total += quantity;
    }
}

/// What the files say, and what no order takes of each item's opening stock.
#[derive(Default)]
struct Day {
    items: BTreeMap<String, i64>,
    unclaimed: BTreeMap<String, i64>,
    adds: Vec<Order>,
    removes: Vec<Order>,
    transfers: Vec<Order>,
}

async fn load() -> Result<Day, String> {
    let named = env::args_os().skip(1);
    let default =
        (named.len() == 0).then(|| concat!(env!("CARGO_MANIFEST_DIR"), "/input/orders.csv").into());
    let mut day = Day::default();
    for path in named.chain(default).map(PathBuf::from) {
        let name = path.display();
        let failed = |error| format!("cannot read {name}: {error}; name files that exist");
        for (number, row) in (1..).zip(fs::read_to_string(&path).await.map_err(failed)?.lines()) {
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
        ["add", item] => day.adds.push(Order::Add(claim(item, 0)?, n)),
        ["remove", item] => day.removes.push(Order::Remove(claim(item, n)?, n)),
        ["transfer", from, to] => {
            day.transfers
                .push(Order::Transfer(claim(from, n)?, claim(to, 0)?, n))
        }
        _ => return Err(malformed()),
    }
    Ok(())
}
