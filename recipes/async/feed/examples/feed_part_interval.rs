//! An interval of one second, and three ways to go on after a stall.
//!
//! An `interval` counts from one tick to the next, however long the work in between takes. If the
//! work takes longer than the period, ticks are missed. A setting decides when the next ones come.
//!
//! ```text
//! cargo run -p feed --example feed_part_interval
//! ```

use std::time::Duration;

use tokio::time::{self, Instant, MissedTickBehavior};

const PERIOD: Duration = Duration::from_secs(1);
const TICKS: u32 = 8;

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
            let is_slow = number == 2;
            time::sleep(Duration::from_millis(if is_slow { 3500 } else { 100 })).await;
        }
        println!("{behavior:?}: {}", times.join(" "));
    }
}
