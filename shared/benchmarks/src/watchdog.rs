//! Nothing here hangs unnoticed: a sample that takes too long, or panics, ends the process and is named.

use std::{
    io, panic,
    process::{self, Command, Output, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// No sample lasts a tenth of this on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// What runs, and since when.
static RUNNING: Mutex<Option<(String, Instant)>> = Mutex::new(None);

/// The process that a sample waits for.
static CHILD: Mutex<Option<u32>> = Mutex::new(None);

/// Runs `work`, which a message calls `name`.
pub(crate) fn watching<R>(name: String, work: impl FnOnce() -> R) -> R {
    set(Some((name, Instant::now())));
    let result = work();
    set(None);
    result
}

/// Runs `command` to its end. It does not outlive this process if it takes too long.
pub(crate) fn output(command: &mut Command) -> io::Result<Output> {
    let child = command.stdout(Stdio::piped()).spawn()?;
    *lock(&CHILD) = Some(child.id());
    let output = child.wait_with_output();
    *lock(&CHILD) = None;
    output
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn set(running: Option<(String, Instant)>) {
    *lock(&RUNNING) = running;
}

fn running() -> Option<(String, Instant)> {
    lock(&RUNNING).clone()
}

/// From now on a panic in any thread and a sample over its time end the process.
pub(crate) fn start() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        report(panic);
        fail("this panicked");
    }));
    thread::spawn(|| {
        loop {
            thread::park_timeout(Duration::from_secs(1));
            if running().is_some_and(|(_, since)| since.elapsed() > LIMIT) {
                fail(&format!("one sample did not end within {LIMIT:?}"));
            }
        }
    });
}

/// Not by unwinding: the other threads of a sample would wait for ever for the one that is gone.
fn fail(what: &str) -> ! {
    let name = running().map_or("between two samples".to_owned(), |(name, _)| name);
    eprintln!("cargo bench-peers: {name}: {what}");
    if let Some(child) = *lock(&CHILD) {
        // Where there is no such command, the process is left behind.
        let _ = Command::new("kill")
            .args(["-KILL", &child.to_string()])
            .status();
    }
    process::exit(1)
}
