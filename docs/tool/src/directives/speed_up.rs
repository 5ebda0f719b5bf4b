//! The table of what recipes gain from more threads on large inputs, as `cargo bench-peers
//! --speed-up --save` measured it.

use super::recipe::Recipes;
use super::results::{FOLDER, Machine, Spread};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

const HOW: &str = "`cargo bench-peers --speed-up --save` writes it";

#[derive(Deserialize)]
struct Results {
    date: String,
    machine: Machine,
    rounds: usize,
    recipes: BTreeMap<String, Row>,
}

#[derive(Deserialize)]
struct Row {
    /// By the number of threads.
    threads: BTreeMap<usize, Point>,
    share_of_two_copies: Spread,
}

#[derive(Deserialize)]
struct Point {
    speed_up: Spread,
}

/// A row for each recipe, or for one recipe alone.
pub(crate) fn table(recipes: &Recipes, only: Option<&str>) -> Result<String, String> {
    let path = PathBuf::from(FOLDER).join("speed-up.json");
    let text = recipes
        .read(&path)
        .map_err(|error| format!("{error}; {HOW}"))?;
    let results: Results = serde_json::from_str(&text)
        .map_err(|error| format!("{FOLDER}/speed-up.json cannot be read: {error}"))?;
    let mut lines = String::new();
    for (recipe, row) in &results.recipes {
        if only.is_some_and(|name| name != recipe) {
            continue;
        }
        if lines.is_empty() {
            lines += &head(row);
        }
        lines += &line(recipe, row);
    }
    if lines.is_empty() {
        let measured: Vec<&str> = results.recipes.keys().map(String::as_str).collect();
        let measured = measured.join(", ");
        return Err(format!(
            "{FOLDER}/speed-up.json has no such recipe; it has: {measured}"
        ));
    }
    let Machine {
        cpu, cores, rustc, ..
    } = &results.machine;
    let Results { date, rounds, .. } = &results;
    Ok(format!(
        "{lines}\nThe time of the sequential program divided by the time of the recipe, medians of \
         {rounds} rounds on {cpu} with {cores} cores, {rustc}, measured {date}. The last column is \
         the throughput of two threads as a share of what two copies of the sequential program \
         reach at the same time.\n"
    ))
}

fn head(row: &Row) -> String {
    let mut line = "| Recipe |".to_owned();
    for threads in row.threads.keys() {
        line += &match threads {
            1 => " 1 thread |".to_owned(),
            _ => format!(" {threads} threads |"),
        };
    }
    let columns = row.threads.len() + 2;
    format!(
        "{line} Share of two copies |\n|{}\n",
        "---|".repeat(columns)
    )
}

fn line(recipe: &str, row: &Row) -> String {
    let mut line = format!("| {recipe} |");
    for point in row.threads.values() {
        line += &format!(" {:.2} |", point.speed_up.median);
    }
    let share = 100.0 * row.share_of_two_copies.median;
    format!("{line} {share:.0} % |\n")
}
