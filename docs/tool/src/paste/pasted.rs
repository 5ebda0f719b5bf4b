//! The whole programs of a built page, as a reader takes them from it: the text between the tags, and what the page says
//! below it.

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use std::cell::RefCell;

/// A program and what its page says of it.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Pasted {
    pub(crate) code: String,
    /// The commands that add what it needs.
    pub(crate) cargo_add: Vec<String>,
    /// The folder to put next to `src/`.
    pub(crate) input: Option<String>,
    /// The file that the page says it is.
    pub(crate) file: String,
}

/// The programs that have facts below them. An excerpt has none, nor has what the compiler refuses.
pub(crate) fn programs(html: &[u8]) -> Vec<Pasted> {
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from(&*String::from_utf8_lossy(html)));
    let tokenizer = Tokenizer::new(Reader::default(), TokenizerOpts::default());
    // Its other result is a script to run in between, which only a browser's sink asks for.
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    tokenizer.sink.0.into_inner().programs
}

#[derive(Default)]
struct Reader(RefCell<State>);

#[derive(Default)]
struct State {
    /// The `<code>` that is open: its classes and its text so far.
    code: Option<(String, String)>,
    /// The Rust read last, and what is being read about it.
    rust: String,
    facts: Option<Pasted>,
    programs: Vec<Pasted>,
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
        let class = tag
            .attrs
            .iter()
            .find(|it| &*it.name.local == "class")
            .map(|it| it.value.to_string());
        match (&*tag.name, class.as_deref()) {
            ("div", Some("facts")) => {
                self.facts = Some(Pasted {
                    code: std::mem::take(&mut self.rust),
                    ..Pasted::default()
                });
            }
            ("code", _) => self.code = Some((class.unwrap_or_default(), String::new())),
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
            "div" => self.programs.extend(self.facts.take()),
            _ => {}
        }
    }

    fn code_read(&mut self, class: &str, text: String) {
        match &mut self.facts {
            None if class.contains("language-rust") => self.rust = text,
            None => {}
            Some(facts) if class.contains("language-sh") => {
                let adds = text.lines().filter(|line| line.starts_with("cargo add "));
                facts.cargo_add.extend(adds.map(str::to_owned));
            }
            Some(facts) if text.ends_with("/input/") => facts.input = Some(text),
            Some(facts) if text.starts_with("recipes/") && text.ends_with(".rs") => {
                facts.file = text
            }
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "
<pre><code class=\"language-rust\">fn excerpt() {}
</code></pre>
<p>See <code>recipes/bell/src/main.rs</code>.</p>
<div class=\"other\"></div>
<pre class=\"x\"><code class=\"language-rust\">fn main() {
    f::&lt;u8&gt;(&quot;a&quot; &amp;&amp; <span class=\"hljs\">b</span>);
}
</code></pre>
<div class=\"facts\">
<pre><code class=\"language-sh\">cargo run -p bell
</code></pre>
<p>Add:</p>
<pre><code class=\"language-sh\">cargo add a@1
cargo add b --path COOKBOOK/b
</code></pre>
<p>It reads <code>a.txt</code> in <code>recipes/bell/input/</code>.</p>
<p>It is <a href=\"x\"><code>recipes/bell/src/main.rs</code></a>.</p>
</div>
<pre><code class=\"language-rust compile_fail\">fn refused() {}
</code></pre>
";

    #[test]
    fn a_program_is_read_with_its_facts() {
        let program = Pasted {
            code: "fn main() {\n    f::<u8>(\"a\" && b);\n}\n".to_owned(),
            cargo_add: vec![
                "cargo add a@1".to_owned(),
                "cargo add b --path COOKBOOK/b".to_owned(),
            ],
            input: Some("recipes/bell/input/".to_owned()),
            file: "recipes/bell/src/main.rs".to_owned(),
        };
        assert_eq!(programs(PAGE.as_bytes()), [program]);
    }

    #[test]
    fn facts_without_a_program_are_found_empty() {
        let twice = PAGE.replace("<div class=\"other\">", "<div class=\"facts\">");
        let codes: Vec<_> = programs(twice.as_bytes())
            .into_iter()
            .map(|it| it.code)
            .collect();
        assert_eq!(codes[0], "fn excerpt() {}\n");
        assert_eq!(codes.len(), 2);
    }
}
