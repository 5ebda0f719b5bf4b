//! A reader who comes from Python finds every public name of Python 3.14's `threading`, `queue` and
//! `concurrent.futures`, of the tasks, locks and queues of `asyncio`, and of the part of
//! `multiprocessing` that synchronizes. Each name is in a table of *Coming from Python*, each row
//! of these tables has a link, and the search finds the name.
//!
//! The names are those of `__all__` of each module and `dir()` of each class in CPython 3.13, and
//! what 3.14 added: `locked` of more locks, `Thread.context`, `SyncManager.set`, the call graph of
//! tasks, `InterpreterPoolExecutor`, and two ways to end the workers of a process pool.

use crate::html::search::reader::Reader;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const PAGE: &str = "coming-from-python";

/// Searched for as Python has them, with their module.
const OF_MODULES: [(&str, &str); 6] = [
    (
        "threading",
        "Barrier BoundedSemaphore BrokenBarrierError Condition Event ExceptHookArgs Lock RLock \
         Semaphore TIMEOUT_MAX Thread ThreadError Timer active_count current_thread enumerate \
         excepthook get_ident get_native_id local main_thread settrace settrace_all_threads \
         stack_size activeCount",
    ),
    (
        "queue",
        "Empty Full LifoQueue PriorityQueue Queue ShutDown SimpleQueue",
    ),
    (
        "multiprocessing",
        "Array Barrier BoundedSemaphore Condition Event JoinableQueue Lock Manager Pipe Pool \
         Process Queue RLock RawValue Semaphore SimpleQueue Value shared_memory.SharedMemory \
         managers.SyncManager",
    ),
    ("queue.Queue", "get put"),
    (
        "asyncio",
        "ALL_COMPLETED Barrier BoundedSemaphore BrokenBarrierError CancelledError Condition Event \
         FIRST_COMPLETED FIRST_EXCEPTION Future InvalidStateError LifoQueue Lock PriorityQueue \
         Queue QueueEmpty QueueFull QueueShutDown Runner Semaphore Task TaskGroup Timeout \
         TimeoutError all_tasks as_completed capture_call_graph create_task current_task \
         eager_task_factory ensure_future gather iscoroutine run run_coroutine_threadsafe shield \
         sleep timeout timeout_at to_thread wait wait_for",
    ),
    (
        "concurrent.futures",
        "BrokenExecutor CancelledError Executor FIRST_COMPLETED InterpreterPoolExecutor \
         InvalidStateError ProcessPoolExecutor ThreadPoolExecutor TimeoutError as_completed wait",
    ),
];

/// Methods and attributes, and functions that share a row with another one.
const OTHERS: &str = "
    acquire release locked acquire_lock release_lock locked_lock notify notify_all notifyAll wait
    wait_for clear is_set isSet
    set abort broken n_waiting parties reset cancel daemon getName ident isDaemon is_alive join
    name native_id run
    setDaemon setName start context setprofile gettrace getprofile setprofile_all_threads
    currentThread
    empty full get get_nowait put put_nowait qsize task_done shutdown maxsize
    close join_thread cancel_join_thread get_value get_lock get_obj RawArray Namespace
    add_done_callback remove_done_callback cancelled cancelling uncancel done exception result
    running set_result set_exception set_running_or_notify_cancel submit terminate_workers
    kill_workers get_coro get_context get_loop get_name set_name get_stack print_stack wrap_future
    iscoroutinefunction isfuture create_eager_task_factory print_call_graph format_call_graph
    future_add_to_awaited_by future_discard_from_awaited_by when reschedule expired
    BrokenThreadPool BrokenProcessPool BrokenInterpreterPool";

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
    let reader = Reader::of_cookbook();
    let page = format!("{PAGE}.html");
    let lost: Vec<_> = names()
        .filter(|name| !reader.pages(name).contains(&page))
        .collect();
    assert!(
        lost.is_empty(),
        "the search for these does not lead to {page}: {lost:?}"
    );
}

#[test]
fn the_search_finds_the_chapter() {
    let reader = Reader::of_cookbook();
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
        let pages = reader.pages(word);
        let recipe = catalog::find(&workspace(), recipe).expect("a recipe");
        let page = format!("{}/{}.html", recipe.part, recipe.name);
        assert!(
            pages.contains(&page),
            "{word} is found on {pages:?}, not on {page}"
        );
    }
    assert_eq!(reader.pages("threading.Gong"), BTreeSet::new());
}
