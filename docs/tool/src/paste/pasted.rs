//! The whole programs of a built page, as a reader takes them from it: the text between the tags,
//! and what the page says below it.
//!
//! Which program and which file a block of code is, its figure says: see `directives/source.rs`.

use crate::html;
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult};
use std::cell::RefCell;
use std::collections::BTreeMap;

const MAIN: &str = "src/main.rs";
const CLI: &str = "src/cli.rs";

/// A program and what its page says of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Pasted {
    /// `src/main.rs`. Empty if the page does not show it.
    pub(crate) main: String,
    /// `src/cli.rs`, if the program has that file and the page shows it.
    pub(crate) cli: Option<String>,
    /// The commands that add what it needs.
    pub(crate) cargo_add: Vec<String>,
    /// The folder to put next to `src/`.
    pub(crate) input: Option<String>,
    /// What to try it with instead.
    pub(crate) sample: Option<Sample>,
    /// The file that the page says it is.
    pub(crate) file: String,
}

/// A run on something else than the input: `cargo run -- NAME`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sample {
    /// The file or folder that the command names.
    pub(crate) name: String,
    /// What to put into the file. `None` for a folder that is there.
    pub(crate) text: Option<String>,
    /// What the program prints, if the page says so.
    pub(crate) output: Option<String>,
}

/// The programs that a page tells facts about. An excerpt has none, nor has what the compiler
/// refuses.
pub(crate) fn programs(page: &[u8]) -> Vec<Pasted> {
    html::read(page, Reader::default())
        .0
        .into_inner()
        .programs()
}

#[derive(Default)]
struct Reader(RefCell<State>);

/// A file of a program.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct File {
    program: String,
    name: String,
}

/// The attributes of a figure that shows a file whole.
struct Figure {
    file: File,
    /// The program whose `src/cli.rs` belongs to it.
    cli: Option<String>,
}

/// What a page says of a program.
struct Facts {
    program: String,
    pasted: Pasted,
}

#[derive(Default)]
struct State {
    /// The `<code>` that is open: its classes and its text so far.
    code: Option<(String, String)>,
    figure: Option<Figure>,
    facts: Option<Facts>,
    files: BTreeMap<File, String>,
    /// For each program with two files the one that has the second.
    shared: BTreeMap<String, String>,
    found: Vec<Facts>,
}

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        let mut state = self.0.borrow_mut();
        match token {
            Token::CharacterTokens(text) => state.text(&text),
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => state.start(&tag),
            Token::TagToken(tag) => state.end(&tag),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl State {
    fn text(&mut self, text: &str) {
        if let Some((_, code)) = &mut self.code {
            code.push_str(text);
        }
    }

    fn start(&mut self, tag: &Tag) {
        let class = attribute(tag, "class").unwrap_or_default();
        match &*tag.name {
            "figure" => self.figure = figure(tag),
            "code" => self.code = Some((class, String::new())),
            "div" if class == "facts" => {
                self.facts = Some(Facts {
                    program: attribute(tag, "data-program").unwrap_or_default(),
                    pasted: Pasted::default(),
                });
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: &Tag) {
        match &*tag.name {
            "code" => {
                if let Some((class, text)) = self.code.take() {
                    self.code_read(&class, text);
                }
            }
            "figure" => self.figure = None,
            "div" => self.found.extend(self.facts.take()),
            _ => {}
        }
    }

    fn code_read(&mut self, class: &str, text: String) {
        if let Some(facts) = &mut self.facts {
            facts.pasted.note(class, text);
            return;
        }
        if let Some(figure) = &self.figure
            && class.contains("language-rust")
        {
            let program = figure.file.program.clone();
            if let Some(cli) = &figure.cli {
                self.shared.insert(program, cli.clone());
            }
            self.files.insert(figure.file.clone(), text);
        }
    }

    /// The files of a program may stand anywhere on the page, so they are put together at its end.
    fn programs(self) -> Vec<Pasted> {
        let file = |program: &str, name: &str| {
            let file = File {
                program: program.to_owned(),
                name: name.to_owned(),
            };
            self.files.get(&file).cloned()
        };
        let mut programs = Vec::new();
        for Facts { program, pasted } in &self.found {
            let cli = self.shared.get(program).and_then(|owner| file(owner, CLI));
            programs.push(Pasted {
                main: file(program, MAIN).unwrap_or_default(),
                cli,
                ..pasted.clone()
            });
        }
        programs
    }
}

impl Pasted {
    /// The program as the page's button copies it, if it has two files: docs/assets/copy.js makes
    /// the second one a module of the first.
    pub(crate) fn in_one_file(&self) -> Option<String> {
        let cli = self.cli.as_ref()?;
        Some(
            self.main
                .replacen("mod cli;", &format!("mod cli {{\n{cli}}}"), 1),
        )
    }

    /// Takes in one `<code>` of the facts.
    fn note(&mut self, class: &str, text: String) {
        if class.contains("language-sh") {
            for line in text.lines() {
                if line.starts_with("cargo add ") {
                    self.cargo_add.push(line.to_owned());
                } else if let Some(name) = line.strip_prefix("cargo run -- ") {
                    self.sample.get_or_insert_default().name = name.to_owned();
                }
            }
        } else if class.contains("language-text input") {
            self.sample.get_or_insert_default().text = Some(text);
        } else if class.contains("language-text") {
            self.sample.get_or_insert_default().output = Some(text);
        } else if text.ends_with("/input/") {
            self.input = Some(text);
        } else if text.starts_with("recipes/") && text.ends_with(".rs") && self.file.is_empty() {
            self.file = text;
        }
    }
}

/// `None` for a figure that shows no program, or shows one with some lines hidden.
fn figure(tag: &Tag) -> Option<Figure> {
    if attribute(tag, "data-lines").is_some() {
        return None;
    }
    Some(Figure {
        file: File {
            program: attribute(tag, "data-program")?,
            name: attribute(tag, "data-file")?,
        },
        cli: attribute(tag, "data-cli"),
    })
}

fn attribute(tag: &Tag, name: &str) -> Option<String> {
    let found = tag.attrs.iter().find(|it| &*it.name.local == name)?;
    Some(found.value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "
<figure class=\"program\" data-program=\"bell\" data-file=\"src/main.rs\" data-lines=\"1-1\">
<pre><code class=\"language-rust\">fn excerpt() {}
</code></pre>
</figure>
<p>See <code>recipes/signals/bell/src/main.rs</code>.</p>
<details><figure class=\"program\" data-program=\"bell\" data-file=\"src/main.rs\" data-cli=\"bell\">
<pre class=\"x\"><code class=\"language-rust\">fn main() {
    f::&lt;u8&gt;(&quot;a&quot; &amp;&amp; <span class=\"hljs\">b</span>);
}
</code></pre>
</figure></details>
<figure class=\"program\" data-program=\"bell\" data-file=\"src/cli.rs\" data-cli=\"bell\">
<pre><code class=\"language-rust\">fn read() {}
</code></pre>
</figure>
<div class=\"facts\" data-program=\"bell\">
<pre><code class=\"language-sh\">cargo run -p bell
</code></pre>
<p>Add:</p>
<pre><code class=\"language-sh\">cargo add a@1
cargo add b --path COOKBOOK/b
</code></pre>
<p>It reads <code>a.txt</code> in <code>recipes/signals/bell/input/</code>.</p>
<pre><code class=\"language-text input\">12:00
</code></pre>
<pre><code class=\"language-sh\">cargo run -- noon.txt
</code></pre>
<pre><code class=\"language-text\">dong
</code></pre>
<p>They are <code>recipes/signals/bell/src/main.rs</code> and <code>recipes/signals/bell/src/cli.rs</code>.</p>
</div>
<figure class=\"program\" data-program=\"bell_std\" data-file=\"src/main.rs\" data-cli=\"bell\">
<pre><code class=\"language-rust\">fn other() {}
</code></pre>
</figure>
<div class=\"facts\" data-program=\"bell_std\">
<p>It is <code>recipes/signals/bell/examples/bell_std.rs</code>.</p>
</div>
<div class=\"facts\" data-program=\"lost\"></div>
<figure class=\"program\"><pre><code class=\"language-rust compile_fail\">fn refused() {}
</code></pre></figure>
";

    #[test]
    fn a_program_is_read_with_its_files_and_its_facts() {
        let program = Pasted {
            main: "fn main() {\n    f::<u8>(\"a\" && b);\n}\n".to_owned(),
            cli: Some("fn read() {}\n".to_owned()),
            cargo_add: vec![
                "cargo add a@1".to_owned(),
                "cargo add b --path COOKBOOK/b".to_owned(),
            ],
            input: Some("recipes/signals/bell/input/".to_owned()),
            sample: Some(Sample {
                name: "noon.txt".to_owned(),
                text: Some("12:00\n".to_owned()),
                output: Some("dong\n".to_owned()),
            }),
            file: "recipes/signals/bell/src/main.rs".to_owned(),
        };
        assert_eq!(programs(PAGE.as_bytes())[0], program);
    }

    #[test]
    fn an_example_shares_a_file_with_its_recipe() {
        let program = programs(PAGE.as_bytes()).remove(1);
        assert_eq!(program.main, "fn other() {}\n");
        assert_eq!(program.cli.as_deref(), Some("fn read() {}\n"));
        assert_eq!(program.file, "recipes/signals/bell/examples/bell_std.rs");
    }

    #[test]
    fn facts_without_a_program_are_found_empty() {
        let found = programs(PAGE.as_bytes());
        assert_eq!(found.len(), 3);
        assert_eq!(found[2], Pasted::default());
    }
}
