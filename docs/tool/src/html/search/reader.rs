//! A reader's search, for tests: what elasticlunr does in the browser, without a browser.
//! `docs/browser/search.mjs` searches for the same words with the script itself.

use super::index::{Words, json_in, typed_words};
use super::page_of;
use crate::build::tests::COOKBOOK;
use elasticlunr::Language;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What a word counts that only begins as the typed one does.
const LONGER: f64 = 0.15;

/// The search index of the cookbook.
pub(crate) struct Reader(Value);

/// Sections by their numbers, and how well each matches.
type Scores = BTreeMap<usize, f64>;

impl Reader {
    pub(crate) fn of_cookbook() -> Self {
        let site = &COOKBOOK.site;
        let address = site.search_index().expect("the book has a search index");
        let script = String::from_utf8_lossy(site.get(&address).expect("it is in the book"));
        let json = json_in(&script).expect("it has JSON");
        Reader(serde_json::from_str(&json).expect("it is JSON"))
    }

    /// The addresses of the sections that are found, the best first.
    pub(crate) fn search(&self, typed: &str) -> Vec<String> {
        let all = self.scores(typed, true);
        let scores = if all.is_empty() {
            self.scores(typed, false)
        } else {
            all
        };
        let mut found: Vec<_> = scores.into_iter().collect();
        found.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        found
            .into_iter()
            .map(|(id, _)| self.text(&["doc_urls"], id).to_owned())
            .collect()
    }

    /// The pages with all the words.
    pub(crate) fn pages(&self, typed: &str) -> BTreeSet<String> {
        let scores = self.scores(typed, true);
        scores
            .into_keys()
            .map(|id| page_of(self.text(&["doc_urls"], id)).to_owned())
            .collect()
    }

    fn text(&self, path: &[&str], id: usize) -> &str {
        let value = path.iter().fold(&self.0, |value, key| &value[key]);
        value[id].as_str().expect("a text")
    }

    fn scores(&self, typed: &str, all_words: bool) -> Scores {
        let tokens = Words.make_pipeline().run(typed_words(typed));
        let mut sum = Scores::new();
        let fields = self.0["search_options"]["fields"].as_object();
        for (field, options) in fields.expect("fields") {
            let boost = options["boost"].as_f64().expect("a boost");
            for (id, score) in self.scores_in(field, &tokens, all_words) {
                *sum.entry(id).or_default() += score * boost;
            }
        }
        sum
    }

    fn scores_in(&self, field: &str, tokens: &[String], all_words: bool) -> Scores {
        let mut sum: Option<Scores> = None;
        let mut exact: BTreeMap<usize, usize> = BTreeMap::new();
        for token in tokens {
            let mut scores = Scores::new();
            for (word, node) in self.words_from(field, token) {
                let documents = node["docs"].as_object().expect("documents");
                let found_in = node["df"].as_f64().expect("a number");
                let all = self.0["index"]["documentStore"]["length"].as_f64();
                let rarity = 1.0 + (all.expect("a number") / (found_in + 1.0)).ln();
                let mut likeness = 1.0;
                if word != *token {
                    let longer = (word.len() - token.len()) as f64;
                    likeness = LONGER * (1.0 - longer / word.len() as f64);
                }
                for (id, frequency) in documents {
                    let id: usize = id.parse().expect("sections are numbered");
                    let excluded = sum.as_ref().is_some_and(|sum| !sum.contains_key(&id));
                    if all_words && excluded {
                        continue;
                    }
                    if word == *token {
                        *exact.entry(id).or_default() += 1;
                    }
                    let frequency = frequency["tf"].as_f64().expect("a number");
                    let score = frequency * rarity * likeness / self.length(id, field).sqrt();
                    *scores.entry(id).or_default() += score;
                }
            }
            sum = Some(match sum {
                None => scores,
                Some(sum) if all_words => both(&sum, &scores),
                Some(sum) => either(sum, scores),
            });
        }
        let mut sum = sum.unwrap_or_default();
        for (id, count) in exact {
            if let Some(score) = sum.get_mut(&id) {
                *score *= count as f64 / tokens.len() as f64;
            }
        }
        sum
    }

    /// The words in the index that begin with `token`, and the nodes at which they end.
    fn words_from(&self, field: &str, token: &str) -> Vec<(String, &Value)> {
        let mut node = &self.0["index"]["index"][field]["root"];
        for letter in token.chars() {
            node = &node[letter.to_string()];
        }
        let mut words = Vec::new();
        let mut open = vec![(token.to_owned(), node)];
        while let Some((word, node)) = open.pop() {
            for (key, below) in node.as_object().into_iter().flatten() {
                if key != "docs" && key != "df" {
                    open.push((format!("{word}{key}"), below));
                }
            }
            if node["df"].as_u64() > Some(0) {
                words.push((word, node));
            }
        }
        words
    }

    /// The number of words in a section's field; 1 if it does not count.
    fn length(&self, id: usize, field: &str) -> f64 {
        let lengths = &self.0["index"]["documentStore"]["docInfo"][id.to_string()];
        let length = lengths[field].as_f64().unwrap_or_default();
        if length == 0.0 { 1.0 } else { length }
    }
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn both(sum: &Scores, scores: &Scores) -> Scores {
    let common = scores.iter().filter(|(id, _)| sum.contains_key(id));
    common.map(|(id, score)| (*id, sum[id] + score)).collect()
}

fn either(mut sum: Scores, scores: Scores) -> Scores {
    for (id, score) in scores {
        *sum.entry(id).or_default() += score;
    }
    sum
}

mod tests {
    use super::*;
    use crate::html::search::keywords::Keywords;

    fn keywords() -> Keywords {
        Keywords::read(&workspace()).unwrap()
    }

    /// Whether the address that was wanted is the section that was found, or its page.
    fn is_wanted(found: &str, wanted: &str) -> bool {
        found == wanted || page_of(found) == wanted
    }

    #[test]
    fn each_search_lists_its_page_first() {
        let reader = Reader::of_cookbook();
        let mut wrong = Vec::new();
        let mut count = 0;
        for (wanted, entry) in &keywords().0 {
            for typed in &entry.first_for {
                count += 1;
                let found = reader.search(typed);
                if !found.first().is_some_and(|it| is_wanted(it, wanted)) {
                    let first: Vec<_> = found.iter().take(3).collect();
                    wrong.push(format!("{typed:?} must find {wanted} first, not {first:?}"));
                }
            }
        }
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
        assert!(count >= 40, "only {count} searches");
    }

    /// A new chapter needs no entry in docs/search.toml for this.
    #[test]
    fn every_chapter_is_found_first_by_its_name() {
        let reader = Reader::of_cookbook();
        let mut wrong = Vec::new();
        for recipe in catalog::recipes(&workspace()) {
            let typed = recipe.name.replace('-', " ");
            let wanted = format!("{}/{}.html", recipe.part, recipe.name);
            let found = reader.search(&typed);
            if !found.first().is_some_and(|it| is_wanted(it, &wanted)) {
                let first: Vec<_> = found.iter().take(3).collect();
                wrong.push(format!("{typed:?} must find {wanted} first, not {first:?}"));
            }
        }
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    }

    #[test]
    fn words_that_no_section_has_together_find_those_with_some() {
        let reader = Reader::of_cookbook();
        assert!(reader.pages("gong").is_empty());
        assert!(reader.search("gong").is_empty());
        let found = reader.search("gong semaphore");
        assert_eq!(
            found.first().map(|it| page_of(it)),
            Some("synchronization/semaphore.html")
        );
    }
}
