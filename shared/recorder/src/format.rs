//! The text of a trace, written and read.
//!
//! ```text
//! sync-primitives trace 1
//! 1200    1    begin    main
//! 1850    1    wait     Lock    7ffd10    0    src/main.rs:12:20
//! 9100    1    end
//! ```
//!
//! A task of tokio has a number of its own, which no thread has, and these records:
//!
//! ```text
//! 1300    2    task     spawned    1    fetch    src/main.rs:41:5
//! 1400    2    poll     3
//! 1500    2    idle
//! 1900    2    woken    1
//! 9000    2    end
//! ```
//!
//! The first line names the format and its version. A record is a line, its fields are separated by
//! tabs: nanoseconds since the start, the thread's number, and then either `begin` and the thread's
//! name, or `end`, or an operation, the primitive, its address, a count and the place in the
//! source. In a name or a place `\t`, `\n`, `\r` and `\\` stand for the characters that would break
//! a line.

use std::fmt::{self, Display, Formatter};
use std::io::{self, BufRead, Read};

/// The first line of every trace.
pub const HEADER: &str = "sync-primitives trace 1";
const TITLE: &str = "sync-primitives trace ";
const VERSION: u64 = 1;

/// No line that is written is longer, unless a path or a thread's name is.
const LONGEST: u64 = 16 * 1024;

/// One line of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Nanoseconds since the recorder was made.
    pub time: u64,
    /// Threads and tasks are numbered from 1, in the order of their first events.
    pub thread: u64,
    /// What happened.
    pub what: What,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The thread's first event follows. A thread without a name has an empty one.
    Begin(String),
    /// The thread's locals are destroyed: it is about to end. Or the task's future is gone.
    End,
    /// A primitive reported something.
    Event(Event),
    /// The number belongs to a task, which begins. All tasks that a thread runs by `block_on` share
    /// a number.
    Task(Task),
    /// A thread polls the task from now on. This is the thread's number.
    Poll(u64),
    /// The poll is over.
    Idle,
    /// The task is to be polled again. The number is that of the task or thread that woke it.
    Woken(u64),
}

/// A task that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// How it is run.
    pub kind: TaskKind,
    /// The number of the task or thread that spawned it.
    pub by: u64,
    /// The name that the program gave it, or an empty one.
    pub name: String,
    /// Where it was spawned.
    pub place: Option<Place>,
}

/// What a primitive reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What was done.
    pub op: Op,
    /// The type of primitive it was done to, if it is known.
    pub primitive: Option<Primitive>,
    /// Where the primitive is in memory.
    pub address: u64,
    /// Permits, levels, items or threads, as the operation has it.
    pub count: u64,
    /// The caller's place in its source; `None` where there is none, as when a guard is dropped.
    pub place: Option<Place>,
}

/// A place in a source file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// As the compiler names it.
    pub file: String,
    /// From 1.
    pub line: u64,
    /// From 1.
    pub column: u64,
}

impl Display for Place {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// An enum whose values have names in a trace.
macro_rules! named {
    ($(#[$about:meta])* $type:ident { $($(#[$what:meta])* $value:ident = $name:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type { $($(#[$what])* $value,)+ }

        impl $type {
            /// All of them.
            pub const ALL: &[$type] = &[$($type::$value),+];

            /// As it is called in a trace.
            pub const fn name(self) -> &'static str {
                match self { $($type::$value => $name,)+ }
            }

            /// The one that is called so.
            pub fn named(name: &str) -> Option<Self> {
                match name { $($name => Some($type::$value),)+ _ => None }
            }
        }
    };
}

named! {
    /// What can be done to a primitive, and what becomes of a thread that waits.
    Op {
        /// The thread is about to block; its next event at the same address ends the wait.
        Wait = "wait",
        /// It has got the lock, a level of it, or permits.
        Acquire = "acquire",
        /// It is about to let go.
        Release = "release",
        /// It goes to sleep.
        Park = "park",
        /// It was woken.
        Wake = "wake",
        /// It waited as long as it wanted to.
        Timeout = "timeout",
        /// Its wait for a condition, an event, a barrier or a join is over.
        Pass = "pass",
        /// It took threads off a condition's waiting line.
        Notify = "notify",
        /// It put an item into a queue.
        Push = "push",
        /// It took an item out of a queue.
        Pop = "pop",
        /// It is about to close a queue.
        Close = "close",
        /// It reported an item as finished.
        Done = "done",
        /// It is about to set an event.
        Set = "set",
        /// It is about to clear an event.
        Clear = "clear",
        /// It came to a barrier.
        Arrive = "arrive",
        /// It breaks a barrier's round, or waited in one that broke.
        Break = "break",
        /// It is about to reset a barrier.
        Reset = "reset",
    }
}

named! {
    /// The types that report.
    Primitive {
        /// `Lock`.
        Lock = "Lock",
        /// `RLock`.
        RLock = "RLock",
        /// `Semaphore` or `BoundedSemaphore`.
        Semaphore = "Semaphore",
        /// `Condition`.
        Condition = "Condition",
        /// `Event`.
        Event = "Event",
        /// `Barrier`.
        Barrier = "Barrier",
        /// `Queue`.
        Queue = "Queue",
        /// `LifoQueue`.
        LifoQueue = "LifoQueue",
        /// `PriorityQueue`.
        PriorityQueue = "PriorityQueue",
    }
}

named! {
    /// How a task is run.
    TaskKind {
        /// A worker thread of the runtime polls it when it is woken.
        Spawned = "spawned",
        /// The thread that called `block_on` polls it. tokio does not report who wakes it.
        BlockOn = "block_on",
        /// It is a closure that blocks, and it has a thread to itself until it returns.
        Blocking = "blocking",
    }
}

/// The line, without its end.
impl Display for Record {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Record { time, thread, what } = self;
        write!(f, "{time}\t{thread}\t")?;
        match what {
            What::Begin(name) => write!(f, "begin\t{}", Escaped(name)),
            What::End => write!(f, "end"),
            What::Event(Event {
                op,
                primitive,
                address,
                count,
                place,
            }) => {
                let primitive = primitive.map_or("", Primitive::name);
                write!(f, "{}\t{primitive}\t{address:x}\t{count}\t", op.name())?;
                write_place(f, place.as_ref())
            }
            What::Task(Task {
                kind,
                by,
                name,
                place,
            }) => {
                write!(f, "task\t{}\t{by}\t{}\t", kind.name(), Escaped(name))?;
                write_place(f, place.as_ref())
            }
            What::Poll(worker) => write!(f, "poll\t{worker}"),
            What::Idle => write!(f, "idle"),
            What::Woken(by) => write!(f, "woken\t{by}"),
        }
    }
}

fn write_place(f: &mut Formatter<'_>, place: Option<&Place>) -> fmt::Result {
    match place {
        Some(Place { file, line, column }) => write!(f, "{}:{line}:{column}", Escaped(file)),
        None => Ok(()),
    }
}

struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for part in self.0.split_inclusive(['\\', '\t', '\n', '\r']) {
            match part.char_indices().last() {
                Some((at, '\\')) => write!(f, "{}\\\\", &part[..at])?,
                Some((at, '\t')) => write!(f, "{}\\t", &part[..at])?,
                Some((at, '\n')) => write!(f, "{}\\n", &part[..at])?,
                Some((at, '\r')) => write!(f, "{}\\r", &part[..at])?,
                _ => f.write_str(part)?,
            }
        }
        Ok(())
    }
}

fn unescaped(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        plain.push(match character {
            '\\' => match characters.next()? {
                '\\' => '\\',
                't' => '\t',
                'n' => '\n',
                'r' => '\r',
                _ => return None,
            },
            other => other,
        });
    }
    Some(plain)
}

impl Record {
    /// Reads a line without its end. The error says what is wrong with it.
    fn parse(line: &str) -> Result<Record, String> {
        let mut fields = line.split('\t');
        let mut next = |what: &str| fields.next().ok_or_else(|| format!("it has no {what}"));
        let time = number(next("time")?, "a time", 10)?;
        let thread = number(next("thread")?, "a thread's number", 10)?;
        let what = match next("operation")? {
            "begin" => What::Begin(text(next("name")?)?),
            "end" => What::End,
            "task" => What::Task(Task {
                kind: task_kind(next("kind")?)?,
                by: number(next("number of its spawner")?, "a number", 10)?,
                name: text(next("name")?)?,
                place: place(next("place")?)?,
            }),
            "poll" => What::Poll(number(next("worker")?, "a thread's number", 10)?),
            "idle" => What::Idle,
            "woken" => What::Woken(number(next("number of its waker")?, "a number", 10)?),
            op => What::Event(Event {
                op: Op::named(op).ok_or_else(|| format!("`{}` is no operation", shortened(op)))?,
                primitive: primitive(next("primitive")?)?,
                address: number(next("address")?, "an address", 16)?,
                count: number(next("count")?, "a count", 10)?,
                place: place(next("place")?)?,
            }),
        };
        match fields.next() {
            None => Ok(Record { time, thread, what }),
            Some(_) => Err("it has too many fields".to_owned()),
        }
    }
}

fn number(field: &str, what: &str, radix: u32) -> Result<u64, String> {
    // `from_str_radix` would also take a sign.
    let digits = !field.starts_with('+');
    let number = u64::from_str_radix(field, radix).ok().filter(|_| digits);
    number.ok_or_else(|| format!("`{}` is not {what}", shortened(field)))
}

fn text(field: &str) -> Result<String, String> {
    unescaped(field).ok_or_else(|| {
        format!(
            "`{}` ends in the middle of an escape, or has an unknown one",
            shortened(field)
        )
    })
}

fn primitive(field: &str) -> Result<Option<Primitive>, String> {
    match field {
        "" => Ok(None),
        name => {
            let found = Primitive::named(name).map(Some);
            found.ok_or_else(|| format!("`{}` is no primitive", shortened(name)))
        }
    }
}

fn task_kind(field: &str) -> Result<TaskKind, String> {
    let kind = TaskKind::named(field);
    kind.ok_or_else(|| format!("`{}` is no kind of task", shortened(field)))
}

fn place(field: &str) -> Result<Option<Place>, String> {
    if field.is_empty() {
        return Ok(None);
    }
    // From the right: a path may have colons of its own.
    let mut parts = field.rsplitn(3, ':');
    let (column, line, file) = (parts.next(), parts.next(), parts.next());
    let (Some(column), Some(line), Some(file)) = (column, line, file) else {
        return Err(format!(
            "`{}` is no place (FILE:LINE:COLUMN)",
            shortened(field)
        ));
    };
    let (line, column) = (number(line, "a line", 10)?, number(column, "a column", 10)?);
    Ok(Some(Place {
        file: text(file)?,
        line,
        column,
    }))
}

/// Shortens text that cannot be understood: enough is left to find it again, and nothing that a
/// terminal would obey.
fn shortened(field: &str) -> String {
    let few: String = field
        .chars()
        .take(24)
        .map(|c| if c.is_control() { '?' } else { c })
        .collect();
    if few.len() < field.len() {
        format!("{few}…")
    } else {
        few
    }
}

/// What is wrong with a trace, and in which of its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// From 1.
    pub line: u64,
    /// In words.
    pub reason: String,
}

impl Display for Fault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

impl std::error::Error for Fault {}

/// Reads a trace record by record, in the memory of one line.
///
/// A line that cannot be read is a [`Fault`], and the next call goes on after it. So does a trace
/// of a newer version: its first item is a fault, and then come the records that this version
/// understands.
#[derive(Debug)]
pub struct Reader<R> {
    input: R,
    bytes: Vec<u8>,
    /// The number of the line in `bytes`.
    number: u64,
    time: u64,
    newer: Option<u64>,
    ended: bool,
}

impl<R: BufRead> Reader<R> {
    /// Reads the first line. The error says that this is no trace.
    pub fn new(input: R) -> Result<Self, Fault> {
        let mut reader = Reader {
            input,
            bytes: Vec::new(),
            number: 0,
            time: 0,
            newer: None,
            ended: false,
        };
        let fault = |reason: String| Fault { line: 1, reason };
        if !reader
            .read_line()
            .map_err(|error| fault(format!("cannot be read: {error}")))?
        {
            return Err(fault("the file is empty".to_owned()));
        }
        let line = String::from_utf8_lossy(&reader.bytes);
        let version = line
            .trim_end()
            .strip_prefix(TITLE)
            .and_then(|version| version.parse().ok());
        let version = version
            .ok_or_else(|| fault(format!("this is no trace; one begins with `{HEADER}`")))?;
        reader.newer = (version > VERSION).then_some(version);
        Ok(reader)
    }

    /// Whether there was one.
    fn read_line(&mut self) -> io::Result<bool> {
        self.bytes.clear();
        self.number += 1;
        Ok((&mut self.input)
            .take(LONGEST)
            .read_until(b'\n', &mut self.bytes)?
            > 0)
    }

    fn record(&mut self) -> Result<Record, String> {
        let longest = self.bytes.len() as u64 == LONGEST;
        let line = match self.bytes.strip_suffix(b"\n") {
            Some(line) => line,
            None if longest => return Err(format!("it is longer than {LONGEST} bytes")),
            None => return Err("the trace is cut short here".to_owned()),
        };
        let line = std::str::from_utf8(line).map_err(|_| "it is not UTF-8".to_owned())?;
        let record = Record::parse(line.strip_suffix('\r').unwrap_or(line))?;
        if record.time < self.time {
            return Err(format!(
                "it is from {} ns, and the one before it from {} ns",
                record.time, self.time
            ));
        }
        self.time = record.time;
        Ok(record)
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Record, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(version) = self.newer.take() {
            let reason = format!(
                "the trace is of version {version}, this program knows {VERSION}: draw it with the cookbook that made it"
            );
            return Some(Err(Fault { line: 1, reason }));
        }
        if self.ended {
            return None;
        }
        let read = self.read_line();
        self.ended = !matches!(read, Ok(true));
        let fault = |line, reason| Some(Err(Fault { line, reason }));
        match read {
            Ok(false) => None,
            Ok(true) => match self.record() {
                Ok(record) => Some(Ok(record)),
                Err(reason) => fault(self.number, reason),
            },
            Err(error) => fault(self.number, format!("cannot be read: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(op: Op, primitive: Option<Primitive>, place: Option<Place>) -> Record {
        let address = if primitive.is_some() { 0x7ffd_1000 } else { 0 };
        Record {
            time: 5,
            thread: 2,
            what: What::Event(Event {
                op,
                primitive,
                address,
                count: 3,
                place,
            }),
        }
    }

    /// What the reader makes of lines below a good header.
    fn read(lines: &str) -> Vec<Result<Record, String>> {
        let text = format!("{HEADER}\n{lines}");
        let reader = Reader::new(text.as_bytes()).expect("the header is good");
        reader
            .map(|item| item.map_err(|fault| fault.to_string()))
            .collect()
    }

    #[test]
    fn what_is_written_is_read() {
        let place = |file: &str| {
            Some(Place {
                file: file.to_owned(),
                line: 7,
                column: 9,
            })
        };
        let mut records: Vec<_> = Op::ALL.iter().map(|op| event(*op, None, None)).collect();
        records.extend(
            Primitive::ALL
                .iter()
                .map(|it| event(Op::Wait, Some(*it), place("src/main.rs"))),
        );
        for odd in ["C:\\tab\there.rs", "two\nlines\r", "\\", "größer→", ":1:2"] {
            records.push(event(Op::Acquire, Some(Primitive::Lock), place(odd)));
            records.push(Record {
                time: 5,
                thread: 2,
                what: What::Begin(odd.to_owned()),
            });
        }
        for kind in TaskKind::ALL {
            let task = Task {
                kind: *kind,
                by: 1,
                name: "a\tb".to_owned(),
                place: place("src/main.rs"),
            };
            for what in [What::Task(task), What::Poll(3), What::Idle, What::Woken(1)] {
                let (time, thread) = (6, 4);
                records.push(Record { time, thread, what });
            }
        }
        records.push(Record {
            time: u64::MAX,
            thread: u64::MAX,
            what: What::End,
        });
        let text: String = records.iter().map(|record| format!("{record}\n")).collect();
        assert_eq!(read(&text), records.into_iter().map(Ok).collect::<Vec<_>>());
    }

    #[test]
    fn a_garbled_line_is_named_and_the_next_one_read() {
        let end = "6\t1\tend\n";
        for (line, reason) in [
            ("", "`` is not a time"),
            ("x\t1\tend", "`x` is not a time"),
            ("+1\t1\tend", "`+1` is not a time"),
            ("1", "it has no thread"),
            ("1\t-1\tend", "`-1` is not a thread's number"),
            ("1\t1\tfly\tLock\t0\t0\t", "`fly` is no operation"),
            ("1\t1\twait\tDoor\t0\t0\t", "`Door` is no primitive"),
            ("1\t1\twait\tLock\tzz\t0\t", "`zz` is not an address"),
            ("1\t1\twait\tLock\t0\t0", "it has no place"),
            ("1\t1\twait\tLock\t0\t0\tmain.rs", "`main.rs` is no place"),
            ("1\t1\twait\tLock\t0\t0\ta:b:c", "`b` is not a line"),
            ("1\t1\tbegin\ta\\", "ends in the middle of an escape"),
            ("1\t1\tend\tnow", "it has too many fields"),
            ("1\t1\ttask\tagile\t1\t\t", "`agile` is no kind of task"),
            ("1\t1\ttask\tspawned\t1\tname", "it has no place"),
            ("1\t1\tpoll\tx", "`x` is not a thread's number"),
            ("1\t1\twoken", "it has no number of its waker"),
            ("\u{1b}[31m\t1\tend", "`?[31m` is not a time"),
        ] {
            let items = read(&format!("{line}\n{end}"));
            assert_eq!(items.len(), 2, "{line}");
            let fault = items[0].as_ref().expect_err(line);
            assert!(
                fault.starts_with("line 2: ") && fault.contains(reason),
                "{line}: {fault}"
            );
            assert!(items[1].is_ok(), "{line}");
        }
    }

    #[test]
    fn a_trace_cut_short_says_so() {
        let items = read("1\t1\tend\n2\t2\ten");
        assert_eq!(
            items[1],
            Err("line 3: the trace is cut short here".to_owned())
        );
        assert_eq!(items.len(), 2);
    }

    #[test]
    fn time_never_goes_back() {
        let items = read("5\t1\tend\n4\t2\tend\n6\t3\tend\n");
        assert_eq!(
            items[1],
            Err("line 3: it is from 4 ns, and the one before it from 5 ns".to_owned())
        );
        assert!(items[2].is_ok());
    }

    #[test]
    fn bytes_that_are_no_text_and_lines_without_end_are_faults() {
        let mut bytes = format!("{HEADER}\n").into_bytes();
        bytes.extend([0xff, b'\n']);
        bytes.extend(vec![b'x'; 3 * LONGEST as usize]);
        let faults: Vec<_> = Reader::new(&*bytes).expect("the header is good").collect();
        assert_eq!(faults.len(), 4);
        assert_eq!(
            faults[0].as_ref().expect_err("no text").reason,
            "it is not UTF-8"
        );
        assert!(
            faults[1]
                .as_ref()
                .expect_err("no end")
                .reason
                .contains("longer than")
        );
    }

    #[test]
    fn a_newer_version_is_read_as_far_as_it_is_understood() {
        let text = "sync-primitives trace 2\n1\t1\tend\n2\t1\tteleport\n";
        let items: Vec<_> = Reader::new(text.as_bytes())
            .expect("it is a trace")
            .collect();
        let fault = items[0].as_ref().expect_err("it is newer").to_string();
        assert!(
            fault.contains("of version 2, this program knows 1"),
            "{fault}"
        );
        assert!(items[1].is_ok() && items[2].is_err());
    }

    #[test]
    fn what_is_no_trace_is_refused() {
        for text in ["", "hello\n", "sync-primitives trace x\n", "\u{0}\u{1}"] {
            assert!(Reader::new(text.as_bytes()).is_err(), "{text}");
        }
        let header_alone = format!("{HEADER}\n");
        assert_eq!(
            Reader::new(header_alone.as_bytes())
                .expect("it is a trace")
                .count(),
            0
        );
    }
}
