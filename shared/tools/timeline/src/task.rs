//! What the records of tasks mean: when a task is idle, woken and polled, and which task or thread
//! woke it.

use crate::story::{About, Look, Polled, Step, Story, Woken};
use recorder::{Place, Record, TaskKind, What};

/// The name that tokio gives to each of its threads.
const RUNTIME_THREAD: &str = "tokio-rt-worker";

/// Nanoseconds. When a task ends, its thread wakes the task that joins it, but only after the task
/// is gone. So a wake that follows the end of a task on the same thread as soon as this is the
/// task's. One that comes later is that of a timer or of a socket.
const AT_THE_END: u64 = 200_000;

/// A task, as it is after the records told so far.
#[derive(Default)]
pub(crate) struct Task {
    pub(crate) kind: Option<TaskKind>,
    /// Its own name, or its thread's if it is what `block_on` runs, or the place of its spawn.
    base: String,
    /// Counts the tasks with this name, from 1.
    number: u64,
    pub(crate) place: Option<Place>,
    /// It is to be polled: since when, and who woke it.
    ready: Option<Ready>,
    /// The thread that polls it, and since when.
    poll: Option<(u64, u64)>,
    /// The thread that polled it last.
    worker: u64,
}

#[derive(Clone, Copy)]
struct Ready {
    since: u64,
    by: u64,
}

impl Task {
    pub(crate) fn look(&self) -> Look {
        match (&self.poll, &self.ready) {
            (Some((worker, _)), _) => Look::Holding(About::Worker(*worker)),
            (None, Some(ready)) => Look::Waiting(About::Waker(ready.by)),
            (None, None) => Look::Running,
        }
    }
}

impl Story {
    /// Tasks of one name are told apart by a number.
    pub(crate) fn task_name(&self, task: &Task) -> String {
        let Task { base, number, .. } = task;
        match self.names.get(base) {
            Some(2..) => format!("{base} #{number}"),
            _ => base.clone(),
        }
    }

    /// Who has woken a task, in words. A thread of the runtime that polls no task has found that a
    /// timer or a socket is ready.
    pub(crate) fn waker_name(&self, number: u64) -> String {
        let thread = self.threads.get(&number);
        if thread.is_some_and(|thread| thread.task.is_none() && thread.worker.is_some()) {
            "the runtime".to_owned()
        } else {
            self.thread_name(number)
        }
    }

    pub(crate) fn task_begins(&mut self, record: &Record, begun: &recorder::Task) -> Step {
        let base = match (begun.kind, begun.name.as_str(), &begun.place) {
            (TaskKind::BlockOn, ..) => self.thread_name(begun.by),
            (_, "", Some(place)) => short(place),
            (_, "", None) => "task".to_owned(),
            (_, name, _) => name.to_owned(),
        };
        let count = self.names.entry(base.clone()).or_default();
        *count += 1;
        let is_ready = begun.kind != TaskKind::BlockOn;
        let task = Task {
            kind: Some(begun.kind),
            base,
            number: *count,
            place: begun.place.clone(),
            ready: is_ready.then_some(Ready {
                since: record.time,
                by: begun.by,
            }),
            ..Task::default()
        };
        let thread = self.threads.get_mut(&record.thread).expect("it is entered");
        thread.task = Some(task);
        Step {
            woken: is_ready.then_some(Woken {
                by: begun.by,
                task: record.thread,
                is_spawn: true,
            }),
            ..Step::default()
        }
    }

    /// The task is polled, or no longer polled, or woken.
    pub(crate) fn task_changes(&mut self, record: &Record) -> Step {
        let time = record.time;
        let mut step = Step::default();
        let mut by = 0;
        match record.what {
            What::Poll(worker) => self.thread_polls(worker),
            What::Woken(waker) => by = self.waker(waker, time),
            _ => {}
        }
        let thread = self.threads.get_mut(&record.thread).expect("it is entered");
        if thread.ended.is_some() {
            return step;
        }
        let before = thread.look();
        let task = thread.task.as_mut().expect("it is a task");
        match record.what {
            What::Poll(worker) => {
                step.ready = task.ready.take().map(|ready| time - ready.since);
                task.poll = Some((worker, time));
                task.worker = worker;
            }
            What::Woken(_) => {
                // Several wakes before one poll count once, as they do for tokio.
                if task.ready.is_none() {
                    task.ready = Some(Ready { since: time, by });
                    step.woken = Some(Woken {
                        by,
                        task: record.thread,
                        is_spawn: false,
                    });
                }
            }
            _ => {
                step.polled = task.poll.take().map(|(worker, since)| Polled {
                    worker,
                    length: time - since,
                });
                // It was woken while it was polled. From now on it waits for the next poll.
                if let Some(ready) = &mut task.ready {
                    ready.since = time;
                }
            }
        }
        if thread.look() != before {
            step.piece = thread.cut(record.thread, time, before);
        }
        step
    }

    fn thread_polls(&mut self, number: u64) {
        let Some(thread) = self.threads.get_mut(&number) else {
            return;
        };
        if let Some(worker) = &mut thread.worker {
            worker.ended = None;
            return;
        }
        let worker = thread.worker.insert(Default::default());
        if thread.name == RUNTIME_THREAD {
            let count = self.names.entry(RUNTIME_THREAD.to_owned()).or_default();
            *count += 1;
            worker.number = *count;
        }
    }

    pub(crate) fn task_ended(&mut self, number: u64, time: u64) {
        let task = self.threads.get(&number).and_then(|it| it.task.as_ref());
        let Some(worker) = task.map(|task| task.worker) else {
            return;
        };
        let worker = self.threads.get_mut(&worker).and_then(|it| it.worker.as_mut());
        if let Some(worker) = worker {
            worker.ended = Some((number, time));
        }
    }

    /// The task or the thread that is behind a wake.
    fn waker(&mut self, number: u64, time: u64) -> u64 {
        let Some(thread) = self.threads.get_mut(&number) else {
            return number;
        };
        match &thread.worker {
            Some(worker) => match worker.ended {
                Some((task, ended)) if time - ended <= AT_THE_END => task,
                _ => number,
            },
            None => {
                thread.wakes = true;
                number
            }
        }
    }
}

/// Where a task was spawned, short enough for a name.
fn short(place: &Place) -> String {
    let file = place.file.rsplit(['/', '\\']).next().unwrap_or_default();
    format!("{file}:{}", place.line)
}
