//! `--busy`: as many other processes as there are processors, each of which never sleeps.
//!
//! They are processes and not threads, so that they share no memory, allocator or scheduling group
//! with what is measured.

use crate::Result;
use std::{
    env,
    hint::black_box,
    io::{self, Read},
    process::{self, Child, Command, Stdio},
    thread,
};

/// The argument by which this program starts itself as a busy process.
pub(crate) const ARGUMENT: &str = "--be-busy";

/// The busy processes. They end when this value is dropped, or when this process ends.
pub(crate) struct BusyProcesses(Vec<Child>);

impl BusyProcesses {
    pub(crate) fn start() -> Result<Self> {
        let mut processes = Self(Vec::new());
        let program = env::current_exe()?;
        for _ in 0..thread::available_parallelism()?.get() {
            let process = Command::new(&program)
                .arg(ARGUMENT)
                .stdin(Stdio::piped())
                .spawn();
            processes
                .0
                .push(process.map_err(|error| format!("a busy process does not start: {error}"))?);
        }
        Ok(processes)
    }
}

impl Drop for BusyProcesses {
    fn drop(&mut self) {
        for process in &mut self.0 {
            // An error means that the process has already ended.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Keeps a processor busy until standard input ends.
pub(crate) fn be_busy() -> ! {
    thread::spawn(|| {
        loop {
            black_box(sort_numbers());
        }
    });
    // An error ends this process too, because its parent is gone.
    let _ = io::stdin().read(&mut [0]);
    process::exit(0)
}

/// Uses a processor and half a megabyte of its cache.
fn sort_numbers() -> Vec<u64> {
    let mut state = 1_u64;
    let next = |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state
    };
    let mut numbers: Vec<u64> = (0..65_536).map(next).collect();
    numbers.sort_unstable();
    numbers
}
