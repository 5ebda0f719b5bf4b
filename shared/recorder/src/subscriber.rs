//! The subscriber that writes a trace.

use crate::format::{
    Event as Reported, HEADER, Op, Place, Primitive, Record, Task, TaskKind, What,
};
use std::cell::{Cell, RefCell};
use std::fmt::{Debug, Write as _};
use std::fs::{File, OpenOptions};
use std::io::{self, Error, ErrorKind, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use std::{env, thread};
use tracing_core::dispatcher::{self, Dispatch};
use tracing_core::field::{Field, Visit};
use tracing_core::span::{Attributes, Id, Record as Values};
use tracing_core::{Event, LevelFilter, Metadata, Subscriber};

/// The environment variable that names the trace file.
pub const VARIABLE: &str = "SYNC_PRIMITIVES_TRACE";

/// What `sync-primitives` calls its events.
const TARGET: &str = "sync_primitives";

/// What tokio calls the span of a task, which it enters for each poll, and the events of its
/// wakers. It reports them only if its feature `tracing` is on and the program is built with
/// `--cfg tokio_unstable`.
const TASK: &str = "runtime.spawn";
const WAKER: &str = "tokio::task::waker";

/// The runtime starts its worker threads as tasks that block. They are no tasks of the program.
const WORKER: &str = "tokio::runtime::scheduler::";

/// The number of the spans of these threads. Nothing is written about them.
const HIDDEN: u64 = u64::MAX;

/// Writes a trace to the file that [`VARIABLE`] names, from now to the end of the process.
///
/// Returns whether events go to this trace from now on. They do not if the variable is unset, or if
/// the program already has a global subscriber. If the file cannot be written, the function says so
/// in one line on standard error, and the program goes on without a trace.
pub fn install_from_env() -> bool {
    let Some(path) = env::var_os(VARIABLE) else {
        return false;
    };
    match Recorder::create(Path::new(&path)) {
        Ok(recorder) => dispatcher::set_global_default(Dispatch::new(recorder)).is_ok(),
        Err(error) => {
            let path = Path::new(&path).display();
            complain(&format!(
                "no trace: {VARIABLE} is {path}, which cannot be written: {error}"
            ));
            false
        }
    }
}

/// A subscriber of `tracing` that writes each event of `sync-primitives` into a file as it happens,
/// and what becomes of each task of tokio.
#[derive(Debug)]
pub struct Recorder {
    trace: Arc<Trace>,
}

impl Recorder {
    /// Begins a trace in this file; what it held is lost.
    ///
    /// # Errors
    ///
    /// If it cannot be opened or written, or another process is writing a trace to it: one that
    /// this process started has inherited the variable, and two stories in one file are none.
    pub fn create(path: &Path) -> io::Result<Recorder> {
        // Emptied only when it is certain that nobody else writes to it.
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        file.try_lock().map_err(|_| {
            Error::new(
                ErrorKind::ResourceBusy,
                "another process is writing a trace to it",
            )
        })?;
        // A pipe or a device has no length.
        if file.metadata()?.is_file() {
            file.set_len(0)?;
        }
        file.write_all(format!("{HEADER}\n").as_bytes())?;
        let state = State {
            file: Some(file),
            numbers: 0,
            line: String::new(),
        };
        Ok(Recorder {
            trace: Arc::new(Trace {
                start: Instant::now(),
                state: Mutex::new(state),
            }),
        })
    }
}

#[derive(Debug)]
struct Trace {
    start: Instant,
    /// std's, never ours: ours would report its own waits.
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// `None` once a write has failed.
    file: Option<File>,
    /// How many threads and tasks have begun.
    numbers: u64,
    /// The memory of the last line, for the next.
    line: String,
}

impl Trace {
    fn write(&self, thread: u64, what: What) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.write(self.start, thread, what);
    }

    fn begin_thread(&self) -> u64 {
        let name = thread::current().name().unwrap_or_default().to_owned();
        self.begin(What::Begin(name))
    }

    /// Gives a number to a thread or a task, and writes its first record.
    fn begin(&self, what: What) -> u64 {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.numbers += 1;
        let number = state.numbers;
        state.write(self.start, number, what);
        number
    }
}

impl State {
    /// The time is taken here, under the mutex, so that it never goes back from one line to the
    /// next.
    fn write(&mut self, start: Instant, thread: u64, what: What) {
        let Some(file) = &mut self.file else { return };
        let time = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.line.clear();
        writeln!(self.line, "{}", Record { time, thread, what }).expect("a string takes all");
        // Whole and unbuffered: whatever becomes of the program, the line is with the operating
        // system.
        if let Err(error) = file.write_all(self.line.as_bytes()) {
            complain(&format!(
                "the trace ends here, it cannot be written any further: {error}"
            ));
            self.file = None;
        }
    }
}

/// A program must not fail because its trace does, nor because nobody reads its standard error.
fn complain(reason: &str) {
    drop(writeln!(io::stderr(), "{reason}"));
}

thread_local! {
    /// Without a destructor, so it can be read while those of other locals run, and they may use
    /// locks.
    static NUMBER: Cell<u64> = const { Cell::new(0) };
    static PRESENCE: RefCell<Option<Presence>> = const { RefCell::new(None) };
    /// The tasks that the thread polls, the innermost last. A task may use `block_in_place` to call
    /// `block_on`.
    static POLLED: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
    /// The task whose future has just gone, while the thread polls no other; or 0.
    static GONE: Cell<u64> = const { Cell::new(0) };
}

/// In a thread's locals from its first event on: says when the thread ends.
struct Presence {
    trace: Arc<Trace>,
    number: u64,
    /// The number of what the thread runs by `block_on`, or 0. It may do so many times.
    block_on: u64,
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.trace.write(self.number, What::End);
    }
}

impl Recorder {
    fn thread(&self) -> u64 {
        let is_here = |it: &Presence| Arc::ptr_eq(&it.trace, &self.trace);
        let known = PRESENCE.try_with(|presence| presence.borrow().as_ref().is_some_and(is_here));
        // Gone already: the thread ends, and its number outlives its presence.
        if known.unwrap_or(NUMBER.get() != 0) {
            return NUMBER.get();
        }
        let number = self.trace.begin_thread();
        NUMBER.set(number);
        let presence = Presence {
            trace: Arc::clone(&self.trace),
            number,
            block_on: 0,
        };
        drop(PRESENCE.try_with(|place| place.replace(Some(presence))));
        number
    }
}

impl Recorder {
    /// The task that this thread polls, if it polls one.
    fn polled(&self) -> Option<u64> {
        let task = POLLED.try_with(|polled| polled.borrow().last().copied());
        task.ok().flatten()
    }

    /// The number for what is reported now: the task that this thread polls, or else the thread.
    fn current(&self) -> u64 {
        self.polled().unwrap_or_else(|| self.thread())
    }

    fn woken(&self, event: &Event<'_>) {
        let mut fields = WakerFields::default();
        event.record(&mut fields);
        if fields.task == 0 || fields.task == HIDDEN {
            return;
        }
        let by = match fields.wake {
            None => return,
            // When a task has ended, tokio wakes the one that joins it, by reference. The wakers of
            // timers and sockets are used up when they wake.
            Some(Wake::ByReference) if self.polled().is_none() && GONE.get() != 0 => GONE.get(),
            Some(_) => self.current(),
        };
        self.trace.write(fields.task, What::Woken(by));
    }

    /// Begins what a thread runs by `block_on`. All that one thread runs so, one after the other,
    /// has one number.
    fn begin_block_on(&self, what: What) -> u64 {
        if self.polled().is_some() {
            return self.trace.begin(what);
        }
        let _ = self.thread();
        let known = PRESENCE.try_with(|presence| {
            let mut presence = presence.borrow_mut();
            let Some(presence) = presence.as_mut() else {
                return self.trace.begin(what.clone());
            };
            if presence.block_on == 0 {
                presence.block_on = self.trace.begin(what.clone());
            } else {
                self.trace.write(presence.block_on, what.clone());
            }
            presence.block_on
        });
        known.unwrap_or_else(|_| self.trace.begin(what))
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        if metadata.is_span() {
            metadata.name() == TASK
        } else {
            metadata.target() == TARGET || metadata.target() == WAKER
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::TRACE)
    }

    fn event(&self, event: &Event<'_>) {
        if event.metadata().target() == WAKER {
            return self.woken(event);
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        // An event of a library newer than this recorder may be of a kind that no reader would
        // know.
        let Some(op) = fields.op else { return };
        let Fields {
            primitive,
            address,
            count,
            file,
            line,
            column,
            ..
        } = fields;
        let place = (!file.is_empty()).then_some(Place { file, line, column });
        let thread = self.thread();
        self.trace.write(
            thread,
            What::Event(Reported {
                op,
                primitive,
                address,
                count,
                place,
            }),
        );
    }

    /// The number of a task is also the number of its span, so tokio's wakers report it.
    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut fields = TaskFields::default();
        attributes.record(&mut fields);
        if fields.is_worker {
            return Id::from_u64(HIDDEN);
        }
        let task = Task {
            kind: fields.kind,
            by: self.current(),
            name: fields.name,
            place: Some(fields.place),
        };
        let is_block_on = task.kind == TaskKind::BlockOn;
        let what = What::Task(task);
        Id::from_u64(if is_block_on {
            self.begin_block_on(what)
        } else {
            self.trace.begin(what)
        })
    }

    fn enter(&self, task: &Id) {
        let number = task.into_u64();
        if number == HIDDEN {
            return;
        }
        let worker = self.thread();
        GONE.set(0);
        self.trace.write(number, What::Poll(worker));
        let _ = POLLED.try_with(|polled| polled.borrow_mut().push(number));
    }

    fn exit(&self, task: &Id) {
        let number = task.into_u64();
        if number == HIDDEN {
            return;
        }
        let _ = POLLED.try_with(|polled| polled.borrow_mut().pop());
        self.trace.write(number, What::Idle);
    }

    /// tokio keeps one handle of a task's span, inside the future. It is dropped with the future.
    fn try_close(&self, task: Id) -> bool {
        if task.into_u64() != HIDDEN {
            self.trace.write(task.into_u64(), What::End);
            GONE.set(task.into_u64());
        }
        true
    }

    fn record(&self, _: &Id, _: &Values<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
}

/// The fields of a task's span.
struct TaskFields {
    kind: TaskKind,
    name: String,
    place: Place,
    /// It is a worker thread of the runtime.
    is_worker: bool,
}

impl Default for TaskFields {
    fn default() -> Self {
        TaskFields {
            kind: TaskKind::Spawned,
            name: String::new(),
            place: Place {
                file: String::new(),
                line: 0,
                column: 0,
            },
            is_worker: false,
        }
    }
}

impl Visit for TaskFields {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "loc.file" {
            value.clone_into(&mut self.place.file);
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "loc.line" => self.place.line = value,
            "loc.col" => self.place.column = value,
            _ => {}
        }
    }

    /// tokio hands these texts over by their `Display`, which comes as a `Debug`.
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = format!("{value:?}");
        match field.name() {
            "task.name" => self.name = text,
            "fn" => self.is_worker = text.starts_with(WORKER),
            "kind" => self.kind = TaskKind::named(&text).unwrap_or(TaskKind::Spawned),
            _ => {}
        }
    }
}

/// The fields of an event of a waker.
#[derive(Default)]
struct WakerFields {
    /// `None` if the waker is cloned or dropped.
    wake: Option<Wake>,
    task: u64,
}

enum Wake {
    ByValue,
    ByReference,
}

impl Visit for WakerFields {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "op" {
            self.wake = match value {
                "waker.wake" => Some(Wake::ByValue),
                "waker.wake_by_ref" => Some(Wake::ByReference),
                _ => None,
            };
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "task.id" {
            self.task = value;
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

/// The fields of an event of `sync-primitives`.
#[derive(Default)]
struct Fields {
    op: Option<Op>,
    primitive: Option<Primitive>,
    address: u64,
    count: u64,
    file: String,
    line: u64,
    column: u64,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "op" => self.op = Op::named(value),
            "primitive" => self.primitive = Primitive::named(value),
            "file" => value.clone_into(&mut self.file),
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "address" => self.address = value,
            "count" => self.count = value,
            "line" => self.line = value,
            "column" => self.column = value,
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
