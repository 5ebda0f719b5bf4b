//! The words after `cargo book`, and mdBook's protocol.

use crate::workspace::{Outcome, Workspace};
use std::io::Write;
use std::process::Stdio;

fn run(workspace: &Workspace, words: &[&str]) -> Outcome {
    Outcome::from(workspace.book("", words).output().unwrap())
}

#[test]
fn help_names_the_commands() {
    for word in ["--help", "-h", "help"] {
        let outcome = run(&Workspace::new(), &[word]);
        assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""));
        assert!(outcome.stdout.contains("cargo book build"), "{outcome:?}");
    }
}

#[test]
fn what_is_not_understood_gets_one_line() {
    for (words, reason) in [
        (
            &["nosuch"] as &[_],
            "there is no `cargo book nosuch`; there are serve, build, check, ",
        ),
        (&["build", "now"], "\"now\" is one word too many; "),
        (&["serve", "--port"], "--port needs the number of a port; "),
        (
            &["--port", "many"],
            "\"many\" is not the number of a port; ",
        ),
        (
            &["--port", "70000"],
            "\"70000\" is not the number of a port; ",
        ),
        (
            &["check", "--at-least", "3"],
            "\"--at-least 3\" is one word too many; ",
        ),
        (
            &["new"],
            "new needs a part and a name, such as threads/example; ",
        ),
        (
            &["new", "--crate", "rayon"],
            "new needs a part and a name, ",
        ),
        (
            &["new", "threads/one", "threads/two"],
            "\"threads/two\" is one word too many; ",
        ),
        (
            &["new", "threads/one", "--crate"],
            "--crate needs the name of a library; ",
        ),
        (
            &["preprocess", "supports"],
            "\"supports\" is one word too many; ",
        ),
    ] {
        let outcome = run(&Workspace::new(), words);
        assert_eq!(
            (outcome.status, outcome.stdout.as_str()),
            (Some(2), ""),
            "{words:?}"
        );
        assert!(
            outcome.stderr.starts_with(reason)
                && outcome.stderr.ends_with("see `cargo book --help`\n"),
            "{outcome:?}"
        );
        assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
    }
}

#[test]
fn the_directives_are_listed() {
    let outcome = run(&Workspace::new(), &["directives"]);
    assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""));
    assert!(
        outcome.stdout.contains("{{#recipe NAME:ANCHOR}} "),
        "{outcome:?}"
    );
}

#[cfg(unix)]
#[test]
fn a_word_that_is_not_utf8_gets_one_line() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let workspace = Workspace::new();
    let mut command = workspace.book("", &[]);
    command.arg(OsStr::from_bytes(b"b\xff"));
    let outcome = Outcome::from(command.output().unwrap());
    assert_eq!(outcome.status, Some(2));
    assert_eq!(
        outcome.stderr,
        "the argument \"b\\xFF\" is not UTF-8 text; see `cargo book --help`\n"
    );
}

/// As `cargo book --help | head -1` when `head` has ended.
#[test]
fn a_closed_pipe_ends_quietly() {
    for words in [&["--help"], &["build"], &["directives"]] {
        let workspace = Workspace::new();
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = workspace.book("", words);
        let output = command.stdout(writer).stderr(Stdio::piped()).output();
        let outcome = Outcome::from(output.unwrap());
        assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_gets_one_line() {
    let full = std::fs::File::options().write(true).open("/dev/full");
    let workspace = Workspace::new();
    let mut command = workspace.book("", &["--help"]);
    let output = command
        .stdout(full.unwrap())
        .stderr(Stdio::piped())
        .output();
    let outcome = Outcome::from(output.unwrap());
    assert_eq!(outcome.status, Some(1));
    assert!(
        outcome
            .stderr
            .starts_with("cannot write to standard output: "),
        "{outcome:?}"
    );
    assert_eq!(outcome.stderr.lines().count(), 1);
}

#[test]
fn outside_a_cookbook_there_is_nothing_to_build() {
    let elsewhere = tempfile::tempdir().unwrap();
    let mut command = Workspace::new().book("", &["build"]);
    let outcome = Outcome::from(command.current_dir(elsewhere.path()).output().unwrap());
    assert_eq!(outcome.status, Some(1));
    assert!(
        outcome
            .stderr
            .starts_with("there is no docs/book.toml here or above"),
        "{outcome:?}"
    );
}

#[test]
fn html_is_what_the_preprocessor_is_for() {
    let workspace = Workspace::new();
    for (renderer, status) in [("html", 0), ("epub", 1)] {
        let outcome = run(&workspace, &["preprocess", "supports", renderer]);
        assert_eq!(
            (outcome.status, outcome.stdout.as_str()),
            (Some(status), ""),
            "{outcome:?}"
        );
    }
}

/// What a stock mdBook does: the book on standard input, the new one from standard output, run in
/// the docs folder.
fn preprocess(workspace: &Workspace, page: &str) -> Outcome {
    let chapter = serde_json::json!({ "Chapter": {
        "name": "Deep", "content": page, "number": null, "sub_items": [],
        "path": "guide/deep.md", "source_path": "guide/deep.md", "parent_names": []
    }});
    let context = serde_json::json!({
        "root": "docs", "config": {}, "renderer": "html", "mdbook_version": "0.5.4"
    });
    let input = serde_json::json!([context, { "items": [chapter] }]).to_string();
    let mut command = workspace.book("docs", &["preprocess"]);
    let pipes = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = pipes.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    Outcome::from(child.wait_with_output().unwrap())
}

#[test]
fn a_stock_mdbook_gets_the_book_back() {
    let outcome = preprocess(&Workspace::new(), "# Deep\n\n{{#recipe bell}}\n");
    assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""));
    let book: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    let content = book["items"][0]["Chapter"]["content"].as_str().unwrap();
    assert!(content.contains("```rust\n//! Rings a bell."), "{content}");
    // From docs/book/guide/deep.html to the file itself.
    assert!(
        content.contains("(<../../../recipes/signals/bell/src/main.rs>)"),
        "{content}"
    );
}

#[test]
fn a_stock_mdbook_hears_of_faults() {
    let outcome = preprocess(&Workspace::new(), "# Deep\n\n{{#recipe gong}}\n");
    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(1), ""));
    assert!(
        outcome
            .stderr
            .starts_with("docs/src/guide/deep.md:3: {{#recipe gong}}"),
        "{outcome:?}"
    );
}

#[test]
fn a_book_that_cannot_be_read_is_an_error() {
    let workspace = Workspace::new();
    let mut command = workspace.book("docs", &["preprocess"]);
    let outcome = Outcome::from(command.stdin(Stdio::null()).output().unwrap());
    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(1), ""));
    assert!(
        outcome.stderr.starts_with("Unable to parse the input"),
        "{outcome:?}"
    );
}
