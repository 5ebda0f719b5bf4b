//! Spinning before parking, because the awaited change often comes sooner than a thread can park
//! and be woken.
//!
//! Parking a thread and waking it costs 5 to 20 microseconds. So a thread that has to wait first
//! spins for about as long as parking costs. This costs at most twice as much as the best choice
//! (Karlin, Li, Manasse and Owicki, "Empirical studies of competitive spinning", 1991). It begins
//! with short pauses, in case the other thread is running on another processor. Then it yields, in
//! case the other thread needs this one.

use crate::trace;
use std::{
    hint,
    sync::{
        LazyLock,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// A timed wait does not yield if less than this is left, because a yield may take several time
/// slices of other threads. The timer of a parked thread is far more precise.
const TOO_CLOSE_TO_YIELD: Duration = Duration::from_millis(10);

/// A yield that takes longer than this probably gave the processor to a thread that ran for a whole
/// time slice, and not to one that hands something over.
const SLOW_YIELD: Duration = Duration::from_millis(1);

/// A slow yield is not wasted if enough items passed the end of the queue at which the thread
/// waits: on average, at least one in each period of this length.
const TIME_PER_ITEM: Duration = Duration::from_micros(1);

/// After a wasted yield, every wait in the process, except those for a lock, parks without yielding
/// for this long. So on a busy machine, slow yields take only a few percent of the time. This also
/// limits how long one slow yield can have an effect, for example after the process was stopped.
const PARK_AFTER_WASTED_YIELD: Duration = Duration::from_millis(100);

/// Decides how long a waiting thread stays awake before it parks.
pub(crate) struct SpinWait {
    round: u32,
    /// The number of rounds that pause.
    pauses: u32,
    /// The number of all rounds: those that pause, and then those that yield.
    rounds: u32,
    /// Whether this wait measures its yields, and does not yield soon after a wasted one. See
    /// `PARK_AFTER_WASTED_YIELD`.
    watches_yields: bool,
}

impl SpinWait {
    /// For a lock. Critical sections are short, so the owner is usually about to unlock. If a yield
    /// is slow, the processor may have gone to the owner itself, so this tells nothing about other
    /// waits.
    pub(crate) const SHORT: Self = SpinWait {
        watches_yields: false,
        ..SpinWait::new(3, 7)
    };

    /// For a change that another thread has yet to make, such as a released permit or a set event.
    pub(crate) const PATIENT: Self = SpinWait::new(3, 10);

    /// For an item or for room in a queue. If two threads wait for each other in turn and one of
    /// them parks, the other one will park too, and from then on every item costs a wakeup. So
    /// these waits yield more often.
    pub(crate) const QUEUE: Self = SpinWait::new(4, 20);

    const fn new(pauses: u32, yields: u32) -> Self {
        SpinWait {
            round: 0,
            pauses,
            rounds: pauses + yields,
            watches_yields: true,
        }
    }

    /// Starts again, after the thread has been parked.
    pub(crate) fn reset(&mut self) {
        self.round = 0;
    }

    /// Lets a little time pass and returns `true`, or returns `false` if it is time to park.
    ///
    /// `deadline` is the end of the wait, if it has one.
    pub(crate) fn spin(&mut self, deadline: Option<Instant>) -> bool {
        self.spin_watching(deadline, || 0)
    }

    /// Like `spin`, for a wait at a queue. `items_passed` returns how many items have passed the
    /// end at which the thread waits. A slow yield is not wasted if this number grows fast enough.
    pub(crate) fn spin_watching(
        &mut self,
        deadline: Option<Instant>,
        items_passed: impl Fn() -> u64,
    ) -> bool {
        trace::about_to_wait();
        match self.next_step(deadline, yields_are_wasted) {
            None => return false,
            Some(Step::Yield) if self.watches_yields => watched_yield(items_passed),
            Some(step) => step.perform(),
        }
        true
    }

    fn next_step(
        &mut self,
        deadline: Option<Instant>,
        yields_are_wasted: impl FnOnce() -> bool,
    ) -> Option<Step> {
        let round = self.round;
        if round == self.rounds {
            return None;
        }
        if round >= self.pauses {
            let is_too_close = deadline.is_some_and(is_too_close_to_yield);
            if is_too_close || self.watches_yields && yields_are_wasted() {
                return None;
            }
        }
        self.round += 1;
        if round < self.pauses {
            Some(Step::Pause(1 << round))
        } else {
            Some(Step::Yield)
        }
    }
}

/// How a waiting thread lets time pass.
#[derive(Debug, PartialEq)]
enum Step {
    Pause(u32),
    Yield,
    Sleep(Duration),
}

impl Step {
    fn perform(self) {
        match self {
            Step::Pause(times) => pause(times),
            Step::Yield => thread::yield_now(),
            // Only a `Backoff` sleeps. The thread that holds the short lock was preempted, and it
            // may have a lower priority than this thread. Only a sleep then gives it the processor.
            // The caller checks the lock again afterwards, so nothing depends on how long the sleep
            // is.
            Step::Sleep(time) => thread::sleep(time),
        }
    }
}

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The time until which waits park without yielding, in nanoseconds after `START`, or 0. Relaxed: a
/// hint.
static PARK_UNTIL: AtomicU64 = AtomicU64::new(0);

/// Yields, and records it in `PARK_UNTIL` if the yield was wasted.
fn watched_yield(items_passed: impl Fn() -> u64) {
    let items_before = items_passed();
    let start = nanoseconds(START.elapsed());
    thread::yield_now();
    let end = nanoseconds(START.elapsed());
    if was_wasted(end - start, || items_passed() - items_before) {
        let until = end + nanoseconds(PARK_AFTER_WASTED_YIELD);
        PARK_UNTIL.store(until, Ordering::Relaxed);
    }
}

/// Whether a yield of `time` nanoseconds was slow, and too few `items` passed meanwhile.
fn was_wasted(time: u64, items: impl FnOnce() -> u64) -> bool {
    time > nanoseconds(SLOW_YIELD) && items() < time / nanoseconds(TIME_PER_ITEM)
}

/// Whether a yield was wasted a short time ago.
fn yields_are_wasted() -> bool {
    let until = PARK_UNTIL.load(Ordering::Relaxed);
    // The clock is read only after a wasted yield.
    if until == 0 {
        return false;
    }
    let are_wasted = nanoseconds(START.elapsed()) < until;
    if !are_wasted {
        PARK_UNTIL.store(0, Ordering::Relaxed);
    }
    are_wasted
}

/// A `u64` of nanoseconds is enough for 584 years. A longer time counts as `u64::MAX`.
fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Waits for another thread to leave a short critical section that has no wait queue.
///
/// Without a wait queue, the waiting thread cannot park. Usually the critical section is over
/// within nanoseconds. But if its thread was preempted, spinning only keeps that thread from the
/// processor. A yield does not help either if the waiting thread has the higher real-time priority.
/// So in the end the waiting thread sleeps, a little longer each time.
pub(crate) struct Backoff {
    round: u32,
}

impl Backoff {
    const PAUSES: u32 = 3;
    const YIELDS: u32 = 7;
    const SHORTEST_SLEEP: Duration = Duration::from_micros(50);
    const LONGEST_SLEEP: Duration = Duration::from_millis(1);

    #[inline]
    pub(crate) fn new() -> Self {
        Backoff { round: 0 }
    }

    /// Pauses on the first calls, then yields, then sleeps: for 50 microseconds, and twice as long
    /// with each further call, up to a millisecond.
    #[cold]
    pub(crate) fn wait(&mut self) {
        self.next_step().perform();
    }

    fn next_step(&mut self) -> Step {
        let round = self.round;
        self.round = round.saturating_add(1);
        if round < Self::PAUSES {
            return Step::Pause(1 << round);
        }
        let Some(sleeps) = round.checked_sub(Self::PAUSES + Self::YIELDS) else {
            return Step::Yield;
        };
        let time = Self::SHORTEST_SLEEP * (1 << sleeps.min(10));
        Step::Sleep(time.min(Self::LONGEST_SLEEP))
    }
}

/// Makes a spinning thread that can go on wait a moment longer, as long as more items arrive, or
/// more room is made.
///
/// If a thread popped each item at the moment it arrives, it would take the cache lines of the
/// queue away from the thread that pushes the next one, and both would be slower. So it waits a
/// moment longer, and then pops several items in a row. Network cards do the same with their
/// interrupts, where it is called coalescing.
///
/// The delay is wasted if the other thread is waiting for an answer to this item. So after a delay
/// in which nothing arrived, the next ones are skipped, by all threads that share the coalescer.
pub(crate) struct Coalescer {
    /// The number of delays that are still to be skipped. Relaxed: a hint.
    skip: AtomicU32,
}

impl Coalescer {
    /// A delay lasts for at most this many pauses.
    const PAUSES: u32 = 8;
    /// The length of a pause, in calls of `spin_loop`. Each takes 10 to 25 ns, so a pause takes 150
    /// to 400 ns.
    const PAUSE: u32 = 16;
    /// How many delays to skip after one in which nothing arrived.
    const SKIP: u32 = 256;

    pub(crate) const fn new() -> Self {
        Coalescer {
            skip: AtomicU32::new(0),
        }
    }

    /// Waits while the number of items that have passed grows, for at most a few microseconds.
    pub(crate) fn wait(&self, items_passed: impl Fn() -> u64) {
        let skip = self.skip.load(Ordering::Relaxed);
        if skip > 0 {
            self.skip.store(skip - 1, Ordering::Relaxed);
            return;
        }
        let first = items_passed();
        let mut seen = first;
        for _ in 0..Self::PAUSES {
            pause(Self::PAUSE);
            let now = items_passed();
            if now == seen {
                break;
            }
            seen = now;
        }
        if seen == first {
            self.skip.store(Self::SKIP, Ordering::Relaxed);
        }
    }
}

fn is_too_close_to_yield(deadline: Instant) -> bool {
    deadline.saturating_duration_since(Instant::now()) < TOO_CLOSE_TO_YIELD
}

fn pause(times: u32) {
    for _ in 0..times {
        hint::spin_loop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    const HOUR: Duration = Duration::from_secs(3600);

    /// Counts the rounds until it is time to park, if no yield is slow.
    fn rounds(mut spin: SpinWait, deadline: Option<Instant>) -> u32 {
        let mut rounds = 0;
        while spin.next_step(deadline, || false).is_some() {
            rounds += 1;
        }
        rounds
    }

    #[test]
    fn a_wait_pauses_and_yields_a_fixed_number_of_times() {
        for spin in [SpinWait::SHORT, SpinWait::PATIENT, SpinWait::QUEUE] {
            let all = spin.rounds;
            assert_eq!(rounds(SpinWait { ..spin }, None), all);
            assert_eq!(rounds(spin, Some(Instant::now() + HOUR)), all);
        }
    }

    // A single yield can take longer than the whole wait, if other threads keep the processors
    // busy.
    #[test]
    fn a_wait_that_is_almost_over_pauses_but_does_not_yield() {
        for spin in [SpinWait::SHORT, SpinWait::PATIENT, SpinWait::QUEUE] {
            let pauses = spin.pauses;
            let soon = Instant::now() + TOO_CLOSE_TO_YIELD;
            assert_eq!(rounds(SpinWait { ..spin }, Some(soon)), pauses);
            assert_eq!(rounds(spin, Some(Instant::now())), pauses);
        }
    }

    #[test]
    fn a_wait_pauses_but_does_not_yield_after_a_wasted_yield() {
        for mut spin in [SpinWait::PATIENT, SpinWait::QUEUE] {
            for _ in 0..spin.pauses {
                assert!(spin.next_step(None, || true).is_some());
            }
            assert_eq!(spin.next_step(None, || true), None);
            assert_eq!(spin.next_step(None, || false), Some(Step::Yield));
        }
    }

    #[test]
    fn a_wait_for_a_lock_yields_even_after_a_wasted_yield() {
        let mut spin = SpinWait::SHORT;
        let mut yields = 0;
        while let Some(step) = spin.next_step(None, || true) {
            yields += u32::from(step == Step::Yield);
        }
        assert_eq!(yields, 7);
    }

    // If several threads of this process share a processor, a slow yield is how they take turns. If
    // all waits then parked instead, a queue with several producers would be half as fast.
    #[test]
    fn a_slow_yield_is_wasted_unless_enough_items_passed() {
        let slow = nanoseconds(SLOW_YIELD) + 1;
        assert!(was_wasted(slow, || 0));
        assert!(was_wasted(slow, || 999));
        assert!(!was_wasted(slow, || 1000));
        assert!(!was_wasted(slow - 1, || 0));
    }

    #[test]
    fn a_wait_starts_again_after_a_reset() {
        let mut spin = SpinWait::PATIENT;
        while spin.next_step(None, || false).is_some() {}
        spin.reset();
        assert_eq!(rounds(spin, None), SpinWait::PATIENT.rounds);
    }

    // A thread with a real-time priority that only yielded would never let a preempted owner run.
    #[test]
    fn a_backoff_sleeps_after_ten_rounds_for_at_most_a_millisecond() {
        let mut backoff = Backoff::new();
        for times in [1, 2, 4] {
            assert_eq!(backoff.next_step(), Step::Pause(times));
        }
        for _ in 0..7 {
            assert_eq!(backoff.next_step(), Step::Yield);
        }
        for microseconds in [50, 100, 200, 400, 800, 1000, 1000] {
            let time = Duration::from_micros(microseconds);
            assert_eq!(backoff.next_step(), Step::Sleep(time));
        }
        backoff.round = u32::MAX;
        assert_eq!(backoff.next_step(), Step::Sleep(Backoff::LONGEST_SLEEP));
    }

    /// Counts how often a coalescer asks for the number of items in one wait.
    fn looks(coalescer: &Coalescer, items_passed: impl Fn(u64) -> u64) -> u64 {
        let looks = Cell::new(0);
        coalescer.wait(|| {
            looks.set(looks.get() + 1);
            items_passed(looks.get())
        });
        looks.get()
    }

    #[test]
    fn a_coalescer_waits_while_items_arrive_but_not_forever() {
        let coalescer = Coalescer::new();
        for _ in 0..3 {
            assert_eq!(looks(&coalescer, |look| look.min(4)), 5);
            assert_eq!(
                looks(&coalescer, |look| look),
                u64::from(Coalescer::PAUSES) + 1
            );
        }
    }

    // One unlucky wait must not slow the process down for long, nor be repeated at every item.
    #[test]
    fn a_coalescer_that_waited_for_nothing_skips_the_next_delays() {
        let coalescer = Coalescer::new();
        for _ in 0..3 {
            assert_eq!(looks(&coalescer, |_| 7), 2);
            for _ in 0..Coalescer::SKIP {
                assert_eq!(looks(&coalescer, |look| look), 0);
            }
        }
    }
}
