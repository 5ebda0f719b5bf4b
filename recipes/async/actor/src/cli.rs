//! The command-line part of the recipe: reads the stock and the orders, and prints the report.
//! Nothing in this file is about tasks, so you can skip it when you read the recipe.
//!
//! A row is an item of the stock, or a line of an order:
//!
//! ```text
//! stock,ITEM,UNITS,NAME                the name ends with the row, and may contain commas
//! order,NUMBER,CUSTOMER,ITEM,UNITS     the lines of an order follow each other
//! ```
//!
//! The numbers of units are whole numbers from 0 to 4294967295. If you name several files, they are
//! read as one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::{env, fs, panic, process};

const DEFAULT_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/input/shop.csv");

/// Each customer is a task, so their number is limited.
const MAX_CUSTOMERS: usize = 10_000;

/// The maximum number of items in the report.
const MOST_MISSED: usize = 10;

/// The number of units of each item.
pub(crate) type Stock = BTreeMap<String, u32>;

/// An order of one customer.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) number: String,
    pub(crate) lines: Vec<Line>,
}

/// The items that the shop sends for an order. If an item runs out, its line has fewer units.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parcel {
    pub(crate) lines: Vec<Line>,
}

/// One item of an order or of a parcel.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) item: String,
    pub(crate) units: u32,
}

/// An order and its parcel, which is `None` if the order got no answer.
pub(crate) struct Outcome {
    pub(crate) order: Order,
    pub(crate) parcel: Option<Parcel>,
}

/// The stock and the orders of one day.
#[derive(Default)]
pub(crate) struct Day {
    pub(crate) catalog: Catalog,
    /// The orders of each customer.
    pub(crate) customers: Vec<Vec<Order>>,
}

/// The items of the shop.
#[derive(Default)]
pub(crate) struct Catalog {
    items: BTreeMap<String, Item>,
}

struct Item {
    name: String,
    units: u32,
}

impl Catalog {
    /// Returns the stock that the shop has when it opens.
    pub(crate) fn stock(&self) -> Stock {
        let mut stock = Stock::new();
        for (code, item) in &self.items {
            stock.insert(code.clone(), item.units);
        }
        stock
    }
}

/// Reads the files named on the command line, or else the recipe's own input.
///
/// If a file cannot be used, prints one line that says which and why, and exits with status 1.
pub(crate) fn day_or_exit() -> Day {
    load(files()).unwrap_or_else(|reason| exit(&reason))
}

/// Replaces the default message of a panic, which takes several lines.
pub(crate) fn report_panics_in_one_line() {
    panic::set_hook(Box::new(|info| {
        let reason = info.payload_as_str().unwrap_or("no reason is known");
        // If standard error is closed, there is nowhere to report the panic.
        let _ = writeln!(io::stderr(), "a task failed: {reason}");
    }));
}

/// Prints the totals, and the items with the most missing units.
///
/// # Panics
///
/// Panics if the units in the parcels and those left do not add up to the opening stock.
pub(crate) fn print_report(catalog: &Catalog, outcomes: &[Outcome], left: &Stock, restarts: usize) {
    let mut ordered: HashMap<&str, u64> = HashMap::new();
    let mut sent: HashMap<&str, u64> = HashMap::new();
    let mut lost: Vec<&str> = Vec::new();
    for outcome in outcomes {
        let Some(parcel) = &outcome.parcel else {
            lost.push(&outcome.order.number);
            continue;
        };
        for line in &outcome.order.lines {
            *ordered.entry(&line.item).or_default() += u64::from(line.units);
        }
        for line in &parcel.lines {
            *sent.entry(&line.item).or_default() += u64::from(line.units);
        }
    }
    lost.sort_unstable();

    let mut rows = Vec::new();
    for (code, item) in &catalog.items {
        let ordered = ordered.get(&**code).copied().unwrap_or_default();
        let sent = sent.get(&**code).copied().unwrap_or_default();
        let left = u64::from(left[code]);
        assert_eq!(
            sent + left,
            u64::from(item.units),
            "units of {code} were lost"
        );
        let name = &item.name;
        rows.push(Row {
            code,
            name,
            ordered,
            sent,
        });
    }

    let mut report = format!(
        "orders: {}, answered: {}, restarts: {restarts}\n",
        outcomes.len(),
        outcomes.len() - lost.len()
    );
    for number in lost {
        report += &format!("no answer to order {number}\n");
    }
    report += &totals(rows);

    if let Err(error) = io::stdout().write_all(report.as_bytes()) {
        // A program that reads our output, such as `head`, may stop when it has seen enough.
        if error.kind() != ErrorKind::BrokenPipe {
            exit(&format!("cannot print the result: {error}"));
        }
    }
}

/// One item in the report.
struct Row<'a> {
    code: &'a str,
    name: &'a str,
    ordered: u64,
    sent: u64,
}

impl Row<'_> {
    fn missing(&self) -> u64 {
        self.ordered - self.sent
    }
}

fn totals(mut rows: Vec<Row>) -> String {
    let ordered: u64 = rows.iter().map(|row| row.ordered).sum();
    let sent: u64 = rows.iter().map(|row| row.sent).sum();
    rows.retain(|row| row.missing() > 0);
    let mut text = format!("units ordered: {ordered}, sent: {sent}\n");
    text += &format!("items that ran out: {}\n", rows.len());
    text += "ordered    sent missing item\n";

    // The sort keeps items with equally many missing units in the order of their codes.
    rows.sort_by_key(|row| Reverse(row.missing()));
    rows.truncate(MOST_MISSED);
    for row in rows {
        let missing = row.missing();
        let Row {
            code,
            name,
            ordered,
            sent,
        } = row;
        text += &format!("{ordered:>7} {sent:>7} {missing:>7} {code} {name}\n");
    }
    text
}

fn files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    if files.is_empty() {
        files.push(PathBuf::from(DEFAULT_FILE));
    }
    files
}

fn load(files: Vec<PathBuf>) -> Result<Day, String> {
    let mut reader = Reader::default();
    for path in files {
        let name = path.display();
        let bytes = fs::read(&path).map_err(|error| format!("cannot read {name}: {error}"))?;
        let text = String::from_utf8(bytes).map_err(|_| format!("{name} is not UTF-8 text"))?;
        // Some editors begin a file with a byte-order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        for (index, row) in text.lines().enumerate() {
            let row = row.trim_end_matches('\r');
            reader
                .read_row(row)
                .map_err(|reason| format!("{name}:{}: {reason}", index + 1))?;
        }
    }
    Ok(reader.day)
}

#[derive(Default)]
struct Reader {
    day: Day,
    /// The index of each customer in `day.customers`.
    places: HashMap<String, usize>,
    /// The numbers of all orders.
    numbers: HashSet<String>,
    /// The number and the customer of the order to which the previous line belongs.
    last: Option<(String, String)>,
}

impl Reader {
    fn read_row(&mut self, row: &str) -> Result<(), String> {
        match row.split_once(',') {
            Some(("stock", rest)) => self.read_item(row, rest),
            Some(("order", rest)) => self.read_line(row, rest),
            _ => Err(format!("expected stock,… or order,…, found {row:?}")),
        }
    }

    fn read_item(&mut self, row: &str, rest: &str) -> Result<(), String> {
        let bad = || format!("expected stock,ITEM,UNITS,NAME, found {row:?}");
        let mut fields = rest.splitn(3, ',');
        let code = fields.next().filter(|code| is_word(code)).ok_or_else(bad)?;
        let units = fields.next().and_then(parse_units).ok_or_else(bad)?;
        let name = fields.next().ok_or_else(bad)?.trim().to_string();
        let item = Item { name, units };
        match self.day.catalog.items.insert(code.to_string(), item) {
            None => Ok(()),
            Some(_) => Err(format!("item {code} has a row already")),
        }
    }

    fn read_line(&mut self, row: &str, rest: &str) -> Result<(), String> {
        let bad = || format!("expected order,NUMBER,CUSTOMER,ITEM,UNITS, found {row:?}");
        let fields: Vec<&str> = rest.split(',').collect();
        let [number, customer, item, units] = fields[..] else {
            return Err(bad());
        };
        if !is_word(number) || !is_word(customer) || !is_word(item) {
            return Err(bad());
        }
        let units = parse_units(units).ok_or_else(bad)?;

        let customers = &mut self.day.customers;
        let place = *self
            .places
            .entry(customer.to_string())
            .or_insert(customers.len());
        if place == MAX_CUSTOMERS {
            return Err(format!(
                "more than {MAX_CUSTOMERS} customers: each is a task, so use fewer"
            ));
        }
        if place == customers.len() {
            customers.push(Vec::new());
        }

        let order = (number.to_string(), customer.to_string());
        if self.last.as_ref() != Some(&order) {
            if !self.numbers.insert(number.to_string()) {
                return Err(format!(
                    "order {number} has begun already: its lines must follow each other, and have \
                     one customer"
                ));
            }
            customers[place].push(Order {
                number: number.to_string(),
                lines: Vec::new(),
            });
            self.last = Some(order);
        }
        let order = customers[place].last_mut().expect("it has been pushed");
        order.lines.push(Line {
            item: item.to_string(),
            units,
        });
        Ok(())
    }
}

/// Items, orders and customers have names without white space.
fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.contains(char::is_whitespace)
}

/// Reads digits only: `parse` alone would accept a sign.
fn parse_units(digits: &str) -> Option<u32> {
    if digits.starts_with('+') {
        return None;
    }
    digits.parse().ok()
}

fn exit(reason: &str) -> ! {
    // If standard error is closed, the exit status still reports the failure.
    let _ = writeln!(io::stderr(), "{reason}");
    process::exit(1)
}
