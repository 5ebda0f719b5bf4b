//! The table in `README.md` and the folders in `recipes/` say the same.

use checks::{recipes, workspace};
use std::fs;

const COLUMNS: [&str; 5] = ["Recipe", "Run it", "Type", "Chapter", "In Python"];
const PARTS: [&str; 4] = ["src/main.rs", "expected.txt", "input", "tests"];

#[test]
fn the_table_and_the_folders_say_the_same() {
    let complaints = complaints(&readme(), &recipes());
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
    for recipe in recipes() {
        for part in PARTS {
            let path = workspace().join("recipes").join(&recipe).join(part);
            let empty = path.is_dir()
                && fs::read_dir(&path).is_ok_and(|mut entries| entries.next().is_none());
            assert!(
                path.exists() && !empty,
                "recipes/{recipe}/{part} is missing or empty"
            );
        }
    }
}

/// Were these not found out, neither would be anything in the real table.
#[test]
fn a_bad_table_is_found_out() {
    let good = "| Let methods that lock call one another | `cargo run -p rlock` | `RLock` | [RLock](docs/src/rlock.md) \
                | `threading.RLock` |";
    for (row, complaint) in [
        (good.to_owned(), "0 rows with `cargo run -p lock`"),
        (
            format!("{good}\n{good}"),
            "2 rows with `cargo run -p rlock`",
        ),
        (
            good.replace("-p rlock", "-p lost"),
            "`cargo run -p lost` runs no folder in recipes",
        ),
        (
            good.replace("cargo run -p ", ""),
            "`rlock` runs no folder in recipes",
        ),
        (
            good.replace("docs/src/rlock.md", "docs/src/lost.md"),
            "[RLock](docs/src/lost.md) is no chapter",
        ),
        (
            good.replace("docs/src/rlock.md", "README.md"),
            "[RLock](README.md) is no chapter",
        ),
        (
            good.replace("[RLock](docs/src/rlock.md)", "RLock"),
            "RLock is no chapter",
        ),
        (
            good.replace("Let methods", "Have methods"),
            "the chapter's title is `Let methods",
        ),
        (good.replace("`RLock`", ""), "an empty cell"),
        (good.replace("| `RLock` |", "|"), "4 cells, not 5"),
    ] {
        let readme = format!(
            "| {} |\n|---|---|---|---|---|\n{row}\n",
            COLUMNS.join(" | ")
        );
        let complaints = complaints(&readme, &["lock".to_owned(), "rlock".to_owned()]).join("\n");
        assert!(
            complaints.contains(complaint),
            "no {complaint:?} in {complaints:?}"
        );
    }
    assert!(complaints("# No table\n", &[])[0].starts_with("no table"));
}

fn complaints(readme: &str, recipes: &[String]) -> Vec<String> {
    let Some(rows) = table(readme) else {
        return vec![format!("no table with the columns {}", COLUMNS.join(" | "))];
    };
    let commands: Vec<_> = recipes
        .iter()
        .map(|recipe| format!("`cargo run -p {recipe}`"))
        .collect();
    let mut complaints = Vec::new();
    for command in &commands {
        let count = rows
            .iter()
            .filter(|row| row.contains(&command.as_str()))
            .count();
        if count != 1 {
            complaints.push(format!("{count} rows with {command}"));
        }
    }
    complaints.extend(
        rows.iter()
            .filter_map(|row| Some(format!("{}: {}", row.join(" | "), fault(row, &commands)?))),
    );
    complaints
}

fn fault(row: &[&str], commands: &[String]) -> Option<String> {
    let [recipe, command, kind, chapter, python] = row else {
        return Some(format!("{} cells, not {}", row.len(), COLUMNS.len()));
    };
    if [recipe, kind, python].contains(&&"") {
        Some("an empty cell".to_owned())
    } else if !commands.iter().any(|known| known == command) {
        Some(format!("{command} runs no folder in recipes"))
    } else {
        match title(chapter) {
            None => Some(format!("{chapter} is no chapter in docs/src")),
            Some(title) if title != *recipe => Some(format!("the chapter's title is `{title}`")),
            Some(_) => None,
        }
    }
}

/// The title of the chapter that the cell links to.
fn title(cell: &str) -> Option<String> {
    let target = cell.split_once("](")?.1.strip_suffix(')')?;
    let page = target
        .strip_prefix("docs/src/")
        .filter(|page| page.ends_with(".md"))?;
    let text = fs::read_to_string(workspace().join("docs/src").join(page)).ok()?;
    text.lines().next()?.strip_prefix("# ").map(str::to_owned)
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
