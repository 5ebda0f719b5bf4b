//! The tables in `README.md`, one for each part, list the recipes that there are, and every recipe
//! is whole.

use catalog::Recipe;
use checks::judge::assert_all;
use checks::workspace;
use std::fs;
use std::path::Path;

const COLUMNS: [&str; 5] = ["Recipe", "Run it", "Type", "Chapter", "In Python"];

#[test]
fn the_tables_list_the_recipes() {
    let complaints = complaints(&readme(), &catalog::recipes(workspace()));
    assert!(
        complaints.is_empty(),
        "README.md:\n{}",
        complaints.join("\n")
    );
}

#[test]
fn the_two_commands_stand_above_the_tables() {
    let readme = readme();
    let (above, _) = readme.split_once("\n|").expect("README.md has a table");
    for command in ["cargo run -p rlock", "cargo test"] {
        assert!(
            above.contains(command),
            "README.md does not name `{command}` above its tables"
        );
    }
}

#[test]
fn every_recipe_is_whole() {
    assert_all(&catalog::recipes(workspace()), |recipe| {
        let mut parts = vec![
            recipe.lesson().path,
            recipe.chapter(),
            recipe.expected(),
            recipe.input(),
            recipe.python(),
            recipe.folder().join("tests"),
        ];
        for example in ["small", "solution"] {
            let name = format!("{}_{example}", recipe.name);
            parts.push(recipe.example(&name).expect("a good name").path);
        }
        parts.retain(|part| !is_there(part));
        match parts.is_empty() {
            true => Ok(()),
            false => Err(format!("missing or empty: {parts:?}")),
        }
    });
}

/// Whether this is a file, or a folder with something in it.
fn is_there(part: &Path) -> bool {
    let path = workspace().join(part);
    match fs::read_dir(&path) {
        Ok(mut entries) => entries.next().is_some(),
        Err(_) => path.is_file(),
    }
}

/// If these were not found out, nothing in the real table would be found out either.
#[test]
fn a_bad_table_is_found_out() {
    let [lock, rlock] = ["lock", "rlock"].map(|name| catalog::find(workspace(), name).unwrap());
    let page = rlock.chapter().display().to_string();
    let text = fs::read_to_string(workspace().join(&page)).expect("it has a chapter");
    let title = title_of(&text).expect("a chapter begins with its title");
    let head = format!("| {} |\n|---|---|---|---|---|\n", COLUMNS.join(" | "));
    let good = &format!(
        "| {title} | `cargo run -p rlock` | `RLock` | [RLock]({page}) | `threading.RLock` |"
    );
    for (row, complaint) in [
        (good.to_owned(), "0 rows with `cargo run -p lock`"),
        (
            format!("{good}\n{good}"),
            "2 rows with `cargo run -p rlock`",
        ),
        (
            good.replace("-p rlock", "-p lost"),
            "`cargo run -p lost` runs no recipe",
        ),
        (good.replace("cargo run -p ", ""), "`rlock` runs no recipe"),
        (
            good.replace(&page, "docs/src/rlock.md"),
            "[RLock](docs/src/rlock.md) is not its chapter",
        ),
        (
            good.replace(&page, &lock.chapter().display().to_string()),
            "is not its chapter",
        ),
        (
            good.replace(&format!("[RLock]({page})"), "RLock"),
            "RLock is not its chapter",
        ),
        (
            good.replace(title, "Have methods"),
            "the chapter's title is `",
        ),
        (good.replace("`RLock`", ""), "an empty cell"),
        (good.replace("| `RLock` |", "|"), "4 cells, not 5"),
        (
            format!("{good}\n\n## Threads\n\n{head}{good}"),
            "it stands below the heading `Threads`",
        ),
        (
            format!("{good}\n\n## Threads\n\n{head}"),
            "no row below the heading `Threads`",
        ),
    ] {
        let readme = format!("## Synchronization\n\n{head}{row}\n");
        let complaints = complaints(&readme, &[lock.clone(), rlock.clone()]).join("\n");
        assert!(
            complaints.contains(complaint),
            "no {complaint:?} in {complaints:?}"
        );
    }
    assert!(complaints("# No table\n", &[])[0].starts_with("no table"));
}

fn complaints(readme: &str, recipes: &[Recipe]) -> Vec<String> {
    let tables = tables(readme);
    if tables.is_empty() {
        return vec![format!("no table with the columns {}", COLUMNS.join(" | "))];
    }
    let mut complaints = Vec::new();
    for recipe in recipes {
        let command = format!("`{}`", recipe.lesson().command());
        let rows = tables.iter().flat_map(|table| &table.rows);
        let count = rows.filter(|row| row.contains(&&*command)).count();
        if count != 1 {
            complaints.push(format!("{count} rows with {command}"));
        }
    }
    for table in &tables {
        if table.rows.is_empty() {
            complaints.push(format!("no row below the heading `{}`", table.heading));
        }
        for row in &table.rows {
            if let Err(fault) = check(row, table.heading, recipes) {
                complaints.push(format!("{}: {fault}", row.join(" | ")));
            }
        }
    }
    complaints
}

fn check(row: &[&str], heading: &str, recipes: &[Recipe]) -> Result<(), String> {
    let [what, command, kind, chapter, python] = row else {
        return Err(format!("{} cells, not {}", row.len(), COLUMNS.len()));
    };
    if [what, kind, python].contains(&&"") {
        return Err("an empty cell".to_owned());
    }
    let runs_it = |recipe: &&Recipe| format!("`{}`", recipe.lesson().command()) == *command;
    let recipe = recipes
        .iter()
        .find(runs_it)
        .ok_or_else(|| format!("{command} runs no recipe"))?;
    if heading.to_lowercase() != recipe.part {
        return Err(format!("it stands below the heading `{heading}`"));
    }
    let page = recipe.chapter();
    if !chapter.ends_with(&format!("]({})", page.display())) {
        return Err(format!("{chapter} is not its chapter, {}", page.display()));
    }
    let text = fs::read_to_string(workspace().join(&page))
        .map_err(|error| format!("{} cannot be read: {error}", page.display()))?;
    match title_of(&text) {
        Some(title) if title == *what => Ok(()),
        title => Err(format!(
            "the chapter's title is `{}`",
            title.unwrap_or_default()
        )),
    }
}

fn title_of(page: &str) -> Option<&str> {
    page.lines().next()?.strip_prefix("# ")
}

/// A table of recipes.
struct Table<'a> {
    /// The heading above it, which is the name of a part.
    heading: &'a str,
    /// The cells of each row.
    rows: Vec<Vec<&'a str>>,
}

/// The tables that begin with a line that names the columns.
fn tables(readme: &str) -> Vec<Table<'_>> {
    let mut tables: Vec<Table> = Vec::new();
    let mut heading = "";
    let mut is_inside = false;
    for line in readme.lines() {
        let row = cells(line);
        if row.is_empty() {
            is_inside = false;
            if line.starts_with('#') {
                heading = line.trim_start_matches('#').trim();
            }
        } else if row == COLUMNS {
            is_inside = true;
            tables.push(Table {
                heading,
                rows: Vec::new(),
            });
        } else if is_inside
            && !line.starts_with("|-")
            && let Some(table) = tables.last_mut()
        {
            table.rows.push(row);
        }
    }
    tables
}

/// The cells of a row. Empty for a line that is no row.
fn cells(line: &str) -> Vec<&str> {
    let inside = line.trim().strip_prefix('|');
    match inside.and_then(|inside| inside.strip_suffix('|')) {
        Some(inside) => inside.split('|').map(str::trim).collect(),
        None => Vec::new(),
    }
}

fn readme() -> String {
    fs::read_to_string(workspace().join("README.md"))
        .expect("README.md is at the root of the workspace")
}
