//! Play Conway's Game of Life with four threads, and end when nothing changes any more, or after 120 generations.
//!
//! Run `cargo run -p barrier --example barrier_solution`; for a board of your own, add `-- my.cells`.
//!
//! What differs from the recipe: the action compares the two boards and notes that they are equal. All threads read the
//! note after the same meeting, and the next action cannot come before they have, so all leave after the same
//! generation. The glider gun never stands still. A board that does, such as a block of four cells, ends at once.

use std::path::{MAIN_SEPARATOR_STR, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::{env, fs, ops::Range, process, thread};
use sync_primitives::{Barrier, Lock};

const GENERATIONS: usize = 120;

fn main() {
    let (file, board) = load().unwrap_or_else(|reason| fail(&reason));
    let game = play(&board, 4);
    assert_eq!(game, play(&board, 1), "four threads and one disagree"); // One alone waits for nobody.
    let (living, board) = game.unwrap_or_else(|reason| fail(&format!("{file}: {reason}")));
    living
        .iter()
        .enumerate()
        .step_by(30)
        .for_each(|(number, cells)| println!("generation {number:>3}: {cells} cells"));
    println!("{}", board.join("\n"));
}

type Cells = Vec<Vec<AtomicBool>>;

/// The number of living cells in each generation, and the last board.
fn play(board: &[String], threads: usize) -> Result<(Vec<usize>, Vec<String>), String> {
    let still = AtomicBool::new(false);
    let cells = |row: &String| {
        row.bytes()
            .map(|cell| AtomicBool::new(cell == b'O'))
            .collect()
    };
    let boards: [Cells; 2] = [(); 2].map(|()| board.iter().map(cells).collect());
    let count = |cells: &Cells| {
        cells
            .iter()
            .flatten()
            .filter(|cell| cell.load(Relaxed))
            .count()
    };
    let living = Lock::new(vec![count(&boards[0])]);
    // Run by the thread that arrives last, before any goes on: it has the boards to itself.
    let meeting = Barrier::with_action(threads, || {
        let mut living = living.lock();
        let cells = count(&boards[living.len() % 2]);
        living.push(cells);
        let rows = boards[0].iter().flatten().zip(boards[1].iter().flatten());
        still.store(
            rows.into_iter()
                .all(|(a, b)| a.load(Relaxed) == b.load(Relaxed)),
            Relaxed,
        );
    });
    thread::scope(|scope| {
        let _leaving = Leaving(&meeting); // If not all threads can be started, those that are must not wait for ever.
        let bands = (0..threads)
            .map(|band| band * board.len() / threads..(band + 1) * board.len() / threads);
        let threads: Vec<_> = bands
            .map(|band| scope.spawn(|| evolve(&boards, band, &meeting, &still)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("a thread panicked"))
            .collect::<Result<Vec<()>, _>>()
    })?;
    let text = |row: &Vec<AtomicBool>| {
        row.iter()
            .map(|cell| if cell.load(Relaxed) { 'O' } else { '.' })
            .collect()
    };
    let living = living.into_inner();
    eprintln!(
        "{threads} threads left after generation {}",
        living.len() - 1
    );
    let last = (living.len() - 1) % 2;
    Ok((living, boards[last].iter().map(text).collect()))
}

fn evolve(
    boards: &[Cells; 2],
    band: Range<usize>,
    meeting: &Barrier<impl Fn() + Sync>,
    still: &AtomicBool,
) -> Result<(), String> {
    let _leaving = Leaving(meeting);
    for generation in 0..GENERATIONS {
        // All read one board and write the other. Relaxed is enough: what any thread did before a meeting is visible
        // to every thread after it.
        let (now, next) = (&boards[generation % 2], &boards[(generation + 1) % 2]);
        for (y, x) in band
            .clone()
            .flat_map(|y| (0..now[y].len()).map(move |x| (y, x)))
        {
            let edge = [0, now.len() - 1].contains(&y) || [0, now[y].len() - 1].contains(&x);
            if edge && now[y][x].load(Relaxed) {
                return Err(format!(
                    "generation {generation} reaches the edge in row {}; leave more room",
                    y + 1
                ));
            }
            next[y][x].store(lives_next(now, y, x), Relaxed);
        }
        // If the barrier is broken, a thread has left, and says why itself.
        if meeting.wait().is_err() || still.load(Relaxed) {
            break;
        }
    }
    Ok(())
}

/// Held by each thread. Whoever leaves, at the end, with an error or in a panic, breaks the barrier: none waits for it.
struct Leaving<'a, A>(&'a Barrier<A>);

impl<A> Drop for Leaving<'_, A> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Three living neighbours give life, two keep it. The nine cells looked at include the one in question.
fn lives_next(now: &Cells, y: usize, x: usize) -> bool {
    let around = |position: usize, end: usize| position.saturating_sub(1)..end.min(position + 2);
    let count = |row: &Vec<AtomicBool>| {
        row[around(x, row.len())]
            .iter()
            .filter(|cell| cell.load(Relaxed))
            .count()
    };
    let living: usize = now[around(y, now.len())].iter().map(count).sum();
    living == 3 || living == 4 && now[y][x].load(Relaxed)
}

fn load() -> Result<(String, Vec<String>), String> {
    let mut named = env::args_os().skip(1).map(PathBuf::from);
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("input/gosper-glider-gun.cells");
    let path = named.next().unwrap_or(default);
    if let Some(second) = named.next() {
        return Err(format!(
            "cannot play {} as well: name one file",
            second.display()
        ));
    }
    let file = path.display().to_string().replace(MAIN_SEPARATOR_STR, "/");
    let failed = |error| format!("cannot read {file}: {error}; name a file that exists");
    let text = fs::read_to_string(&path).map_err(failed)?;
    let rows: Vec<_> = (1..)
        .zip(text.lines())
        .filter(|(_, row)| !row.starts_with('!'))
        .collect();
    if let Some((number, row)) = rows
        .iter()
        .find(|(_, row)| row.contains(|cell| !".O".contains(cell)))
    {
        return Err(format!(
            "{file}:{number}: expected a row such as ..O.OO, found {row:?}"
        ));
    }
    let width = rows
        .iter()
        .map(|(_, row)| row.len())
        .max()
        .unwrap_or_default();
    Ok((
        file,
        rows.iter()
            .map(|(_, row)| format!("{row:.<width$}"))
            .collect(),
    ))
}

fn fail(reason: &str) -> ! {
    eprintln!("{reason}");
    process::exit(1)
}
