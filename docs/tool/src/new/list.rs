//! The two lists of recipes that are files: the tables of the README and the contents of the book.

use anyhow::{Result, bail};

use super::name::{NewRecipe, part_titles};

/// A file that lists the recipes under the headings of the parts, and what it gets.
pub(super) struct List {
    /// Named from the workspace.
    pub(super) file: &'static str,
    /// What a heading of a part begins with.
    mark: &'static str,
    /// The heading of the new recipe's part.
    heading: String,
    /// What stands between the heading of a part and its first row.
    head: &'static str,
    /// The row of the new recipe.
    row: String,
}

impl List {
    /// The contents of the book.
    pub(super) fn summary(new: &NewRecipe) -> Self {
        let title = new.short_title();
        let part = &new.recipe.part;
        let name = &new.recipe.name;
        List {
            file: "docs/src/SUMMARY.md",
            mark: "# ",
            heading: format!("# {}", new.part_title()),
            head: "",
            row: format!("- [{title}]({part}/{name}.md)"),
        }
    }

    /// The tables of the README.
    pub(super) fn readme(new: &NewRecipe, chapter_title: &str) -> Self {
        let title = new.short_title();
        let part = &new.recipe.part;
        let name = &new.recipe.name;
        List {
            file: "README.md",
            mark: "### ",
            heading: format!("### {}", new.part_title()),
            head: "| Recipe | Run it | Type | Chapter | In Python |\n|---|---|---|---|---|\n",
            row: format!(
                "| {chapter_title} | `cargo run -p {name}` | `Lock` \
                 | [{title}](docs/src/{part}/{name}.md) | `threading.Lock` |"
            ),
        }
    }

    /// The text of the file with the new row: at the end of its part, which is made if it is new.
    pub(super) fn with_row(&self, text: &str) -> Result<String> {
        let lines: Vec<&str> = text.lines().collect();
        let mut result: Vec<&str> = Vec::new();
        if let Some(heading) = lines.iter().position(|line| *line == self.heading) {
            let end = self.end_of_part(&lines, heading);
            result.extend(&lines[..end]);
            result.push(&self.row);
            result.extend(&lines[end..]);
        } else {
            let place = self.place_of_new_part(&lines)?;
            result.extend(&lines[..place]);
            if place == lines.len() {
                result.push("");
            }
            result.extend([&*self.heading, ""]);
            result.extend(self.head.lines());
            result.push(&self.row);
            if place < lines.len() {
                result.push("");
            }
            result.extend(&lines[place..]);
        }
        Ok(result.join("\n") + "\n")
    }

    /// The line after the last row below this heading.
    fn end_of_part(&self, lines: &[&str], heading: usize) -> usize {
        let mut end = heading + 1;
        for (index, line) in lines.iter().enumerate().skip(heading + 1) {
            if line.starts_with('#') {
                break;
            }
            if line.starts_with(&self.row[..1]) {
                end = index + 1;
            }
        }
        end
    }

    /// The line of the heading that comes after the new part.
    fn place_of_new_part(&self, lines: &[&str]) -> Result<usize> {
        let mut earlier = true;
        let mut place = None;
        for title in part_titles() {
            let heading = format!("{}{title}", self.mark);
            if heading == self.heading {
                earlier = false;
            }
            let Some(found) = lines.iter().position(|line| *line == heading) else {
                continue;
            };
            if !earlier {
                return Ok(found);
            }
            let next = lines[found + 1..]
                .iter()
                .position(|line| line.starts_with('#'));
            place = Some(next.map_or(lines.len(), |next| found + 1 + next));
        }
        match place {
            Some(place) => Ok(place),
            None => bail!(
                "{} has no heading of a part, such as `{}`",
                self.file,
                self.heading
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUMMARY: &str = "\
# Summary

[Start](start.md)

# Synchronization

- [Lock](synchronization/lock.md)

# Processes

- [Pipe](processes/pipe.md)

# Tools

- [Timelines](timelines.md)
";

    fn with_row(path: &str) -> String {
        let new = NewRecipe::parse(path).unwrap();
        List::summary(&new).with_row(SUMMARY).unwrap()
    }

    #[test]
    fn a_row_goes_to_the_end_of_its_part() {
        let expected = SUMMARY.replace(
            "lock.md)\n",
            "lock.md)\n- [Bell](synchronization/bell.md)\n",
        );
        assert_eq!(with_row("synchronization/bell"), expected);
    }

    #[test]
    fn a_new_part_stands_in_the_order_of_the_book() {
        for (path, part, after) in [
            ("threads/bell", "Threads", "# Synchronization"),
            ("async/bell", "Async", "# Tools"),
        ] {
            let row = format!("# {part}\n\n- [Bell]({path}.md)\n\n{after}\n");
            let expected = SUMMARY.replace(&format!("{after}\n"), &row);
            assert_eq!(with_row(path), expected);
        }
    }

    #[test]
    fn a_new_part_can_be_the_last_one() {
        let new = NewRecipe::parse("gpu/bell").unwrap();
        let text = "# Threads\n\n- [Pool](threads/pool.md)\n";
        let expected = format!("{text}\n# GPU\n\n- [Bell](gpu/bell.md)\n");
        assert_eq!(List::summary(&new).with_row(text).unwrap(), expected);
    }

    #[test]
    fn a_new_part_in_the_readme_gets_a_table() {
        let new = NewRecipe::parse("threads/bell").unwrap();
        let list = List::readme(&new, "Ring a bell");
        let text = "## Recipes\n\n### Testing\n\n## Help\n";
        let result = list.with_row(text).unwrap();
        let row = "| Ring a bell | `cargo run -p bell` | `Lock` \
                   | [Bell](docs/src/threads/bell.md) | `threading.Lock` |";
        let head = list.head;
        assert_eq!(
            result,
            format!("## Recipes\n\n### Threads\n\n{head}{row}\n\n### Testing\n\n## Help\n")
        );
    }

    #[test]
    fn a_file_without_parts_is_refused() {
        let new = NewRecipe::parse("gpu/bell").unwrap();
        let error = List::summary(&new).with_row("# Summary\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "docs/src/SUMMARY.md has no heading of a part, such as `# GPU`"
        );
    }
}
