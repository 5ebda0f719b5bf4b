//! Ends the process if a sample takes too long or panics, and prints the name of the sample.

use std::{
    io, panic,
    process::{self, Command, Output, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// Even on a busy machine no sample takes a tenth of this time.
const LIMIT: Duration = Duration::from_secs(60);

/// The name of the running sample, and when it started.
static RUNNING: Mutex<Option<(String, Instant)>> = Mutex::new(None);

/// The process that the running sample waits for.
static CHILD: Mutex<Option<u32>> = Mutex::new(None);

/// Runs `work`. If it fails, the message contains `name`.
pub(crate) fn watching<R>(name: String, work: impl FnOnce() -> R) -> R {
    set(Some((name, Instant::now())));
    let result = work();
    set(None);
    result
}

/// Runs `command` to its end. If it takes too long, it is killed together with this process.
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

/// From now on the process ends if any thread panics or a sample takes too long.
pub(crate) fn start() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        report(panic);
        fail("a thread panicked");
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

/// Ends the process without unwinding, because the other threads of a sample would wait forever for
/// the one that failed.
fn fail(what: &str) -> ! {
    let name = running().map_or("no sample".to_owned(), |(name, _)| name);
    eprintln!("cargo bench-peers: {name}: {what}");
    if let Some(child) = *lock(&CHILD) {
        // On a system without this command the process keeps running.
        let _ = Command::new("kill")
            .args(["-KILL", &child.to_string()])
            .status();
    }
    process::exit(1)
}
