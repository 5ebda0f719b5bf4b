//! Locks that are taken in opposite orders, also when nothing hung this time.
//!
//! A thread that takes or waits for a lock B while it holds a lock A establishes an order: A before
//! B. If a chain of such orders leads from B back to A, anywhere in this run, then threads can
//! deadlock. Linux's lockdep works the same way.

use crate::story::{Id, Story};
use recorder::Place;
use std::collections::BTreeMap;

/// A program whose locks nest in more ways than these is not watched further, and that is said.
const MOST: usize = 20_000;
/// More are counted and not kept.
const KEPT: usize = 8;

/// The orders of a run.
#[derive(Default)]
pub(crate) struct Orders {
    /// By the lock that was held and the one that was wanted: the first time it was so.
    after: BTreeMap<Id, BTreeMap<Id, Nesting>>,
    count: usize,
    pub(crate) inversions: Vec<Inversion>,
    /// Those that were found and not kept.
    pub(crate) more: u64,
}

/// A thread took or wanted one lock while holding another.
#[derive(Clone)]
pub(crate) struct Nesting {
    pub(crate) thread: u64,
    pub(crate) held: Id,
    pub(crate) held_from: Option<Place>,
    pub(crate) wanted: Id,
    pub(crate) wanted_at: Option<Place>,
}

/// Each nesting wants the lock that the next one holds, the last one what the first one holds.
pub(crate) struct Inversion {
    pub(crate) time: u64,
    pub(crate) nestings: Vec<Nesting>,
}

impl Orders {
    /// Whether there were too many to watch them all.
    pub(crate) fn is_full(&self) -> bool {
        self.count >= MOST
    }

    /// This thread takes or waits for a lock that it does not hold.
    pub(crate) fn watch(
        &mut self,
        story: &Story,
        thread: u64,
        wanted: Id,
        place: Option<&Place>,
        time: u64,
    ) {
        let holds = story
            .threads
            .get(&thread)
            .map_or(&[][..], |thread| &thread.holds);
        if !story.things[wanted].is_lock() || story.threads[&thread].hold(wanted).is_some() {
            return;
        }
        for hold in holds
            .iter()
            .filter(|hold| story.things[hold.thing].is_lock())
        {
            let known = self
                .after
                .get(&hold.thing)
                .is_some_and(|after| after.contains_key(&wanted));
            if !known && !self.is_full() {
                let held_from = hold.place.clone();
                self.add(
                    Nesting {
                        thread,
                        held: hold.thing,
                        held_from,
                        wanted,
                        wanted_at: place.cloned(),
                    },
                    time,
                );
            }
        }
    }

    fn add(&mut self, new: Nesting, time: u64) {
        if let Some(way_back) = self.way(new.wanted, new.held) {
            if self.inversions.len() < KEPT {
                let nestings = std::iter::once(new.clone()).chain(way_back).collect();
                self.inversions.push(Inversion { time, nestings });
            } else {
                self.more += 1;
            }
        }
        self.count += 1;
        self.after
            .entry(new.held)
            .or_default()
            .insert(new.wanted, new);
    }

    /// The shortest chain of nestings that leads from one lock to another.
    fn way(&self, from: Id, to: Id) -> Option<Vec<Nesting>> {
        let mut reached_by: BTreeMap<Id, &Nesting> = BTreeMap::new();
        let mut level = vec![from];
        while !level.is_empty() && !reached_by.contains_key(&to) {
            let mut next = Vec::new();
            for nesting in level
                .iter()
                .filter_map(|lock| self.after.get(lock))
                .flat_map(BTreeMap::values)
            {
                if nesting.wanted != from && !reached_by.contains_key(&nesting.wanted) {
                    reached_by.insert(nesting.wanted, nesting);
                    next.push(nesting.wanted);
                }
            }
            level = next;
        }
        let mut way = Vec::new();
        let mut lock = to;
        while lock != from {
            let nesting = *reached_by.get(&lock)?;
            way.push(nesting.clone());
            lock = nesting.held;
        }
        way.reverse();
        Some(way)
    }
}

#[cfg(test)]
mod tests {
    use crate::synthetic::Trace;
    use recorder::Op::{Acquire, Release};
    use recorder::Primitive::{Lock, RLock};

    type Thing = (recorder::Primitive, u64);
    const A: Thing = (Lock, 0xa);
    const B: Thing = (Lock, 0xb);
    const C: Thing = (RLock, 0xc);

    /// One thread takes one lock and then another, and gives both back.
    fn nest(trace: &mut Trace, time: u64, thread: u64, outer: Thing, inner: Thing) {
        trace.event(time, thread, Acquire, outer, time).event(
            time + 1,
            thread,
            Acquire,
            inner,
            time + 1,
        );
        trace
            .event(time + 2, thread, Release, inner, 0)
            .event(time + 3, thread, Release, outer, 0);
    }

    #[test]
    fn opposite_orders_are_reported_with_both_places_though_nothing_hung() {
        let mut trace = Trace::new();
        nest(&mut trace, 10, 1, A, B);
        nest(&mut trace, 20, 2, B, A);
        let expected = "\
LOCK ORDER at 11 ns: locks are taken in opposite orders, which can end in a deadlock
  thread 2 holds Lock 2 (a.rs:20:1)
    and takes Lock 1 at a.rs:21:1
  thread 1 holds Lock 1 (a.rs:10:1)
    and takes Lock 2 at a.rs:11:1";
        assert_eq!(trace.summary().troubles().join("\n"), expected);
    }

    #[test]
    fn one_order_is_no_alarm_however_often_and_by_whom() {
        let mut trace = Trace::new();
        for time in 1..20 {
            nest(&mut trace, 10 * time, time % 3, A, B);
            nest(&mut trace, 10 * time + 4, time % 2, B, C);
        }
        assert_eq!(trace.summary().troubles(), [""; 0]);
    }

    #[test]
    fn a_circle_of_three_orders_is_found() {
        let mut trace = Trace::new();
        nest(&mut trace, 10, 1, A, B);
        nest(&mut trace, 20, 1, B, C);
        nest(&mut trace, 30, 2, C, A);
        let summary = trace.summary();
        let held: Vec<_> = summary.orders.inversions[0]
            .nestings
            .iter()
            .map(|nesting| nesting.held)
            .collect();
        assert_eq!(held, [2, 0, 1]);
    }

    #[test]
    fn a_holder_takes_its_lock_again_in_any_order() {
        let mut trace = Trace::new();
        nest(&mut trace, 10, 1, C, A);
        trace
            .event(20, 2, Acquire, C, 1)
            .event(21, 2, Acquire, A, 2)
            .counted(22, 2, Acquire, C, 3, 2);
        trace
            .counted(23, 2, Release, C, 0, 1)
            .event(24, 2, Release, A, 0)
            .event(25, 2, Release, C, 0);
        assert_eq!(trace.summary().troubles(), [""; 0]);
    }
}
