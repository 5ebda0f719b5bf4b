//! The results of the benchmark: the files in shared/tools/benchmarks/results that
//! `cargo bench-peers` writes.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// The folder of the files, relative to the workspace.
pub(crate) const FOLDER: &str = "shared/tools/benchmarks/results";
/// The name of this library in the files.
pub(crate) const OURS: &str = "sync-primitives";
/// This library measured a second time. Its ratio to the first differs from 1 only by noise.
const CONTROL: &str = "sync-primitives again";
/// The format of the files that can be read.
const FORMAT: u32 = 2;

/// The part of a file that every format has.
#[derive(Deserialize)]
struct Header {
    format: u32,
}

#[derive(Deserialize)]
pub(crate) struct Results {
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
    /// A profile in which the workload was not measured is absent.
    profiles: BTreeMap<Profile, Measurement>,
}

/// The build profile of the programs that were measured.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Profile {
    /// Cargo's release profile with its defaults.
    Release,
    /// One codegen unit and thin LTO.
    Lto,
}

#[derive(Deserialize)]
struct Measurement {
    contenders: Vec<Contender>,
}

#[derive(Deserialize)]
pub(crate) struct Contender {
    pub(crate) name: String,
    pub(crate) median: f64,
    /// The cost of this library divided by the cost of this contender, round by round.
    pub(crate) ratio: Spread,
    /// What the kernel counted, on systems where it is asked.
    pub(crate) usage: Option<Usage>,
}

/// What an iteration cost, apart from time.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Usage {
    pub(crate) processor_ns: f64,
    pub(crate) sleeps: f64,
    pub(crate) switches: f64,
}

/// A median and its quartiles.
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
        let not_json = |error| format!("{FOLDER}/{file}: {error}");
        // The rest of a file with another format may not be readable.
        let Header { format } = serde_json::from_str(&text).map_err(not_json)?;
        if format != FORMAT {
            return Err(format!(
                "{FOLDER}/{file}: its format is {format}, not {FORMAT}"
            ));
        }
        serde_json::from_str(&text).map(Some).map_err(not_json)
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

impl Profile {
    /// All profiles, in the order of the tables.
    pub(crate) const ALL: [Self; 2] = [Self::Release, Self::Lto];

    /// What the tables call it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Release => "Release",
            Self::Lto => "One unit + LTO",
        }
    }
}

impl Workload {
    pub(crate) fn is_measured_in(&self, profile: Profile) -> bool {
        self.profiles.contains_key(&profile)
    }

    /// Everything that was measured in a profile. There is nothing if the workload was not measured
    /// in it.
    fn contenders(&self, profile: Profile) -> &[Contender] {
        self.profiles
            .get(&profile)
            .map_or(&[], |measurement| &measurement.contenders)
    }

    pub(crate) fn contender(&self, profile: Profile, name: &str) -> Option<&Contender> {
        self.contenders(profile)
            .iter()
            .find(|contender| contender.name == name)
    }

    /// All contenders except the control.
    pub(crate) fn rivals(&self, profile: Profile) -> impl Iterator<Item = &Contender> {
        self.contenders(profile)
            .iter()
            .filter(|contender| contender.name != CONTROL)
    }

    /// The peer that does best, and the ratio to it: below 1 this library is ahead.
    pub(crate) fn best_peer(&self, profile: Profile) -> Option<(&Contender, Spread)> {
        let peers = self
            .rivals(profile)
            .filter(|contender| contender.name != OURS);
        let against = peers.map(|peer| (peer, self.read(peer.ratio)));
        against.max_by(|(_, a), (_, b)| a.median.total_cmp(&b.median))
    }

    /// How far the quartiles of the control are from 1.
    pub(crate) fn noise(&self, profile: Profile) -> Option<f64> {
        let ratio = self.contender(profile, CONTROL)?.ratio;
        Some((ratio.high - 1.0).max(1.0 - ratio.low).max(0.0))
    }

    /// The best peer, if it is ahead of this library by more than the noise.
    pub(crate) fn leader(&self, profile: Profile) -> Option<(&Contender, Spread)> {
        let noise = self.noise(profile).unwrap_or(0.0);
        self.best_peer(profile)
            .filter(|(_, ratio)| ratio.median > 1.0 + noise)
    }

    /// A ratio read so that lower is better for this library.
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

/// A number with three significant digits, and with commas between thousands.
pub(crate) fn number(value: f64) -> String {
    let decimals = match value.abs() {
        size if size < 0.9995 => 3,
        size if size < 9.995 => 2,
        size if size < 99.95 => 1,
        _ => 0,
    };
    with_commas(&format!("{value:.decimals$}"))
}

/// A number with commas between the thousands before its point.
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

    /// A workload that was measured in the release profile only.
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
            profiles: BTreeMap::from([(Profile::Release, Measurement { contenders })]),
        }
    }

    #[test]
    fn the_best_peer_is_the_one_with_the_worst_ratio() {
        for (higher_is_better, name, ratio) in [(false, "b", 0.8), (true, "a", 2.0)] {
            let workload = workload(higher_is_better);
            let (peer, found) = workload.best_peer(Profile::Release).unwrap();
            assert_eq!((&*peer.name, found), (name, spread(ratio)));
        }
        assert_eq!(workload(false).noise(Profile::Release), Some(1.5));
    }

    #[test]
    fn a_profile_that_was_not_measured_has_no_contenders() {
        let workload = workload(false);
        assert!(!workload.is_measured_in(Profile::Lto));
        assert!(workload.best_peer(Profile::Lto).is_none());
        assert!(workload.leader(Profile::Lto).is_none());
        assert_eq!(workload.noise(Profile::Lto), None);
    }

    #[test]
    fn a_leader_leads_by_more_than_the_noise() {
        let leader = |control: Spread| {
            let mut workload = workload(true);
            let release = workload.profiles.get_mut(&Profile::Release).unwrap();
            release.contenders[1].ratio = control;
            let leader = workload.leader(Profile::Release);
            leader.map(|(peer, _)| peer.name.clone())
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
