//! Play the Game of Life with rayon, where a generation ends when a parallel iterator does.
//!
//! Run `cargo run -p barrier --example barrier_rayon`; for a board of your own, add `-- my.cells`.
//!
//! No barrier is needed: `collect` returns when every row is there, in one thread, which counts them and looks for the
//! edge. The threads share one board that nobody changes, so no cell is atomic. What the recipe's has and this one
//! lacks: bands that belong to a thread for the whole game, with what it keeps between the rounds.

use rayon::{ThreadPoolBuilder, prelude::*};
use std::path::{MAIN_SEPARATOR_STR, Path, PathBuf};
use std::{env, fs, process};

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

/// The number of living cells in each generation, and the last board.
fn play(board: &[String], threads: usize) -> Result<(Vec<usize>, Vec<String>), String> {
    let threads = ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .expect("the threads can be started");
    let mut now: Vec<Vec<bool>> = board
        .iter()
        .map(|row| row.bytes().map(|cell| cell == b'O').collect())
        .collect();
    let count = |cells: &Vec<Vec<bool>>| cells.iter().flatten().filter(|lives| **lives).count();
    let mut living = vec![count(&now)];
    for generation in 0..GENERATIONS {
        if let Some(y) = (0..now.len()).find(|y| reaches_edge(&now, *y)) {
            return Err(format!(
                "generation {generation} reaches the edge in row {}; leave more room",
                y + 1
            ));
        }
        let next_row = |y: usize| (0..now[y].len()).map(|x| lives_next(&now, y, x)).collect();
        now = threads.install(|| (0..now.len()).into_par_iter().map(next_row).collect());
        living.push(count(&now));
    }
    let text = |row: &Vec<bool>| {
        row.iter()
            .map(|lives| if *lives { 'O' } else { '.' })
            .collect()
    };
    Ok((living, now.iter().map(text).collect()))
}

fn reaches_edge(now: &[Vec<bool>], y: usize) -> bool {
    let row = &now[y];
    if [0, now.len() - 1].contains(&y) {
        row.contains(&true)
    } else {
        [row.first(), row.last()].contains(&Some(&true))
    }
}

/// Three living neighbours give life, two keep it. The nine cells looked at include the one in question.
fn lives_next(now: &[Vec<bool>], y: usize, x: usize) -> bool {
    let around = |position: usize, end: usize| position.saturating_sub(1)..end.min(position + 2);
    let count = |row: &Vec<bool>| {
        row[around(x, row.len())]
            .iter()
            .filter(|lives| **lives)
            .count()
    };
    let living: usize = now[around(y, now.len())].iter().map(count).sum();
    living == 3 || living == 4 && now[y][x]
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
