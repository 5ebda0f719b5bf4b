//! Variants, mistakes and the table that compares them.

use crate::build::{assert_fault, assert_fault_on_page};
use crate::workspace::Workspace;
use std::fs;

const STD: &str = "recipes/signals/bell/examples/bell_std.rs";
const MISTAKE: &str = "recipes/signals/bell/examples/bell_mistake_cracked.rs";
const ENDING: &str = "recipes/signals/bell/examples/bell_mistake_cracked.txt";

#[track_caller]
fn assert_shown(parts: &[&str]) {
    let workspace = Workspace::new();
    let outcome = workspace.build();
    assert_eq!(outcome.stderr, "");
    let page = workspace.read("docs/book/guide/deep.html");
    for part in parts {
        assert!(page.contains(part), "{part} is not in {page}");
    }
}

#[test]
fn a_variant_is_shown_with_its_facts() {
    assert_shown(&[
        "<section class=\"variant\" id=\"bell-std\" data-tab=\"std\">",
        "<figure class=\"program\" data-program=\"bell_std\" data-file=\"src/main.rs\" \
         data-cli=\"bell\">",
        "//! Rings once for each line of its input.\n\nmod cli;\n",
        "It shares <a href=\"#bell-cli\"><code>src/cli.rs</code></a> with the recipe",
        "cargo run -p bell --example bell_std",
        "It prints what the recipe prints: <code>recipes/signals/bell/expected.txt</code>",
        "it needs no crate",
        "is <code>recipes/signals/bell/examples/bell_std.rs</code>",
    ]);
}

#[test]
fn tabs_begin_with_the_first_variant() {
    let workspace = Workspace::new();
    workspace.append(
        "docs/src/index.md",
        "\n{{#recipe bell}}\n\n{{#tabs bell}}\n\nBells of std:\n\n{{#variant \
         bell/std}}\n\n{{#python bell}}\n\n{{#end}}\n",
    );
    assert_eq!(workspace.build().stderr, "");
    let page = workspace.read("docs/book/index.html");
    let tabs = page.split("<div class=\"tabs\">").nth(1).unwrap();
    let places = [
        "<p>Bells of std:</p>",
        "<section class=\"variant\" id=\"bell-std\" data-tab=\"std\">",
        "<section class=\"variant\" id=\"bell-python\" data-tab=\"Python\">",
    ]
    .map(|part| tabs.find(part).expect(part));
    assert!(places.is_sorted(), "{places:?}");
    assert_eq!(tabs.matches("data-tab=").count(), 2);
}

#[test]
fn python_is_folded_outside_tabs() {
    let workspace = Workspace::new();
    workspace.append("docs/src/index.md", "\n{{#python bell}}\n");
    assert_eq!(workspace.build().stderr, "");
    let page = workspace.read("docs/book/index.html");
    assert!(
        page.contains(
            "<details class=\"python\" id=\"bell-python\">\n<summary>The same job in \
                       Python, 1 line</summary>"
        ),
        "{page}"
    );
}

#[test]
fn the_smallest_program_is_shown_with_what_it_prints() {
    let workspace = Workspace::new();
    assert_eq!(workspace.build().stderr, "");
    let page = workspace.read("docs/book/signals/bell.html");
    for part in [
        "<span class=\"boring\">//! Rings a bell once.\n",
        "fn main() {\n    chime::strike(",
        "<code>$ cargo run -p bell --example bell_small</code>",
        "<code class=\"language-text\">ding\n</code>",
        "<summary>Paste it into a project of your own</summary>",
        "cargo add chime --path COOKBOOK/shared/chime",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
}

#[test]
fn a_step_and_the_job_on_one_thread_are_folded() {
    let workspace = Workspace::new();
    let examples = "recipes/signals/bell/examples";
    let program =
        "//! Swings the `bell`.\n//!\n//! More.\n\nfn main() {\n    println!(\"dong\");\n}\n";
    workspace.write(&format!("{examples}/bell_part_swing.rs"), program);
    workspace.write(&format!("{examples}/bell_part_swing.txt"), "dong\n");
    workspace.write(&format!("{examples}/bell_sequential.rs"), program);
    for (name, directive) in [
        ("part_swing", "{{#part bell/swing}}"),
        ("sequential", "{{#sequential bell}}"),
    ] {
        let fault = format!("{examples}/bell_{name}.rs: on no page; write {directive} on one\n");
        let outcome = workspace.build();
        assert!(outcome.stderr.contains(&fault), "{outcome:?}");
        workspace.append("docs/src/index.md", &format!("\n{directive}\n"));
    }
    assert_eq!(workspace.build().stderr, "");
    let page = workspace.read("docs/book/index.html");
    for part in [
        "<summary>Swings the <code>bell</code>, 7 lines</summary>",
        "<code>$ cargo run -p bell --example bell_part_swing</code>",
        "<summary>The same job on one thread, 7 lines</summary>",
        "It prints what the recipe prints: <code>recipes/signals/bell/expected.txt</code>",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
}

#[test]
fn a_drawing_stands_in_the_page() {
    let workspace = Workspace::new();
    workspace.append("docs/src/index.md", "\n{{#figure bell}}\n");
    let svg = "<svg role=\"img\" aria-labelledby=\"a b\"><title id=\"a\">T</title>\n\n<desc \
               id=\"b\">D</desc></svg>\n";
    workspace.write("docs/figures/bell.svg", svg);
    assert_eq!(workspace.build().stderr, "");
    let page = workspace.read("docs/book/index.html");
    assert!(page.contains("<figure>\n<svg role=\"img\""), "{page}");
    for (bad, reason) in [
        ("<svg></svg>", "has no role=\"img\""),
        ("<p>", "is no `<svg>` from"),
    ] {
        workspace.write("docs/figures/bell.svg", bad);
        let outcome = workspace.build();
        assert!(outcome.stderr.contains(reason), "{}", outcome.stderr);
    }
}

#[test]
fn a_drawing_on_no_page() {
    assert_fault(
        |workspace| workspace.write("docs/figures/gong.svg", "<svg></svg>\n"),
        "docs/figures/gong.svg: on no page; write {{#figure gong}} on one, or delete it",
    );
}

#[test]
fn a_mistake_is_shown_with_its_ending() {
    assert_shown(&[
        "<summary>The program that shows it: <code>bell_mistake_cracked.rs</code>, 10 \
         lines</summary>",
        "<p>Rings a bell <code>Option&lt;Bell&gt;</code> that\nis not there.</p>\n<p>It says so \
         and gives up.</p>",
        "<code class=\"language-rust on-playground\"><span class=\"boring\">//! Rings a bell",
        "<span class=\"decides\">    println!(\"ding\"); // Wrong: rings without a \
         bell.</span>\n",
        "<code>$ cargo run -p bell --example bell_mistake_cracked</code>",
        "<code class=\"language-text\">ding\n</code>",
        "<code class=\"language-text\">the &lt;bell&gt; is cracked\n</code>",
        "Exit status: 3.",
        "is <code>recipes/signals/bell/examples/bell_mistake_cracked.rs</code>",
    ]);
}

#[test]
fn the_comparison_counts_lines_and_crates() {
    let workspace = Workspace::new();
    workspace.append("docs/src/index.md", "\n{{#compare bell}}\n");
    workspace.build();
    let page = workspace.read("docs/book/index.html");
    let table = page
        .split("<table>")
        .nth(1)
        .unwrap()
        .split("</table>")
        .next()
        .unwrap();
    let text: Vec<_> = table.split(['<', '>']).map(str::trim).collect();
    let rows = "the recipe 22 1 std 9 0 Python 1 0";
    let words: Vec<_> = text
        .into_iter()
        .skip(2)
        .step_by(2)
        .filter(|text| !text.is_empty())
        .collect();
    assert!(words.join(" ").ends_with(rows), "{words:?}");
}

#[test]
fn crates_that_cannot_be_counted() {
    assert_fault(
        |workspace| {
            workspace.append("docs/src/index.md", "\n{{#compare bell}}\n");
            workspace.write("shared/chime/Cargo.toml", "");
        },
        "docs/src/index.md:5: {{#compare bell}}: cannot count its crates: cargo tree: error: ",
    );
}

#[test]
fn a_missing_variant() {
    assert_fault_on_page(
        "{{#variant bell/rayon}}",
        "{{#variant bell/rayon}}: cannot read recipes/signals/bell/examples/bell_rayon.rs: ",
    );
}

#[test]
fn a_mistake_that_is_called_otherwise() {
    let reason = "{{#mistake bell/bell_std}}: a mistake's file is called bell_mistake_WHAT";
    assert_fault_on_page("{{#mistake bell/bell_std}}", reason);
}

#[test]
fn an_ending_that_cannot_be_read() {
    assert_fault(
        |workspace| workspace.write(ENDING, "ding\n--- exit status 3\n"),
        &format!(
            "docs/src/guide/deep.md:15: {{{{#mistake bell/bell_mistake_cracked}}}}: {ENDING}: it \
             has no line `--- standard error`"
        ),
    );
}

#[test]
fn a_mistake_without_its_ending() {
    assert_fault(
        |workspace| fs::remove_file(workspace.path(ENDING)).unwrap(),
        &format!(
            "docs/src/guide/deep.md:15: {{{{#mistake bell/bell_mistake_cracked}}}}: cannot read \
             {ENDING}: "
        ),
    );
}

#[test]
fn a_mistake_that_does_not_say_what_goes_wrong() {
    assert_fault(
        |workspace| workspace.write(MISTAKE, "fn main() {}\n"),
        &format!(
            "docs/src/guide/deep.md:15: {{{{#mistake bell/bell_mistake_cracked}}}}: {MISTAKE}: it \
             does not begin"
        ),
    );
}

#[test]
fn a_mistake_that_does_not_mark_a_line() {
    assert_fault(
        |workspace| workspace.write(MISTAKE, "//! Is not there.\n\nfn main() {}\n"),
        &format!(
            "docs/src/guide/deep.md:15: {{{{#mistake bell/bell_mistake_cracked}}}}: {MISTAKE}: no \
             line is marked; end each line that is wrong with `// Wrong: ` and why"
        ),
    );
}

#[test]
fn an_example_that_is_not_rust() {
    assert_fault(
        |workspace| workspace.write(STD, "fn main() {\n"),
        &format!("docs/src/guide/deep.md:13: {{{{#variant bell/std}}}}: {STD}: not Rust"),
    );
}

#[test]
fn a_program_on_no_page() {
    let workspace = Workspace::new();
    let page = workspace.read("docs/src/guide/deep.md");
    let without = page.lines().filter(|line| !line.contains("bell_mistake"));
    workspace.write(
        "docs/src/guide/deep.md",
        &without.map(|line| format!("{line}\n")).collect::<String>(),
    );
    workspace.write(
        "recipes/signals/bell/examples/bell_rayon.rs",
        "fn main() {}\n",
    );
    let lines: Vec<_> = workspace
        .build()
        .stderr
        .lines()
        .map(str::to_owned)
        .collect();
    assert_eq!(
        lines,
        [
            "recipes/signals/bell/examples/bell_mistake_cracked.rs: on no page; write {{#mistake \
             bell/bell_mistake_cracked}} on one",
            "recipes/signals/bell/examples/bell_rayon.rs: on no page; write {{#variant \
             bell/rayon}} on one",
            "The book has 2 faults.",
        ]
    );
}

#[test]
fn an_ending_without_its_mistake() {
    assert_fault(
        |workspace| workspace.write("recipes/signals/bell/examples/bell_mistake_lost.txt", ""),
        "recipes/signals/bell/examples/bell_mistake_lost.txt: there is no \
         recipes/signals/bell/examples/bell_mistake_lost.rs beside it",
    );
}

#[test]
fn a_variant_with_an_ending() {
    assert_fault(
        |workspace| workspace.write("recipes/signals/bell/examples/bell_std.txt", ""),
        "recipes/signals/bell/examples/bell_std.txt: recipes/signals/bell/examples/bell_std.rs \
         prints what the recipe prints, which stands in recipes/signals/bell/expected.txt",
    );
}

#[test]
fn a_reject_on_no_page() {
    assert_fault(
        |workspace| workspace.write("recipes/signals/bell/rejects/lost.rs", ""),
        "recipes/signals/bell/rejects/lost.rs: on no page; write {{#reject bell/lost}} on one",
    );
}

#[test]
fn the_compilers_words_without_a_reject() {
    assert_fault(
        |workspace| workspace.write("recipes/signals/bell/rejects/lost.stderr", ""),
        "recipes/signals/bell/rejects/lost.stderr: there is no \
         recipes/signals/bell/rejects/lost.rs beside it",
    );
}

#[test]
fn an_example_called_otherwise() {
    assert_fault(
        |workspace| workspace.write("recipes/signals/bell/examples/gong.rs", ""),
        "recipes/signals/bell/examples/gong.rs: not the name of an example; examples are called \
         bell_small, bell_part_STEP, bell_sequential, ",
    );
}
