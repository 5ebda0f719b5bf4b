//! `cargo book build`: a good book, and every fault that it has to find.

use crate::workspace::{Outcome, Workspace};

const CLI: &str = "recipes/signals/bell/src/cli.rs";

#[test]
fn a_good_book_is_built() {
    let workspace = Workspace::new();
    let outcome = workspace.build();
    assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""));
    let index = workspace.path("docs/book/index.html");
    assert_eq!(
        outcome.stdout,
        format!("The book is in {}\n", index.display())
    );
    assert!(index.is_file());
}

#[test]
fn it_is_found_from_a_folder_inside() {
    let workspace = Workspace::new();
    let outcome = Outcome::from(
        workspace
            .book("recipes/signals/bell", &["build"])
            .output()
            .unwrap(),
    );
    assert_eq!(outcome.status, Some(0), "{outcome:?}");
}

#[test]
fn an_excerpt_is_shown_and_the_rest_is_hidden() {
    let workspace = Workspace::new();
    workspace.build();
    let page = workspace.read("docs/book/signals/bell.html");
    let excerpt = page.split("data-lines=\"15-17\"").nth(1).unwrap();
    let code = excerpt
        .split("<code class=\"language-rust\">")
        .nth(1)
        .unwrap();
    let code = code.split("</code>").next().unwrap();
    for part in [
        // The lines around the anchor, whatever they begin with.
        "<span class=\"boring\">//! Rings a bell.\n",
        "<span class=\"boring\">#[derive(Debug)]\n",
        "<span class=\"boring\"># not hidden\n",
        "<span class=\"boring\">    chime::strike(",
        // The lines inside it, each with its margin in an element that is hidden.
        "</span><span class=\"boring\">    </span>for _ in cli::times() {\n\
         <span class=\"boring\">    </span>    ring(&amp;Bell { name: \"&lt;dong&gt;\" });\n\
         <span class=\"boring\">    </span>}\n<span",
    ] {
        assert!(code.contains(part), "{part} is not in {code}");
    }
    assert!(!code.contains("ANCHOR"), "{code}");
}

#[test]
fn a_whole_program_is_shown_with_its_facts_and_its_files() {
    let workspace = Workspace::new();
    workspace.build();
    let page = workspace.read("docs/book/guide/deep.html");
    for part in [
        "#[derive(Debug)]\nstruct Bell",
        "\"\n# not hidden\n\";",
        "cargo run -p bell",
        "cargo add chime --path COOKBOOK/shared/chime",
        "href=\"../recipes/signals/bell/src/main.rs\"",
        "It reads <code>times.txt</code> in <code>recipes/signals/bell/input/</code>",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    for program in [
        "recipes/signals/bell/src/main.rs",
        "recipes/signals/bell/src/cli.rs",
    ] {
        assert_eq!(
            workspace.read(&format!("docs/book/{program}")),
            workspace.read(program)
        );
    }
}

#[test]
fn output_and_rejects_are_shown() {
    let workspace = Workspace::new();
    workspace.build();
    let page = workspace.read("docs/book/signals/bell.html");
    assert!(page.contains("<code>$ cargo run -p bell</code>"), "{page}");
    assert!(
        page.contains("<code class=\"language-text\">dong\ndong\n</code>"),
        "{page}"
    );
    let page = workspace.read("docs/book/guide/deep.html");
    assert!(
        page.contains("<code class=\"language-rust compile_fail\">use std::rc::Rc;"),
        "{page}"
    );
    assert!(
        page.contains("error_codes/E0277.html\">E0277</a>"),
        "{page}"
    );
    assert!(
        page.contains("error[E0277]: `Rc&lt;&amp;str&gt;` cannot be sent"),
        "{page}"
    );
}

/// Breaks one thing and asserts the one line that names it.
#[track_caller]
pub(crate) fn assert_fault(break_it: impl FnOnce(&Workspace), line: &str) {
    let workspace = Workspace::new();
    break_it(&workspace);
    let outcome = workspace.build();
    assert_eq!(
        (outcome.status, outcome.stdout.as_str()),
        (Some(1), ""),
        "{outcome:?}"
    );
    let first = outcome.stderr.lines().next().unwrap_or("");
    assert!(
        first.starts_with(line),
        "expected {line}\n{}",
        outcome.stderr
    );
    assert_eq!(
        outcome.stderr.lines().nth(1),
        Some("The book has 1 fault."),
        "{}",
        outcome.stderr
    );
    assert!(
        !workspace.path("docs/book").exists(),
        "a book with faults was written"
    );
}

#[track_caller]
pub(crate) fn assert_fault_on_page(text: &str, reason: &str) {
    let add = |workspace: &Workspace| workspace.append("docs/src/index.md", &format!("\n{text}\n"));
    assert_fault(add, &format!("docs/src/index.md:5: {reason}"));
}

#[test]
fn a_recipe_without_a_short_sample() {
    const SAMPLE: &str = "recipes/signals/bell/sample";
    let workspace = Workspace::new();
    let first_fault = || {
        let outcome = workspace.build();
        assert_eq!(outcome.status, Some(1), "{outcome:?}");
        outcome.stderr.lines().next().unwrap().to_owned()
    };
    let long = "12:00\n".repeat(11);
    workspace.write(&format!("{SAMPLE}/noon.txt"), &long);
    let reason = format!("{SAMPLE}/noon.txt has 11 lines; a reader pastes at most 10");
    let place = "docs/src/guide/deep.md:5: {{#recipe bell}}";
    assert_eq!(first_fault(), format!("{place}: {reason}"));

    std::fs::remove_file(workspace.path(&format!("{SAMPLE}/noon.txt"))).unwrap();
    let reason = format!("{SAMPLE}/ must have one short file that readers paste");
    let found = first_fault();
    assert!(found.starts_with(&format!("{place}: {reason}")), "{found}");
}

#[test]
fn a_missing_recipe() {
    assert_fault_on_page(
        "{{#recipe bel}}",
        "{{#recipe bel}}: there is no recipe bel; the recipes are: bell",
    );
}

#[test]
fn a_missing_program() {
    assert_fault(
        |workspace| {
            workspace.write("recipes/signals/gong/Cargo.toml", "");
            workspace.append("docs/src/index.md", "\n{{#recipe gong}}\n");
        },
        "docs/src/index.md:5: {{#recipe gong}}: cannot read recipes/signals/gong/src/main.rs: ",
    );
}

#[test]
fn a_missing_output() {
    assert_fault(
        |workspace| {
            std::fs::remove_file(workspace.path("recipes/signals/bell/expected.txt")).unwrap()
        },
        "docs/src/signals/bell.md:9: {{#output bell}}: cannot read \
         recipes/signals/bell/expected.txt: ",
    );
}

#[test]
fn a_missing_reject() {
    assert_fault_on_page(
        "{{#reject bell/no-sync}}",
        "{{#reject bell/no-sync}}: cannot read recipes/signals/bell/rejects/no-sync.rs: ",
    );
}

#[test]
fn a_reject_without_its_code() {
    assert_fault(
        |workspace| workspace.write("recipes/signals/bell/rejects/not-send.rs", "fn main() {}\n"),
        "docs/src/guide/deep.md:9: {{#reject bell/not-send}}: \
         recipes/signals/bell/rejects/not-send.rs: its first line is",
    );
}

#[test]
fn a_reject_without_the_compilers_words() {
    assert_fault(
        |workspace| {
            std::fs::remove_file(workspace.path("recipes/signals/bell/rejects/not-send.stderr"))
                .unwrap()
        },
        "docs/src/guide/deep.md:9: {{#reject bell/not-send}}: cannot read \
         recipes/signals/bell/rejects/not-send.stderr: ",
    );
}

#[test]
fn a_missing_anchor() {
    assert_fault_on_page(
        "{{#recipe bell:rign}}",
        "{{#recipe bell:rign}}: recipes/signals/bell/src/main.rs: there is no `// ANCHOR: rign`; \
         the anchors are: helper, ring",
    );
}

#[test]
fn an_excerpt_may_be_in_the_second_file() {
    let workspace = Workspace::new();
    workspace.append("docs/src/index.md", "\n{{#recipe bell:times}}\n");
    assert_eq!(workspace.build().stderr, "");
    let page = workspace.read("docs/book/index.html");
    assert!(
        page.contains(
            "data-program=\"bell\" data-file=\"src/cli.rs\" data-cli=\"bell\" data-lines=\"7-11\""
        ),
        "{page}"
    );
}

#[test]
fn an_anchor_in_both_files() {
    assert_fault(
        |workspace| {
            let cli = workspace.read(CLI);
            workspace.write(
                CLI,
                &cli.replace("ANCHOR: times", "ANCHOR: ring")
                    .replace("END: times", "END: ring"),
            );
        },
        "docs/src/signals/bell.md:5: {{#recipe bell:ring}}: both src/main.rs and src/cli.rs have \
         `// ANCHOR: ring`",
    );
}

#[test]
fn a_second_file_that_is_missing() {
    let workspace = Workspace::new();
    std::fs::remove_file(workspace.path(CLI)).unwrap();
    let outcome = workspace.build();
    let line =
        format!("docs/src/signals/bell.md:5: {{{{#recipe bell:ring}}}}: cannot read {CLI}: ");
    assert!(outcome.stderr.contains(&line), "{outcome:?}");
}

/// What a page links to must be on that page: a variant cannot be pasted without the file that it
/// shares.
#[test]
fn a_variant_on_a_page_without_the_recipe() {
    assert_fault(
        |workspace| workspace.append("docs/src/index.md", "\n{{#variant bell/std}}\n"),
        "docs/src/index.md: link `#bell-cli`: there is no id `bell-cli` on that page",
    );
}

#[test]
fn an_anchor_never_closed() {
    let workspace = Workspace::new();
    let program = workspace.read("recipes/signals/bell/src/main.rs");
    workspace.write(
        "recipes/signals/bell/src/main.rs",
        &program.replace("    // ANCHOR_END: ring\n", ""),
    );
    let outcome = workspace.build();
    let reason = "recipes/signals/bell/src/main.rs: `// ANCHOR: ring` is never closed";
    assert!(outcome.stderr.contains(&format!(
        "docs/src/signals/bell.md:5: {{{{#recipe bell:ring}}}}: {reason}"
    )));
    assert!(outcome.stderr.contains(&format!(
        "docs/src/guide/deep.md:5: {{{{#recipe bell}}}}: {reason}"
    )));
}

#[test]
fn an_unknown_directive() {
    assert_fault_on_page(
        "{{#recpie bell}}",
        "{{#recpie bell}}: unknown directive `recpie`; the directives are",
    );
}

#[test]
fn a_misspelt_directive() {
    assert_fault_on_page(
        "{{recipe bell}}",
        "{{recipe bell}}: not a directive alone on its line",
    );
}

#[test]
fn a_stock_include() {
    for word in ["include", "rustdoc_include", "playground"] {
        let text = format!("{{{{#{word} nowhere.rs}}}}");
        assert_fault_on_page(&text, &format!("{text}: mdBook's own `{word}` is not used"));
    }
}

#[test]
fn rust_typed_by_hand() {
    assert_fault_on_page("```rust\nfn main() {}\n```", "Rust typed by hand");
}

#[test]
fn a_page_in_no_table_of_contents() {
    assert_fault(
        |workspace| workspace.write("docs/src/guide/lost.md", "# Lost\n"),
        "docs/src/guide/lost.md: not in SUMMARY.md",
    );
}

#[test]
fn a_part_without_pages() {
    assert_fault(
        |workspace| {
            let summary = workspace.read("docs/src/SUMMARY.md");
            let summary = summary.replace("- [Bell]", "# Empty\n\n# Bells\n\n- [Bell]");
            workspace.write("docs/src/SUMMARY.md", &summary);
        },
        "docs/src/SUMMARY.md: the part `Empty` has no page; delete its heading",
    );
    assert_fault(
        |workspace| workspace.append("docs/src/SUMMARY.md", "\n# Last\n"),
        "docs/src/SUMMARY.md: the part `Last` has no page; delete its heading",
    );
}

#[test]
fn an_entry_without_a_page() {
    assert_fault(
        |workspace| workspace.append("docs/src/SUMMARY.md", "    - [Gong](guide/gong.md)\n"),
        "docs/src/SUMMARY.md: [Gong](guide/gong.md): there is no such page",
    );
}

#[test]
fn an_entry_outside_the_pages() {
    assert_fault(
        |workspace| workspace.append("docs/src/SUMMARY.md", "- [Book](../book.toml)\n"),
        "docs/src/SUMMARY.md: [Book](../book.toml): the page lies outside docs/src",
    );
}

#[test]
fn a_dead_link() {
    assert_fault(
        |workspace| workspace.append("docs/src/guide/deep.md", "\n[gong](gong.md)\n"),
        "docs/src/guide/deep.md: link `gong.html`: there is no guide/gong.html in the book",
    );
}

#[test]
fn a_dead_fragment() {
    assert_fault(
        |workspace| {
            workspace.append(
                "docs/src/guide/deep.md",
                "\n[bell](../signals/bell.md#nowhere)\n",
            )
        },
        "docs/src/guide/deep.md: link `../signals/bell.html#nowhere`: there is no id `nowhere` on \
         that page",
    );
}

#[test]
fn a_link_out_of_the_book() {
    assert_fault(
        |workspace| {
            workspace.append(
                "docs/src/signals/bell.md",
                "\n[recipe](../../recipes/signals/bell/README.md)\n",
            )
        },
        "docs/src/signals/bell.md: link `../../recipes/signals/bell/README.html`: it leads out of \
         the book",
    );
}

#[test]
fn an_image_from_another_host() {
    let workspace = Workspace::new();
    workspace.append(
        "docs/src/signals/bell.md",
        "\n![gong](https://example.org/gong.png)\n",
    );
    let outcome = workspace.build();
    assert_eq!(outcome.status, Some(1));
    assert!(
        outcome
            .stderr
            .contains("the page would load it from another host"),
        "{outcome:?}"
    );
}

#[test]
fn what_mdbook_only_warns_of() {
    assert_fault(
        |workspace| workspace.append("docs/src/signals/bell.md", "\n<div>never closed\n"),
        "mdBook: unclosed HTML tag `<div>` found in `signals/bell.md`",
    );
}

#[test]
fn a_table_of_contents_that_cannot_be_read() {
    assert_fault(
        |workspace| {
            workspace.append(
                "docs/src/SUMMARY.md",
                "\n# Part\n\n[Gong](signals/bell.md)\n\n- [Late](signals/bell.md)\n",
            )
        },
        "cannot build the book: docs/src/SUMMARY.md: ",
    );
}

#[test]
fn a_setting_that_mdbook_does_not_know() {
    assert_fault(
        |workspace| {
            workspace.append(
                "docs/book.toml",
                "\n[output.html]\ndefault-thema = \"light\"\n",
            )
        },
        "mdBook: ",
    );
}

#[test]
fn all_faults_are_named_at_once() {
    let workspace = Workspace::new();
    workspace.append(
        "docs/src/index.md",
        "\n{{#recipe gong}}\n\n{{#output gong}}\n\n[x](x.md)\n\n<div>\n",
    );
    workspace.append("docs/src/signals/bell.md", "\n```rust\n```\n");
    workspace.append("docs/src/SUMMARY.md", "- [Gong](gong.md)\n");
    workspace.write("docs/src/lost.md", "# Lost\n");
    let outcome = workspace.build();
    for part in [
        "docs/src/index.md:5: {{#recipe gong}}",
        "docs/src/index.md:7: {{#output gong}}",
        "docs/src/signals/bell.md:11: Rust typed by hand",
        "docs/src/SUMMARY.md: [Gong](gong.md)",
        "docs/src/lost.md: not in SUMMARY.md",
        "docs/src/index.md: link `x.html`",
        "mdBook: unclosed HTML tag",
        "The book has 7 faults.",
    ] {
        assert!(
            outcome.stderr.contains(part),
            "{part} is not in {}",
            outcome.stderr
        );
    }
}

#[test]
fn a_book_with_faults_leaves_the_old_one_in_place() {
    let workspace = Workspace::new();
    workspace.build();
    let old = workspace.read("docs/book/signals/bell.html");
    workspace.append(
        "docs/src/signals/bell.md",
        "\nNew text.\n\n{{#recipe gong}}\n",
    );
    assert_eq!(workspace.build().status, Some(1));
    assert_eq!(workspace.read("docs/book/signals/bell.html"), old);
}

#[test]
fn no_file_of_an_older_build_stays() {
    let workspace = Workspace::new();
    workspace.write("docs/book/old.html", "old");
    assert_eq!(workspace.build().status, Some(0));
    assert!(!workspace.path("docs/book/old.html").exists());
}
