//! The command-line part of the recipe: reads the board and prints the game.
//! Nothing in this file is about threads, so you can skip it when you read the recipe.
//!
//! A board is a file in the plaintext format of <https://conwaylife.com/wiki/Plaintext>:
//!
//! ```text
//! !Name: Glider
//! .O.
//! ..O
//! OOO
//! ```
//!
//! `O` is a living cell and `.` a dead one. A line that begins with `!` is a comment. A row that
//! ends early is padded with dead cells.
//!
//! The board shows a part of an infinite plane. If a living cell reaches its edge before the last
//! generation, what follows would depend on cells outside, so the game ends with an error.

use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::{env, fs, process};

const DEFAULT_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/input/gosper-glider-gun.cells");

/// A file of a few long and many short rows would otherwise take all memory.
const MAX_CELLS: usize = 1_000_000;

pub(crate) struct Input {
    file: String,
    /// `true` for a living cell. All rows have the same length.
    pub(crate) board: Vec<Vec<bool>>,
}

/// A game that has been played.
#[derive(Debug, PartialEq)]
pub(crate) struct Game {
    /// The number of living cells in each generation.
    pub(crate) population: Vec<usize>,
    pub(crate) last_board: Vec<Vec<bool>>,
}

/// Why a game could not be played: in this generation a cell in this row lives on the edge.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EdgeReached {
    pub(crate) generation: usize,
    pub(crate) row: usize,
}

/// Reads the file named on the command line, or else the recipe's own input.
///
/// If the file cannot be used, prints one line that says why, and exits with status 1.
pub(crate) fn load_or_exit() -> Input {
    load().unwrap_or_else(|reason| fail(&reason))
}

/// Prints the population of every 30th generation and the last board. If there is no game, prints
/// one line that says why, and exits with status 1.
pub(crate) fn print_or_exit(input: &Input, game: Result<Game, EdgeReached>) {
    let game = game.unwrap_or_else(|EdgeReached { generation, row }| {
        let file = &input.file;
        let row = row + 1;
        fail(&format!(
            "{file}: generation {generation} reaches the edge in row {row}; leave more room"
        ))
    });

    let mut report = String::new();
    for (generation, cells) in game.population.iter().enumerate().step_by(30) {
        report += &format!("generation {generation:>3}: {cells} cells\n");
    }
    for row in &game.last_board {
        for alive in row {
            report.push(if *alive { 'O' } else { '.' });
        }
        report.push('\n');
    }

    if let Err(error) = io::stdout().write_all(report.as_bytes()) {
        // A program that reads our output, such as `head`, may stop when it has seen enough.
        if error.kind() != ErrorKind::BrokenPipe {
            fail(&format!("cannot print the result: {error}"));
        }
    }
}

fn load() -> Result<Input, String> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let path = arguments.next().unwrap_or(PathBuf::from(DEFAULT_FILE));
    if let Some(second) = arguments.next() {
        let second = second.display();
        return Err(format!("cannot play {second} as well: name one file"));
    }
    let file = path.display().to_string();
    let bytes = fs::read(&path).map_err(|error| format!("cannot read {file}: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("{file} is not UTF-8 text"))?;
    // Some editors begin a file with a byte-order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);

    let mut board = Vec::new();
    for (index, row) in text.lines().enumerate() {
        if row.starts_with('!') {
            continue;
        }
        if row.contains(|cell| cell != '.' && cell != 'O') {
            let line = index + 1;
            return Err(format!(
                "{file}:{line}: expected a row such as ..O.OO, found {row:?}"
            ));
        }
        let cells: Vec<bool> = row.chars().map(|cell| cell == 'O').collect();
        board.push(cells);
    }

    let height = board.len();
    let width = board.iter().map(Vec::len).max().unwrap_or(0);
    if height.saturating_mul(width) > MAX_CELLS {
        return Err(format!(
            "{file}: a board of {height} rows and {width} columns has more than {MAX_CELLS} cells"
        ));
    }
    for row in &mut board {
        row.resize(width, false);
    }
    Ok(Input { file, board })
}

fn fail(reason: &str) -> ! {
    eprintln!("{reason}");
    process::exit(1);
}
