//! The tables and the pictures of what the benchmark measured.

use crate::directives::compare::GROUP as RECIPES;
use crate::directives::figure;
use crate::directives::recipe::Recipes;
use crate::directives::results::{
    Contender, FOLDER, OURS, Profile, Results, Usage, Workload, number, ratio,
};
use std::collections::BTreeSet;

const HOW: &str = "`cargo bench-peers` writes it";
/// The table of a group: one row per workload and profile, and one column per contender.
pub(crate) fn table(recipes: &Recipes, group: &str) -> Result<String, String> {
    let quiet = measured(recipes, "quiet.json")?;
    let has_group = |results: &Results| results.group(group).next().is_some();
    if !has_group(&quiet) {
        let groups = quiet.groups().join(", ");
        return Err(format!(
            "{FOLDER}/quiet.json has no group `{group}`; it has: {groups}"
        ));
    }
    let busy = Results::read(&recipes.workspace, "busy.json")?.filter(has_group);
    let workloads: Vec<_> = quiet.group(group).collect();
    let profiles = profiles(&workloads);
    let contenders = contenders(&workloads);
    // Ways to do something have no peers and no noise.
    let is_comparison = contenders.first() == Some(&OURS);
    let mut rows = vec![head(
        group,
        &profiles,
        &contenders,
        is_comparison,
        busy.is_some(),
    )];
    rows.push(vec!["---".to_owned(); rows[0].len()]);
    for workload in &workloads {
        for (index, profile) in profiles.iter().enumerate() {
            let mut cells = vec![String::new()];
            if index == 0 {
                cells[0] = format!("{} ({})", workload.name, workload.unit);
            }
            if profiles.len() > 1 {
                cells.push(profile.label().to_owned());
            }
            cells.extend(costs(workload, *profile, &contenders));
            if is_comparison {
                let beside = busy
                    .as_ref()
                    .map(|busy| busy.workload(group, &workload.name));
                cells.extend(comparison(workload, *profile, beside));
            }
            rows.push(cells);
        }
    }
    let lines: String = rows
        .iter()
        .map(|cells| format!("| {} |\n", cells.join(" | ")))
        .collect();
    let caption = caption(&quiet, &profiles);
    Ok(format!("{lines}\n{caption}\n"))
}

fn measured(recipes: &Recipes, file: &str) -> Result<Results, String> {
    Results::read(&recipes.workspace, file)?
        .ok_or_else(|| format!("there is no {FOLDER}/{file}; {HOW}"))
}

/// The profiles in which at least one of the workloads was measured.
fn profiles(workloads: &[&Workload]) -> Vec<Profile> {
    let is_measured = |profile: &Profile| workloads.iter().any(|it| it.is_measured_in(*profile));
    Profile::ALL.into_iter().filter(is_measured).collect()
}

/// The names of all contenders: this library first, the others in the order of the workloads.
fn contenders<'a>(workloads: &[&'a Workload]) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    let mut names = Vec::new();
    for workload in workloads {
        for profile in Profile::ALL {
            for contender in workload.rivals(profile) {
                if seen.insert(&*contender.name) {
                    names.push(&*contender.name);
                }
            }
        }
    }
    names.sort_by_key(|name| *name != OURS);
    names
}

fn head(
    group: &str,
    profiles: &[Profile],
    contenders: &[&str],
    is_comparison: bool,
    busy: bool,
) -> Vec<String> {
    let mut cells = vec!["Workload".to_owned()];
    if profiles.len() > 1 {
        cells.push("Profile".to_owned());
    }
    cells.extend(contenders.iter().map(|name| shown(group, name)));
    if is_comparison {
        cells.push("Ratio to best peer".to_owned());
        cells.extend(busy.then(|| "Ratio on a busy machine".to_owned()));
        cells.push("Noise".to_owned());
    }
    cells
}

/// The name of a contender at the head of its column. Among the recipes, the program that the
/// chapter explains takes the place of this library. It need not use this library.
fn shown(group: &str, contender: &str) -> String {
    if group == RECIPES && contender == OURS {
        return "the recipe".to_owned();
    }
    format!("`{contender}`")
}

/// What a workload costs in one profile.
fn costs(workload: &Workload, profile: Profile, contenders: &[&str]) -> Vec<String> {
    let mut cells = Vec::new();
    for name in contenders {
        let contender = workload.contender(profile, name);
        cells.push(contender.map_or_else(none, |it| number(it.median)));
    }
    cells
}

/// The ratios and the noise of a workload in one profile. `busy` is the same workload in the
/// results of a busy machine, if there are such results.
fn comparison(
    workload: &Workload,
    profile: Profile,
    busy: Option<Option<&Workload>>,
) -> Vec<String> {
    let mut cells = Vec::new();
    if workload.is_measured_in(profile) {
        cells.push(best(workload, profile));
    } else {
        cells.push("not measured".to_owned());
    }
    if let Some(workload) = busy {
        cells.push(workload.map_or_else(none, |workload| best(workload, profile)));
    }
    let noise = workload.noise(profile);
    cells.push(noise.map_or_else(none, |noise| format!("± {noise:.2}")));
    cells
}

fn best(workload: &Workload, profile: Profile) -> String {
    workload
        .best_peer(profile)
        .map_or_else(none, |(peer, spread)| {
            format!("{} `{}`", ratio(spread), peer.name)
        })
}

fn none() -> String {
    "–".to_owned()
}

fn caption(results: &Results, profiles: &[Profile]) -> String {
    let Results {
        date,
        machine,
        rounds,
        ..
    } = results;
    let only = match profiles {
        [Profile::Release] => " All numbers are from release builds.".to_owned(),
        [profile] => format!(" All numbers are from the profile *{}*.", profile.label()),
        _ => String::new(),
    };
    format!(
        "Medians of up to {rounds} rounds on {}, {} cores, {}, {}, measured {date}.{only}",
        machine.cpu, machine.cores, machine.os, machine.rustc
    )
}

/// One row for each workload and profile in which a peer is ahead by more than the noise. It tells
/// by how much, and what the kernel counted for both.
pub(crate) fn behind(recipes: &Recipes, file: &str) -> Result<String, String> {
    let results = measured(recipes, &format!("{file}.json"))?;
    let mut lines =
        "| Workload | Profile | Ratio to best peer | Processor, ns | Sleeps | Switches |\n\
                     |---|---|---|---|---|---|\n"
            .to_owned();
    for workload in &results.workloads {
        for profile in Profile::ALL {
            lines.extend(row_if_behind(workload, profile));
        }
    }
    Ok(format!("{lines}\n"))
}

fn row_if_behind(workload: &Workload, profile: Profile) -> Option<String> {
    // Some rows compare ways to do something, and not this library with its peers.
    let ours = workload.contender(profile, OURS)?;
    let (leader, ratio) = workload.leader(profile)?;
    // A measurement of memory has no iterations that the counts could be divided by.
    let ours = Some(ours).filter(|_| workload.unit != "bytes each");
    let [processor, sleeps, switches] = both(ours, leader);
    let Workload { group, name, .. } = workload;
    let profile = profile.label();
    let best = format!("{} `{}`", number(ratio.median), leader.name);
    Some(format!(
        "| {group}: {name} | {profile} | {best} | {processor} | {sleeps} | {switches} |\n"
    ))
}

/// What the kernel counted per iteration of this library and of another one. A pair of counts that
/// are both below a thousandth is left out.
fn both(ours: Option<&Contender>, theirs: &Contender) -> [String; 3] {
    let usages = ours.and_then(|ours| ours.usage).zip(theirs.usage);
    let counts: [fn(&Usage) -> f64; 3] = [
        |usage| usage.processor_ns,
        |usage| usage.sleeps,
        |usage| usage.switches,
    ];
    counts.map(|count| {
        let pair = usages.map(|(ours, theirs)| [&ours, &theirs].map(count).map(number));
        let pair = pair.filter(|pair| pair.iter().any(|count| count != "0.000"));
        pair.map_or_else(none, |[ours, theirs]| format!("{ours} / {theirs}"))
    })
}

/// A picture that `cargo bench-peers` drew.
pub(crate) fn plot(recipes: &Recipes, file: &str) -> Result<String, String> {
    let svg = figure::svg(recipes, FOLDER, file).map_err(|reason| format!("{reason}; {HOW}"))?;
    let title = figure::words(&svg, "title")?;
    Ok(format!(
        "<div class=\"figure plot\">\n<figure>\n{svg}<figcaption><b>{title}</b></figcaption>\n</figure>\n</div>\n"
    ))
}
