//! The first pass over a trace: how long it is, which threads take part, and the figures.

use crate::deadlock::Deadlocks;
use crate::order::Orders;
use crate::story::{Id, Look, Piece, Polled, Step, Story, Wait};
use recorder::{Event, Fault, Op, Place, Primitive, Reader, Record, What};
use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::PathBuf;

/// What one pass over a trace brings to light.
#[derive(Default)]
pub(crate) struct Summary {
    /// The time of the first record,
    pub(crate) from: u64,
    /// and where the lanes end: at the last record, or a little later if somebody still waits then.
    pub(crate) to: u64,
    pub(crate) records: u64,
    /// The state in the end.
    pub(crate) story: Story,
    /// One for each of the story's things.
    pub(crate) things: Vec<Figures>,
    /// Those that have a lane: threads and tasks.
    pub(crate) threads: BTreeMap<u64, Shares>,
    /// What the tasks did, by their numbers.
    pub(crate) tasks: BTreeMap<u64, Polls>,
    pub(crate) deadlocks: Deadlocks,
    pub(crate) orders: Orders,
    pub(crate) faults: Faults,
    /// Where the trace is.
    pub(crate) folder: PathBuf,
    /// The holder, when the wait began, of what each thread waits for now.
    holders: BTreeMap<u64, Holder>,
}

/// What was wrong with the trace.
#[derive(Default)]
pub(crate) struct Faults {
    pub(crate) first: Option<Fault>,
    pub(crate) count: u64,
}

/// About one primitive.
#[derive(Default)]
pub(crate) struct Figures {
    /// How often each operation was reported by each thread.
    pub(crate) uses: BTreeMap<Op, BTreeMap<u64, u64>>,
    /// How many levels of an `RLock` its holder took beyond the first.
    pub(crate) again: u64,
    pub(crate) waits: u64,
    pub(crate) waiting: u64,
    pub(crate) longest: Option<Longest>,
    /// How often a thread got it before one that had waited longer.
    pub(crate) overtaken: u64,
    /// The threads that wait, in the order in which they began.
    line: Vec<u64>,
}

/// The longest wait for a primitive.
#[derive(Clone)]
pub(crate) struct Longest {
    pub(crate) thread: u64,
    pub(crate) place: Option<Place>,
    pub(crate) length: u64,
    /// The thread that held it when the wait began.
    pub(crate) holder: Option<Holder>,
    /// It did not end.
    pub(crate) open: bool,
}

#[derive(Clone)]
pub(crate) struct Holder {
    pub(crate) thread: u64,
    pub(crate) place: Option<Place>,
}

/// About one task.
#[derive(Default)]
pub(crate) struct Polls {
    pub(crate) count: u64,
    pub(crate) longest: Option<Polled>,
    /// The longest time that it waited for a thread to poll it.
    pub(crate) longest_ready: u64,
    /// How often each task and thread has woken it.
    pub(crate) wakers: BTreeMap<u64, u64>,
    pub(crate) spawned_by: Option<u64>,
}

/// How a thread or a task spent its time.
#[derive(Clone, Copy, Default)]
pub(crate) struct Shares {
    /// From its first event to its end.
    pub(crate) all: u64,
    pub(crate) holding: u64,
    pub(crate) waiting: u64,
    /// Holding one thing and waiting for another.
    pub(crate) both: u64,
    pub(crate) waits: u64,
}

impl Figures {
    pub(crate) fn count(&self, op: Op) -> u64 {
        self.uses.get(&op).map_or(0, |by| by.values().sum())
    }
}

impl Summary {
    /// Reads a trace to its end. The program was alive at `alive`, in the trace's time; 0 if that
    /// is not known.
    pub(crate) fn of(reader: Reader<impl BufRead>, alive: u64) -> Summary {
        let mut summary = Summary::default();
        for item in reader {
            match item {
                Ok(record) => summary.tell(&record),
                Err(fault) => {
                    summary.faults.count += 1;
                    summary.faults.first.get_or_insert(fault);
                }
            }
        }
        summary.finish(alive);
        summary
    }

    fn tell(&mut self, record: &Record) {
        if self.records == 0 {
            self.from = record.time;
        }
        self.to = record.time;
        self.records += 1;
        self.threads.entry(record.thread).or_default();
        if let What::Event(event) = &record.what {
            self.before(record, event);
        }
        let step = self.story.tell(record);
        self.things
            .resize_with(self.story.things.len(), Figures::default);
        if let What::Event(event) = &record.what
            && let Some(id) = self.story.id(event)
        {
            self.after(record, event, id, &step);
        }
        self.polls(record, &step);
        step.pieces().for_each(|piece| self.spend(piece));
    }

    fn polls(&mut self, record: &Record, step: &Step) {
        if let Some(woken) = step.woken {
            let polls = self.tasks.entry(woken.task).or_default();
            if woken.is_spawn {
                polls.spawned_by = Some(woken.by);
            } else {
                *polls.wakers.entry(woken.by).or_default() += 1;
            }
        }
        if let Some(ready) = step.ready {
            let polls = self.tasks.entry(record.thread).or_default();
            polls.longest_ready = polls.longest_ready.max(ready);
        }
        if let Some(polled) = step.polled {
            let polls = self.tasks.entry(record.thread).or_default();
            polls.count += 1;
            if polls
                .longest
                .is_none_or(|known| known.length < polled.length)
            {
                polls.longest = Some(polled);
            }
        }
        // The last time that a thread had the task, it dropped the task's future.
        if record.what == What::End
            && let Some(polls) = self.tasks.get_mut(&record.thread)
        {
            polls.count = polls.count.saturating_sub(1);
        }
    }

    /// What must be known before the thread has what it takes: which locks it holds.
    fn before(&mut self, record: &Record, event: &Event) {
        if matches!(event.op, Op::Wait | Op::Acquire)
            && let Some(id) = self.story.id(event)
            && self.story.threads.contains_key(&record.thread)
        {
            self.orders.watch(
                &self.story,
                record.thread,
                id,
                event.place.as_ref(),
                record.time,
            );
        }
    }

    fn after(&mut self, record: &Record, event: &Event, id: Id, step: &Step) {
        let Record { thread, time, .. } = *record;
        if let Some(wait) = &step.waited {
            self.waited(thread, wait, time, false);
        }
        if event.op == Op::Acquire {
            self.overtake(thread, id);
        }
        if step.waited.is_some() {
            self.things[id].line.retain(|waiting| *waiting != thread);
        }
        if step.waits {
            self.wait(thread, id, time);
        }
        let again =
            event.op == Op::Acquire && self.story.things[id].is_lock() && step.taken.is_none();
        if again {
            self.things[id].again += 1;
        } else {
            *self.things[id]
                .uses
                .entry(event.op)
                .or_default()
                .entry(thread)
                .or_default() += 1;
        }
    }

    fn wait(&mut self, thread: u64, id: Id, time: u64) {
        self.things[id].line.push(thread);
        match self.story.things[id].holder {
            Some(holder) => {
                let hold = self.story.threads[&holder].hold(id);
                let place = hold.and_then(|hold| hold.place.clone());
                self.holders.insert(
                    thread,
                    Holder {
                        thread: holder,
                        place,
                    },
                );
            }
            None => drop(self.holders.remove(&thread)),
        }
        self.deadlocks.watch(&self.story, thread, time);
    }

    fn waited(&mut self, thread: u64, wait: &Wait, until: u64, open: bool) {
        let length = until - wait.since;
        let shares = self.threads.entry(thread).or_default();
        shares.waits += 1;
        let figures = &mut self.things[wait.thing];
        figures.waits += 1;
        figures.waiting = figures.waiting.saturating_add(length);
        if figures
            .longest
            .as_ref()
            .is_none_or(|longest| longest.length < length)
        {
            let holder = self.holders.get(&thread).cloned();
            figures.longest = Some(Longest {
                thread,
                place: wait.place.clone(),
                length,
                holder,
                open,
            });
        }
    }

    /// The threads that began to wait earlier than the one that has got it were overtaken.
    fn overtake(&mut self, thread: u64, id: Id) {
        let is_in_line = matches!(
            self.story.things[id].kind,
            Primitive::Lock | Primitive::RLock | Primitive::Semaphore
        );
        let line = &self.things[id].line;
        let before = line
            .iter()
            .position(|waiting| *waiting == thread)
            .unwrap_or(line.len());
        let is_again = self.story.things[id].is_lock()
            && self.story.threads[&thread]
                .hold(id)
                .is_some_and(|it| it.count > 1);
        if is_in_line && !is_again {
            self.things[id].overtaken += before as u64;
        }
    }

    fn spend(&mut self, piece: Piece) {
        let shares = self.threads.entry(piece.thread).or_default();
        let length = piece.to - piece.from;
        match piece.look {
            Look::Running => {}
            Look::Holding(_) => shares.holding += length,
            Look::Waiting(_) => shares.waiting += length,
            Look::Both(..) => {
                shares.holding += length;
                shares.waiting += length;
                shares.both += length;
            }
        }
        shares.all += length;
    }

    /// What has not ended. Nothing is known of the time after the last record, or after `alive`;
    /// but a wait that goes on gets some room to be seen in.
    fn finish(&mut self, alive: u64) {
        let open = |(number, thread): (&u64, &crate::story::Thread)| {
            Some((*number, thread.waiting.clone()?))
        };
        let waits: Vec<_> = self.story.threads.iter().filter_map(open).collect();
        let is_waiting = !waits.is_empty();
        let known = self.to.max(alive);
        self.threads
            .retain(|number, _| self.story.threads[number].has_lane());
        for (thread, wait) in waits {
            self.waited(thread, &wait, known, true);
        }
        let rest: Vec<_> = self.story.rest(known).collect();
        for piece in rest {
            if self.threads.contains_key(&piece.thread) {
                self.spend(piece);
            }
        }
        let room = if is_waiting && alive <= self.to {
            ((self.to - self.from) / 8).max(1)
        } else {
            0
        };
        self.to = known.saturating_add(room);
    }

    pub(crate) fn length(&self) -> u64 {
        self.to - self.from
    }
}

#[cfg(test)]
mod tests {
    use crate::synthetic::Trace;
    use recorder::Op::{Acquire, Pass, Release, Set, Wait};
    use recorder::Primitive::{Event, Lock, RLock, Semaphore};

    #[test]
    fn the_figures_of_a_trace_made_by_hand() {
        let lock = (Lock, 1);
        let mut trace = Trace::new();
        trace.begin(100, 1, "main").event(100, 1, Acquire, lock, 10);
        trace.begin(110, 2, "").event(110, 2, Wait, lock, 20);
        trace.begin(120, 3, "").event(120, 3, Wait, lock, 30);
        // The third overtakes the second.
        trace
            .event(200, 1, Release, lock, 0)
            .event(210, 3, Acquire, lock, 30)
            .event(250, 3, Release, lock, 0);
        trace
            .event(260, 2, Acquire, lock, 20)
            .event(300, 2, Release, lock, 0);
        trace.end(310, 2).end(320, 3).end(400, 1);
        let expected = [
            "Lock 1 (a.rs:10:1): taken 3 times",
            "  2 waits, 240 ns in all; the longest, 150 ns, of thread 2 at a.rs:20:1; when it \
             began, main held it (a.rs:10:1)",
            "  taken by main (1), thread 2 (1), thread 3 (1); waiters were overtaken 1 time",
            "main runs 67 %, holds 33 %, waits 0 % of its time",
            "thread 2 runs 5 %, holds 20 %, waits 75 % of its time (1 wait)",
            "thread 3 runs 35 %, holds 20 %, waits 45 % of its time (1 wait)",
        ];
        let summary = trace.summary();
        assert_eq!(summary.report(), expected);
        assert_eq!((summary.from, summary.to, summary.records), (100, 400, 14));
    }

    #[test]
    fn levels_are_counted_apart_and_the_last_release_frees() {
        let lock = (RLock, 1);
        let mut trace = Trace::new();
        trace
            .event(1, 1, Acquire, lock, 1)
            .counted(2, 1, Acquire, lock, 2, 2)
            .counted(3, 1, Release, lock, 0, 1);
        let summary = trace.summary();
        assert_eq!(summary.story.things[0].holder, Some(1));
        assert_eq!(
            summary.figures()[0],
            "RLock 1 (a.rs:1:1): taken 1 time, 1 time again by its holder"
        );
        trace.event(4, 1, Release, lock, 0);
        assert_eq!(trace.summary().story.things[0].holder, None);
    }

    #[test]
    fn permits_are_added_up_and_may_be_given_back_by_another_thread() {
        let permits = (Semaphore, 1);
        let mut trace = Trace::new();
        trace
            .counted(1, 1, Acquire, permits, 1, 2)
            .counted(2, 1, Acquire, permits, 2, 1);
        trace
            .counted(3, 1, Release, permits, 0, 1)
            .counted(4, 2, Release, permits, 0, 2);
        let holds = &trace.summary().story.threads[&1].holds;
        assert_eq!(holds.iter().map(|hold| hold.count).collect::<Vec<_>>(), [2]);
    }

    /// A release is reported after the lock is free, so the next owner may report first.
    #[test]
    fn a_lock_that_is_taken_again_was_released_even_if_that_is_recorded_later() {
        for (lock, held) in [((Lock, 1), 1), ((RLock, 1), 2)] {
            let mut trace = Trace::new();
            trace.begin(100, 1, "main").event(100, 1, Acquire, lock, 10);
            trace.counted(110, 1, Acquire, lock, 11, held);
            trace.begin(120, 2, "").event(120, 2, Wait, lock, 20);
            trace.event(200, 2, Acquire, lock, 20);
            assert_eq!(trace.summary().story.things[0].holder, Some(2));
            // Late, and again without effect on the new owner.
            trace.event(230, 1, Release, lock, 0);
            let story = trace.summary().story;
            assert_eq!(story.things[0].holder, Some(2));
            assert!(story.threads[&1].holds.is_empty());
            assert_eq!(story.threads[&2].holds.len(), 1);
            trace.event(260, 2, Release, lock, 0);
            // The first thread holds the lock again, and this time its release comes at once.
            trace.event(270, 1, Acquire, lock, 12);
            trace.event(280, 1, Release, lock, 0);
            trace.end(300, 2).end(400, 1);
            let summary = trace.summary();
            assert_eq!(summary.story.things[0].holder, None);
            let report = summary.report();
            assert!(
                report.contains(&"main runs 63 %, holds 37 %, waits 0 % of its time".to_owned()),
                "{report:?}"
            );
            let other = "thread 2 runs 22 %, holds 33 %, waits 44 % of its time (1 wait)";
            assert!(report.contains(&other.to_owned()), "{report:?}");
        }
    }

    #[test]
    fn permits_that_are_taken_again_may_be_recorded_before_they_are_given_back() {
        let permits = (Semaphore, 1);
        let mut trace = Trace::new();
        trace
            .event(1, 1, Acquire, permits, 1)
            .event(2, 2, Wait, permits, 2)
            .event(3, 2, Acquire, permits, 2)
            .event(4, 1, Release, permits, 0);
        let story = trace.summary().story;
        assert!(story.threads[&1].holds.is_empty());
        assert_eq!(story.threads[&2].holds[0].count, 1);
        trace.event(5, 2, Release, permits, 0);
        assert!(trace.summary().story.threads[&2].holds.is_empty());
    }

    #[test]
    fn a_wait_that_does_not_end_is_said_to_go_on() {
        let event = (Event, 1);
        let mut trace = Trace::new();
        trace
            .event(0, 1, Wait, event, 5)
            .event(10, 2, Wait, event, 6)
            .event(50, 3, Set, event, 7)
            .event(80, 2, Pass, event, 6);
        let report = trace.summary().report();
        assert_eq!(
            report[..2],
            [
                "When the trace ends:",
                "  thread 1 waits for Event 1 since 0 at a.rs:5:1; which thread will set it is \
                 not known"
            ]
        );
        assert!(
            report[3].contains(
                "the longest, at least 80 ns, of thread 1 at a.rs:5:1, which did not end"
            ),
            "{report:?}"
        );
    }

    #[test]
    fn of_many_faults_the_first_is_kept_and_the_rest_counted() {
        let mut text = Trace::new()
            .event(1, 1, Set, (Event, 1), 1)
            .text()
            .to_owned();
        text.push_str("what\nis\n2\t1\tend\n3\t1");
        let summary = super::Summary::of(
            recorder::Reader::new(text.as_bytes()).expect("a good header"),
            0,
        );
        let first = summary.faults.first.expect("there is one").to_string();
        assert_eq!(
            (first.as_str(), summary.faults.count),
            ("line 3: `what` is not a time", 3)
        );
        assert_eq!(summary.records, 2);
    }
}
