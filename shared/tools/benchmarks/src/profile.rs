//! The build profiles that are compared, and the program of this package built in each of them.
//!
//! The program that the user starts measures nothing itself. It has Cargo build the same program in
//! every profile that is asked for, and runs each workload in a child process of each build. A
//! child measures one workload and prints the measurements as JSON. So both profiles are measured
//! in the same way, and one right after the other.

use crate::{
    Result,
    measure::Workload,
    results::{Measurement, Row},
    watchdog,
};
use checks::process::{cargo, executable};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    path::PathBuf,
    process::{Command, Stdio},
};

/// A build profile of the workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Profile {
    /// Cargo's release profile with its defaults: 16 codegen units, and thin LTO within each crate
    /// only.
    Release,
    /// One codegen unit, and thin LTO across crates.
    Lto,
}

impl Profile {
    pub(crate) const BOTH: &'static [Self] = &[Self::Release, Self::Lto];

    /// What the tables call it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Lto => "one unit + LTO",
        }
    }

    /// What the workspace's `Cargo.toml` calls it.
    fn cargo_name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Lto => "bench-lto",
        }
    }
}

/// This program, built in each profile that is measured.
pub(crate) struct Programs {
    paths: BTreeMap<Profile, PathBuf>,
}

impl Programs {
    /// Builds the programs before anything is measured.
    pub(crate) fn build(profiles: &[Profile]) -> Result<Self> {
        let mut paths = BTreeMap::new();
        for profile in profiles {
            paths.insert(*profile, build(*profile)?);
        }
        Ok(Self { paths })
    }

    /// Measures a workload in every profile that it takes part in.
    pub(crate) fn measure(&self, workload: &Workload, rounds: usize) -> Result<Vec<Row>> {
        let mut rows = workload.rows();
        for (profile, program) in &self.paths {
            if !workload.profiles().contains(profile) {
                continue;
            }
            let title = workload.title();
            let mut command = Command::new(program);
            command.args([ARGUMENT, title.as_str(), &rounds.to_string()]);
            let output = command
                .stdin(Stdio::null())
                .stderr(Stdio::inherit())
                .output()
                .map_err(|error| format!("{} cannot be run: {error}", program.display()))?;
            if !output.status.success() {
                return Err(format!("{title} failed in the profile {}", profile.label()).into());
            }
            let measurements: Vec<Measurement> = serde_json::from_slice(&output.stdout)?;
            add(&mut rows, *profile, measurements)?;
        }
        Ok(rows)
    }
}

/// Adds the measurements of one profile to the rows of their workload.
fn add(rows: &mut [Row], profile: Profile, measurements: Vec<Measurement>) -> Result<()> {
    if rows.len() != measurements.len() {
        return Err(format!(
            "{} rows need as many measurements, but the program of the profile {} made {}",
            rows.len(),
            profile.label(),
            measurements.len()
        )
        .into());
    }
    for (row, measurement) in rows.iter_mut().zip(measurements) {
        row.profiles.insert(profile, measurement);
    }
    Ok(())
}

/// Has Cargo build this package, and returns the path of the program.
fn build(profile: Profile) -> Result<PathBuf> {
    let profile = profile.cargo_name();
    let package = env!("CARGO_PKG_NAME");
    eprintln!("building the benchmarks in the profile {profile}");
    let mut command = cargo();
    command.args(["build", "--quiet", "--message-format", "json"]);
    command.args(["--profile", profile, "--package", package]);
    let output = command
        .current_dir(checks::workspace())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(format!("the benchmarks do not build in the profile {profile}").into());
    }
    for message in String::from_utf8(output.stdout)?.lines() {
        if let Some((name, path)) = executable(message)
            && name == package
        {
            return Ok(path);
        }
    }
    Err(format!("cargo built no program in the profile {profile}").into())
}

/// The first argument of a child process. The title of a workload and the number of rounds follow
/// it.
pub(crate) const ARGUMENT: &str = "--measure-one";

/// What a child process does: it measures one workload, and prints the measurements.
pub(crate) fn measure_one(workloads: Vec<Workload>, title: &str, rounds: &str) -> Result<()> {
    let workload = workloads
        .into_iter()
        .find(|workload| workload.title() == title)
        .ok_or_else(|| format!("there is no workload `{title}`"))?;
    watchdog::start();
    let measurements = workload.measure(rounds.parse()?)?;
    println!("{}", serde_json::to_string(&measurements)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::entry;

    #[test]
    fn each_row_gets_its_measurement_in_the_profile() {
        let measurement = |cost| Measurement {
            contenders: vec![entry("std", cost)],
            floor: None,
        };
        let workload = Workload::new("Test", "two profiles", "ns");
        let mut rows = workload.rows();
        add(&mut rows, Profile::Release, vec![measurement(1.0)]).expect("one row");
        add(&mut rows, Profile::Lto, vec![measurement(2.0)]).expect("one row");
        assert_eq!(rows[0].profiles[&Profile::Release], measurement(1.0));
        assert_eq!(rows[0].profiles[&Profile::Lto], measurement(2.0));
        let none = add(&mut rows, Profile::Lto, Vec::new());
        assert!(none.is_err(), "a missing measurement must be an error");
    }

    #[test]
    fn the_workspace_has_every_profile() {
        let manifest = include_str!("../../../../Cargo.toml");
        let section = format!("[profile.{}]", Profile::Lto.cargo_name());
        assert!(manifest.contains(&section), "Cargo.toml has no {section}");
    }
}
