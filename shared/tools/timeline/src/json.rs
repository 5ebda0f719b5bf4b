//! The trace as Chrome and Perfetto read it: <https://ui.perfetto.dev> draws it.
//!
//! The format is the "Trace Event Format" of Chromium's documentation. A track must not have events
//! that overlap without one being inside the other, and a thread may let go of locks in any order.
//! So each thread has a track for its waits, and one more for each thing that it holds at the same
//! time as others.

use crate::story::{About, Hold, Id, Look, Piece, Story, Wait};
use recorder::{Event, Op, Place, Reader, What};
use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

/// Tracks of one thread: its own, and those of what it holds. More than these share the last.
const TRACKS: u64 = 64;

struct Tracks<W> {
    output: W,
    story: Story,
    /// What each track of holds is in use for.
    taken: BTreeMap<u64, Vec<Option<Id>>>,
    is_first: bool,
}

/// Writes the whole trace up to the time `end`. The names are those that are known in the end.
pub(crate) fn write(
    reader: Reader<impl BufRead>,
    names: &Story,
    end: u64,
    output: impl Write,
) -> io::Result<()> {
    let taken = BTreeMap::new();
    let mut tracks = Tracks {
        output,
        story: Story::default(),
        taken,
        is_first: true,
    };
    tracks
        .output
        .write_all(b"{\"displayTimeUnit\":\"ns\",\"traceEvents\":[")?;
    for record in reader.flatten() {
        let step = tracks.story.tell(&record);
        if let Some(named) = names.threads.get(&record.thread)
            && matches!(record.what, What::Begin(_) | What::Task(_))
            && named.has_lane()
        {
            tracks.name(record.thread, 0, &names.thread_name(record.thread))?;
        }
        if let Some(piece) = step.piece {
            tracks.piece(names, piece)?;
        }
        if let Some(wait) = step.waited {
            tracks.wait(record.thread, &wait, record.time)?;
        }
        if let Some(overdue) = step.overdue {
            tracks.hold(overdue.thread, &overdue.hold, record.time)?;
        }
        if let Some(id) = step.taken {
            tracks.take(record.thread, id)?;
        }
        if let Some(hold) = step.given {
            tracks.hold(record.thread, &hold, record.time)?;
        }
        if let What::Event(event) = &record.what {
            tracks.instant(record.thread, event, record.time)?;
        }
    }
    tracks.finish(names, end)
}

impl<W: Write> Tracks<W> {
    fn event(&mut self, body: &str) -> io::Result<()> {
        let comma = if std::mem::take(&mut self.is_first) {
            ""
        } else {
            ","
        };
        write!(self.output, "{comma}\n{{{body}}}")
    }

    fn name(&mut self, thread: u64, track: u64, name: &str) -> io::Result<()> {
        let (tid, name) = (id_of(thread, track), quoted(name));
        self.event(&format!(
            r#""ph":"M","name":"thread_name","pid":1,"tid":{tid},"args":{{"name":{name}}}"#
        ))?;
        self.event(&format!(r#""ph":"M","name":"thread_sort_index","pid":1,"tid":{tid},"args":{{"sort_index":{tid}}}"#))
    }

    fn span(
        &mut self,
        tid: u64,
        name: &str,
        (from, to): (u64, u64),
        place: Option<&Place>,
    ) -> io::Result<()> {
        let (from, to) = (microseconds(from), microseconds(to - from));
        let (name, place) = (
            quoted(name),
            quoted(&place.map_or(String::new(), Place::to_string)),
        );
        self.event(&format!(
            r#""ph":"X","name":{name},"pid":1,"tid":{tid},"ts":{from},"dur":{to},"args":{{"place":{place}}}"#
        ))
    }

    /// What a task does. For a thread there are the waits and holds.
    fn piece(&mut self, names: &Story, piece: Piece) -> io::Result<()> {
        let name = match piece.look {
            Look::Waiting(About::Waker(by)) => format!("woken by {}", names.waker_name(by)),
            Look::Holding(About::Worker(by)) => format!("polled on {}", names.thread_name(by)),
            _ => return Ok(()),
        };
        let extent = (piece.from, piece.to);
        self.span(id_of(piece.thread, 0), &name, extent, None)
    }

    fn wait(&mut self, thread: u64, wait: &Wait, until: u64) -> io::Result<()> {
        let name = format!("waits for {}", self.story.things[wait.thing].name());
        self.span(
            id_of(thread, 0),
            &name,
            (wait.since, until),
            wait.place.as_ref(),
        )
    }

    /// A track for what is now held: the first that is free.
    fn take(&mut self, thread: u64, id: Id) -> io::Result<()> {
        let tracks = self.taken.entry(thread).or_default();
        if let Some(free) = tracks.iter_mut().find(|track| track.is_none()) {
            *free = Some(id);
            return Ok(());
        }
        tracks.push(Some(id));
        let track = tracks.len() as u64;
        let name = format!("{} holds", self.story.thread_name(thread));
        if track < TRACKS {
            self.name(thread, track, &name)
        } else {
            Ok(())
        }
    }

    fn hold(&mut self, thread: u64, hold: &Hold, until: u64) -> io::Result<()> {
        let tracks = self.taken.entry(thread).or_default();
        let index = tracks.iter().position(|track| *track == Some(hold.thing));
        if let Some(index) = index {
            tracks[index] = None;
        }
        let tid = id_of(thread, index.map_or(0, |index| index as u64 + 1));
        let name = format!("holds {}", self.story.things[hold.thing].name());
        self.span(tid, &name, (hold.since, until), hold.place.as_ref())
    }

    /// What takes no time: `notify`, `set`, `push` and the like.
    fn instant(&mut self, thread: u64, event: &Event, time: u64) -> io::Result<()> {
        if matches!(
            event.op,
            Op::Wait | Op::Acquire | Op::Release | Op::Park | Op::Wake | Op::Pass | Op::Timeout
        ) {
            return Ok(());
        }
        let Some(id) = self.story.id(event) else {
            return Ok(());
        };
        let name = quoted(&format!(
            "{} {}",
            event.op.name(),
            self.story.things[id].name()
        ));
        let (tid, time) = (id_of(thread, 0), microseconds(time));
        self.event(&format!(
            r#""ph":"i","s":"t","name":{name},"pid":1,"tid":{tid},"ts":{time}"#
        ))
    }

    /// What has no end, ends with the trace.
    fn finish(mut self, names: &Story, end: u64) -> io::Result<()> {
        let rest: Vec<Piece> = self.story.rest(end).collect();
        for piece in rest {
            self.piece(names, piece)?;
        }
        let mut open = Vec::new();
        for (number, thread) in &self.story.threads {
            open.push((*number, thread.waiting.clone(), thread.holds.clone()));
        }
        for (number, wait, holds) in open {
            if let Some(wait) = wait {
                self.wait(number, &wait, end)?;
            }
            for hold in holds {
                self.hold(number, &hold, end)?;
            }
        }
        self.output.write_all(b"\n]}\n")?;
        self.output.flush()
    }
}

fn id_of(thread: u64, track: u64) -> u64 {
    thread
        .saturating_mul(TRACKS)
        .saturating_add(track.min(TRACKS - 1))
}

/// With what lies behind the point: the format counts in microseconds.
fn microseconds(nanoseconds: u64) -> String {
    format!("{}.{:03}", nanoseconds / 1000, nanoseconds % 1000)
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
