//! What the benchmark measured: the files in shared/benchmarks/results, as `cargo bench-peers` writes them.

use serde::Deserialize;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// Where the files are, seen from the workspace.
pub(crate) const FOLDER: &str = "shared/benchmarks/results";
/// What ours is called there.
pub(crate) const OURS: &str = "sync-primitives";
/// Ours a second time: its ratio to ours is 1 but for noise.
const CONTROL: &str = "sync-primitives again";
/// The format that is read here.
const FORMAT: u32 = 1;

#[derive(Deserialize)]
pub(crate) struct Results {
    format: u32,
    pub(crate) date: String,
    pub(crate) machine: Machine,
    pub(crate) rounds: usize,
    pub(crate) workloads: Vec<Workload>,
}

#[derive(Deserialize)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) os: String,
    pub(crate) rustc: String,
}

#[derive(Deserialize)]
pub(crate) struct Workload {
    pub(crate) group: String,
    pub(crate) name: String,
    pub(crate) unit: String,
    #[serde(default)]
    higher_is_better: bool,
    pub(crate) contenders: Vec<Contender>,
}

#[derive(Deserialize)]
pub(crate) struct Contender {
    pub(crate) name: String,
    pub(crate) median: f64,
    /// Ours divided by this one's, round by round.
    pub(crate) ratio: Spread,
    /// Where the kernel tells.
    pub(crate) usage: Option<Usage>,
}

/// What an iteration cost beside time.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Usage {
    pub(crate) processor_ns: f64,
    pub(crate) sleeps: f64,
    pub(crate) switches: f64,
}

/// A median between its quartiles.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Results {
    /// The file `quiet.json` or `busy.json`; `None` if it was never written.
    pub(crate) fn read(workspace: &Path, file: &str) -> Result<Option<Self>, String> {
        let text = match fs::read_to_string(workspace.join(FOLDER).join(file)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("cannot read {FOLDER}/{file}: {error}")),
            Ok(text) => text,
        };
        let results: Self =
            serde_json::from_str(&text).map_err(|error| format!("{FOLDER}/{file}: {error}"))?;
        if results.format != FORMAT {
            return Err(format!(
                "{FOLDER}/{file}: its format is {}, not {FORMAT}",
                results.format
            ));
        }
        Ok(Some(results))
    }

    pub(crate) fn group<'a>(&'a self, group: &str) -> impl Iterator<Item = &'a Workload> {
        self.workloads
            .iter()
            .filter(move |workload| workload.group == group)
    }

    pub(crate) fn workload(&self, group: &str, name: &str) -> Option<&Workload> {
        self.group(group).find(|workload| workload.name == name)
    }

    /// The names of the groups, in order.
    pub(crate) fn groups(&self) -> Vec<&str> {
        let mut groups: Vec<_> = self
            .workloads
            .iter()
            .map(|workload| &*workload.group)
            .collect();
        groups.dedup();
        groups
    }
}

impl Workload {
    pub(crate) fn contender(&self, name: &str) -> Option<&Contender> {
        self.contenders
            .iter()
            .find(|contender| contender.name == name)
    }

    /// Everyone but the control.
    pub(crate) fn rivals(&self) -> impl Iterator<Item = &Contender> {
        self.contenders
            .iter()
            .filter(|contender| contender.name != CONTROL)
    }

    /// The peer against which ours does worst, and ours against it: below 1 ours is ahead.
    pub(crate) fn best_peer(&self) -> Option<(&Contender, Spread)> {
        let peers = self.rivals().filter(|contender| contender.name != OURS);
        let against = peers.map(|peer| (peer, self.read(peer.ratio)));
        against.max_by(|(_, a), (_, b)| a.median.total_cmp(&b.median))
    }

    /// How far the control's quartiles lie from 1.
    pub(crate) fn noise(&self) -> Option<f64> {
        let ratio = self.contender(CONTROL)?.ratio;
        Some((ratio.high - 1.0).max(1.0 - ratio.low).max(0.0))
    }

    /// The best peer, if ours is behind it by more than the noise.
    pub(crate) fn leader(&self) -> Option<(&Contender, Spread)> {
        self.best_peer()
            .filter(|(_, ratio)| ratio.median > 1.0 + self.noise().unwrap_or(0.0))
    }

    /// A ratio read so that less is better for ours.
    fn read(&self, ratio: Spread) -> Spread {
        let Spread { median, low, high } = ratio;
        if self.higher_is_better {
            Spread {
                median: 1.0 / median,
                low: 1.0 / high,
                high: 1.0 / low,
            }
        } else {
            ratio
        }
    }
}

/// Three significant digits, thousands apart.
pub(crate) fn number(value: f64) -> String {
    let decimals = match value.abs() {
        size if size < 0.9995 => 3,
        size if size < 9.995 => 2,
        size if size < 99.95 => 1,
        _ => 0,
    };
    with_commas(&format!("{value:.decimals$}"))
}

/// A number's digits before the point in groups of three.
pub(crate) fn with_commas(number: &str) -> String {
    let digits = number.find('.').unwrap_or(number.len());
    let apart = |(index, digit): (usize, char)| {
        let comma = index > 0 && index < digits && (digits - index).is_multiple_of(3);
        if comma {
            format!(",{digit}")
        } else {
            digit.to_string()
        }
    };
    number.chars().enumerate().map(apart).collect()
}

/// A ratio and its quartiles.
pub(crate) fn ratio(spread: Spread) -> String {
    let Spread { median, low, high } = spread;
    let decimals = if median < 0.1 { 3 } else { 2 };
    format!("{median:.decimals$} ({low:.decimals$} to {high:.decimals$})")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(median: f64) -> Spread {
        Spread {
            median,
            low: median * 0.5,
            high: median * 2.0,
        }
    }

    fn workload(higher_is_better: bool) -> Workload {
        let contender = |name: &str, ratio| Contender {
            name: name.to_owned(),
            median: 1.0,
            ratio: spread(ratio),
            usage: None,
        };
        let contenders = vec![
            contender(OURS, 1.0),
            contender(CONTROL, 1.25),
            contender("a", 0.5),
            contender("b", 0.8),
        ];
        Workload {
            group: "G".to_owned(),
            name: "w".to_owned(),
            unit: "ns".to_owned(),
            higher_is_better,
            contenders,
        }
    }

    #[test]
    fn the_best_peer_is_the_one_that_ours_does_worst_against() {
        for (higher_is_better, name, ratio) in [(false, "b", 0.8), (true, "a", 2.0)] {
            let workload = workload(higher_is_better);
            let (peer, found) = workload.best_peer().unwrap();
            assert_eq!((&*peer.name, found), (name, spread(ratio)));
        }
        assert_eq!(workload(false).noise(), Some(1.5));
    }

    #[test]
    fn a_leader_leads_by_more_than_the_noise() {
        let leader = |control: Spread| {
            let mut workload = workload(true);
            workload.contenders[1].ratio = control;
            workload.leader().map(|(peer, _)| peer.name.clone())
        };
        let around = |noise| Spread {
            median: 1.0,
            low: 1.0,
            high: 1.0 + noise,
        };
        assert_eq!(
            [0.9, 1.1].map(around).map(leader),
            [Some("a".to_owned()), None]
        );
    }

    #[test]
    fn a_small_ratio_keeps_its_digits() {
        assert_eq!(ratio(spread(0.8)), "0.80 (0.40 to 1.60)");
        assert_eq!(ratio(spread(0.004)), "0.004 (0.002 to 0.008)");
    }

    #[test]
    fn numbers_have_three_digits() {
        for (value, text) in [
            (0.1234, "0.123"),
            (1.5, "1.50"),
            (9.999, "10.0"),
            (99.97, "100"),
            (123.6, "124"),
            (1234567.0, "1,234,567"),
        ] {
            assert_eq!(number(value), text);
        }
        assert_eq!(with_commas("1234567"), "1,234,567");
    }
}
