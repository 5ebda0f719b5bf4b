//! The tables and the pictures of what the benchmark measured.

use crate::figure;
use crate::recipe::Recipes;
use crate::results::{Contender, FOLDER, OURS, Results, Usage, Workload, number, ratio};
use std::collections::BTreeSet;

const HOW: &str = "`cargo bench-peers` writes it";

/// One row a workload of the group, one column a contender.
pub(crate) fn table(recipes: &Recipes, group: &str) -> Result<String, String> {
    let quiet = measured(recipes, "quiet.json")?;
    let busy = Results::read(&recipes.workspace, "busy.json")?;
    let workloads: Vec<_> = quiet.group(group).collect();
    if workloads.is_empty() {
        let groups = quiet.groups().join(", ");
        return Err(format!(
            "{FOLDER}/quiet.json has no group `{group}`; it has: {groups}"
        ));
    }
    let contenders = contenders(&workloads);
    let mut rows = vec![head(&contenders, busy.is_some())];
    rows.push(vec!["---".to_owned(); rows[0].len()]);
    rows.extend(workloads.iter().map(|workload| {
        let beside = busy
            .as_ref()
            .map(|busy| busy.workload(group, &workload.name));
        row(workload, &contenders, beside)
    }));
    let lines: String = rows
        .iter()
        .map(|cells| format!("| {} |\n", cells.join(" | ")))
        .collect();
    Ok(format!("{lines}\n{}\n", caption(&quiet)))
}

fn measured(recipes: &Recipes, file: &str) -> Result<Results, String> {
    Results::read(&recipes.workspace, file)?
        .ok_or_else(|| format!("there is no {FOLDER}/{file}; {HOW}"))
}

/// The names of all that take part, ours first, the others as they come.
fn contenders<'a>(workloads: &[&'a Workload]) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    let names = workloads
        .iter()
        .flat_map(|workload| workload.rivals())
        .map(|contender| &*contender.name);
    let mut names: Vec<_> = names.filter(|name| seen.insert(*name)).collect();
    names.sort_by_key(|name| *name != OURS);
    names
}

fn head(contenders: &[&str], busy: bool) -> Vec<String> {
    let mut cells = vec!["Workload".to_owned()];
    cells.extend(contenders.iter().map(|name| format!("`{name}`")));
    cells.push("Ours ÷ best other".to_owned());
    cells.extend(busy.then(|| "The same on a busy machine".to_owned()));
    cells.push("Noise".to_owned());
    cells
}

fn row(workload: &Workload, contenders: &[&str], busy: Option<Option<&Workload>>) -> Vec<String> {
    let mut cells = vec![format!("{} ({})", workload.name, workload.unit)];
    let median = |name: &&str| {
        workload
            .contender(name)
            .map_or_else(none, |it| number(it.median))
    };
    cells.extend(contenders.iter().map(median));
    cells.push(best(workload));
    cells.extend(busy.map(|workload| workload.map_or_else(none, best)));
    cells.push(
        workload
            .noise()
            .map_or_else(none, |noise| format!("± {noise:.2}")),
    );
    cells
}

fn best(workload: &Workload) -> String {
    workload.best_peer().map_or_else(none, |(peer, spread)| {
        format!("{} `{}`", ratio(spread), peer.name)
    })
}

fn none() -> String {
    "–".to_owned()
}

fn caption(results: &Results) -> String {
    let Results {
        date,
        machine,
        rounds,
        ..
    } = results;
    format!(
        "Medians of up to {rounds} rounds on {}, {} cores, {}, {}, measured {date}.",
        machine.cpu, machine.cores, machine.os, machine.rustc
    )
}

/// One row a workload in which a peer is ahead by more than the noise: by how much, and what the two cost beside time.
pub(crate) fn behind(recipes: &Recipes, file: &str) -> Result<String, String> {
    let results = measured(recipes, &format!("{file}.json"))?;
    let mut lines =
        "| Workload | Ours ÷ best other | Processor, ns | Sleeps | Switches |\n|---|---|---|---|---|\n".to_owned();
    for workload in &results.workloads {
        let Some((leader, ratio)) = workload.leader() else {
            continue;
        };
        // Bytes have no iterations.
        let ours = workload
            .contender(OURS)
            .filter(|_| workload.unit != "bytes each");
        let [processor, sleeps, switches] = both(ours, leader);
        let Workload { group, name, .. } = workload;
        let best = format!("{} `{}`", number(ratio.median), leader.name);
        lines += &format!("| {group}: {name} | {best} | {processor} | {sleeps} | {switches} |\n");
    }
    Ok(format!("{lines}\n"))
}

/// What the kernel counted for each iteration of ours and of another; nothing where both are below a thousandth.
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

/// The picture that `cargo bench-peers` has drawn.
pub(crate) fn plot(recipes: &Recipes, file: &str) -> Result<String, String> {
    let svg = figure::svg(recipes, FOLDER, file).map_err(|reason| format!("{reason}; {HOW}"))?;
    Ok(format!("<figure class=\"plot\">\n{svg}</figure>\n"))
}
