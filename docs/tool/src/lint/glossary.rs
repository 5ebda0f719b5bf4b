//! The words with a fixed meaning. `glossary.md` defines each in an entry, and its last section,
//! the index, says how the pages write it:
//!
//! ```text
//! | On the pages | Entry | In |
//! |---|---|---|
//! | guard, guards | [Guard](#guard) | every chapter |
//! | level, levels | [Level](#level) | rlock |
//! ```
//!
//! Every entry is in the index. A chapter links the first use of each such word to its entry, and
//! no page uses a word of the field that the index does not have.

use crate::chapter::heading_id;
use crate::fault::Fault;
use crate::files;
use crate::lint::prose::{Prose, Use};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const PAGE: &str = "docs/src/glossary.md";
const LINK: &str = "glossary.md#";
const INDEX: &str = "\n## Index\n";
/// What links to the page as a whole are called.
const TITLE: &str = "Glossary";
const EVERYWHERE: &str = "every chapter";

/// The words of the field. A page may use one only if the index has it.
const FIELD: [&str; 50] = [
    "aba problem",
    "back-pressure",
    "backoff",
    "backpressure",
    "barging",
    "bucket lock",
    "busy-wait",
    "cache line",
    "compare-and-exchange",
    "compare-and-swap",
    "contended",
    "contention",
    "convoy",
    "coroutine",
    "critical section",
    "data race",
    "deadlock",
    "deadlocks",
    "epoch",
    "false sharing",
    "fence",
    "futex",
    "guard",
    "hand-off",
    "hand-over",
    "happens before",
    "happens-before",
    "hazard pointer",
    "linearizable",
    "livelock",
    "lock-free",
    "lost wakeup",
    "memory barrier",
    "memory ordering",
    "mutual exclusion",
    "parking lot",
    "permit",
    "poisoned",
    "poisoning",
    "predicate",
    "preemption",
    "priority inversion",
    "race condition",
    "re-entrant",
    "rendezvous",
    "spurious wakeup",
    "starvation",
    "thundering herd",
    "wait queue",
    "wait-free",
];

/// The faults of all pages; none without a glossary.
pub(crate) fn faults(workspace: &Path) -> Result<Vec<Fault>> {
    let src = workspace.join("docs/src");
    let Ok(page) = fs::read_to_string(workspace.join(PAGE)) else {
        return Ok(Vec::new());
    };
    let glossary = Glossary::parse(&page);
    let mut faults: Vec<_> = glossary
        .faults()
        .into_iter()
        .map(|reason| Fault::new(PAGE, reason))
        .collect();
    let chapters: Vec<_> = catalog::recipes(workspace)
        .iter()
        .map(|recipe| files::with_slashes(&recipe.chapter()))
        .collect();
    for file in files::below(&src, &[])? {
        let name = files::with_slashes(&file);
        if !name.ends_with(".md") || ["SUMMARY.md", "glossary.md"].contains(&&*name) {
            continue;
        }
        let page = fs::read_to_string(src.join(&file))
            .with_context(|| format!("cannot read docs/src/{name}"))?;
        let prose = Prose::of(&page);
        let is_chapter = chapters.contains(&format!("docs/src/{name}"));
        let unlinked = if is_chapter {
            glossary.unlinked(&prose, &name)
        } else {
            Vec::new()
        };
        let found = glossary
            .misnamed(&prose)
            .into_iter()
            .chain(glossary.unknown(&prose))
            .chain(unlinked);
        faults.extend(
            found.map(|(line, reason)| Fault::new(format!("docs/src/{name}:{line}"), reason)),
        );
    }
    Ok(faults)
}

/// A line of a page, and what is wrong there.
type Found = (usize, String);

struct Glossary {
    /// The entries, as links name them.
    entries: Vec<String>,
    /// By each word, as pages write it and in lower case.
    index: BTreeMap<String, Listed>,
}

struct Listed {
    entry: String,
    /// The chapters in which the word has this meaning: their names, or every one.
    chapters: String,
}

impl Listed {
    fn is_meant_in(&self, page: &str) -> bool {
        let file = page.rsplit('/').next().unwrap_or(page);
        let chapter = file.trim_end_matches(".md");
        self.chapters == EVERYWHERE || self.chapters.split(',').any(|name| name.trim() == chapter)
    }
}

impl Glossary {
    fn parse(page: &str) -> Self {
        let (before, index) = page.split_once(INDEX).unwrap_or((page, ""));
        let lines: Vec<_> = before.lines().collect();
        let terms = lines
            .windows(2)
            .filter(|pair| pair[1].starts_with(": "))
            .map(|pair| heading_id(pair[0]))
            .collect();
        Glossary {
            entries: terms,
            index: index.lines().flat_map(row).collect(),
        }
    }

    /// Entries that the index lacks, and the other way round.
    fn faults(&self) -> Vec<String> {
        let listed: Vec<_> = self.index.values().map(|it| &it.entry).collect();
        let missing = self.entries.iter().filter(|entry| !listed.contains(entry));
        let missing = missing.map(|entry| format!("the entry `{entry}` is not in the index"));
        let lost = self
            .index
            .iter()
            .filter(|(_, it)| !self.entries.contains(&it.entry));
        let lost = lost.map(|(word, Listed { entry, .. })| {
            format!("the index leads from `{word}` to `{entry}`, which is not an entry")
        });
        missing.chain(lost).collect()
    }

    /// Links to the glossary from a word that its index does not lead from.
    fn misnamed(&self, prose: &Prose) -> Vec<Found> {
        let links = prose.links().filter_map(|(line, text, target)| {
            let entry = entry(target)?;
            if entry.is_empty() && text == TITLE {
                return None;
            }
            let known = self.index.get(&text.to_lowercase());
            let is_right = known.is_some_and(|known| entry == known.entry);
            let target = target.trim_start_matches("../");
            (!is_right).then(|| {
                (
                    line,
                    format!("the glossary's index does not lead from `{text}` to `{target}`"),
                )
            })
        });
        links.collect()
    }

    /// Words of the field that are in no index.
    fn unknown(&self, prose: &Prose) -> Vec<Found> {
        let unlisted = FIELD.iter().filter(|word| !self.index.contains_key(**word));
        let found = unlisted.filter_map(|word| {
            let line = prose.uses(word).next()?.line;
            Some((
                line,
                format!("`{word}` is used but is not in the glossary's index"),
            ))
        });
        found.collect()
    }

    /// Entries whose first use is not a link to them.
    fn unlinked(&self, prose: &Prose, page: &str) -> Vec<Found> {
        let found = self.entries.iter().filter_map(|entry| {
            let words = self
                .index
                .iter()
                .filter(|(_, it)| it.entry == *entry && it.is_meant_in(page));
            let uses = words.flat_map(|(word, _)| prose.uses(word));
            // A link to another page names that page.
            let is_own = |link: &String| self::entry(link) == Some(entry);
            let first = uses
                .filter(|it| it.link.is_none_or(is_own))
                .min_by_key(|it| it.place)?;
            let Use {
                line, text, link, ..
            } = first;
            link.is_none().then(|| {
                (
                    line,
                    format!("the first `{text}` is not a link to {LINK}{entry}"),
                )
            })
        });
        found.collect()
    }
}

/// The entry that a link leads to, or nothing if it leads to the glossary as a whole. `None` for a
/// link to elsewhere.
fn entry(target: &str) -> Option<&str> {
    let rest = target
        .trim_start_matches("../")
        .strip_prefix("glossary.md")?;
    Some(rest.strip_prefix('#').unwrap_or(rest))
}

/// The words of a row of the index, each with its entry. Nothing for a line that is no such row.
fn row(line: &str) -> Vec<(String, Listed)> {
    let [words, link, chapters] = line
        .trim_matches('|')
        .split('|')
        .map(str::trim)
        .collect::<Vec<_>>()[..]
    else {
        return Vec::new();
    };
    let Some((_, entry)) = link.trim_end_matches(')').split_once("](#") else {
        return Vec::new();
    };
    let listed = || Listed {
        entry: entry.to_owned(),
        chapters: chapters.to_owned(),
    };
    words
        .split(',')
        .map(|word| (word.trim().to_lowercase(), listed()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "\
# Glossary

Guard
: Stands for a lock.

Wait queue
: The waiters.

## Index

| On the pages | Entry | In |
|---|---|---|
| guard, guards | [Guard](#guard) | every chapter |
| wait queue | [Wait queue](#wait-queue) | lock, rlock |
";

    fn found(page: &str) -> Vec<Found> {
        let (glossary, prose) = (Glossary::parse(PAGE), Prose::of(page));
        let all = [
            glossary.misnamed(&prose),
            glossary.unknown(&prose),
            glossary.unlinked(&prose, "lock.md"),
        ];
        all.into_iter().flatten().collect()
    }

    #[test]
    fn a_page_that_links_its_words_is_fine() {
        for page in [
            "A [guard](glossary.md#guard) and guards.\n",
            "The [wait\nqueue](glossary.md#wait-queue), a wait queue.\n",
            "# Guard\n\n`guard` and\n\n```text\nguard\n```\n\n| guard |\n|---|\n| guard |\n",
            "[The guard](lock.md), a [Guard](glossary.md#guard).\n",
            "Safeguards. See the [Glossary](glossary.md).\n",
            "A [guard](../glossary.md#guard) and guards.\n",
        ] {
            assert_eq!(found(page), [], "{page}");
        }
    }

    #[test]
    fn a_word_that_is_not_linked_is_found() {
        let expected = (
            3,
            "the first `guards` is not a link to glossary.md#guard".to_owned(),
        );
        assert_eq!(
            found("One\n\nand guards, a [guard](glossary.md#guard).\n"),
            [expected]
        );
        let expected = (
            1,
            "the first `wait queue` is not a link to glossary.md#wait-queue".to_owned(),
        );
        assert_eq!(found("A wait\nqueue.\n"), [expected]);
    }

    #[test]
    fn a_word_may_mean_something_else_in_another_chapter() {
        let (glossary, prose) = (Glossary::parse(PAGE), Prose::of("A wait queue.\n"));
        assert_eq!(glossary.unlinked(&prose, "rlock.md").len(), 1);
        assert_eq!(glossary.unlinked(&prose, "queue.md"), []);
    }

    #[test]
    fn a_word_that_the_index_lacks_is_found() {
        let expected = (
            2,
            "`livelock` is used but is not in the glossary's index".to_owned(),
        );
        assert_eq!(found("That\nis livelock.\n"), [expected]);
        let expected = (
            1,
            "the glossary's index does not lead from `gate` to `glossary.md#guard`".to_owned(),
        );
        assert_eq!(found("A [gate](glossary.md#guard).\n"), [expected]);
        assert_eq!(found("A [gate](../glossary.md#guard).\n").len(), 1);
        assert_eq!(found("A [guard](glossary.md).\n")[0].0, 1);
    }

    #[test]
    fn an_entry_that_the_index_lacks_is_found() {
        assert_eq!(Glossary::parse(PAGE).faults(), [""; 0]);
        let lost = PAGE.replace("](#guard)", "](#gate)");
        let faults = Glossary::parse(&lost).faults();
        assert_eq!(faults[0], "the entry `guard` is not in the index");
        assert_eq!(
            faults[1],
            "the index leads from `guard` to `gate`, which is not an entry"
        );
    }
}
