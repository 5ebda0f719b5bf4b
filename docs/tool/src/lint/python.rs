//! A reader who comes from Python finds every public name of Python 3.14's `threading` and `queue`,
//! and of the part of `multiprocessing` that synchronizes. Each name is in a table of *Coming from
//! Python*, each row of these tables has a link, and the search finds the name.
//!
//! The names are those of `threading.__all__`, `queue.__all__` and `dir()` of each class in CPython
//! 3.13, and what 3.14 added: `locked` of more locks, `Thread.context`, `SyncManager.set`.

use crate::build::build;
use crate::html::site::Site;
use elasticlunr::Language;
use elasticlunr::lang::English;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::{fs, iter};

const PAGE: &str = "coming-from-python";

/// Searched for as Python has them, with their module.
const OF_MODULES: [(&str, &str); 4] = [
    (
        "threading",
        "Barrier BoundedSemaphore BrokenBarrierError Condition Event ExceptHookArgs Lock RLock Semaphore TIMEOUT_MAX Thread \
         ThreadError Timer active_count current_thread enumerate excepthook get_ident get_native_id local main_thread \
         settrace settrace_all_threads stack_size activeCount",
    ),
    (
        "queue",
        "Empty Full LifoQueue PriorityQueue Queue ShutDown SimpleQueue",
    ),
    (
        "multiprocessing",
        "Array Barrier BoundedSemaphore Condition Event JoinableQueue Lock Manager Pipe Pool Process Queue RLock RawValue \
         Semaphore SimpleQueue Value shared_memory.SharedMemory managers.SyncManager",
    ),
    ("queue.Queue", "get put"),
];

/// Methods and attributes, and functions that share a row with another one.
const OTHERS: &str = "
    acquire release locked acquire_lock release_lock locked_lock notify notify_all notifyAll wait wait_for clear is_set isSet
    set abort broken n_waiting parties reset cancel daemon getName ident isDaemon is_alive join name native_id run
    setDaemon setName start context setprofile gettrace getprofile setprofile_all_threads currentThread
    empty full get get_nowait put put_nowait qsize task_done shutdown maxsize
    close join_thread cancel_join_thread get_value get_lock get_obj RawArray Namespace";

/// elasticlunr looks for none of these: they are too common in English.
const STOP_WORDS: [&str; 1] = ["get"];

/// One build for all tests that search.
static SITE: LazyLock<Site> = LazyLock::new(|| build(&workspace()).site);

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn names() -> impl Iterator<Item = String> {
    let dotted = OF_MODULES.iter().flat_map(|(module, names)| {
        let names = names.split_whitespace();
        names.map(move |name| format!("{module}.{name}"))
    });
    dotted.chain(OTHERS.split_whitespace().map(str::to_owned))
}

fn table_rows() -> Vec<String> {
    let page = fs::read_to_string(workspace().join(format!("docs/src/{PAGE}.md"))).unwrap();
    let is_row = |line: &&str| {
        line.starts_with('|') && !line.starts_with("|---") && !line.starts_with("| Python |")
    };
    page.lines().filter(is_row).map(str::to_owned).collect()
}

#[test]
fn every_name_is_in_a_table() {
    let rows = table_rows();
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let words: BTreeSet<&str> = rows
        .iter()
        .filter_map(|row| row.split(" | ").next())
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .flat_map(|code| code.split(|c| !is_part(c)))
        .collect();
    let missing: Vec<_> = names().filter(|name| !words.contains(&**name)).collect();
    assert!(
        missing.is_empty(),
        "not in the tables of {PAGE}.md: {missing:?}"
    );
}

#[test]
fn every_row_leads_somewhere() {
    let without: Vec<_> = table_rows()
        .into_iter()
        .filter(|row| !row.contains("]("))
        .collect();
    assert!(without.is_empty(), "no link in {without:#?}");
}

#[test]
fn the_search_finds_every_name() {
    let index = Index::of(&SITE);
    let lost: Vec<_> = names()
        .filter(|name| {
            !STOP_WORDS.contains(&&**name) && !index.pages(name).contains(&format!("{PAGE}.html"))
        })
        .collect();
    assert!(
        lost.is_empty(),
        "the search for these does not lead to {PAGE}.html: {lost:?}"
    );
    for word in STOP_WORDS {
        assert_eq!(
            index.pages(word).len(),
            0,
            "{word} can be searched for: the page need not say that it cannot"
        );
    }
}

#[test]
fn the_search_finds_the_chapter() {
    let index = Index::of(&SITE);
    for (word, recipe) in [
        ("threading.Lock", "lock"),
        ("threading.RLock", "rlock"),
        ("threading.Semaphore", "semaphore"),
        ("threading.Condition", "condition"),
        ("threading.Event", "event"),
        ("threading.Barrier", "barrier"),
        ("queue.Queue", "queue"),
        ("acquire", "semaphore"),
        ("put", "queue"),
        ("notify_all", "condition"),
        ("task_done", "queue"),
        ("GIL", "lock"),
    ] {
        let pages = index.pages(word);
        let recipe = catalog::find(&workspace(), recipe).expect("a recipe");
        let page = format!("{}/{}.html", recipe.part, recipe.name);
        assert!(
            pages.contains(&page),
            "{word} is found on {pages:?}, not on {page}"
        );
    }
    assert_eq!(index.pages("threading.Gong"), BTreeSet::new());
}

/// The search index of a built book, read as elasticlunr reads it in the browser.
struct Index(Value);

impl Index {
    fn of(site: &Site) -> Self {
        let address = site.search_index().expect("the book has a search index");
        let script =
            String::from_utf8_lossy(site.get(&address).expect("it is in the book")).into_owned();
        let start = script.find("JSON.parse('").expect("it parses JSON") + "JSON.parse('".len();
        let end = script.rfind("')").expect("it ends");
        // It stands in a JavaScript string.
        let json = script[start..end].replace("\\'", "'").replace("\\\\", "\\");
        Index(serde_json::from_str(&json).expect("it is JSON"))
    }

    /// The pages on which a word begins as `query` does. mdBook asks elasticlunr to expand what is
    /// typed.
    fn pages(&self, query: &str) -> BTreeSet<String> {
        let Some(word) = English::new()
            .make_pipeline()
            .run(vec![query.to_lowercase()])
            .pop()
        else {
            return BTreeSet::new();
        };
        let fields =
            ["title", "body", "breadcrumbs"].map(|field| &self.0["index"]["index"][field]["root"]);
        let nodes = fields.into_iter().filter_map(|root| {
            word.chars()
                .try_fold(root, |node, c| node.get(c.to_string()))
        });
        nodes
            .flat_map(below)
            .filter_map(|node| node.get("docs")?.as_object())
            .flatten()
            .map(|(id, _)| self.page(id))
            .collect()
    }

    fn page(&self, id: &str) -> String {
        let url = &self.0["doc_urls"][id.parse::<usize>().expect("documents are numbered")];
        let url = url.as_str().expect("each has an address");
        url.split('#').next().unwrap_or(url).to_owned()
    }
}

/// A node of the tree of letters, and all that go on from it.
fn below(node: &Value) -> Vec<&Value> {
    let children = node
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, _)| key.chars().count() == 1);
    iter::once(node)
        .chain(children.flat_map(|(_, child)| below(child)))
        .collect()
}
