//! Words without an entry in the glossary, mistakes without a symptom, and the solution of an
//! exercise.

use crate::build::{assert_fault, assert_fault_on_page};
use crate::workspace::{Outcome, Workspace};

const GLOSSARY: &str = "\
# Glossary

Guard
: Stands for a lock.

Permit
: Stands for a place.

## Index

| On the pages | Entry | In |
|---|---|---|
| guard, guards | [Guard](#guard) | every chapter |
| permit | [Permit](#permit) | gong |
";

/// The fixture with a glossary, and `text` at the end of a recipe's chapter.
fn with_glossary(workspace: &Workspace, glossary: &str, text: &str) {
    workspace.write("docs/src/glossary.md", glossary);
    workspace.append("docs/src/SUMMARY.md", "- [Glossary](glossary.md)\n");
    workspace.append("docs/src/signals/bell.md", &format!("\n{text}\n"));
}

#[test]
fn words_that_are_linked_are_fine() {
    let workspace = Workspace::new();
    with_glossary(
        &workspace,
        GLOSSARY,
        "A [guard](../glossary.md#guard), another guard, and a permit.",
    );
    let outcome = workspace.build();
    assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_word_that_is_not_linked() {
    assert_fault(
        |workspace| with_glossary(workspace, GLOSSARY, "Two guards."),
        "docs/src/signals/bell.md:11: the first `guards` is not a link to glossary.md#guard",
    );
}

#[test]
fn a_word_of_the_field_without_an_entry() {
    assert_fault(
        |workspace| with_glossary(workspace, GLOSSARY, "What is a spurious wakeup?"),
        "docs/src/signals/bell.md:11: `spurious wakeup` is used but is not in the glossary's index",
    );
}

#[test]
fn a_word_that_the_index_does_not_lead_from() {
    assert_fault(
        |workspace| with_glossary(workspace, GLOSSARY, "The [keeper](../glossary.md#guard)."),
        "docs/src/signals/bell.md:11: the glossary's index does not lead from `keeper` to \
         `glossary.md#guard`",
    );
}

#[test]
fn an_entry_that_is_not_in_the_index() {
    let glossary = GLOSSARY.replace("| permit | [Permit](#permit) | gong |\n", "");
    assert_fault(
        |workspace| with_glossary(workspace, &glossary, ""),
        "docs/src/glossary.md: the entry `permit` is not in the index",
    );
}

/// A chapter in the form from which the page of pitfalls is made.
const CHAPTER: &str = "\
## The recipe

## What can go wrong

### It hangs: the clapper `Option` is missing

Symptom
: The bell is silent, and [nothing](../index.md) moves.

Cause
: There is no clapper.

Fix
: Buy one.

{{#mistake bell/bell_mistake_cracked}}

### It does not compile

You cannot share a bell:

{{#reject bell/not-send}}
";

fn with_pitfalls(workspace: &Workspace, pitfalls: &str) {
    workspace.append("docs/src/signals/bell.md", &format!("\n{CHAPTER}"));
    workspace.write(
        "docs/src/pitfalls.md",
        &format!("# Pitfalls\n\n{pitfalls}\n"),
    );
    let deep = workspace.read("docs/src/guide/deep.md");
    let deep = deep
        .replace("{{#mistake bell/bell_mistake_cracked}}", "")
        .replace("{{#reject bell/not-send}}", "");
    workspace.write("docs/src/guide/deep.md", &deep);
}

#[test]
fn pitfalls_are_made_from_the_headings_of_chapters() {
    let workspace = Workspace::new();
    with_pitfalls(&workspace, "{{#pitfalls}}");
    assert_eq!(workspace.build().stderr, "");
    let page = workspace.read("docs/book/pitfalls.html");
    for part in [
        "<h2 id=\"it-hangs\">",
        "<a href=\"signals/bell.html#it-hangs-the-clapper-option-is-missing\">The clapper \
         <code>Option</code> is missing</a>",
        "(<em>bell</em>): The bell is silent, and nothing moves.",
        "<h2 id=\"it-does-not-compile\">",
        "<a href=\"signals/bell.html#bell_reject_not-send\">E0277: \
         <code>Rc&lt;&amp;str&gt;</code> cannot be sent between threads safely</a>",
        "(<em>bell</em>): You cannot share a bell.",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    assert!(!page.contains("It panics"), "{page}");
}

#[test]
fn pitfalls_of_each_symptom_may_stand_under_prose_of_their_own() {
    let workspace = Workspace::new();
    let both = "{{#pitfalls It hangs}}\n\n{{#pitfalls It does not compile}}";
    with_pitfalls(&workspace, both);
    assert_eq!(workspace.build().stderr, "");
    let page = workspace.read("docs/book/pitfalls.html");
    assert!(!page.contains("<h2 id="), "{page}");
    assert!(
        page.contains("The clapper <code>Option</code> is missing"),
        "{page}"
    );
}

#[test]
fn a_symptom_that_the_page_does_not_list() {
    assert_fault(
        |workspace| with_pitfalls(workspace, "{{#pitfalls It hangs}}"),
        "docs/src/pitfalls.md: it does not have {{#pitfalls It does not compile}}",
    );
    assert_fault(
        |workspace| with_pitfalls(workspace, "{{#pitfalls}}\n\n{{#pitfalls It rings}}"),
        "docs/src/pitfalls.md:5: {{#pitfalls It rings}}: `It rings` is not a symptom; the \
         symptoms are: It hangs,",
    );
}

#[test]
fn a_mistake_that_has_no_heading() {
    let workspace = Workspace::new();
    with_pitfalls(&workspace, "{{#pitfalls}}");
    let page = workspace.read("docs/src/signals/bell.md");
    let page = page.replace("### It hangs: the", "### The");
    workspace.write("docs/src/signals/bell.md", &page);
    let outcome = workspace.build();
    for fault in [
        "docs/src/signals/bell.md:15: `### The clapper `Option` is missing` is not `### SYMPTOM: \
         cause`",
        "docs/src/signals/bell.md:26: {{#mistake bell/bell_mistake_cracked}} is not below a \
         heading",
    ] {
        assert!(outcome.stderr.contains(fault), "{outcome:?}");
    }
}

const SOLUTION: &str = "recipes/signals/bell/examples/bell_solution.rs";

#[test]
fn a_solution_is_folded_with_its_command() {
    let workspace = Workspace::new();
    workspace.write(SOLUTION, "fn main() {\n    println!(\"dong\");\n}\n");
    workspace.append("docs/src/index.md", "\n{{#solution bell}}\n");
    assert_eq!(workspace.build().stderr, "");
    let page = workspace.read("docs/book/index.html");
    for part in [
        "<summary>The solution, 3 lines</summary>",
        "cargo run -p bell --example bell_solution",
        "It prints <code>recipes/signals/bell/expected.txt</code>",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    // With a text of its own.
    workspace.write("recipes/signals/bell/examples/bell_solution.txt", "dong\n");
    assert_eq!(workspace.build().stderr, "");
    let page = workspace.read("docs/book/index.html");
    assert!(
        page.contains("It prints <code>recipes/signals/bell/examples/bell_solution.txt</code>"),
        "{page}"
    );
}

#[test]
fn a_solution_on_no_page() {
    assert_fault(
        |workspace| workspace.write(SOLUTION, "fn main() {}\n"),
        &format!("{SOLUTION}: on no page; write {{{{#solution bell}}}} on one"),
    );
}

#[test]
fn a_solution_that_is_missing() {
    assert_fault_on_page(
        "{{#solution bell}}",
        &format!("{{{{#solution bell}}}}: cannot read {SOLUTION}: "),
    );
}

#[test]
fn a_solution_that_prints_something_else_is_named() {
    let workspace = Workspace::new();
    workspace.write(SOLUTION, "fn main() {\n    println!(\"dong\\nding\");\n}\n");
    workspace.append("docs/src/index.md", "\n{{#solution bell}}\n");
    let mut command = workspace.book("", &["check"]);
    let outcome = Outcome::from(command.env_remove("CARGO_TARGET_DIR").output().unwrap());
    let fault = format!(
        "{SOLUTION}: taken out of the book, it does not print recipes/signals/bell/expected.txt: \
         line 2 is `ding`, not `dong`\n"
    );
    assert_eq!(outcome.stderr, fault + "The book has 1 fault.\n");
}
