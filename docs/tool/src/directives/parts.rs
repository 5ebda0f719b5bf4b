//! The parts of the book with their recipes, for its first page. A part without a recipe does not
//! appear.

use super::recipe::Recipes;
use crate::html::with_code;
use catalog::Recipe;
use std::path::Path;

/// A part of the book: a folder below `recipes/` and below `docs/src/`.
pub(crate) struct Part {
    pub(crate) folder: &'static str,
    pub(crate) title: &'static str,
    about: &'static str,
}

/// The parts in the order of the book. Each needs a line here before it can have a recipe.
pub(crate) const PARTS: [Part; 8] = [
    Part {
        folder: "threads",
        title: "Threads",
        about: "Start threads, share data with them and split work among processors.",
    },
    Part {
        folder: "synchronization",
        title: "Synchronization",
        about: "Let threads take turns, wait for each other and hand over work.",
    },
    Part {
        folder: "processes",
        title: "Processes",
        about: "Use several processes, and carry on when one of them dies.",
    },
    Part {
        folder: "messages",
        title: "Messages",
        about: "Exchange messages between ranks, as MPI programs do.",
    },
    Part {
        folder: "async",
        title: "Async",
        about: "Wait for many things at once, cancel them and shut down cleanly.",
    },
    Part {
        folder: "distributed",
        title: "Distributed",
        about: "Spread work over machines with sockets, remote calls and queues.",
    },
    Part {
        folder: "gpu",
        title: "GPU",
        about: "Run a function on the GPU and check the result on the CPU.",
    },
    Part {
        folder: "testing",
        title: "Testing",
        about: "Find the race or the deadlock before your users do.",
    },
];

const SUMMARY: &str = "docs/src/SUMMARY.md";

/// Each part that has a recipe, with the titles of its chapters in the order of the table of
/// contents. It is one block of HTML, so it has no empty line.
pub(crate) fn list(recipes: &Recipes) -> Result<String, String> {
    let all = catalog::recipes(&recipes.workspace);
    if let Some(lost) = all.iter().find(|recipe| is_unknown(&recipe.part)) {
        return Err(format!(
            "docs/tool/src/directives/parts.rs does not say what the part `{}` is about",
            lost.part
        ));
    }
    let summary = recipes.read(Path::new(SUMMARY))?;
    let mut html = String::from("<ol class=\"parts\">\n");
    for part in &PARTS {
        let mut chapters: Vec<&Recipe> = Vec::new();
        for recipe in &all {
            if recipe.part == part.folder {
                chapters.push(recipe);
            }
        }
        if chapters.is_empty() {
            continue;
        }
        chapters.sort_by_key(|recipe| place_in(&summary, recipe));
        html += &row(recipes, part, &chapters)?;
    }
    Ok(html + "</ol>\n")
}

fn is_unknown(folder: &str) -> bool {
    PARTS.iter().all(|part| part.folder != folder)
}

/// Where the table of contents names a recipe's chapter. A chapter that it lacks comes last;
/// another check reports it.
fn place_in(summary: &str, recipe: &Recipe) -> usize {
    let link = format!("({}/{}.md)", recipe.part, recipe.name);
    summary.find(&link).unwrap_or(usize::MAX)
}

fn row(recipes: &Recipes, part: &Part, chapters: &[&Recipe]) -> Result<String, String> {
    let Part {
        folder,
        title,
        about,
    } = part;
    let mut html = format!(
        "<li><div class=\"part\" id=\"part-{folder}\"><strong>{title}</strong><p>{about}</p></div>\n\
         <ul aria-label=\"{title}\">\n"
    );
    for recipe in chapters {
        let title = title_of(&recipes.read(&recipe.chapter())?)
            .ok_or_else(|| format!("{} has no title", recipe.chapter().display()))?;
        let address = format!("{}/{}.html", recipe.part, recipe.name);
        html += &format!("<li><a href=\"{address}\">{title}</a></li>\n");
    }
    Ok(html + "</ul></li>\n")
}

/// The first heading of a chapter, as HTML.
fn title_of(chapter: &str) -> Option<String> {
    let title = chapter.lines().find_map(|line| line.strip_prefix("# "))?;
    Some(with_code(title))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A workspace with these recipes, whose chapters have titles, and a table of contents in
    /// another order.
    fn workspace(recipes: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let mut summary = String::new();
        for recipe in recipes {
            write(&format!("recipes/{recipe}/Cargo.toml"), "");
            write(
                &format!("docs/src/{recipe}.md"),
                &format!("# Use `{recipe}` & more\n"),
            );
            summary.insert_str(0, &format!("- [A]({recipe}.md)\n"));
        }
        write(SUMMARY, &summary);
        root
    }

    #[test]
    fn only_parts_with_recipes_appear_in_the_order_of_the_contents() {
        let root = workspace(&["synchronization/barrier", "synchronization/lock"]);
        let html = list(&Recipes::new(root.path().to_owned())).unwrap();
        assert!(html.contains("<strong>Synchronization</strong>"), "{html}");
        assert!(!html.contains("GPU") && !html.contains("\n\n"), "{html}");
        let lock = "<a href=\"synchronization/lock.html\">Use <code>synchronization/lock</code> \
                    &amp; more</a>";
        let place = html.find(lock).expect(&html);
        assert!(place < html.find("barrier.html").unwrap(), "{html}");
    }

    #[test]
    fn a_part_that_nothing_is_said_about_is_refused() {
        let root = workspace(&["signals/bell"]);
        let reason = list(&Recipes::new(root.path().to_owned())).unwrap_err();
        assert!(
            reason.ends_with("does not say what the part `signals` is about"),
            "{reason}"
        );
    }
}
