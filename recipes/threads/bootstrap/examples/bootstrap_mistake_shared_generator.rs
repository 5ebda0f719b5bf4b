//! Two threads share one generator behind a `Mutex`. Which numbers a thread gets depends on when it
//! takes the lock, so the same seed leads to different results.
//!
//! ```text
//! cargo run -p bootstrap --example bootstrap_mistake_shared_generator
//! ```
//!
//! `shared` is wrong: no number is lost, but each number goes to whichever thread comes first.
//! `own` is right: each thread has its own generator, with its own seed. Both functions run under
//! two schedules, and the operating system could choose either of them. Here `main` tells the
//! threads whose turn it is, so that the program goes wrong on every run.

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

const SERIES: [i64; 6] = [774, 840, 874, 694, 940, 833];
const DRAWS: usize = SERIES.len();
const SEED: u64 = 1899;

/// The threads in the order of their draws. Both schedules give each thread the same number of
/// draws.
type Schedule = [usize; 2 * DRAWS];
const ONE_AFTER_THE_OTHER: Schedule = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1];
const IN_TURN: Schedule = [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1];

fn main() -> ExitCode {
    let shared_first = shared(ONE_AFTER_THE_OTHER);
    let shared_second = shared(IN_TURN);
    println!("one generator, one thread after the other: sums {shared_first:?}");
    println!("one generator, the threads taking turns:   sums {shared_second:?}");

    let own_first = own(ONE_AFTER_THE_OTHER);
    let own_second = own(IN_TURN);
    println!("own generators, one thread after the other: sums {own_first:?}");
    println!("own generators, the threads taking turns:   sums {own_second:?}");

    if shared_first == shared_second {
        return ExitCode::SUCCESS;
    }
    eprintln!("race condition: the schedule decides which thread gets which random number");
    eprintln!("give each piece of work a generator of its own, with a seed of its own");
    ExitCode::FAILURE
}

fn shared(schedule: Schedule) -> [i64; 2] {
    let generator = Mutex::new(Xoshiro256PlusPlus::seed_from_u64(SEED));
    run(schedule, [&generator, &generator]) // Wrong: the threads share one generator.
}

fn own(schedule: Schedule) -> [i64; 2] {
    let first = Mutex::new(Xoshiro256PlusPlus::seed_from_u64(SEED));
    let second = Mutex::new(Xoshiro256PlusPlus::seed_from_u64(SEED + 1));
    run(schedule, [&first, &second])
}

/// Lets two threads draw one resample each, in the order of the schedule. Returns the two sums.
fn run(schedule: Schedule, generators: [&Mutex<Xoshiro256PlusPlus>; 2]) -> [i64; 2] {
    thread::scope(|scope| {
        let (done, drawn) = mpsc::channel();
        let mut turns = Vec::new();
        let mut threads = Vec::new();
        for generator in generators {
            let (turn, my_turn) = mpsc::channel();
            let done = done.clone();
            turns.push(turn);
            threads.push(scope.spawn(move || draw(generator, my_turn, done)));
        }
        for thread in schedule {
            turns[thread].send(()).expect("the thread waits");
            drawn.recv().expect("the thread answers");
        }
        drop(turns); // Ends both threads, because neither gets any more turns.
        let sums: Vec<i64> = threads
            .into_iter()
            .map(|thread| thread.join().expect("no thread panics"))
            .collect();
        [sums[0], sums[1]]
    })
}

/// Draws one value at each turn, and returns their sum.
fn draw(generator: &Mutex<Xoshiro256PlusPlus>, my_turn: Receiver<()>, done: Sender<()>) -> i64 {
    let mut sum = 0;
    for () in my_turn {
        let mut generator = generator.lock().expect("no thread panics");
        sum += SERIES[generator.random_range(..SERIES.len())];
        done.send(()).expect("`main` waits");
    }
    sum
}
