//! An interval of one second, and three ways to go on after a stall.
//!
//! An `interval` counts from one tick to the next, and the work takes place in between. If the work
//! takes longer than the period, it misses ticks. The setting decides when the next ticks come.
//!
//! ```text
//! cargo run -p feed --example feed_part_interval
//! ```

use std::time::Duration;

use tokio::time::{self, Instant, MissedTickBehavior};

const PERIOD: Duration = Duration::from_secs(1);
const TICKS: u32 = 8;
const WORK: Duration = Duration::from_millis(100);
const STALL: Duration = Duration::from_millis(3500);

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    for behavior in [
        MissedTickBehavior::Burst, // The default.
        MissedTickBehavior::Delay,
        MissedTickBehavior::Skip,
    ] {
        let start = Instant::now();
        let mut interval = time::interval(PERIOD);
        interval.set_missed_tick_behavior(behavior);
        let mut times = Vec::new();
        for number in 0..TICKS {
            interval.tick().await; // The first tick comes at once.
            times.push(format!("{:.1}", start.elapsed().as_secs_f64()));
            let work = if number == 2 { STALL } else { WORK };
            time::sleep(work).await;
        }
        println!("{behavior:?}: {}", times.join(" "));
    }
}
