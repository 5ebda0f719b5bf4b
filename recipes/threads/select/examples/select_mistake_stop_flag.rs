//! A flag does not stop a thread that is waiting in `recv`, because it does not wake the thread.
//!
//! ```text
//! cargo run -p select --example select_mistake_stop_flag
//! ```
//!
//! A thread receives from a station that sends nothing. `stop_by_flag` is wrong: the thread would
//! look at the flag after the next reading, which does not come. `stop_by_channel` is right: the
//! thread waits for the reading and for the stop signal at once.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use crossbeam::channel::{RecvTimeoutError, bounded, select, unbounded};

/// A type without values. Nothing can be sent, so the only signal is the end of the channel.
#[derive(PartialEq)]
enum Signal {}

/// How long `main` waits for the thread to end. In the wrong version it never does.
const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let by_flag = stop_by_flag();
    println!("stopped by a flag: the thread has ended: {by_flag}");
    let by_channel = stop_by_channel();
    println!("stopped by a channel: the thread has ended: {by_channel}");
    if by_flag {
        return ExitCode::SUCCESS;
    }
    eprintln!("the thread sleeps in `recv`, where it cannot look at the flag");
    eprintln!("use a channel as the stop signal, and wait for both channels with `select!`");
    ExitCode::FAILURE
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
        stop.store(true, Relaxed); // Wrong: the thread is in `recv` and does not look.
        let in_time = has_ended.recv_timeout(SHORT) != Err(RecvTimeoutError::Timeout);
        drop(station); // Ends the wait, so that this program can end.
        in_time
    })
}

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
        has_ended.recv_timeout(LONG) != Err(RecvTimeoutError::Timeout)
    })
}
