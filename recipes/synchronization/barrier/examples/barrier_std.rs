//! The same job with the standard library.
//!
//! ```text
//! cargo run -p barrier --example barrier_std
//! ```
//!
//! The difference from the recipe: std's barrier has no action, so each thread counts its own
//! cells. Nothing can break the barrier, so a thread that fails still waits at the barrier once,
//! and then all threads leave. Choose it when you want no dependency and no thread can fail: there
//! is no `abort` and no timeout, so if a thread panics or cannot be started, the others wait
//! forever.

#[path = "../src/cli.rs"]
mod cli;

use std::ops::Range;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;

use cli::{EdgeReached, Game};

const GENERATIONS: usize = 120;

fn main() {
    let input = cli::load_or_exit();
    let game = play(&input.board, 4);
    // A check: one thread cannot get out of step, so the games must be equal.
    let game_of_one_thread = play(&input.board, 1);
    assert_eq!(game, game_of_one_thread, "four threads and one disagree");
    cli::print_or_exit(&input, game);
}

fn play(first_board: &[Vec<bool>], threads: usize) -> Result<Game, EdgeReached> {
    // In each generation, all threads read one of the boards and write the other.
    let boards = [Board::new(first_board), Board::new(first_board)];
    let shared = Shared {
        barrier: Barrier::new(threads),
        last_generation: AtomicUsize::new(GENERATIONS),
    };

    let population = thread::scope(|scope| -> Result<Vec<usize>, EdgeReached> {
        let mut workers = Vec::new();
        for number in 0..threads {
            let rows = share_of_rows(first_board.len(), number, threads);
            workers.push(scope.spawn(|| evolve(&boards, rows, &shared)));
        }

        // If several threads fail, report the error of the topmost rows, so that the message is
        // always the same.
        let mut population = vec![0; GENERATIONS + 1];
        for worker in workers {
            let counts = worker.join().expect("a thread panicked")?;
            for (total, count) in population.iter_mut().zip(counts) {
                *total += count;
            }
        }
        Ok(population)
    })?;

    Ok(Game {
        population,
        last_board: boards[GENERATIONS % 2].to_rows(),
    })
}

struct Shared {
    barrier: Barrier,
    /// The game ends with this generation. A plain flag would not do: a thread that is ahead could
    /// set it for the next generation, before another thread has read it for this one.
    last_generation: AtomicUsize,
}

/// Computes some rows of every generation. Returns how many of their cells live in each.
fn evolve(
    boards: &[Board; 2],
    rows: Range<usize>,
    shared: &Shared,
) -> Result<Vec<usize>, EdgeReached> {
    let mut population = vec![boards[0].population(rows.clone())];
    for generation in 0..GENERATIONS {
        let now = &boards[generation % 2];
        let next = &boards[(generation + 1) % 2];
        let result = step(now, next, rows.clone(), generation);
        if result.is_err() {
            shared.last_generation.fetch_min(generation, Relaxed);
        }
        shared.barrier.wait();
        result?;
        if shared.last_generation.load(Relaxed) == generation {
            break; // Another thread has failed, and reports why.
        }
        population.push(next.population(rows.clone()));
    }
    Ok(population)
}

fn step(
    now: &Board,
    next: &Board,
    rows: Range<usize>,
    generation: usize,
) -> Result<(), EdgeReached> {
    for row in rows {
        if now.reaches_edge(row) {
            return Err(EdgeReached { generation, row });
        }
        next.compute_row(row, now);
    }
    Ok(())
}

/// The rows of one thread. Together, the threads cover all rows.
fn share_of_rows(height: usize, number: usize, threads: usize) -> Range<usize> {
    let start = number * height / threads;
    let end = (number + 1) * height / threads;
    start..end
}

/// A board that several threads read and write.
///
/// `Relaxed` is enough for the cells: what a thread writes before it waits at the barrier is
/// visible to all threads after the barrier.
struct Board {
    rows: Vec<Vec<AtomicBool>>,
}

impl Board {
    fn new(cells: &[Vec<bool>]) -> Self {
        let mut rows = Vec::new();
        for row in cells {
            rows.push(row.iter().copied().map(AtomicBool::new).collect());
        }
        Board { rows }
    }

    /// Computes one row of this board from the board of the generation before.
    fn compute_row(&self, row: usize, before: &Board) {
        for (column, cell) in self.rows[row].iter().enumerate() {
            cell.store(before.lives_next(row, column), Relaxed);
        }
    }

    /// A dead cell with three living neighbors comes alive, and a living cell with two or three
    /// stays alive.
    fn lives_next(&self, row: usize, column: usize) -> bool {
        let mut neighbors = 0;
        for y in row.saturating_sub(1)..=row + 1 {
            for x in column.saturating_sub(1)..=column + 1 {
                if (y, x) != (row, column) && self.is_alive(y, x) {
                    neighbors += 1;
                }
            }
        }
        neighbors == 3 || (neighbors == 2 && self.is_alive(row, column))
    }

    fn is_alive(&self, row: usize, column: usize) -> bool {
        let on_board = row < self.rows.len() && column < self.rows[row].len();
        on_board && self.rows[row][column].load(Relaxed) // Cells outside are dead.
    }

    /// Whether a living cell of this row is on the edge of the board.
    fn reaches_edge(&self, row: usize) -> bool {
        let last_row = self.rows.len() - 1;
        let width = self.rows[row].len();
        for column in 0..width {
            let on_edge = row == 0 || row == last_row || column == 0 || column == width - 1;
            if on_edge && self.is_alive(row, column) {
                return true;
            }
        }
        false
    }

    fn population(&self, rows: Range<usize>) -> usize {
        let cells = self.rows[rows].iter().flatten();
        cells.filter(|cell| cell.load(Relaxed)).count()
    }

    fn to_rows(&self) -> Vec<Vec<bool>> {
        let mut rows = Vec::new();
        for row in &self.rows {
            rows.push(row.iter().map(|cell| cell.load(Relaxed)).collect());
        }
        rows
    }
}
