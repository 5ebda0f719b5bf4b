//! Waiting without sleep: for a change that may come sooner than a sleep takes.
//!
//! To put a thread to sleep and to wake it costs 5 to 20 microseconds, so a thread that has to wait looks again for about
//! as long first; that is never worse than twice the best choice (Karlin, Li, Manasse and Owicki, "Empirical studies of
//! competitive spinning", 1991). Between two looks it gives its processor away, because the thread it waits for may need
//! just that one.
//!
//! If another program's thread gets the processor, it comes back a time slice later, and that is milliseconds. So where
//! the wait may be a long one, each yield is timed. After a slow one nobody in this process yields in such a wait for a
//! while: they sleep at once, and are woken at once. For a short while, as it may have been a thing of the moment; if the
//! first yield after it is slow again, for twice as long, and so on.

use crate::trace;
use std::{
    hint, iter,
    ops::Range,
    sync::{
        LazyLock,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// A yield that takes longer than this has given the processor to somebody who uses up a time slice, and not to another
/// thread that hands items on.
const SLOW: Duration = Duration::from_millis(1);

/// How often an item has to be handed on during a slow yield, so that it was this process that used the time, and well:
/// as often as it would if each cost a sleep.
const SLEEP: Duration = Duration::from_micros(20);

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

static RESPITE: Respite = Respite::new();

/// The rounds of one wait: first some that only pause, each twice as long as the one before, as the other side may be
/// running on another processor; then some that yield.
pub(crate) struct SpinWait {
    pauses: u32,
    yields: u32,
    most_pauses: u32,
    most_yields: u32,
    /// Whether a slow yield is a reason to stop.
    timed: bool,
}

impl SpinWait {
    /// For a wait for a thread that has other things to do first, such as to make an item.
    pub(crate) const PATIENT: Self = SpinWait {
        pauses: 0,
        yields: 0,
        most_pauses: 3,
        most_yields: 10,
        timed: true,
    };
    /// For what is left of such a wait after [`Pauses`]. Where both sides wait in turn, who sleeps too soon is not awake
    /// when the other has its answer, which then sleeps too: from there on, each item costs a sleep. So more yields, as long
    /// as they are quick.
    pub(crate) const ATTENTIVE: Self = SpinWait {
        most_pauses: 0,
        most_yields: 40,
        ..Self::PATIENT
    };
    /// For a wait for a few instructions of a thread. Those who compete for them are the ones that get the processor, and
    /// use it to get out of the way.
    pub(crate) const SHORT: Self = SpinWait {
        pauses: 0,
        yields: 0,
        most_pauses: 3,
        most_yields: 7,
        timed: false,
    };

    /// To begin again, after a sleep.
    pub(crate) fn reset(&mut self) {
        (self.pauses, self.yields) = (0, 0);
    }

    /// Lets some time pass. Returns whether it is worth another look; if not, none has passed, and it is time to sleep.
    pub(crate) fn spin(&mut self) -> bool {
        trace::about_to_wait();
        self.step()
    }

    fn step(&mut self) -> bool {
        if self.pauses < self.most_pauses {
            pause(self.pauses);
            self.pauses += 1;
            return true;
        }
        let is_worth_it = self.may_yield();
        if is_worth_it {
            self.give_way(|| 0);
        }
        is_worth_it
    }

    /// Whether, after the pauses, it is worth to yield. If not, it is time to sleep.
    pub(crate) fn may_yield(&self) -> bool {
        self.yields < self.most_yields && !(self.timed && RESPITE.is_on(now))
    }

    /// Yields. `handed_on` counts items: those that others hand on meanwhile, where this one would.
    pub(crate) fn give_way(&mut self, handed_on: impl Fn() -> u64) {
        self.yields += 1;
        if self.timed {
            yield_timed(handed_on)
        } else {
            thread::yield_now()
        }
    }
}

/// Waiting for another thread to finish what it is in the middle of: a few instructions, unless it lost its processor.
pub(crate) struct Backoff(SpinWait);

impl Backoff {
    #[inline]
    pub(crate) fn new() -> Self {
        Backoff(SpinWait::SHORT)
    }

    /// Longer from call to call, and at last by giving the processor away.
    #[cold]
    pub(crate) fn wait(&mut self) {
        if !self.0.step() {
            thread::yield_now();
        }
    }
}

/// Whether something is worth its while: it was, the last time, or that is some occasions ago; twice as many each time it was
/// in vain.
struct Hunch {
    /// Occasions that are still to go by. Relaxed, and so the other: hints.
    left: AtomicU32,
    /// How many are to go by after the next time in vain.
    span: AtomicU32,
    /// And after the first time in vain.
    shortest: u32,
}

impl Hunch {
    const LONGEST: u32 = 1024;

    fn new(shortest: u32) -> Self {
        Hunch {
            left: AtomicU32::new(0),
            span: AtomicU32::new(shortest),
            shortest,
        }
    }

    /// Does `attempt`, if that is likely to come to something. Returns whether it has.
    #[inline]
    fn follow(&self, attempt: impl FnOnce() -> bool) -> bool {
        let left = self.left.load(Ordering::Relaxed);
        if left > 0 {
            self.left.store(left - 1, Ordering::Relaxed);
            return false;
        }
        self.learn_from(attempt)
    }

    #[cold]
    fn learn_from(&self, attempt: impl FnOnce() -> bool) -> bool {
        let was_worth_it = attempt();
        let next_span = if was_worth_it {
            self.shortest
        } else {
            let span = self.span.load(Ordering::Relaxed);
            self.left.store(span, Ordering::Relaxed);
            (2 * span).min(Self::LONGEST)
        };
        self.span.store(next_span, Ordering::Relaxed);
        was_worth_it
    }
}

/// Waiting for more of what comes bit by bit, so that it is taken by the batch.
///
/// Who takes each item as soon as it is there takes cache lines from the thread that makes the next one, and both are
/// slower for it. Away for a moment, it lets the other get ahead at full speed; from there on the two do not meet. That
/// pays only if something comes in the moment. Who works alone, or waits for an answer, soon stops trying, and loses next to
/// nothing. Network cards do so with their interrupts, where it is called coalescing.
pub(crate) struct Gather {
    /// How much is so little that more had better gather.
    few: Range<u64>,
    brings_more: Hunch,
}

impl Gather {
    /// Rounds of `pause`: the first outlasts a push that meets us, and both together some dozens that do not.
    const FIRST: u32 = 4;
    const REST: u32 = 7;

    pub(crate) fn new(few: Range<u64>) -> Self {
        Gather {
            few,
            brings_more: Hunch::new(8),
        }
    }

    /// Lets a moment pass if there is little, and if the moment is likely to bring more: one to four microseconds, as a
    /// pause takes 10 to 25 ns. Shorter ones bring too little where a cache line takes 100 ns to the other processor.
    /// Returns whether it has brought more.
    #[inline]
    pub(crate) fn wait(&self, amount: u64, has_more: impl Fn() -> bool) -> bool {
        let attempt = || {
            pause(Self::FIRST);
            let has_more = has_more();
            if has_more {
                pause(Self::REST);
            }
            has_more
        };
        self.few.contains(&amount) && self.brings_more.follow(attempt)
    }
}

/// Waiting for what the other side is often at work on already, where a yield would be too long.
///
/// If it runs on this very processor, the moment is in vain; so it is not always tried, where one may yield instead.
pub(crate) struct Pauses {
    are_enough: Hunch,
}

impl Pauses {
    /// A question and its answer: some cache lines that go to the other processor and come back. 63 pauses in all.
    const ROUNDS: u32 = 10;
    /// From here on, one round is as long as the other: who looks seldom learns late.
    const LONGEST: u32 = 3;

    /// So many times in vain, one after the other, and the other side seems to run on this processor.
    const OFTEN: u32 = 4;

    pub(crate) fn new() -> Self {
        Pauses {
            are_enough: Hunch::new(1),
        }
    }

    /// Whether they have been in vain again and again.
    pub(crate) fn are_in_vain(&self) -> bool {
        self.are_enough.span.load(Ordering::Relaxed) >= 1 << Self::OFTEN
    }

    /// Lets a moment pass until `is_ready`: up to two microseconds, if that is likely to be enough, or if what comes next `is_dear`.
    /// Returns whether it was enough.
    pub(crate) fn until(&self, is_ready: impl Fn() -> bool, is_dear: bool) -> bool {
        trace::about_to_wait();
        // Not a look at each pause, as each takes a cache line from the other side.
        let attempt = || {
            (0..Self::ROUNDS).any(|round| {
                pause(round.min(Self::LONGEST));
                is_ready()
            })
        };
        if is_dear {
            self.are_enough.learn_from(attempt)
        } else {
            self.are_enough.follow(attempt)
        }
    }
}

fn pause(round: u32) {
    iter::repeat_n((), 1 << round).for_each(|()| hint::spin_loop());
}

fn yield_timed(handed_on: impl Fn() -> u64) {
    let (before, start) = (handed_on(), Instant::now());
    thread::yield_now();
    let took = start.elapsed();
    if took > SLOW && nanoseconds(took) / nanoseconds(SLEEP) > handed_on() - before {
        RESPITE.begin(now(), nanoseconds(took));
    }
}

/// A while after a slow yield, in which no other is tried: many times as long, so that they take little of the time.
struct Respite {
    /// In nanoseconds after `START`. Relaxed, and so the others: hints.
    ends: AtomicU64,
    /// Whether it has not been seen to be over: spares a look at the clock.
    is_open: AtomicBool,
    /// How many times as long as the slow yield the last one was.
    times: AtomicU32,
}

impl Respite {
    const SHORTEST: u32 = 8;
    const LONGEST: u32 = 64;

    const fn new() -> Self {
        let times = AtomicU32::new(Self::SHORTEST / 2);
        Respite {
            ends: AtomicU64::new(0),
            is_open: AtomicBool::new(false),
            times,
        }
    }

    fn is_on(&self, now: impl FnOnce() -> u64) -> bool {
        if !self.is_open.load(Ordering::Relaxed) {
            return false;
        }
        let is_on = now() < self.ends.load(Ordering::Relaxed);
        if !is_on {
            self.is_open.store(false, Ordering::Relaxed);
        }
        is_on
    }

    /// After a yield that `took` so long.
    fn begin(&self, now: u64, took: u64) {
        let last_ended = self.ends.load(Ordering::Relaxed);
        if now < last_ended {
            return; // Another thread, in the same slice.
        }
        let last = self.times.load(Ordering::Relaxed);
        let is_next = now < last_ended + u64::from(last) * took;
        let times = if is_next {
            (2 * last).min(Self::LONGEST)
        } else {
            Self::SHORTEST
        };
        self.times.store(times, Ordering::Relaxed);
        self.ends
            .store(now + u64::from(times) * took, Ordering::Relaxed);
        self.is_open.store(true, Ordering::Relaxed);
    }
}

/// Nanoseconds after `START`.
fn now() -> u64 {
    nanoseconds(START.elapsed())
}

/// Up to 584 years.
fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// How many of so many occasions to gather ask whether there is more.
    fn asked(gather: &Gather, occasions: u32, has_more: bool) -> u32 {
        let asked = Cell::new(0);
        let ask = || {
            asked.set(asked.get() + 1);
            has_more
        };
        (0..occasions).for_each(|_| {
            let before = asked.get();
            assert_eq!(gather.wait(1, ask), has_more && asked.get() > before);
        });
        asked.get()
    }

    #[test]
    fn a_respite_is_longer_each_time_and_short_after_a_quiet_time() {
        let (respite, took) = (Respite::new(), nanoseconds(SLOW));
        assert!(!respite.is_on(|| 0));
        let mut now = 0;
        for (quiet, times) in [
            (0, 8),
            (1, 16),
            (1, 32),
            (1, 64),
            (1, 64),
            (1_000, 8),
            (1, 16),
        ] {
            now += quiet * took;
            respite.begin(now, took);
            respite.begin(now, took); // A second thread that has waited for the same slice changes nothing.
            let ends = now + times * took;
            assert!(respite.is_on(|| ends - 1) && !respite.is_on(|| ends));
            now = ends;
        }
    }

    #[test]
    fn who_pauses_looks_until_it_is_ready_and_not_for_ever() {
        let pauses = Pauses::new();
        let looks = Cell::new(0);
        let ready_at = |look| {
            looks.set(0);
            let is_ready_now = || {
                looks.set(looks.get() + 1);
                looks.get() == look
            };
            let is_ready = pauses.until(is_ready_now, false);
            (is_ready, looks.get())
        };
        assert_eq!(ready_at(3), (true, 3));
        assert_eq!(ready_at(99), (false, Pauses::ROUNDS));
        assert_eq!(ready_at(1), (false, 0), "the next occasion goes by");
        assert_eq!(ready_at(1), (true, 1));
    }

    #[test]
    fn pauses_are_in_vain_when_they_have_been_so_often_and_not_when_they_were_not() {
        let pauses = Pauses::new();
        let waits = |waits, is_ready| {
            (0..waits).for_each(|_| {
                pauses.until(|| is_ready, false);
            })
        };
        waits(3 + 1 + 2 + 4, false); // Three in vain, and the occasions that went by.
        assert!(!pauses.are_in_vain());
        waits(1, false);
        assert!(pauses.are_in_vain());
        waits(8 + 1, true);
        assert!(!pauses.are_in_vain());
    }

    #[test]
    fn who_would_have_to_sleep_pauses_in_any_case() {
        let pauses = Pauses::new();
        let looks = Cell::new(0);
        let look = || {
            looks.set(looks.get() + 1);
            false
        };
        (0..9).for_each(|_| assert!(!pauses.until(look, true)));
        assert_eq!(looks.get(), 9 * Pauses::ROUNDS);
    }

    #[test]
    fn who_has_none_or_enough_does_not_gather() {
        let gather = Gather::new(1..9);
        assert_eq!(
            [0, 1, 8, 9].map(|amount| gather.wait(amount, || true)),
            [false, true, true, false]
        );
    }

    #[test]
    fn who_gathers_in_vain_tries_half_as_often_each_time_and_at_last_once_in_1025() {
        let gather = Gather::new(1..9);
        for span in [8, 16, 32, 64, 128, 256, 512, 1024, 1024, 1024] {
            assert_eq!(asked(&gather, 1, false), 1);
            assert_eq!(
                asked(&gather, span, false),
                0,
                "the {span} occasions after one in vain"
            );
        }
    }

    #[test]
    fn who_gathers_more_goes_on_and_has_forgotten_what_was_in_vain() {
        let gather = Gather::new(1..9);
        assert_eq!(asked(&gather, 1 + 8 + 1 + 16, false), 2);
        assert_eq!(asked(&gather, 100, true), 100);
        assert_eq!(asked(&gather, 1 + 8, false), 1);
        assert_eq!(asked(&gather, 1, false), 1);
    }
}
