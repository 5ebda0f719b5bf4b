//! `--busy`: as many other processes as there are processors, each of which always has something to do.
//!
//! Processes, not threads: they share no memory, no allocator and no scheduling group with what is measured.

use crate::Result;
use std::{
    env,
    hint::black_box,
    io::{self, Read},
    process::{self, Child, Command, Stdio},
    thread,
};

/// The argument by which this program starts itself as one of them.
pub(crate) const ARGUMENT: &str = "--be-busy";

/// They end when this is dropped, or when this process is gone.
pub(crate) struct Others(Vec<Child>);

impl Others {
    pub(crate) fn start() -> Result<Self> {
        let mut others = Self(Vec::new());
        let program = env::current_exe()?;
        for _ in 0..thread::available_parallelism()?.get() {
            let other = Command::new(&program)
                .arg(ARGUMENT)
                .stdin(Stdio::piped())
                .spawn();
            others
                .0
                .push(other.map_err(|error| format!("a busy process does not start: {error}"))?);
        }
        Ok(others)
    }
}

impl Drop for Others {
    fn drop(&mut self) {
        for other in &mut self.0 {
            // One that is gone already is as good.
            let _ = other.kill();
            let _ = other.wait();
        }
    }
}

/// Never idle, until standard input ends.
pub(crate) fn be_busy() -> ! {
    thread::spawn(|| {
        loop {
            black_box(sort_numbers());
        }
    });
    // Whatever ends it: there is nothing left to be busy for.
    let _ = io::stdin().read(&mut [0]);
    process::exit(0)
}

/// Uses the processor and half a megabyte of its cache.
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
