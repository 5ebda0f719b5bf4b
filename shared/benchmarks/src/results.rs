//! What was measured, and the file that holds it.

use crate::{Result, usage::PerIteration};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fs, io::ErrorKind, path::Path};

/// The version of the schema.
const FORMAT: u32 = 1;

/// A median and its quartiles.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Spread {
    pub(crate) fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let [median, low, high] = [0.5, 0.25, 0.75].map(|part| rounded(quantile(&values, part)));
        Self { median, low, high }
    }
}

pub(crate) fn median(values: Vec<f64>) -> f64 {
    Spread::of(values).median
}

/// Between two values if the place falls between them.
fn quantile(sorted: &[f64], part: f64) -> f64 {
    let place = (sorted.len() - 1) as f64 * part;
    let (below, above) = (
        sorted[place.floor() as usize],
        sorted[place.ceil() as usize],
    );
    below + (above - below) * place.fract()
}

/// To five significant digits: more would only be noise in the file.
fn rounded(value: f64) -> f64 {
    format!("{value:.4e}").parse().expect("it is a number")
}

/// How one contender did in a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) value: Spread,
    /// Ours divided by this contender's, round by round.
    pub(crate) ratio: Spread,
    /// What an iteration costs beside time, where the kernel tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) usage: Option<PerIteration>,
}

/// One figure of one workload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) group: String,
    pub(crate) name: String,
    pub(crate) unit: String,
    pub(crate) higher_is_better: bool,
    /// Ours, the control if there is one, the peers.
    pub(crate) contenders: Vec<Entry>,
    pub(crate) floor: Option<Entry>,
}

/// What the figures hold for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) os: String,
    pub(crate) rustc: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Results {
    pub(crate) format: u32,
    pub(crate) date: String,
    /// Beside other programs that keep every core busy.
    pub(crate) busy: bool,
    pub(crate) machine: Machine,
    pub(crate) versions: BTreeMap<String, String>,
    pub(crate) rounds: usize,
    pub(crate) workloads: Vec<Row>,
}

impl Results {
    pub(crate) fn new(
        date: String,
        busy: bool,
        machine: Machine,
        versions: BTreeMap<String, String>,
        rounds: usize,
    ) -> Self {
        Self {
            format: FORMAT,
            date,
            busy,
            machine,
            versions,
            rounds,
            workloads: Vec::new(),
        }
    }

    /// None if there is no such file.
    pub(crate) fn read(file: &Path) -> Result<Option<Self>> {
        match fs::read_to_string(file) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("{} cannot be read: {error}", file.display()).into()),
            Ok(text) => Self::parse(&text).map(Some).map_err(|error| {
                format!(
                    "{} is no results file ({error}); delete it and measure all",
                    file.display()
                )
                .into()
            }),
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let results: Self = serde_json::from_str(text)?;
        if results.format == FORMAT {
            Ok(results)
        } else {
            Err(format!("its format is {}", results.format).into())
        }
    }

    pub(crate) fn write(&self, file: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        fs::write(file, text)
            .map_err(|error| format!("{} cannot be written: {error}", file.display()).into())
    }

    /// Whether rows of the two may stand in one file.
    pub(crate) fn is_comparable_to(&self, other: &Self) -> bool {
        (&self.machine, &self.versions) == (&other.machine, &other.versions)
    }

    /// Takes over the rows of an older file that were not measured anew, in the order of that file. New rows stand where
    /// their older selves stood, or at the end of their group.
    pub(crate) fn keep_others_of(&mut self, older: Self) {
        let mut rows = older.workloads;
        for row in self.workloads.drain(..) {
            if let Some(same) = rows
                .iter_mut()
                .find(|old| (&old.group, &old.name) == (&row.group, &row.name))
            {
                *same = row;
            } else {
                let last = rows.iter().rposition(|old| old.group == row.group);
                rows.insert(last.map_or(rows.len(), |last| last + 1), row);
            }
        }
        self.workloads = rows;
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    #[test]
    fn a_spread_is_the_median_and_the_quartiles() {
        let spread = |values: &[f64]| Spread::of(values.to_vec());
        assert_eq!(
            spread(&[5.0, 1.0, 4.0, 2.0, 3.0]),
            Spread {
                median: 3.0,
                low: 2.0,
                high: 4.0
            }
        );
        assert_eq!(
            spread(&[4.0, 1.0]),
            Spread {
                median: 2.5,
                low: 1.75,
                high: 3.25
            }
        );
        assert_eq!(
            spread(&[123.456_789]),
            Spread {
                median: 123.46,
                low: 123.46,
                high: 123.46
            }
        );
    }

    /// An entry that costs so much, as if ours cost 10, with a tenth more and less in its quartiles.
    pub(crate) fn entry(name: &str, cost: f64) -> Entry {
        let around = |median: f64| Spread {
            median,
            low: median * 0.9,
            high: median * 1.1,
        };
        Entry {
            name: name.to_owned(),
            value: around(cost),
            ratio: around(10.0 / cost),
            usage: None,
        }
    }

    pub(crate) fn row(group: &str, name: &str, contenders: Vec<Entry>) -> Row {
        let (group, name, unit) = (group.to_owned(), name.to_owned(), "ns".to_owned());
        Row {
            group,
            name,
            unit,
            higher_is_better: false,
            contenders,
            floor: None,
        }
    }

    fn results(names: &[(&str, &str, f64)]) -> Results {
        let text = String::new;
        let machine = Machine {
            cpu: text(),
            cores: 2,
            os: text(),
            rustc: text(),
        };
        let mut results = Results::new(text(), false, machine, BTreeMap::new(), 3);
        let row =
            |(group, name, cost): &(&str, &str, f64)| row(group, name, vec![entry("std", *cost)]);
        results.workloads = names.iter().map(row).collect();
        results
    }

    #[test]
    fn a_file_is_read_as_it_was_written() {
        let results = results(&[("Lock", "a", 1.0)]);
        let text = serde_json::to_string(&results).expect("it is plain");
        assert_eq!(Results::parse(&text).expect("it is its own"), results);
        assert!(
            text.contains(r#"{"name":"std","median":1.0,"low":0.9"#),
            "{text}"
        );
        let newer = text.replace("\"format\":1", "\"format\":2");
        assert_eq!(
            Results::parse(&newer).expect_err("not ours").to_string(),
            "its format is 2"
        );
    }

    #[test]
    fn rows_that_were_not_measured_anew_stay() {
        let older = results(&[("Lock", "a", 1.0), ("Lock", "b", 1.0), ("Queue", "a", 1.0)]);
        let mut newer = results(&[("Lock", "c", 2.0), ("Lock", "a", 2.0), ("Event", "a", 2.0)]);
        newer.keep_others_of(older);
        let kept = [
            ("Lock", "a", 2.0),
            ("Lock", "b", 1.0),
            ("Lock", "c", 2.0),
            ("Queue", "a", 1.0),
            ("Event", "a", 2.0),
        ];
        assert_eq!(newer, results(&kept));
    }
}
