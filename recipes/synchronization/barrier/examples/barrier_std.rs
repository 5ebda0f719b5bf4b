//! Play the Game of Life with four threads that meet after every generation, with std's `Barrier`.
//!
//! Run `cargo run -p barrier --example barrier_std`; for a board of your own, add `-- my.cells`.
//!
//! This barrier has no action, so each thread counts its own cells. Nothing breaks it, so a thread that cannot go on
//! comes to the meeting all the same, after which all leave. What the recipe's has and this one lacks: a limit on the
//! wait, and `abort`. If a thread panics, or one cannot be started, the others wait for ever.

use std::path::{MAIN_SEPARATOR_STR, Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::{env, fs, ops::Range, process, sync::Barrier, thread};

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
    let cells = |row: &String| {
        row.bytes()
            .map(|cell| AtomicBool::new(cell == b'O'))
            .collect()
    };
    let boards: [Cells; 2] = [(); 2].map(|()| board.iter().map(cells).collect());
    let meeting = Barrier::new(threads);
    let last = AtomicUsize::new(GENERATIONS); // The first that cannot be followed by another.
    let bands = thread::scope(|scope| {
        let bands = (0..threads)
            .map(|band| band * board.len() / threads..(band + 1) * board.len() / threads);
        let threads: Vec<_> = bands
            .map(|band| scope.spawn(|| evolve(&boards, band, &meeting, &last)))
            .collect();
        // In the order of the bands: of several that have failed the topmost says why.
        threads
            .into_iter()
            .map(|thread| thread.join().expect("a thread panicked"))
            .collect::<Result<Vec<_>, _>>()
    })?;
    let living = (0..=GENERATIONS)
        .map(|generation| bands.iter().map(|living| living[generation]).sum())
        .collect();
    let text = |row: &Vec<AtomicBool>| {
        row.iter()
            .map(|cell| if cell.load(Relaxed) { 'O' } else { '.' })
            .collect()
    };
    Ok((living, boards[GENERATIONS % 2].iter().map(text).collect()))
}

/// The number of living cells in a band in each generation.
fn evolve(
    boards: &[Cells; 2],
    band: Range<usize>,
    meeting: &Barrier,
    last: &AtomicUsize,
) -> Result<Vec<usize>, String> {
    let count = |cells: &Cells| {
        cells[band.clone()]
            .iter()
            .flatten()
            .filter(|cell| cell.load(Relaxed))
            .count()
    };
    let mut living = vec![count(&boards[0])];
    for generation in 0..GENERATIONS {
        let outcome = step(boards, generation, band.clone())
            .inspect_err(|_| _ = last.fetch_min(generation, Relaxed));
        meeting.wait();
        outcome?;
        // With a plain flag, a thread could leave a meeting too early: one that is ahead may have set it since.
        if last.load(Relaxed) <= generation {
            break;
        }
        living.push(count(&boards[(generation + 1) % 2]));
    }
    Ok(living)
}

/// Writes a band of the next board, unless a cell lives on the edge of this one.
fn step(boards: &[Cells; 2], generation: usize, band: Range<usize>) -> Result<(), String> {
    // All read one board and write the other. Relaxed: what any thread did before a meeting is visible after it.
    let (now, next) = (&boards[generation % 2], &boards[(generation + 1) % 2]);
    for (y, x) in band.flat_map(|y| (0..now[y].len()).map(move |x| (y, x))) {
        let edge = [0, now.len() - 1].contains(&y) || [0, now[y].len() - 1].contains(&x);
        if edge && now[y][x].load(Relaxed) {
            return Err(format!(
                "generation {generation} reaches the edge in row {}; leave more room",
                y + 1
            ));
        }
        next[y][x].store(lives_next(now, y, x), Relaxed);
    }
    Ok(())
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
