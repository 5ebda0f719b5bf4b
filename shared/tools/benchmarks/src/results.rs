//! The measurements, and the file that holds them.

use crate::{Result, profile::Profile, usage::PerIteration};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fs, io::ErrorKind, path::Path};

/// The version of the file's schema. Since version 2 a row has measurements of several profiles.
const FORMAT: u32 = 2;

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

/// Interpolates if the place of the quantile is between two values.
fn quantile(sorted: &[f64], part: f64) -> f64 {
    let place = (sorted.len() - 1) as f64 * part;
    let (below, above) = (
        sorted[place.floor() as usize],
        sorted[place.ceil() as usize],
    );
    below + (above - below) * place.fract()
}

/// Rounds to five significant digits, because more digits would only be noise.
fn rounded(value: f64) -> f64 {
    format!("{value:.4e}").parse().expect("it is a number")
}

/// The measurement of one contender.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) value: Spread,
    /// The cost of this library, or else of the baseline, divided by the cost of this contender,
    /// round by round.
    pub(crate) ratio: Spread,
    /// What the kernel counted per iteration, on systems where it is asked.
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
    /// A profile in which the row was not measured is absent.
    pub(crate) profiles: BTreeMap<Profile, Measurement>,
}

/// A row in one build profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Measurement {
    /// This library, then the control if there is one, then the peers. In a row that does not
    /// compare this library, the baseline comes first.
    pub(crate) contenders: Vec<Entry>,
    pub(crate) floor: Option<Entry>,
}

/// The machine and the compiler that the figures are valid for.
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
    /// Whether other processes kept every core busy.
    pub(crate) busy: bool,
    pub(crate) machine: Machine,
    pub(crate) versions: BTreeMap<String, String>,
    pub(crate) rounds: usize,
    pub(crate) workloads: Vec<Row>,
}

/// The part of a file that every format has.
#[derive(Deserialize)]
struct Header {
    format: u32,
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

    /// Returns `None` if there is no such file.
    pub(crate) fn read(file: &Path) -> Result<Option<Self>> {
        match fs::read_to_string(file) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("{} cannot be read: {error}", file.display()).into()),
            Ok(text) => Self::parse(&text).map(Some).map_err(|error| {
                format!(
                    "{} is not a results file ({error}); delete it and measure all workloads",
                    file.display()
                )
                .into()
            }),
        }
    }

    fn parse(text: &str) -> Result<Self> {
        // The rest of a file with another format may not be readable.
        let Header { format } = serde_json::from_str(text)?;
        if format != FORMAT {
            return Err(format!("its format is {format}").into());
        }
        Ok(serde_json::from_str(text)?)
    }

    pub(crate) fn write(&self, file: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        fs::write(file, text)
            .map_err(|error| format!("{} cannot be written: {error}", file.display()).into())
    }

    /// Whether rows of both may be in one file. A crate that only one of them knows was not
    /// measured in the other.
    pub(crate) fn is_comparable_to(&self, other: &Self) -> bool {
        let mut known_to_both = self.versions.iter();
        self.machine == other.machine
            && known_to_both.all(|(name, version)| {
                other
                    .versions
                    .get(name)
                    .is_none_or(|other| other == version)
            })
    }

    /// Adds the rows of an older file that were not measured again. The order is that of the older
    /// file; a row that it does not have comes at the end of its group.
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
    fn a_spread_has_the_median_and_the_quartiles() {
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

    /// An entry of the given cost in a row where this library costs 10. The quartiles are a tenth
    /// above and below.
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

    pub(crate) fn measurement(contenders: Vec<Entry>) -> Measurement {
        Measurement {
            contenders,
            floor: None,
        }
    }

    /// A row that was measured in the release profile only.
    pub(crate) fn row(group: &str, name: &str, contenders: Vec<Entry>) -> Row {
        Row {
            group: group.to_owned(),
            name: name.to_owned(),
            unit: "ns".to_owned(),
            higher_is_better: false,
            profiles: BTreeMap::from([(Profile::Release, measurement(contenders))]),
        }
    }

    /// Results of a quiet machine with two cores.
    pub(crate) fn results_of(rows: Vec<Row>) -> Results {
        let text = String::new;
        let machine = Machine {
            cpu: text(),
            cores: 2,
            os: text(),
            rustc: text(),
        };
        let mut results = Results::new(text(), false, machine, BTreeMap::new(), 3);
        results.workloads = rows;
        results
    }

    fn results(names: &[(&str, &str, f64)]) -> Results {
        let row =
            |(group, name, cost): &(&str, &str, f64)| row(group, name, vec![entry("std", *cost)]);
        results_of(names.iter().map(row).collect())
    }

    #[test]
    fn a_file_is_read_as_it_was_written() {
        let mut results = results(&[("Lock", "a", 1.0), ("Lock", "b", 1.0)]);
        let lto = measurement(vec![entry("std", 2.0)]);
        results.workloads[1].profiles.insert(Profile::Lto, lto);
        let text = serde_json::to_string(&results).expect("results are plain data");
        assert_eq!(Results::parse(&text).expect("its format is known"), results);
        assert!(
            text.contains(r#""profiles":{"release":{"contenders":["#),
            "{text}"
        );
        assert!(text.contains(r#""lto":{"contenders":["#), "{text}");
        assert!(
            text.contains(r#"{"name":"std","median":1.0,"low":0.9"#),
            "{text}"
        );
    }

    #[test]
    fn a_file_of_another_format_is_rejected_by_its_number() {
        let older = r#"{"format": 1, "workloads": [{"contenders": []}]}"#;
        let error = Results::parse(older).expect_err("the format is unknown");
        assert_eq!(error.to_string(), "its format is 1");
    }

    #[test]
    fn results_with_another_version_of_a_crate_are_not_comparable() {
        let with = |crates: &[(&str, &str)]| {
            let mut results = results(&[]);
            for (name, version) in crates {
                let (name, version) = ((*name).to_owned(), (*version).to_owned());
                results.versions.insert(name, version);
            }
            results
        };
        let older = with(&[("tokio", "1.54.1")]);
        assert!(older.is_comparable_to(&with(&[("tokio", "1.54.1"), ("papaya", "0.2.5")])));
        assert!(with(&[("tokio", "1.54.1"), ("papaya", "0.2.5")]).is_comparable_to(&older));
        assert!(!older.is_comparable_to(&with(&[("tokio", "1.55.0")])));
        let mut elsewhere = with(&[("tokio", "1.54.1")]);
        elsewhere.machine.cores = 64;
        assert!(!older.is_comparable_to(&elsewhere));
    }

    #[test]
    fn rows_that_were_not_measured_again_stay() {
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
