//! What the pages say of this repository before and after its address is known.

use crate::workspace::{Outcome, Workspace};

const ADDRESS: &str = "https://example.org/people/bells";

/// A book whose pages need the repository in every way that there is.
fn workspace() -> Workspace {
    let workspace = Workspace::new();
    let text = "\n{{#clone}}\n\n{{#add chime/loud}}\n";
    workspace.append("docs/src/index.md", text);
    workspace
}

fn with_address() -> Workspace {
    let workspace = workspace();
    let setting = format!("\n[output.html]\ngit-repository-url = \"{ADDRESS}\"\n");
    workspace.append("docs/book.toml", &setting);
    workspace
}

/// Builds the book, and asserts that a page has these parts.
#[track_caller]
fn assert_shown(workspace: &Workspace, page: &str, parts: &[&str]) {
    let outcome = workspace.build();
    assert_eq!((outcome.status, &*outcome.stderr), (Some(0), ""));
    let page = workspace.read(&format!("docs/book/{page}"));
    for part in parts {
        assert!(page.contains(part), "{part} is not in {page}");
    }
}

#[test]
fn without_an_address_the_pages_speak_of_a_clone() {
    let workspace = workspace();
    let parts = [
        "<p>Run the commands below in your clone of this repository.</p>",
        "The crate <code>chime</code> is not on crates.io yet. Replace <code>COOKBOOK</code> with \
         the folder of your clone",
        "cargo add chime --path COOKBOOK/shared/chime --features loud\n",
    ];
    assert_shown(&workspace, "index.html", &parts);
    let parts = [
        "Run it in your clone of this repository:",
        "cargo add chime --path COOKBOOK/shared/chime\n",
        "file is <code>recipes/signals/bell/examples/bell_std.rs</code>",
        "href=\"../recipes/signals/bell/src/main.rs\"",
    ];
    assert_shown(&workspace, "guide/deep.html", &parts);
    let all = workspace.read("docs/book/print.html");
    assert!(
        !all.contains("git clone") && !all.contains("--git"),
        "{all}"
    );
}

#[test]
fn with_an_address_every_page_has_it() {
    let workspace = with_address();
    let clone = format!("git clone {ADDRESS}\ncd bells\n");
    let add = format!("cargo add chime --git {ADDRESS} --features loud\n");
    assert_shown(&workspace, "index.html", &[&clone, &add]);
    let link = format!("Run it in your clone of <a href=\"{ADDRESS}\">this repository</a>:");
    let add = format!("cargo add chime --git {ADDRESS}\n");
    let file = "recipes/signals/bell/src/main.rs";
    let source = format!("<a href=\"{ADDRESS}/blob/HEAD/{file}\"><code>{file}</code></a>");
    let file = "recipes/signals/bell/examples/bell_std.rs";
    let example = format!("<a href=\"{ADDRESS}/blob/HEAD/{file}\"><code>{file}</code></a>");
    assert_shown(
        &workspace,
        "guide/deep.html",
        &[&link, &add, &source, &example],
    );
    let all = workspace.read("docs/book/print.html");
    assert!(!all.contains("COOKBOOK"), "{all}");
}

/// The crates of this workspace are the ones that are tried, not those at the address.
#[test]
fn with_an_address_the_programs_are_checked_too() {
    let workspace = with_address();
    let mut check = workspace.book("", &["check"]);
    let outcome = Outcome::from(check.env_remove("CARGO_TARGET_DIR").output().unwrap());
    assert_eq!((outcome.status, &*outcome.stderr), (Some(0), ""));
}
