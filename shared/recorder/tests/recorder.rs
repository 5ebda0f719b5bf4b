//! Recorders that are given events, also in processes of their own: those that end badly, and those
//! whose file cannot be written.

use recorder::{
    Event, Op, Place, Primitive, Reader, Record, Recorder, Task, TaskKind, VARIABLE, What,
    install_from_env,
};
use std::env;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, abort};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};
use tracing::subscriber::with_default;
use tracing::{Dispatch, Level, dispatcher, event};

/// Names what a child process is to do: see `child`.
const TASK: &str = "RECORDER_TEST_TASK";

/// A file that no other test has.
fn file(name: &str) -> PathBuf {
    let folder = env::temp_dir().join(format!("recorder-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a temporary folder");
    folder.join(name)
}

fn report(op: &str, line: u32) {
    event!(
        target: "sync_primitives",
        Level::TRACE,
        op,
        primitive = "Lock",
        address = 0x10u64,
        count = 1u64,
        file = "a.rs",
        line,
        column = 7u32,
    );
}

fn read(path: &Path) -> Vec<Record> {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let reader = Reader::new(Cursor::new(bytes)).expect("a trace");
    reader.map(|item| item.expect("a good record")).collect()
}

#[test]
fn an_event_is_in_the_file_when_it_has_happened() {
    let path = file("event.trace");
    with_default(Recorder::create(&path).expect("a recorder"), || {
        report("wait", 3);
        let place = Some(Place {
            file: "a.rs".to_owned(),
            line: 3,
            column: 7,
        });
        let expected = Event {
            op: Op::Wait,
            primitive: Some(Primitive::Lock),
            address: 16,
            count: 1,
            place,
        };
        let records = read(&path);
        assert_eq!(records[1].what, What::Event(expected));
        assert!(
            matches!(&records[0].what, What::Begin(name) if name.contains("an_event_is_in")),
            "{records:?}"
        );
    });
}

#[test]
fn only_events_of_the_library_are_written() {
    let path = file("others.trace");
    with_default(Recorder::create(&path).expect("a recorder"), || {
        event!(target: "another", Level::ERROR, op = "wait");
        event!(target: "sync_primitives", Level::TRACE, op = "teleport");
        let _in_a_span = tracing::trace_span!(target: "sync_primitives", "span").entered();
        report("set", 1);
    });
    assert_eq!(read(&path).len(), 2);
}

/// As tokio does it for a task.
fn span(kind: &str, name: &str, function: &str) -> tracing::Span {
    tracing::trace_span!(
        target: "tokio::task",
        parent: None,
        "runtime.spawn",
        %kind,
        task.name = %name,
        task.id = 7u64,
        "fn" = %function,
        loc.file = "a.rs",
        loc.line = 3u32,
        loc.col = 7u32,
    )
}

/// As one of tokio's wakers does it.
fn wake(op: &str, task: &tracing::Span) {
    let id = task.id().expect("it is enabled").into_u64();
    event!(target: "tokio::task::waker", Level::TRACE, op, task.id = id);
}

#[test]
fn a_task_is_spawned_polled_and_woken_until_its_future_is_gone() {
    let path = file("task.trace");
    with_default(Recorder::create(&path).expect("a recorder"), || {
        let main = span("block_on", "", "");
        main.in_scope(|| {
            let worker = span("blocking", "", "tokio::runtime::scheduler::x::launch");
            worker.in_scope(|| {});
            let task = span("task", "fetch", "");
            for op in ["waker.clone", "waker.wake", "waker.wake_by_ref"] {
                wake(op, &task);
            }
            task.in_scope(|| wake("waker.wake", &task));
        });
        // The task joined another one, which has ended: `main` was the last that was dropped.
        let joiner = span("task", "", "");
        drop(main);
        wake("waker.wake", &joiner);
        wake("waker.wake_by_ref", &joiner);
        // The next `block_on` of this thread has the same number.
        drop(span("block_on", "", ""));
    });
    let place = Some(Place {
        file: "a.rs".to_owned(),
        line: 3,
        column: 7,
    });
    let task = |kind, by, name: &str| {
        What::Task(Task {
            kind,
            by,
            name: name.to_owned(),
            place: place.clone(),
        })
    };
    let expected = [
        (2, task(TaskKind::BlockOn, 1, "")),
        (2, What::Poll(1)),
        (3, task(TaskKind::Spawned, 2, "fetch")),
        (3, What::Woken(2)),
        (3, What::Woken(2)),
        (3, What::Poll(1)),
        (3, What::Woken(3)),
        (3, What::Idle),
        (3, What::End),
        (2, What::Idle),
        (4, task(TaskKind::Spawned, 1, "")),
        (2, What::End),
        (4, What::Woken(1)),
        (4, What::Woken(2)),
        (2, task(TaskKind::BlockOn, 1, "")),
        (2, What::End),
        (4, What::End),
    ];
    let records = read(&path);
    let told: Vec<_> = records
        .into_iter()
        .skip(1)
        .map(|record| (record.thread, record.what))
        .collect();
    assert_eq!(told, expected);
}

#[test]
fn threads_are_numbered_named_and_seen_to_end() {
    let path = file("threads.trace");
    let dispatch = Dispatch::new(Recorder::create(&path).expect("a recorder"));
    for name in ["first", "second"] {
        let dispatch = dispatch.clone();
        let work = move || dispatcher::with_default(&dispatch, || report("set", 1));
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(work)
            .expect("a thread")
            .join()
            .expect("it does not panic");
    }
    let records = read(&path);
    let told: Vec<_> = records
        .iter()
        .map(|record| (record.thread, record.what.clone()))
        .collect();
    for (number, name) in [(1, "first"), (2, "second")] {
        let of_thread: Vec<_> = told
            .iter()
            .filter(|(thread, _)| *thread == number)
            .map(|(_, what)| what)
            .collect();
        assert_eq!(of_thread[0], &What::Begin(name.to_owned()));
        assert!(matches!(of_thread[1], What::Event(_)));
        assert_eq!(of_thread[2..], [&What::End]);
    }
}

#[test]
fn threads_at_once_lose_nothing_and_time_never_goes_back() {
    let path = file("many.trace");
    let dispatch = Dispatch::new(Recorder::create(&path).expect("a recorder"));
    let start = Barrier::new(4);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                dispatcher::with_default(&dispatch, || {
                    start.wait();
                    (0..500).for_each(|line| report("push", line));
                });
            });
        }
    });
    // The reader takes a time that goes back for a fault.
    let events = read(&path)
        .iter()
        .filter(|record| matches!(record.what, What::Event(_)))
        .count();
    assert_eq!(events, 2000);
}

#[test]
fn a_file_that_another_recorder_writes_is_left_alone() {
    let path = file("twice.trace");
    let first = Recorder::create(&path).expect("a recorder");
    let error = Recorder::create(&path)
        .expect_err("there is one")
        .to_string();
    assert!(error.contains("another process is writing"), "{error}");
    drop(first);
    // A child that another test is just starting has the file open too, until it runs a program of
    // its own.
    let start = Instant::now();
    while let Err(error) = Recorder::create(&path) {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "the other one is gone: {error}"
        );
        thread::yield_now();
    }
}

/// Runs `child` in a process of its own.
fn run_child(task: &str, trace: &Path) -> Output {
    let mut command = Command::new(env::current_exe().expect("this test"));
    command
        .args(["--exact", "child", "--nocapture"])
        .env(TASK, task)
        .env(VARIABLE, trace);
    command.output().expect("the test can be run")
}

/// Not a test of its own: what the others start.
#[test]
fn child() {
    let Ok(task) = env::var(TASK) else { return };
    install_from_env();
    report("acquire", 1);
    if task == "aborts" {
        abort();
    }
    (0..10_000).for_each(|line| report("set", line));
    println!("it goes on");
}

#[test]
fn a_program_that_is_killed_leaves_its_story() {
    let path = file("aborts.trace");
    let output = run_child("aborts", &path);
    assert!(!output.status.success());
    assert_eq!(read(&path).len(), 2);
}

#[test]
fn a_file_that_cannot_be_made_is_one_line_and_the_program_goes_on() {
    let path = file("no such folder").join("x.trace");
    let output = run_child("goes on", &path);
    let (out, error) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(
        output.status.success() && out.contains("it goes on"),
        "{out}"
    );
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(
        error.starts_with("no trace: SYNC_PRIMITIVES_TRACE is ") && error.contains("x.trace"),
        "{error}"
    );
}

/// On Linux there is a device that is always full.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_one_line_and_the_program_goes_on() {
    let output = run_child("goes on", Path::new("/dev/full"));
    assert_one_line(&output, "No space left");
}

/// A pipe that nobody reads anymore is as bad as a disk that becomes full.
#[cfg(unix)]
#[test]
fn a_trace_that_cannot_be_written_any_further_is_one_line_and_the_program_goes_on() {
    use std::io::Read;
    let path = file("pipe.trace");
    assert!(
        Command::new("mkfifo")
            .arg(&path)
            .status()
            .expect("there is a mkfifo")
            .success()
    );
    let reader = {
        let path = path.clone();
        thread::spawn(move || fs::File::open(path).and_then(|mut pipe| pipe.read(&mut [0; 10])))
    };
    let output = run_child("goes on", &path);
    assert_eq!(
        reader
            .join()
            .expect("it does not panic")
            .expect("it can be read"),
        10
    );
    assert_one_line(&output, "the trace ends here");
}

#[cfg(unix)]
fn assert_one_line(output: &Output, reason: &str) {
    let (out, error) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(
        output.status.success() && out.contains("it goes on"),
        "{out}"
    );
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.contains(reason), "{error}");
}
