//! Every chapter has the same parts, in the same order, and is neither a stub nor a treatise.

use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

const PARTS: [&str; 8] = [
    "The recipe",
    "What you see",
    "How it works",
    "What can go wrong",
    "With other libraries",
    "From Python",
    "Try it",
    "See also",
];

/// The words of running text. A line that only announces a program, a table or a link does not
/// count.
const WORDS: RangeInclusive<usize> = 300..=1000;

struct Chapter {
    recipe: String,
    text: String,
}

fn chapters() -> Vec<Chapter> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut chapters = Vec::new();
    for recipe in catalog::recipes(&workspace) {
        let text = fs::read_to_string(workspace.join(recipe.chapter()))
            .unwrap_or_else(|error| panic!("{} has no chapter: {error}", recipe.name));
        chapters.push(Chapter {
            recipe: recipe.name,
            text,
        });
    }
    chapters
}

/// The blocks between empty lines, without code.
fn blocks(page: &str) -> Vec<&str> {
    let prose = page
        .split("\n```")
        .step_by(2)
        .flat_map(|part| part.split("\n\n"));
    prose
        .map(str::trim)
        .filter(|block| !block.is_empty())
        .collect()
}

fn parts(page: &str) -> Vec<&str> {
    blocks(page)
        .into_iter()
        .filter_map(|block| block.lines().next()?.strip_prefix("## "))
        .collect()
}

fn words(page: &str) -> usize {
    let (page, _) = page.split_once("\n## See also").unwrap_or((page, ""));
    let is_text = |block: &&str| !block.starts_with(['#', '|', '{']) && !block.ends_with(':');
    // A link's address is not a word, and neither is the mark of a list.
    let is_word = |text: &&str| !text.starts_with("](") && text.contains(char::is_alphanumeric);
    let count = |block: &str| {
        block
            .replace("](", " ](")
            .split_whitespace()
            .filter(is_word)
            .count()
    };
    blocks(page).into_iter().filter(is_text).map(count).sum()
}

#[test]
fn every_chapter_has_the_same_parts() {
    for Chapter { recipe, text } in chapters() {
        assert_eq!(parts(&text), PARTS, "{recipe}.md");
    }
}

/// The first screen: the problem in prose, the smallest program, a figure.
#[test]
fn every_chapter_begins_with_the_smallest_program_and_a_figure() {
    for chapter in chapters() {
        let recipe = &chapter.recipe;
        let (opening, _) = chapter.text.split_once("\n## ").expect("the test above");
        let blocks = blocks(opening);
        assert!(blocks[0].starts_with("# "), "{recipe}.md has no title");
        let small = format!("{{{{#small {recipe}}}}}");
        let program = blocks.iter().position(|block| *block == small);
        let program = program.unwrap_or_else(|| panic!("{recipe}.md does not begin with {small}"));
        let is_prose = |block: &&str| block.starts_with(char::is_alphanumeric);
        assert!(
            blocks[1..program].iter().any(is_prose),
            "{recipe}.md states no problem before {small}"
        );
        let is_figure = |block: &&str| block.starts_with("{{#figure ");
        assert!(
            blocks[program..].iter().any(is_figure),
            "{recipe}.md has no figure after {small}"
        );
    }
}

#[test]
fn every_exercise_comes_with_its_solution() {
    for chapter in chapters() {
        let Chapter { recipe, text } = &chapter;
        let (_, exercise) = text.split_once("\n## Try it\n").expect("the test above");
        let (exercise, _) = exercise.split_once("\n## ").expect("the test above");
        assert!(
            exercise.contains(&format!("\n{{{{#solution {recipe}}}}}\n")),
            "{recipe}.md: {exercise}"
        );
    }
}

#[test]
fn a_chapter_is_neither_a_stub_nor_a_treatise() {
    for Chapter { recipe, text } in chapters() {
        let words = words(&text);
        assert!(
            WORDS.contains(&words),
            "{recipe}.md has {words} words of running text, not {WORDS:?}"
        );
    }
}

#[test]
fn words_are_counted_where_they_are_read() {
    let page = "# Two words\n\nOne [two three](four.md#five).\n\nSee below:\n\n```text\nno\n```\n\n| no |\n|---|\n\n- four\n\n{{#no no}}\n\n## See also\n\n- no\n";
    assert_eq!(words(page), 4);
}
