//! The index that a reader's browser searches, made anew from the sections that mdBook has found.
//!
//! mdBook's own index has three faults for this book. It knows `std::sync::RwLock` as one word. It
//! drops `get`, which is a method, because it is common in English. And it lists a section before
//! the chapter if the section's heading is shorter. Here a word is made of letters, digits and
//! `_`, the list of dropped words is short, and a chapter is found by its name and by the words of
//! [`Keywords`]. What a result shows stays as mdBook made it.

use super::keywords::Keywords;
use super::page_of;
use crate::fault::Fault;
use anyhow::{Context, Result};
use elasticlunr::lang::English;
use elasticlunr::lang::common::StopWordFilter;
use elasticlunr::{IndexBuilder, Language, Pipeline};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What runs in the browser before a search.
const SCRIPT: &str = include_str!("browser.js");

/// The words that are neither in the index nor searched for.
pub(super) const STOP_WORDS: &[&str] = &[
    "a", "about", "also", "am", "an", "and", "are", "as", "at", "be", "been", "but", "by", "can",
    "could", "did", "do", "does", "for", "from", "had", "has", "have", "how", "i", "in", "into",
    "is", "it", "its", "me", "my", "of", "on", "or", "should", "so", "than", "that", "the", "then",
    "there", "these", "this", "to", "was", "we", "what", "which", "with", "you", "your",
];

/// What is searched, and how much a word in it counts. The words of a query must all be in the same
/// field, so `keywords` has those of `name` too, and `text` has all.
const FIELDS: [Field; 4] = [
    // The name of the chapter, in its first section only.
    Field {
        name: "name",
        boost: 4,
    },
    // The words of `Keywords`. Here a list does not count less because it is longer.
    Field {
        name: "keywords",
        boost: 4,
    },
    Field {
        name: "heading",
        boost: 2,
    },
    Field {
        name: "text",
        boost: 1,
    },
];

struct Field {
    name: &'static str,
    boost: u8,
}

/// The part of mdBook's index that is used.
#[derive(Deserialize)]
struct Made {
    results_options: Value,
    search_options: Value,
    doc_urls: Vec<String>,
    index: MadeIndex,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MadeIndex {
    document_store: Store,
}

#[derive(Deserialize)]
struct Store {
    docs: BTreeMap<usize, Section>,
}

/// What the list of results shows of a section.
#[derive(Serialize, Deserialize)]
struct Section {
    title: String,
    body: String,
    /// The name of the chapter and the heading.
    breadcrumbs: String,
}

/// The script that takes the place of `script`, which mdBook made.
pub(super) fn rebuild(
    script: &str,
    keywords: &Keywords,
    faults: &mut Vec<Fault>,
) -> Result<String> {
    let made: Made = serde_json::from_str(&json_in(script)?)
        .context("cannot read the search index that mdBook made")?;
    faults.extend(keywords.faults(&made.doc_urls));
    let sections = &made.index.document_store.docs;
    let mut options = made.search_options;
    options["fields"] = FIELDS
        .iter()
        .map(|field| (field.name.to_owned(), json!({ "boost": field.boost })))
        .collect();
    let json = json!({
        "results_options": made.results_options,
        "search_options": options,
        "index": index(sections, &made.doc_urls, keywords)?,
        "doc_urls": made.doc_urls,
    });
    let json = json.to_string().replace('\\', "\\\\").replace('\'', "\\'");
    let stop_words = json!(STOP_WORDS).to_string();
    Ok(SCRIPT
        .replace("STOP_WORDS", &stop_words)
        .replace("INDEX", &json))
}

/// The JSON in a script of mdBook's or of ours, where it stands between single quotes.
pub(super) fn json_in(script: &str) -> Result<String> {
    let (_, rest) = script
        .split_once("JSON.parse('")
        .context("the search index has no JSON")?;
    let (json, _) = rest
        .rsplit_once("')")
        .context("the search index does not end")?;
    Ok(json.replace("\\'", "'").replace("\\\\", "\\"))
}

fn index(
    sections: &BTreeMap<usize, Section>,
    urls: &[String],
    keywords: &Keywords,
) -> Result<Value> {
    // The stored sections are put in below, because their texts are not those that are indexed.
    let mut index = IndexBuilder::with_language(Box::new(Words))
        .save_docs(false)
        .add_fields(FIELDS.iter().map(|field| field.name))
        .build();
    let mut begun = BTreeSet::new();
    for (id, section) in sections {
        let url = &urls[*id];
        let page = page_of(url);
        let chapter = section.breadcrumbs.split(" » ").next().unwrap_or_default();
        let mut name = "";
        let mut extra = keywords.of(url).join(" ");
        if begun.insert(page) {
            name = chapter;
            extra = format!("{chapter} {extra} {}", keywords.of(page).join(" "));
        }
        let text = format!("{} {extra} {}", section.breadcrumbs, section.body);
        index.add_doc(&id.to_string(), [name, &extra, &section.title, &text]);
    }
    let mut index = serde_json::to_value(&index)?;
    let store = &mut index["documentStore"];
    store["save"] = true.into();
    store["docs"] = serde_json::to_value(sections)?;
    for lengths in store["docInfo"].as_object_mut().into_iter().flatten() {
        if let Some(lengths) = lengths.1.as_object_mut() {
            // elasticlunr divides by the length of a field, if it knows it.
            lengths.remove("keywords");
        }
    }
    Ok(index)
}

/// The words of what a reader types, as the browser finds them. `task_done` is one word.
pub(super) fn typed_words(text: &str) -> Vec<String> {
    text.to_ascii_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.contains(|c| c != '_'))
        .map(str::to_owned)
        .collect()
}

/// The words of a page. `task_done` is a word, and so are `task` and `done`.
fn indexed_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for word in typed_words(text) {
        if word.contains('_') {
            let parts = word.split('_').filter(|part| !part.is_empty());
            words.extend(parts.map(str::to_owned));
        }
        words.push(word);
    }
    words
}

/// English without the words of [`STOP_WORDS`]. The browser has functions of these names.
pub(super) struct Words;

impl Language for Words {
    fn name(&self) -> String {
        "English".to_owned()
    }

    fn code(&self) -> String {
        "en".to_owned()
    }

    fn tokenize(&self, text: &str) -> Vec<String> {
        indexed_words(text)
    }

    fn make_pipeline(&self) -> Pipeline {
        let mut pipeline = English::new().make_pipeline();
        pipeline.queue.retain(|step| step.name() == "stemmer");
        let stop_words = StopWordFilter::new("stopWordFilter", STOP_WORDS);
        pipeline.queue.insert(0, Box::new(stop_words));
        pipeline
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_and_a_name_are_found_by_their_parts() {
        assert_eq!(
            indexed_words("`std::sync::RwLock`, task_done() and _"),
            ["std", "sync", "rwlock", "task", "done", "task_done", "and"]
        );
    }
}
