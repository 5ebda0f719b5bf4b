//! Links of the built book that lead nowhere. mdBook checks none.

use crate::html::{self, print, site::Site};
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult};
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

/// A link that leads nowhere.
#[derive(Debug, PartialEq)]
pub(crate) struct Dead {
    /// The address of the page it is on.
    pub(crate) page: String,
    pub(crate) reason: String,
}

/// The links to a file or an id that is not in the book. A link to the rest of the web is not
/// followed, but a page may not load anything from there: the book is read offline.
pub(crate) fn dead(pages: &Pages<'_>) -> Vec<Dead> {
    // The links between the pages of the API reference are rustdoc's own.
    let dead_on = |wanted: fn(&str) -> bool| -> Vec<Dead> {
        let wanted = pages.site.pages().filter(|(address, _)| wanted(address));
        wanted
            .flat_map(|(address, _)| pages.dead_links(address))
            .collect()
    };
    let dead = dead_on(|address| address != print::ADDRESS);
    if dead.is_empty() {
        // It holds all other pages, dead links included.
        dead_on(|address| address == print::ADDRESS)
    } else {
        dead
    }
}

/// The addresses of the files of the book that a browser loads together with the page at `address`:
/// scripts, style sheets, images. Each once.
pub(crate) fn loaded(address: &str, pages: &Pages<'_>) -> BTreeSet<String> {
    let Some(page) = pages.get(address) else {
        return BTreeSet::new();
    };
    let start = page.start(address);
    let loaded = page.links.iter().filter(|link| link.is_loaded);
    loaded
        .filter_map(|link| {
            let path = link.target.split(['#', '?']).next()?;
            resolve(&start, &percent_decoded(path)?)
        })
        .collect()
}

/// The HTML pages of a site. Each is parsed once, when it is first looked at: most pages of the API
/// reference never are.
pub(crate) struct Pages<'a> {
    pub(crate) site: &'a Site,
    parsed: BTreeMap<&'a str, OnceCell<Page>>,
}

impl<'a> Pages<'a> {
    pub(crate) fn of(site: &'a Site) -> Self {
        let unparsed = |(address, _)| (address, OnceCell::new());
        Pages {
            site,
            parsed: site.html().map(unparsed).collect(),
        }
    }

    fn get(&self, address: &str) -> Option<&Page> {
        let page = self.parsed.get(address)?;
        let html = self.site.get(address)?;
        Some(page.get_or_init(|| Page::parse(html)))
    }

    fn dead_links(&self, address: &str) -> Vec<Dead> {
        let Some(page) = self.get(address) else {
            return Vec::new();
        };
        let start = page.start(address);
        let dead = |link: &Link| {
            let reason = link.reason_if_dead(&start, self, page)?;
            Some(Dead {
                page: address.to_owned(),
                reason: format!("link `{}`: {reason}", link.target),
            })
        };
        page.links.iter().filter_map(dead).collect()
    }
}

/// What a page links to and what in it can be linked to.
#[derive(Default)]
struct Page {
    ids: BTreeSet<String>,
    links: BTreeSet<Link>,
    /// The folder that links start from, where a `<base>` names it.
    base: Option<String>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Link {
    target: String,
    /// An image, a script, a style sheet: what the browser loads by itself.
    is_loaded: bool,
}

impl Page {
    fn parse(html: &[u8]) -> Page {
        html::read(html, Tags::default()).0.into_inner()
    }

    fn note(&mut self, tag: &Tag) {
        for attribute in &tag.attrs {
            let value = attribute.value.to_string();
            match (&*tag.name, &*attribute.name.local) {
                (_, "id") | ("a", "name") => {
                    self.ids.insert(value);
                }
                ("base", "href") => self.base = Some(value),
                (element, "href" | "src") => {
                    let is_loaded = element != "a";
                    self.links.insert(Link {
                        target: value,
                        is_loaded,
                    });
                }
                _ => {}
            }
        }
    }

    /// Where the links of the page at `address` start.
    fn start(&self, address: &str) -> String {
        match &self.base {
            Some(base) => format!("{}/", base.trim_matches('/')),
            None => address.to_owned(),
        }
    }
}

impl Link {
    fn reason_if_dead(&self, start: &str, pages: &Pages<'_>, here: &Page) -> Option<String> {
        if is_elsewhere(&self.target) {
            let reason = "the page would load it from another host, and the book is read offline";
            let inline = self.target.starts_with("data:");
            return (self.is_loaded && !inline).then(|| reason.to_owned());
        }
        let (path, fragment) = self.target.split_once('#').unwrap_or((&self.target, ""));
        let path = path.split('?').next().unwrap_or(path);
        let (Some(path), Some(fragment)) = (percent_decoded(path), percent_decoded(fragment))
        else {
            return Some("a `%` in it is not followed by the digits of a character".to_owned());
        };
        let address = if path.is_empty() {
            None
        } else {
            let Some(address) = resolve(start, &path) else {
                return Some("it leads out of the book".to_owned());
            };
            if pages.site.get(&address).is_none() {
                return Some(format!("there is no {address} in the book"));
            }
            Some(address)
        };
        if fragment.is_empty() {
            return None;
        }
        let page = match address {
            None => Some(here),
            Some(address) => pages.get(&address),
        };
        let found = page.is_none_or(|page| page.ids.contains(&fragment));
        (!found).then(|| format!("there is no id `{fragment}` on that page"))
    }
}

/// With a scheme, as in `https:`, or with a host alone, as in `//example.org`.
fn is_elsewhere(target: &str) -> bool {
    let scheme = target.split_once(':').map(|(scheme, _)| scheme);
    let is_scheme = |text: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        !text.is_empty() && text.chars().all(allowed)
    };
    target.starts_with("//") || scheme.is_some_and(is_scheme)
}

/// The address that `path` means on the page `start`. `None` above the book's own folder, and for a
/// path from a host's root: a book is read from any folder, from a disk too.
fn resolve(start: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = start.split('/').filter(|part| !part.is_empty()).collect();
    if !start.ends_with('/') {
        parts.pop();
    }
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// `%20` and its like as the characters they stand for. `None` for what is not UTF-8 or no such
/// sequence.
pub(crate) fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        let digits = str::from_utf8(digits)
            .ok()
            .filter(|it| it.chars().all(|c| c.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

/// Tells a page about each of its tags.
#[derive(Default)]
struct Tags(RefCell<Page>);

impl TokenSink for Tags {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        let Token::TagToken(tag) = token else {
            return TokenSinkResult::Continue;
        };
        if tag.kind == TagKind::EndTag {
            return TokenSinkResult::Continue;
        }
        self.0.borrow_mut().note(&tag);
        // What looks like a tag inside these is text.
        match &*tag.name {
            "script" => TokenSinkResult::RawData(RawKind::ScriptData),
            "style" => TokenSinkResult::RawData(RawKind::Rawtext),
            _ => TokenSinkResult::Continue,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(html: &str) -> Vec<String> {
        let site = Site::from([
            ("guide/page.html", html),
            ("index.html", "<h1 id='top part'>Top</h1>"),
            ("main.rs", "fn main() {}"),
        ]);
        dead(&Pages::of(&site))
            .into_iter()
            .map(|it| it.reason)
            .collect()
    }

    #[test]
    fn links_that_lead_somewhere_are_fine() {
        for target in [
            "../index.html",
            "../index.html#top%20part",
            "./page.html#here",
            "#here",
            "#",
            "../main.rs",
            "../main.rs#L1",
            "page.html?highlight=x",
            "https://example.org/nowhere",
            "mailto:nobody@example.org",
        ] {
            assert_eq!(
                reasons(&format!("<p id=here><a href='{target}'>x</a>")),
                [""; 0],
                "{target}"
            );
        }
    }

    #[test]
    fn links_that_lead_nowhere_are_named() {
        for (target, reason) in [
            ("index.html", "there is no guide/index.html in the book"),
            (
                "../index.html#bottom",
                "there is no id `bottom` on that page",
            ),
            ("#there", "there is no id `there` on that page"),
            ("../../README.html", "it leads out of the book"),
            ("/index.html", "it leads out of the book"),
            ("../guide/", "there is no guide/ in the book"),
            (
                "a%zz.html",
                "a `%` in it is not followed by the digits of a character",
            ),
        ] {
            assert_eq!(
                reasons(&format!("<p id=here><a href='{target}'>x</a>")),
                [format!("link `{target}`: {reason}")]
            );
        }
    }

    #[test]
    fn nothing_is_loaded_from_another_host() {
        for html in [
            "<img src='https://example.org/a.png'>",
            "<script src='//example.org/a.js'></script>",
            "<link rel=stylesheet href='http://example.org/a.css'>",
        ] {
            assert_eq!(reasons(html).len(), 1, "{html}");
        }
        assert_eq!(reasons("<img src='data:image/png;base64,'>"), [""; 0]);
    }

    #[test]
    fn text_that_looks_like_a_tag_is_no_link() {
        assert_eq!(
            reasons("<script>'<a href=\"nowhere.html\">'</script><!-- <a href=x> -->"),
            [""; 0]
        );
    }

    #[test]
    fn a_base_is_where_links_start() {
        assert_eq!(
            reasons("<base href='/'><a href='index.html'>x</a>"),
            [""; 0]
        );
    }

    #[test]
    fn the_print_page_repeats_no_other_page() {
        let site = Site::from([
            ("a.html", "<a href=b.html>"),
            (print::ADDRESS, "<a href=b.html>"),
        ]);
        assert_eq!(dead(&Pages::of(&site)).len(), 1);
        let site = Site::from([("a.html", ""), (print::ADDRESS, "<a href=b.html>")]);
        assert_eq!(dead(&Pages::of(&site)).len(), 1);
    }

    #[test]
    fn percent_sequences_are_decoded_or_refused() {
        assert_eq!(percent_decoded("a%20b%C3%A9"), Some("a bé".to_owned()));
        for text in ["%", "%2", "%zz", "%+1", "%ff"] {
            assert_eq!(percent_decoded(text), None, "{text}");
        }
    }
}
