//! What the records of tasks mean: when a task is idle, woken and polled, and which task or thread
//! woke it.

use crate::story::{About, Look, Polled, Step, Story, Woken};
use crate::words::source_in;
use checks::workspace;
use recorder::{Place, Record, TaskKind, What};

/// The name that tokio gives to each of its threads.
const RUNTIME_THREAD: &str = "tokio-rt-worker";

/// A task, as it is after the records told so far.
#[derive(Default)]
pub(crate) struct Task {
    /// Its own name, or `main's block_on` if it is what that thread runs, or the place of its
    /// spawn.
    base: String,
    /// Counts the tasks with this name, from 1.
    number: u64,
    pub(crate) place: Option<Place>,
    /// It is to be polled: since when, and who woke it.
    ready: Option<Ready>,
    /// The thread that polls it, and since when.
    poll: Option<(u64, u64)>,
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

    /// Returns the words for the task or thread that woke a task. A thread of the runtime that
    /// polls no task has found that a timer or a socket is ready.
    pub(crate) fn waker_name(&self, number: u64) -> String {
        let thread = self.threads.get(&number);
        if thread.is_some_and(|thread| thread.task.is_none() && thread.polls) {
            "the runtime".to_owned()
        } else {
            self.thread_name(number)
        }
    }

    pub(crate) fn task_begins(&mut self, record: &Record, begun: &recorder::Task) -> Step {
        let base = match (begun.kind, begun.name.as_str(), &begun.place) {
            (TaskKind::BlockOn, ..) => format!("{}'s block_on", self.thread_name(begun.by)),
            (_, "", Some(place)) => {
                let name = self.spawned.entry(place.clone());
                name.or_insert_with(|| name_from(place)).clone()
            }
            (_, "", None) => "task".to_owned(),
            (_, name, _) => name.to_owned(),
        };
        let thread = self.threads.get_mut(&record.thread).expect("it is entered");
        if thread.task.is_some() {
            // The thread has called `block_on` before. Between the two calls, nothing is known.
            thread.since = record.time;
            thread.ended = None;
            return Step::default();
        }
        let count = self.names.entry(base.clone()).or_default();
        *count += 1;
        let is_ready = begun.kind != TaskKind::BlockOn;
        let task = Task {
            base,
            number: *count,
            place: begun.place.clone(),
            ready: is_ready.then_some(Ready {
                since: record.time,
                by: begun.by,
            }),
            ..Task::default()
        };
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
        match record.what {
            What::Poll(worker) => self.thread_polls(worker),
            What::Woken(by) => self.thread_wakes(by),
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
            }
            What::Woken(by) => {
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
        if thread.polls {
            return;
        }
        thread.polls = true;
        if thread.name == RUNTIME_THREAD {
            let count = self.names.entry(RUNTIME_THREAD.to_owned()).or_default();
            *count += 1;
            thread.name = format!("worker {count}");
        }
    }

    fn thread_wakes(&mut self, number: u64) {
        if let Some(thread) = self.threads.get_mut(&number) {
            thread.wakes = true;
        }
    }
}

/// The name of the function that a task runs, or else of the place where it was spawned.
fn name_from(place: &Place) -> String {
    let text = source_from(place).unwrap_or_default();
    called_in(&text).map_or_else(|| short(place), str::to_owned)
}

/// Where a task was spawned, short enough for a name: `main.rs:41`.
fn short(place: &Place) -> String {
    let file = place.file.rsplit(['/', '\\']).next().unwrap_or_default();
    format!("{file}:{}", place.line)
}

/// A call of `spawn` goes over as many lines as this, or its name is not looked for.
const LINES: usize = 4;

/// The source from a place on.
fn source_from(place: &Place) -> Option<String> {
    let text = source_in(workspace(), &place.file)?;
    let line = usize::try_from(place.line).ok()?.checked_sub(1)?;
    let column = usize::try_from(place.column).ok()?.checked_sub(1)?;
    let lines: Vec<&str> = text
        .lines()
        .skip(line)
        .take(LINES)
        .map(str::trim_end)
        .collect();
    let text = lines.join(" ");
    text.get(column..).map(str::to_owned)
}

/// The function that `spawn(serve(listener))` or `spawn(async move { server.serve().await })`
/// calls. `None` if the task does more than to call one.
fn called_in(spawn: &str) -> Option<&str> {
    let (_, mut body) = spawn.split_once('(')?;
    for before in ["async", "move", "||", "{"] {
        body = body.trim_start();
        body = body.strip_prefix(before).unwrap_or(body);
    }
    let (path, _) = body.trim_start().split_once('(')?;
    let is_path = |c: char| c.is_alphanumeric() || "_.:".contains(c);
    let name = path.rsplit(['.', ':']).next()?;
    (!name.is_empty() && path.chars().all(is_path)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_named_after_the_function_that_it_calls() {
        for (spawn, name) in [
            ("spawn(serve(listener));", Some("serve")),
            (
                "tokio::spawn(server::serve(Arc::clone(&a)));",
                Some("serve"),
            ),
            (
                "spawn(async move { download.get(page).await });",
                Some("get"),
            ),
            ("spawn_blocking(move || hash(&picture))", Some("hash")),
            (
                "spawn(     async move {    read(stream).await",
                Some("read"),
            ),
            ("spawn(async { let a = b(); });", None),
            ("spawn(future);", None),
            ("", None),
        ] {
            assert_eq!(called_in(spawn), name, "{spawn}");
        }
    }

    #[test]
    fn a_place_is_shortened_to_the_file_and_the_line() {
        let file = "recipes/async/fetch/src/main.rs".to_owned();
        let place = Place {
            file,
            line: 41,
            column: 5,
        };
        assert_eq!(short(&place), "main.rs:41");
    }
}
