//! Helpers that the integration tests share: limits for every wait, a seeded random generator, and
//! types that count what happens to them.

#![allow(
    dead_code,
    reason = "each test file is a crate of its own, and uses only some of these items"
)]

use std::cmp::Ordering;
use std::collections::hash_map::RandomState;
use std::env;
use std::hash::BuildHasher;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// A test that takes longer counts as hung. This is far more than any test needs on a busy machine.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// The timeout of a wait that is expected to end much earlier. It is shorter than [`LIMIT`], so
/// that the test itself reports if it expires.
pub(crate) const LONG: Duration = Duration::from_secs(10);

/// The timeout of a wait that is expected to time out.
pub(crate) const SHORT: Duration = Duration::from_millis(20);

/// Runs `body` on a thread of its own, and fails the calling test if it has not ended after
/// `limit`.
///
/// If it hangs, its thread stays alive until the process ends, because one thread cannot stop
/// another.
pub(crate) fn within<R: Send + 'static>(
    limit: Duration,
    body: impl FnOnce() -> R + Send + 'static,
) -> R {
    let name = thread::current().name().unwrap_or("the test").to_owned();
    let (alive, ended) = mpsc::channel::<()>();
    let worker = thread::Builder::new()
        .name(name.clone())
        .spawn(move || {
            let _alive = alive;
            body()
        })
        .expect("a thread for the body of the test");
    if ended.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
        panic!("{name} hangs: it has not ended after {limit:?}");
    }
    worker
        .join()
        .unwrap_or_else(|payload| panic::resume_unwind(payload))
}

/// Spins until `condition` returns `true`. Use it to wait for another thread, as in
/// `until(|| lock.waiters() == 1)`.
#[track_caller]
pub(crate) fn until(mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + LONG;
    while !condition() {
        assert!(
            Instant::now() < deadline,
            "the condition is still false after {LONG:?}"
        );
        thread::yield_now();
    }
}

/// Lets `time` pass. Use it to test guarantees about time, and never to wait for another thread.
pub(crate) fn let_pass(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        thread::yield_now();
    }
}

/// Keeps the processor busy for `time`, like a thread that works in a critical section.
pub(crate) fn work_for(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

/// Returns what `f` returns, or the message of its panic.
pub(crate) fn caught<R>(f: impl FnOnce() -> R) -> Result<R, String> {
    panic::catch_unwind(AssertUnwindSafe(f)).map_err(|payload| match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => payload
            .downcast_ref::<&str>()
            .unwrap_or(&"a payload that is not a string")
            .to_string(),
    })
}

/// A small random generator (SplitMix64). It prints its seed, and you can set the seed with
/// `TEST_SEED`.
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn seeded() -> Rng {
        let seed = match env::var("TEST_SEED") {
            Ok(text) => text.parse().expect("TEST_SEED must be a number below 2^64"),
            Err(_) => RandomState::new().hash_one("a seed"),
        };
        eprintln!("to run this test again, set TEST_SEED={seed}");
        Rng(seed)
    }

    /// Makes a generator for another thread, so that the choices of each thread depend only on the
    /// seed.
    pub(crate) fn fork(&mut self) -> Rng {
        Rng(self.next())
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// Returns a whole number of nanoseconds below `bound`.
    pub(crate) fn time_below(&mut self, bound: Duration) -> Duration {
        Duration::from_nanos(self.next() % bound.as_nanos() as u64)
    }
}

/// Checks that a limited number of threads are in a critical section at the same time. Its atomics
/// are relaxed, so that they do not order anything for the primitive under test.
pub(crate) struct Room {
    seats: usize,
    taken: AtomicUsize,
}

impl Room {
    pub(crate) const fn with_seats(seats: usize) -> Room {
        Room {
            seats,
            taken: AtomicUsize::new(0),
        }
    }

    /// Takes `seats` seats while it runs `f`. Panics if more seats are taken than there are.
    #[track_caller]
    pub(crate) fn visit<R>(&self, seats: usize, f: impl FnOnce() -> R) -> R {
        let inside = self.taken.fetch_add(seats, Relaxed) + seats;
        assert!(
            inside <= self.seats,
            "{inside} seats are taken in a room with {}",
            self.seats
        );
        let result = f();
        self.taken.fetch_sub(seats, Relaxed);
        result
    }
}

/// Counts how often each of several [`Tracked`] values was dropped.
#[derive(Clone)]
pub(crate) struct Ledger(Arc<[AtomicUsize]>);

impl Ledger {
    pub(crate) fn for_ids(ids: usize) -> Ledger {
        Ledger((0..ids).map(|_| AtomicUsize::new(0)).collect())
    }

    pub(crate) fn value(&self, id: usize) -> Tracked {
        Tracked {
            id,
            ledger: self.clone(),
        }
    }

    pub(crate) fn drops(&self) -> Vec<usize> {
        self.0.iter().map(|count| count.load(Relaxed)).collect()
    }

    #[track_caller]
    pub(crate) fn assert_each_dropped_once(&self) {
        assert_eq!(self.drops(), vec![1; self.0.len()], "drops by id");
    }
}

/// A value that counts its drops in a [`Ledger`]. Values are ordered by their ids.
pub(crate) struct Tracked {
    pub(crate) id: usize,
    ledger: Ledger,
}

impl Drop for Tracked {
    fn drop(&mut self) {
        self.ledger.0[self.id].fetch_add(1, Relaxed);
    }
}

impl std::fmt::Debug for Tracked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tracked({})", self.id)
    }
}

impl PartialEq for Tracked {
    fn eq(&self, other: &Tracked) -> bool {
        self.id == other.id
    }
}

impl Eq for Tracked {}

impl PartialOrd for Tracked {
    fn partial_cmp(&self, other: &Tracked) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Tracked {
    fn cmp(&self, other: &Tracked) -> Ordering {
        self.id.cmp(&other.id)
    }
}
