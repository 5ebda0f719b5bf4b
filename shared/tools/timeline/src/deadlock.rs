//! Circles of threads, each of which waits for a lock that the next one holds.
//!
//! Only a lock has a holder that is known, so only locks make a circle. A circle closes only at a
//! `wait`: a thread that gets a lock does not wait at that moment. A circle that a time limit opens
//! again was a deadlock all the same.

use crate::order::Inversion;
use crate::story::{Id, Story};
use recorder::Place;
use std::collections::BTreeSet;

/// More circles than these are counted and not kept.
const KEPT: usize = 8;

/// The circles of a run.
#[derive(Default)]
pub(crate) struct Deadlocks {
    /// The first of each kind.
    pub(crate) circles: Vec<Circle>,
    /// What is the same for all of a kind: which locks, from where.
    seen: BTreeSet<Vec<(Id, Option<Place>)>>,
    /// How often any circle closed.
    pub(crate) count: u64,
}

/// Each link's thread waits for a lock of the next link's, the last one's for a lock of the first
/// one's.
pub(crate) struct Circle {
    pub(crate) time: u64,
    pub(crate) links: Vec<Link>,
}

/// A thread, what it waits for, and where the lock was taken that it keeps from the one before.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) thread: u64,
    pub(crate) waits_for: Id,
    pub(crate) waits_at: Option<Place>,
    pub(crate) holds: Id,
    pub(crate) holds_since: u64,
    pub(crate) held_from: Option<Place>,
}

impl Deadlocks {
    /// Looks whether this thread's wait, which has just begun, closes a circle.
    pub(crate) fn watch(&mut self, story: &Story, thread: u64, time: u64) {
        let Some(links) = circle(story, thread) else {
            return;
        };
        self.count += 1;
        let mut kind: Vec<_> = links
            .iter()
            .map(|link| (link.waits_for, link.waits_at.clone()))
            .collect();
        kind.sort();
        if self.circles.len() < KEPT && self.seen.insert(kind) {
            self.circles.push(Circle { time, links });
        }
    }
}

impl Deadlocks {
    /// Whether the threads of an inversion did meet, at the same locks.
    pub(crate) fn include(&self, inversion: &Inversion) -> bool {
        let locks = |ids: &mut dyn Iterator<Item = Id>| ids.collect::<BTreeSet<_>>();
        let inverted = locks(&mut inversion.nestings.iter().map(|nesting| nesting.wanted));
        self.circles
            .iter()
            .any(|circle| locks(&mut circle.links.iter().map(|link| link.waits_for)) == inverted)
    }
}

/// From holder to holder, until one that waits for no lock or the thread to begin with.
fn circle(story: &Story, first: u64) -> Option<Vec<Link>> {
    let mut links: Vec<Link> = Vec::new();
    let mut thread = first;
    loop {
        let wait = story.threads.get(&thread)?.waiting.as_ref()?;
        let holder = story.things[wait.thing].holder?;
        let hold = story.threads.get(&holder)?.hold(wait.thing)?;
        // The link of the holder is completed when it is known what it waits for in turn.
        links.push(Link {
            thread,
            waits_for: wait.thing,
            waits_at: wait.place.clone(),
            holds: hold.thing,
            holds_since: hold.since,
            held_from: hold.place.clone(),
        });
        if holder == first {
            return Some(joined(links));
        }
        if links.iter().any(|link| link.thread == holder) {
            // A circle further on, which was found when it closed.
            return None;
        }
        thread = holder;
    }
}

/// What a link says about holding is its successor's: moves it there.
fn joined(links: Vec<Link>) -> Vec<Link> {
    let count = links.len();
    let previous = |index: usize| links[(index + count - 1) % count].clone();
    let with_own_hold = |(index, link): (usize, &Link)| Link {
        thread: link.thread,
        waits_for: link.waits_for,
        waits_at: link.waits_at.clone(),
        ..previous(index)
    };
    links.iter().enumerate().map(with_own_hold).collect()
}

#[cfg(test)]
mod tests {
    use crate::synthetic::Trace;
    use recorder::Op::{Acquire, Release, Timeout, Wait};
    use recorder::Primitive::{Lock, Semaphore};

    const A: (recorder::Primitive, u64) = (Lock, 0xa);
    const B: (recorder::Primitive, u64) = (Lock, 0xb);
    const C: (recorder::Primitive, u64) = (Lock, 0xc);

    /// The names of the threads in each circle.
    fn circles(trace: &Trace) -> Vec<Vec<u64>> {
        let summary = trace.summary();
        let threads =
            |circle: &super::Circle| circle.links.iter().map(|link| link.thread).collect();
        summary.deadlocks.circles.iter().map(threads).collect()
    }

    #[test]
    fn two_threads_that_want_each_others_locks_are_a_circle_even_if_one_gives_up() {
        let mut trace = Trace::new();
        trace
            .event(1, 1, Acquire, A, 10)
            .event(2, 2, Acquire, B, 20);
        trace.event(3, 1, Wait, B, 11);
        assert_eq!(circles(&trace), [[0; 0]; 0]);
        trace
            .event(4, 2, Wait, A, 21)
            .event(5, 2, Timeout, A, 21)
            .event(6, 2, Release, B, 0)
            .event(7, 1, Acquire, B, 11);
        assert_eq!(circles(&trace), [[2, 1]]);
        let report = trace.summary().troubles().join("\n");
        let expected = "\
DEADLOCK at 3 ns: 2 threads wait for one another
  thread 2 holds Lock 2 since 1 ns (a.rs:20:1)
    and waits for Lock 1 at a.rs:21:1
  thread 1 holds Lock 1 since 0 (a.rs:10:1)
    and waits for Lock 2 at a.rs:11:1";
        assert_eq!(report, expected);
    }

    #[test]
    fn a_thread_that_waits_for_its_own_lock_is_a_circle() {
        let mut trace = Trace::new();
        trace.event(1, 1, Acquire, A, 10).event(2, 1, Wait, A, 11);
        assert_eq!(circles(&trace), [[1]]);
        assert!(trace.summary().troubles()[0].contains("a thread waits for itself"));
    }

    #[test]
    fn three_threads_make_a_circle_too_and_a_chain_does_not() {
        let mut trace = Trace::new();
        trace
            .event(1, 1, Acquire, A, 1)
            .event(2, 2, Acquire, B, 2)
            .event(3, 3, Acquire, C, 3);
        trace.event(4, 1, Wait, B, 4).event(5, 2, Wait, C, 5);
        assert_eq!(circles(&trace), [[0; 0]; 0]);
        trace.event(6, 3, Wait, A, 6);
        assert_eq!(circles(&trace), [[3, 1, 2]]);
    }

    #[test]
    fn the_same_circle_again_is_counted_and_not_repeated() {
        let mut trace = Trace::new();
        for round in 0..5 {
            let time = round * 10;
            trace
                .event(time, 1, Acquire, A, 10)
                .event(time, 2, Acquire, B, 20);
            trace
                .event(time + 1, 1, Wait, B, 11)
                .event(time + 2, 2, Wait, A, 21);
            trace
                .event(time + 3, 1, Timeout, B, 11)
                .event(time + 3, 2, Timeout, A, 21);
            trace
                .event(time + 4, 1, Release, A, 0)
                .event(time + 4, 2, Release, B, 0);
        }
        let summary = trace.summary();
        assert_eq!(
            (summary.deadlocks.circles.len(), summary.deadlocks.count),
            (1, 5)
        );
        assert!(
            summary
                .troubles()
                .contains(&"  and 4 more like these".to_owned())
        );
    }

    /// The owner of a lock is the thread that took it last, even if its predecessor reports late.
    #[test]
    fn a_release_that_is_recorded_late_neither_makes_nor_hides_a_circle() {
        let mut trace = Trace::new();
        trace
            .event(1, 1, Acquire, A, 10)
            .event(2, 2, Acquire, A, 20)
            .event(3, 1, Release, A, 0)
            .event(4, 1, Acquire, B, 11)
            .event(5, 1, Wait, A, 12);
        assert_eq!(circles(&trace), [[0; 0]; 0]);
        trace.event(6, 2, Wait, B, 21);
        assert_eq!(circles(&trace), [[2, 1]]);
    }

    #[test]
    fn permits_have_no_holder_and_make_no_circle() {
        let mut trace = Trace::new();
        let (one, two) = ((Semaphore, 1), (Semaphore, 2));
        trace
            .event(1, 1, Acquire, one, 1)
            .event(2, 2, Acquire, two, 2);
        trace.event(3, 1, Wait, two, 3).event(4, 2, Wait, one, 4);
        assert_eq!(circles(&trace), [[0; 0]; 0]);
        let end = trace.summary().troubles().join("\n");
        assert!(
            end.contains(
                "thread 1 waits for Semaphore 2 since 2 ns at a.rs:3:1; which thread has \
                 the permits is not known"
            ),
            "{end}"
        );
    }
}
