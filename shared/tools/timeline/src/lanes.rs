//! The second pass over a trace: what each thread did in each column of a picture.
//!
//! A column holds a few looks and the time each took, so a picture takes the same memory however
//! long the trace is.

use crate::story::{About, Look, Piece, Story, Woken};
use crate::summary::Summary;
use recorder::Reader;
use std::collections::BTreeSet;
use std::io::BufRead;

/// Looks that a column tells apart; of those beyond, the briefest is forgotten.
const LOOKS: usize = 6;

/// A lane for each thread that is drawn.
pub(crate) struct Lanes {
    from: u64,
    to: u64,
    columns: usize,
    /// In the order of their threads' numbers.
    pub(crate) lanes: Vec<Lane>,
    /// Between lanes that are drawn.
    pub(crate) wakes: BTreeSet<Wake>,
}

/// A task is spawned or woken by another lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wake {
    pub(crate) by: u64,
    pub(crate) task: u64,
    pub(crate) column: usize,
}

/// What one thread did.
pub(crate) struct Lane {
    pub(crate) thread: u64,
    columns: Vec<Column>,
}

#[derive(Clone, Copy, Default)]
struct Column([Option<(Look, u64)>; LOOKS]);

/// Columns side by side that look the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Span {
    pub(crate) look: Look,
    pub(crate) first: usize,
    /// The column after its last one.
    pub(crate) end: usize,
}

impl Lanes {
    /// For as many columns, and for the first threads, no more than `most`.
    pub(crate) fn new(summary: &Summary, columns: usize, most: usize) -> Lanes {
        let lane = |thread: &u64| Lane {
            thread: *thread,
            columns: vec![Column::default(); columns],
        };
        let lanes = summary.threads.keys().take(most).map(lane).collect();
        Lanes {
            from: summary.from,
            to: summary.to,
            columns,
            lanes,
            wakes: BTreeSet::new(),
        }
    }

    /// Reads a trace again, for all drawings at once.
    pub(crate) fn fill(all: &mut [Lanes], reader: Reader<impl BufRead>, summary: &Summary) {
        let mut story = Story::default();
        for record in reader.flatten() {
            let step = story.tell(&record);
            for lanes in all.iter_mut() {
                step.pieces().for_each(|piece| lanes.add(piece));
                if let Some(woken) = step.woken {
                    lanes.add_wake(woken, record.time);
                }
            }
        }
        for piece in story.rest(summary.to) {
            all.iter_mut().for_each(|lanes| lanes.add(piece));
        }
    }

    fn add_wake(&mut self, Woken { by, task, .. }: Woken, time: u64) {
        let has_lane = |number| {
            let found = self.lanes.binary_search_by_key(&number, |lane| lane.thread);
            found.is_ok()
        };
        if by != task && has_lane(by) && has_lane(task) && self.from < self.to {
            let column = column_at((self.from, self.to, self.columns), time);
            self.wakes.insert(Wake { by, task, column });
        }
    }

    fn add(&mut self, piece: Piece) {
        let Ok(lane) = self
            .lanes
            .binary_search_by_key(&piece.thread, |lane| lane.thread)
        else {
            return;
        };
        let (from, to) = (piece.from.max(self.from), piece.to.min(self.to));
        // So a trace without any length has no columns to divide.
        if from >= to {
            return;
        }
        let extent = (self.from, self.to, self.columns);
        for index in column_at(extent, from)..=column_at(extent, to - 1) {
            let (start, end) = (edge(extent, index), edge(extent, index + 1));
            self.lanes[lane].columns[index]
                .add(piece.look, to.min(end).saturating_sub(from.max(start)));
        }
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    /// The same lanes, each `factor` columns made one. The number of columns must be a multiple of
    /// it.
    pub(crate) fn coarser(&self, factor: usize) -> Lanes {
        let lane = |lane: &Lane| Lane {
            thread: lane.thread,
            columns: lane.columns.chunks(factor).map(Column::sum).collect(),
        };
        let lanes = self.lanes.iter().map(lane).collect();
        Lanes {
            from: self.from,
            to: self.to,
            columns: self.columns / factor,
            lanes,
            wakes: self.wakes.iter().map(|wake| wake.coarser(factor)).collect(),
        }
    }
}

impl Wake {
    fn coarser(self, factor: usize) -> Wake {
        let column = self.column / factor;
        Wake { column, ..self }
    }
}

/// The column that a moment falls into.
fn column_at((from, to, columns): (u64, u64, usize), time: u64) -> usize {
    let share = u128::from(time - from) * columns as u128 / u128::from(to - from);
    (share as usize).min(columns - 1)
}

/// Where a column begins: the first moment that falls into it.
fn edge((from, to, columns): (u64, u64, usize), index: usize) -> u64 {
    from + (u128::from(to - from) * index as u128).div_ceil(columns as u128) as u64
}

impl Column {
    fn sum(columns: &[Column]) -> Column {
        let mut sum = Column::default();
        let entries = columns.iter().flat_map(|column| column.0.iter().flatten());
        entries.for_each(|(look, time)| sum.add(*look, *time));
        sum
    }

    fn add(&mut self, look: Look, time: u64) {
        if let Some((_, spent)) = self
            .0
            .iter_mut()
            .flatten()
            .find(|(known, _)| *known == look)
        {
            *spent += time;
            return;
        }
        let briefest = self
            .0
            .iter_mut()
            .min_by_key(|entry| entry.map_or(0, |(_, spent)| spent));
        let place = briefest.expect("there are some");
        if place.is_none_or(|(_, spent)| spent < time) {
            *place = Some((look, time));
        }
    }

    /// What a column shows: the wait or hold that took most of it, if all of them took a quarter of
    /// the time that the thread was there. Otherwise the thread ran. `None` where it was not there.
    fn look(&self) -> Option<Look> {
        if let Some(look) = self.look_of_task() {
            return Some(look);
        }
        let all: u64 = self.0.iter().flatten().map(|(_, time)| time).sum();
        let share: u64 = self.busy().map(|(_, time)| time).sum();
        match self.busy().max_by_key(|(look, time)| (*time, *look)) {
            Some((look, _)) if share.saturating_mul(4) >= all => Some(look),
            _ => (all > 0).then_some(Look::Running),
        }
    }

    /// Waits and holds, and how long each took.
    fn busy(&self) -> impl Iterator<Item = (Look, u64)> {
        let spent = self.0.iter().flatten().copied();
        spent.filter(|(look, time)| *look != Look::Running && *time > 0)
    }

    /// What a column shows of a task that was woken there or polled. It shows both, however short
    /// they are: most polls are short, and a lane without them would be empty.
    fn look_of_task(&self) -> Option<Look> {
        let longest = |side: fn(Look) -> Option<About>| {
            let of_task = self.busy().filter_map(|(look, time)| match side(look)? {
                About::Thing(_) => None,
                about => Some((time, about)),
            });
            of_task.max().map(|(_, about)| about)
        };
        match (longest(Look::waits_for), longest(Look::holds)) {
            (None, None) => None,
            (Some(waker), None) => Some(Look::Waiting(waker)),
            (None, Some(worker)) => Some(Look::Holding(worker)),
            (Some(waker), Some(worker)) => Some(Look::Both(waker, worker)),
        }
    }
}

impl Lane {
    /// From left to right; none where the thread was not there.
    pub(crate) fn spans(&self) -> Vec<Span> {
        let mut spans: Vec<Span> = Vec::new();
        for (index, column) in self.columns.iter().enumerate() {
            let Some(look) = column.look() else { continue };
            match spans.last_mut() {
                Some(span) if span.look == look && span.end == index => span.end += 1,
                _ => spans.push(Span {
                    look,
                    first: index,
                    end: index + 1,
                }),
            }
        }
        spans
    }
}
