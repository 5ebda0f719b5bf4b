//! Traces made by hand, for the tests.

use crate::lanes::Lanes;
use crate::summary::Summary;
use recorder::{Event, HEADER, Op, Place, Primitive, Reader, Record, Task, TaskKind, What};
use std::fmt::Write;

/// A trace in the making: each call is a record.
pub(crate) struct Trace {
    text: String,
}

/// A record's own place: line `line` of `a.rs`.
fn place(line: u64) -> Option<Place> {
    (line > 0).then(|| Place {
        file: "a.rs".to_owned(),
        line,
        column: 1,
    })
}

impl Trace {
    pub(crate) fn new() -> Self {
        Trace {
            text: format!("{HEADER}\n"),
        }
    }

    fn add(&mut self, time: u64, thread: u64, what: What) -> &mut Self {
        writeln!(self.text, "{}", Record { time, thread, what }).expect("a string takes all");
        self
    }

    pub(crate) fn begin(&mut self, time: u64, thread: u64, name: &str) -> &mut Self {
        self.add(time, thread, What::Begin(name.to_owned()))
    }

    pub(crate) fn end(&mut self, time: u64, thread: u64) -> &mut Self {
        self.add(time, thread, What::End)
    }

    /// A task that the thread or task `by` spawns at line 1.
    pub(crate) fn task(
        &mut self,
        time: u64,
        number: u64,
        kind: TaskKind,
        by: u64,
        name: &str,
    ) -> &mut Self {
        let name = name.to_owned();
        let task = Task {
            kind,
            by,
            name,
            place: place(1),
        };
        self.add(time, number, What::Task(task))
    }

    pub(crate) fn poll(&mut self, time: u64, task: u64, worker: u64) -> &mut Self {
        self.add(time, task, What::Poll(worker))
    }

    pub(crate) fn idle(&mut self, time: u64, task: u64) -> &mut Self {
        self.add(time, task, What::Idle)
    }

    pub(crate) fn woken(&mut self, time: u64, task: u64, by: u64) -> &mut Self {
        self.add(time, task, What::Woken(by))
    }

    /// At line `line`, or nowhere if it is 0.
    pub(crate) fn event(
        &mut self,
        time: u64,
        thread: u64,
        op: Op,
        on: (Primitive, u64),
        line: u64,
    ) -> &mut Self {
        self.counted(
            time,
            thread,
            op,
            on,
            line,
            if op == Op::Release && on.0 == Primitive::RLock {
                0
            } else {
                1
            },
        )
    }

    pub(crate) fn counted(
        &mut self,
        time: u64,
        thread: u64,
        op: Op,
        (primitive, address): (Primitive, u64),
        line: u64,
        count: u64,
    ) -> &mut Self {
        let primitive = Some(primitive);
        self.add(
            time,
            thread,
            What::Event(Event {
                op,
                primitive,
                address,
                count,
                place: place(line),
            }),
        )
    }

    /// As it is in a file.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn reader(&self) -> Reader<&[u8]> {
        Reader::new(self.text.as_bytes()).expect("the header is good")
    }

    pub(crate) fn summary(&self) -> Summary {
        Summary::of(self.reader(), 0)
    }

    pub(crate) fn lanes(&self, columns: usize, most: usize) -> Lanes {
        let summary = self.summary();
        let mut lanes = Lanes::new(&summary, columns, most);
        Lanes::fill(std::slice::from_mut(&mut lanes), self.reader(), &summary);
        lanes
    }
}
