//! A flag does not stop a thread that is waiting in `recv`, because it does not wake the thread.
//!
//! ```text
//! cargo run -p select --example select_mistake_stop_flag
//! ```
//!
//! A thread receives from a station that sends nothing. `stop_by_flag` is wrong: the thread checks
//! the flag only after a reading, and no reading comes. `stop_by_channel` is right: the thread
//! waits for a reading and for the stop signal at once.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use crossbeam::channel::{Receiver, RecvTimeoutError, bounded, select, unbounded};

/// A type without values. Nothing can be sent, so the only signal is the end of the channel.
enum Signal {}

/// How long `main` waits for the thread to end. The thread with the flag would never end.
const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let by_flag = stop_by_flag();
    println!("stopped by a flag: {}", outcome(by_flag));
    let by_channel = stop_by_channel();
    println!("stopped by a channel: {}", outcome(by_channel));
    if by_flag {
        return ExitCode::SUCCESS;
    }
    eprintln!("the thread sleeps in `recv`, where it cannot check the flag");
    eprintln!("use a channel as the stop signal, and wait for both channels with `select!`");
    ExitCode::FAILURE
}

fn outcome(has_ended: bool) -> &'static str {
    if has_ended {
        "the thread has ended"
    } else {
        "the thread is still waiting"
    }
}

/// Returns whether the thread has ended in time.
fn stop_by_flag() -> bool {
    let stop = AtomicBool::new(false);
    let (station, readings) = unbounded::<u32>();
    let (about_to_wait, waits) = unbounded();
    let (running, has_ended) = bounded::<Signal>(0);

    thread::scope(|scope| {
        let stop = &stop;
        scope.spawn(move || {
            let _running = running; // Dropped when the thread ends.
            while !stop.load(Relaxed) {
                about_to_wait.send(()).expect("`waits` exists");
                let Ok(pressure) = readings.recv() else {
                    return;
                };
                println!("{pressure}");
            }
        });

        waits.recv().expect("the thread is about to wait");
        stop.store(true, Relaxed); // Wrong: the thread has checked it, and this wakes nobody.
        let in_time = ends_within(SHORT, &has_ended);
        drop(station); // Ends the wait, so that this program can end.
        in_time
    })
}

/// Returns whether the thread has ended in time.
fn stop_by_channel() -> bool {
    let (stop, stopped) = bounded::<Signal>(0);
    let (_station, readings) = unbounded::<u32>();
    let (running, has_ended) = bounded::<Signal>(0);

    thread::scope(|scope| {
        scope.spawn(move || {
            let _running = running; // Dropped when the thread ends.
            loop {
                select! {
                    recv(readings) -> pressure => println!("{pressure:?}"),
                    recv(stopped) -> _ => return,
                }
            }
        });

        drop(stop);
        ends_within(LONG, &has_ended)
    })
}

/// The thread closes this channel when it ends.
fn ends_within(time: Duration, has_ended: &Receiver<Signal>) -> bool {
    let end = has_ended.recv_timeout(time);
    matches!(end, Err(RecvTimeoutError::Disconnected))
}
