//! The table in `README.md` lists the recipes that there are, and every recipe is whole.

use catalog::Recipe;
use checks::judge::assert_all;
use checks::workspace;
use std::fs;
use std::path::Path;

const COLUMNS: [&str; 5] = ["Recipe", "Run it", "Type", "Chapter", "In Python"];

#[test]
fn the_table_lists_the_recipes() {
    let complaints = complaints(&readme(), &catalog::recipes(workspace()));
    assert!(
        complaints.is_empty(),
        "README.md:\n{}",
        complaints.join("\n")
    );
}

#[test]
fn the_two_commands_stand_above_the_table() {
    let readme = readme();
    let (above, _) = readme.split_once("\n|").expect("README.md has a table");
    for command in ["cargo run -p rlock", "cargo test"] {
        assert!(
            above.contains(command),
            "README.md does not name `{command}` above its table"
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
    ] {
        let readme = format!(
            "| {} |\n|---|---|---|---|---|\n{row}\n",
            COLUMNS.join(" | ")
        );
        let complaints = complaints(&readme, &[lock.clone(), rlock.clone()]).join("\n");
        assert!(
            complaints.contains(complaint),
            "no {complaint:?} in {complaints:?}"
        );
    }
    assert!(complaints("# No table\n", &[])[0].starts_with("no table"));
}

fn complaints(readme: &str, recipes: &[Recipe]) -> Vec<String> {
    let Some(rows) = table(readme) else {
        return vec![format!("no table with the columns {}", COLUMNS.join(" | "))];
    };
    let mut complaints = Vec::new();
    for recipe in recipes {
        let command = format!("`{}`", recipe.lesson().command());
        let count = rows.iter().filter(|row| row.contains(&&*command)).count();
        if count != 1 {
            complaints.push(format!("{count} rows with {command}"));
        }
    }
    for row in &rows {
        if let Err(fault) = check(row, recipes) {
            complaints.push(format!("{}: {fault}", row.join(" | ")));
        }
    }
    complaints
}

fn check(row: &[&str], recipes: &[Recipe]) -> Result<(), String> {
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

/// The cells of the rows below the line that names the columns.
fn table(readme: &str) -> Option<Vec<Vec<&str>>> {
    let cells = |line| -> Option<Vec<&str>> {
        let inside = str::trim(line).strip_prefix('|')?.strip_suffix('|')?;
        Some(inside.split('|').map(str::trim).collect())
    };
    let mut lines = readme
        .lines()
        .map(cells)
        .skip_while(|row| row.as_deref() != Some(&COLUMNS));
    lines.next()?;
    let rows: Vec<_> = lines.skip(1).map_while(|row| row).collect();
    (!rows.is_empty()).then_some(rows)
}

fn readme() -> String {
    fs::read_to_string(workspace().join("README.md"))
        .expect("README.md is at the root of the workspace")
}
