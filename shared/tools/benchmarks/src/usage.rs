//! What a sample costs apart from time. The kernel counts it for this process and its children: see
//! getrusage(2).

use crate::results::median;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Counts that never decrease.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Usage {
    /// The time on a processor, of all threads together.
    processor: Duration,
    sleeps: u64,
    switches: u64,
}

/// The counts for one iteration of a workload: the median over the rounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PerIteration {
    /// The time on a processor in nanoseconds, of all threads together.
    pub(crate) processor_ns: f64,
    /// How often a thread went to sleep.
    pub(crate) sleeps: f64,
    /// How often a runnable thread was preempted, or yielded its processor.
    pub(crate) switches: f64,
}

impl Usage {
    /// The counts up to now. Returns `None` on systems where the kernel is not asked.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    pub(crate) fn now() -> Option<Self> {
        let [this, children] = [libc::RUSAGE_SELF, libc::RUSAGE_CHILDREN].map(of);
        let add = |of: fn(&Self) -> u64| of(&this) + of(&children);
        let processor = this.processor + children.processor;
        Some(Self {
            processor,
            sleeps: add(|usage| usage.sleeps),
            switches: add(|usage| usage.switches),
        })
    }

    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    pub(crate) fn now() -> Option<Self> {
        None
    }

    pub(crate) fn since(self, earlier: Self) -> Self {
        Self {
            processor: self.processor - earlier.processor,
            sleeps: self.sleeps - earlier.sleeps,
            switches: self.switches - earlier.switches,
        }
    }

    fn per_iteration(self, iterations: u64) -> [f64; 3] {
        [
            self.processor.as_nanos() as f64,
            self.sleeps as f64,
            self.switches as f64,
        ]
        .map(|count| count / iterations as f64)
    }
}

impl PerIteration {
    /// Takes the usage and the iterations of each sample. Returns `None` if one sample has no
    /// usage.
    pub(crate) fn of(samples: impl Iterator<Item = (Option<Usage>, u64)>) -> Option<Self> {
        let each = samples.map(|(usage, iterations)| Some(usage?.per_iteration(iterations)));
        let each = each.collect::<Option<Vec<_>>>()?;
        let [processor_ns, sleeps, switches] =
            [0, 1, 2].map(|of| median(each.iter().map(|counts| counts[of]).collect()));
        Some(Self {
            processor_ns,
            sleeps,
            switches,
        })
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn of(whom: libc::c_int) -> Usage {
    let mut usage = std::mem::MaybeUninit::uninit();
    // SAFETY: the pointer is valid for writing one `rusage`.
    let error = unsafe { libc::getrusage(whom, usage.as_mut_ptr()) };
    assert_eq!(
        error,
        0,
        "getrusage fails: {}",
        std::io::Error::last_os_error()
    );
    // SAFETY: the call succeeded, so it has initialized the value.
    let usage = unsafe { usage.assume_init() };
    let time = |time: libc::timeval| {
        Duration::new(time.tv_sec as u64, 0) + Duration::from_micros(time.tv_usec as u64)
    };
    Usage {
        processor: time(usage.ru_utime) + time(usage.ru_stime),
        sleeps: usage.ru_nvcsw as u64,
        switches: usage.ru_nivcsw as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usage_per_iteration_is_the_median_of_the_samples() {
        let usage = |microseconds, sleeps, switches| {
            Some(Usage {
                processor: Duration::from_micros(microseconds),
                sleeps,
                switches,
            })
        };
        let samples = [
            (usage(1, 10, 0), 10),
            (usage(4, 20, 5), 10),
            (usage(9, 90, 9), 10),
        ];
        let expected = PerIteration {
            processor_ns: 400.0,
            sleeps: 2.0,
            switches: 0.5,
        };
        assert_eq!(PerIteration::of(samples.into_iter()), Some(expected));
        assert_eq!(
            PerIteration::of([(usage(1, 1, 1), 1), (None, 1)].into_iter()),
            None
        );
    }

    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn sleeps_and_the_time_on_a_processor_are_counted() {
        let before = Usage::now().expect("Linux has getrusage");
        // No thread unparks this one, so each wait is one sleep.
        (0..10).for_each(|_| std::thread::park_timeout(Duration::from_millis(1)));
        let slept = Usage::now().expect("Linux has getrusage").since(before);
        assert!(slept.sleeps >= 10, "{slept:?}");
        let start = std::time::Instant::now();
        while Usage::now()
            .expect("Linux has getrusage")
            .since(before)
            .processor
            < Duration::from_millis(20)
        {
            assert!(
                start.elapsed() < Duration::from_secs(10),
                "no time on a processor is counted"
            );
        }
    }
}
