//! The command-line part of the recipe: reads a day's orders and prints the result.
//! Nothing in this file is about locks, so you can skip it when you read the recipe.
//!
//! A row is one of
//!
//! ```text
//! stock,item,quantity         what is there in the morning
//! add,item,quantity
//! remove,item,quantity
//! transfer,from,to,quantity
//! ```
//!
//! An item's `stock` row comes before its orders, and covers everything that leaves the item's
//! shelf, so that no order can fail, whichever thread runs first. The name of an item is not empty
//! and has no white space around it. A quantity is at most 4294967295.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::{env, fs, process};

const DEFAULT_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/input/orders.csv");

#[derive(Default)]
pub(crate) struct Day {
    pub(crate) opening_stock: BTreeMap<String, i64>,
    pub(crate) adds: Vec<Order>,
    pub(crate) removes: Vec<Order>,
    pub(crate) transfers: Vec<Transfer>,
    /// What is left of the opening stock if all goods leave before any arrive.
    available: BTreeMap<String, i64>,
}

pub(crate) struct Order {
    pub(crate) item: String,
    pub(crate) quantity: i64,
}

pub(crate) struct Transfer {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) quantity: i64,
}

/// Reads the files named on the command line, or else the recipe's own input.
///
/// If a file cannot be used, prints one line that says which and why, and exits with status 1.
pub(crate) fn load_or_exit() -> Day {
    load(files()).unwrap_or_else(|reason| {
        eprintln!("{reason}");
        process::exit(1);
    })
}

/// Prints the quantity of every item, and their total.
pub(crate) fn print_stock(quantities: &BTreeMap<String, i64>) {
    let total: i64 = quantities.values().sum();
    // Longer names or quantities than usual make their column wider.
    let longest_name = quantities.keys().map(|item| item.chars().count()).max();
    let name_width = longest_name.unwrap_or(0).max(30);
    let number_width = total.to_string().len().max(7);

    let mut report = String::new();
    for (item, quantity) in quantities {
        report += &format!("{item:<name_width$} {quantity:>number_width$}\n");
    }
    report += &format!("{:<name_width$} {total:>number_width$}\n", "total");

    if let Err(error) = io::stdout().write_all(report.as_bytes()) {
        // A program that reads our output, such as `head`, may stop when it has seen enough.
        if error.kind() != ErrorKind::BrokenPipe {
            eprintln!("cannot print the result: {error}");
            process::exit(1);
        }
    }
}

fn files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    if files.is_empty() {
        files.push(PathBuf::from(DEFAULT_FILE));
    }
    files
}

fn load(files: Vec<PathBuf>) -> Result<Day, String> {
    let mut day = Day::default();
    for path in files {
        let name = path.display();
        let bytes = fs::read(&path).map_err(|error| format!("cannot read {name}: {error}"))?;
        let text = String::from_utf8(bytes).map_err(|_| format!("{name} is not UTF-8 text"))?;
        // Some editors begin a file with a byte-order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        for (index, row) in text.lines().enumerate() {
            day.add_row(row)
                .map_err(|reason| format!("{name}:{}: {reason}", index + 1))?;
        }
    }
    Ok(day)
}

impl Day {
    fn add_row(&mut self, row: &str) -> Result<(), String> {
        let expected = || {
            let max = u32::MAX;
            format!("expected a row such as add,hex bolt,12 (at most {max}), found {row:?}")
        };
        let mut fields: Vec<&str> = row.split(',').collect();
        let quantity: u32 = fields
            .pop()
            .and_then(|field| field.parse().ok())
            .ok_or_else(expected)?;
        let quantity = i64::from(quantity);

        match fields[..] {
            ["stock", item] => {
                if item.is_empty() || item.trim() != item {
                    let expected = "the name of an item without white space around it";
                    return Err(format!("expected {expected}, found {item:?}"));
                }
                if self.opening_stock.contains_key(item) {
                    return Err(format!("a second stock row for {item:?}"));
                }
                self.opening_stock.insert(item.to_string(), quantity);
                self.available.insert(item.to_string(), quantity);
            }
            ["add", item] => {
                let item = self.known(item)?;
                self.adds.push(Order { item, quantity });
            }
            ["remove", item] => {
                let item = self.known(item)?;
                self.take_from_available(&item, quantity)?;
                self.removes.push(Order { item, quantity });
            }
            ["transfer", from, to] => {
                let (from, to) = (self.known(from)?, self.known(to)?);
                self.take_from_available(&from, quantity)?;
                self.transfers.push(Transfer { from, to, quantity });
            }
            _ => return Err(expected()),
        }
        Ok(())
    }

    /// The item's name, if it has a `stock` row.
    fn known(&self, item: &str) -> Result<String, String> {
        if !self.opening_stock.contains_key(item) {
            return Err(format!("no stock row for {item:?} above this one"));
        }
        Ok(item.to_string())
    }

    /// Reserves goods that leave the shelf, if the opening stock covers them.
    fn take_from_available(&mut self, item: &str, quantity: i64) -> Result<(), String> {
        let left = self.available[item] - quantity;
        if left < 0 {
            return Err(format!("the opening stock of {item:?} is {} short", -left));
        }
        self.available.insert(item.to_string(), left);
        Ok(())
    }
}
