//! What a trace means: record by record, what each thread waits for and what it holds, and what
//! each task does.

use crate::task::Task;
use recorder::{Event, Op, Place, Primitive, Record, What};
use std::collections::{BTreeMap, HashMap};

/// The index of a primitive in [`Story::things`].
pub(crate) type Id = usize;

/// The state of all threads and primitives after the records told so far.
#[derive(Default)]
pub(crate) struct Story {
    pub(crate) threads: BTreeMap<u64, Thread>,
    /// In the order of their first appearance, so that two passes over a trace number them alike.
    pub(crate) things: Vec<Thing>,
    ids: HashMap<(Primitive, u64), Id>,
    /// How many there are of each kind.
    counts: BTreeMap<Primitive, usize>,
    /// How many threads have begun.
    begun: u64,
    /// How many tasks there are of each name, and threads of the runtime.
    pub(crate) names: BTreeMap<String, u64>,
    /// The names of the tasks without a name of their own, by the places where they are spawned.
    pub(crate) spawned: BTreeMap<Place, String>,
}

/// A primitive. An address may be used again when the one there is gone: then two primitives are
/// taken for one.
pub(crate) struct Thing {
    pub(crate) kind: Primitive,
    /// Counts those of its kind, from 1.
    pub(crate) number: usize,
    /// Where it was first used.
    pub(crate) first: Option<Place>,
    /// The thread that holds it, if it is a lock.
    pub(crate) holder: Option<u64>,
    /// Threads that no longer hold it, because another thread has taken it, but whose release has
    /// not been recorded yet. A thread reports a release after it has released the lock, so the
    /// next owner may be faster.
    late: Vec<u64>,
}

impl Thing {
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.kind.name(), self.number)
    }

    /// A lock has one holder. A permit may be given back by another thread than took it.
    pub(crate) fn is_lock(&self) -> bool {
        matches!(self.kind, Primitive::Lock | Primitive::RLock)
    }
}

#[derive(Default)]
pub(crate) struct Thread {
    pub(crate) name: String,
    /// When its locals were destroyed, if it came to that.
    pub(crate) ended: Option<u64>,
    pub(crate) waiting: Option<Wait>,
    /// In the order in which they were taken.
    pub(crate) holds: Vec<Hold>,
    /// It is no thread but a task.
    pub(crate) task: Option<Task>,
    /// It has polled a task.
    pub(crate) polls: bool,
    /// It has used a primitive.
    pub(crate) uses: bool,
    /// It has woken a task.
    pub(crate) wakes: bool,
    /// Since when it has looked as it does.
    pub(crate) since: u64,
}

#[derive(Clone)]
pub(crate) struct Wait {
    pub(crate) thing: Id,
    pub(crate) since: u64,
    pub(crate) place: Option<Place>,
}

#[derive(Clone)]
pub(crate) struct Hold {
    pub(crate) thing: Id,
    /// Levels or permits.
    pub(crate) count: u64,
    pub(crate) since: u64,
    pub(crate) place: Option<Place>,
}

/// How a thread or a task looks in its lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Look {
    /// The thread runs, or the task is idle.
    Running,
    Holding(About),
    Waiting(About),
    /// It waits for the first while it holds the second.
    Both(About, About),
}

/// What a look is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum About {
    Thing(Id),
    /// The task waits for a thread. This task or thread has woken it.
    Waker(u64),
    /// This thread polls the task.
    Worker(u64),
}

impl Look {
    pub(crate) fn waits_for(self) -> Option<About> {
        match self {
            Look::Waiting(about) | Look::Both(about, _) => Some(about),
            Look::Running | Look::Holding(_) => None,
        }
    }

    /// The thing that it holds. If it holds several, the one that it took last.
    pub(crate) fn holds(self) -> Option<About> {
        match self {
            Look::Holding(about) | Look::Both(_, about) => Some(about),
            Look::Running | Look::Waiting(_) => None,
        }
    }
}

impl Thread {
    pub(crate) fn look(&self) -> Look {
        if let Some(task) = &self.task {
            return task.look();
        }
        let waits_for = self.waiting.as_ref().map(|wait| About::Thing(wait.thing));
        let holds = self.holds.last().map(|hold| About::Thing(hold.thing));
        match (waits_for, holds) {
            (None, None) => Look::Running,
            (None, Some(held)) => Look::Holding(held),
            (Some(wanted), None) => Look::Waiting(wanted),
            (Some(wanted), Some(held)) => Look::Both(wanted, held),
        }
    }

    /// Whether it is worth a lane. A thread of a runtime that only polls tasks is seen in theirs.
    pub(crate) fn has_lane(&self) -> bool {
        self.task.is_some() || self.uses || (self.wakes && !self.polls)
    }

    pub(crate) fn hold(&self, thing: Id) -> Option<&Hold> {
        self.holds.iter().find(|hold| hold.thing == thing)
    }
}

/// A stretch of a lane that looks the same from end to end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Piece {
    pub(crate) thread: u64,
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) look: Look,
}

/// What one record changed.
#[derive(Default)]
pub(crate) struct Step {
    /// The stretch of a lane that it ended.
    pub(crate) piece: Option<Piece>,
    /// The wait that it ended.
    pub(crate) waited: Option<Wait>,
    /// Whether a wait began.
    pub(crate) waits: bool,
    /// What the thread now holds and did not hold before.
    pub(crate) taken: Option<Id>,
    /// What it no longer holds.
    pub(crate) given: Option<Hold>,
    /// The task that was woken, or that was spawned, and the task or thread that did so.
    pub(crate) woken: Option<Woken>,
    /// The poll of a task that it ended.
    pub(crate) polled: Option<Polled>,
    /// How long the task waited for a thread that polls it.
    pub(crate) ready: Option<u64>,
    /// The lock that another thread must have released, because this thread has taken it.
    pub(crate) overdue: Option<Overdue>,
}

/// A task wakes or spawns another one, or a thread does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Woken {
    pub(crate) by: u64,
    pub(crate) task: u64,
    pub(crate) is_spawn: bool,
}

/// A poll of a task.
#[derive(Clone, Copy)]
pub(crate) struct Polled {
    pub(crate) worker: u64,
    pub(crate) length: u64,
}

/// A release that was not recorded before the lock was taken again.
pub(crate) struct Overdue {
    /// The thread that held the lock.
    pub(crate) thread: u64,
    pub(crate) hold: Hold,
    /// The stretch of its lane that ended.
    pub(crate) piece: Option<Piece>,
}

impl Step {
    /// Every stretch of a lane that ended.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = Piece> {
        let overdue = self.overdue.as_ref().and_then(|overdue| overdue.piece);
        self.piece.into_iter().chain(overdue)
    }
}

impl Story {
    /// The name of a thread or of a task.
    pub(crate) fn thread_name(&self, number: u64) -> String {
        let Some(thread) = self.threads.get(&number) else {
            return format!("thread {number}");
        };
        match &thread.task {
            Some(task) => self.task_name(task),
            None => thread.name.clone(),
        }
    }

    /// The primitive of an event, numbered if it is new.
    pub(crate) fn id(&mut self, event: &Event) -> Option<Id> {
        let kind = event.primitive?;
        if let Some(id) = self.ids.get(&(kind, event.address)) {
            return Some(*id);
        }
        let number = self.counts.entry(kind).or_default();
        *number += 1;
        self.things.push(Thing {
            kind,
            number: *number,
            first: event.place.clone(),
            holder: None,
            late: Vec::new(),
        });
        let id = self.things.len() - 1;
        self.ids.insert((kind, event.address), id);
        Some(id)
    }

    /// Goes on by one record.
    pub(crate) fn tell(&mut self, record: &Record) -> Step {
        let time = record.time;
        let new = || Thread {
            name: format!("thread {}", record.thread),
            since: time,
            ..Thread::default()
        };
        match &record.what {
            What::Begin(name) => {
                self.begun += 1;
                let name = if name.is_empty() {
                    format!("thread {}", self.begun)
                } else {
                    name.clone()
                };
                self.threads.entry(record.thread).or_insert_with(new).name = name;
                Step::default()
            }
            What::End => {
                let thread = self.threads.entry(record.thread).or_insert_with(new);
                let piece = thread.piece(record.thread, time);
                thread.ended = Some(time);
                Step {
                    piece,
                    ..Step::default()
                }
            }
            What::Event(event) => {
                let thread = self.threads.entry(record.thread).or_insert_with(new);
                thread.uses = true;
                self.id(event)
                    .map_or_else(Step::default, |id| self.happen(record, event, id))
            }
            What::Task(task) => {
                self.threads.entry(record.thread).or_insert_with(new);
                self.task_begins(record, task)
            }
            What::Poll(_) | What::Idle | What::Woken(_) => {
                let thread = self.threads.entry(record.thread).or_insert_with(new);
                // The task's beginning is missing in the trace.
                thread.task.get_or_insert_default();
                self.task_changes(record)
            }
        }
    }

    fn happen(&mut self, record: &Record, event: &Event, id: Id) -> Step {
        let is_lock = self.things[id].is_lock();
        let is_late = is_lock && self.pay(record.thread, event, id);
        // A lock's guard stays in its thread. If another thread unlocks by force, it is the
        // holder's lane that changes.
        let whose = match self.things[id].holder.filter(|_| event.op == Op::Release) {
            Some(holder) if self.threads.contains_key(&holder) => holder,
            _ => record.thread,
        };
        let mut step = Step::default();
        if is_lock && event.op == Op::Acquire {
            step.overdue = self.overdue(record, id);
        }
        let thread = self
            .threads
            .get_mut(&whose)
            .expect("it was entered when it began");
        let before = thread.look();
        if whose == record.thread && !matches!(event.op, Op::Park | Op::Wake) {
            step.waited = thread.waiting.take_if(|wait| wait.thing == id);
        }
        match event.op {
            Op::Wait => {
                thread.waiting = Some(Wait {
                    thing: id,
                    since: record.time,
                    place: event.place.clone(),
                });
                step.waits = true;
            }
            Op::Acquire => {
                step.taken = thread.take(id, event, record.time, is_lock).then_some(id);
                self.things[id].holder = is_lock.then_some(whose);
            }
            Op::Release if !is_late => {
                step.given = thread.give(id, event);
                if step.given.is_some() {
                    self.things[id].holder = None;
                }
            }
            _ => {}
        }
        let thread = self
            .threads
            .get_mut(&whose)
            .expect("it was entered when it began");
        if thread.look() != before {
            step.piece = thread.cut(whose, record.time, before);
        }
        step
    }

    /// Returns whether this is the release of a lock that the thread no longer holds.
    fn pay(&mut self, thread: u64, event: &Event, id: Id) -> bool {
        let late = &mut self.things[id].late;
        let Some(index) = late.iter().position(|other| *other == thread) else {
            return false;
        };
        match event.op {
            Op::Release => {
                late.remove(index);
                true
            }
            // The release will not come anymore: an event of the thread has overtaken it.
            Op::Acquire => {
                late.remove(index);
                false
            }
            _ => false,
        }
    }

    /// If another thread still seems to hold the lock, it has released it before this record.
    fn overdue(&mut self, record: &Record, id: Id) -> Option<Overdue> {
        let thing = &mut self.things[id];
        let holder = thing.holder.take_if(|holder| *holder != record.thread)?;
        let thread = self.threads.get_mut(&holder)?;
        let before = thread.look();
        let index = thread.holds.iter().position(|hold| hold.thing == id)?;
        let hold = thread.holds.remove(index);
        thing.late.push(holder);
        let changed = thread.look() != before;
        Some(Overdue {
            thread: holder,
            hold,
            piece: changed
                .then(|| thread.cut(holder, record.time, before))
                .flatten(),
        })
    }

    /// The stretches that have not ended by the end of the trace.
    pub(crate) fn rest(&self, end: u64) -> impl Iterator<Item = Piece> {
        let going = self
            .threads
            .iter()
            .filter(|(_, thread)| thread.ended.is_none());
        going.filter_map(move |(number, thread)| thread.piece(*number, end))
    }
}

impl Thread {
    /// Whether it did not hold it before.
    fn take(&mut self, id: Id, event: &Event, time: u64, is_lock: bool) -> bool {
        if let Some(hold) = self.holds.iter_mut().find(|hold| hold.thing == id) {
            // For an `RLock` the count is the present depth. For a semaphore it is the number of
            // permits that were added.
            hold.count = if is_lock {
                event.count
            } else {
                hold.count.saturating_add(event.count)
            };
            return false;
        }
        self.holds.push(Hold {
            thing: id,
            count: event.count,
            since: time,
            place: event.place.clone(),
        });
        true
    }

    /// What it does not hold anymore.
    fn give(&mut self, id: Id, event: &Event) -> Option<Hold> {
        let index = self.holds.iter().position(|hold| hold.thing == id)?;
        let left = match event.primitive {
            Some(Primitive::RLock) => event.count,
            Some(Primitive::Lock) => 0,
            _ => self.holds[index].count.saturating_sub(event.count),
        };
        self.holds[index].count = left;
        (left == 0).then(|| self.holds.remove(index))
    }

    /// The stretch up to now, in the look that it had.
    pub(crate) fn cut(&mut self, number: u64, now: u64, look: Look) -> Option<Piece> {
        let piece = Piece {
            thread: number,
            from: self.since,
            to: now,
            look,
        };
        self.since = now;
        (self.ended.is_none() && piece.from < piece.to).then_some(piece)
    }

    fn piece(&self, number: u64, now: u64) -> Option<Piece> {
        let piece = Piece {
            thread: number,
            from: self.since,
            to: now,
            look: self.look(),
        };
        (piece.from < piece.to).then_some(piece)
    }
}
