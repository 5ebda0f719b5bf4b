//! The solution of the exercise: the game also ends when nothing changes anymore.
//!
//! ```text
//! cargo run -p barrier --example barrier_solution
//! ```
//!
//! The difference from the recipe: the action compares the two boards, and sets `is_still` if they
//! are equal. All threads read it after the same round. The next action cannot run before all of
//! them have arrived again, so they see the same value and leave after the same generation.

#[path = "../src/cli.rs"]
mod cli;

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use sync_primitives::{Barrier, Lock};

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
    let population = Lock::new(vec![boards[0].population()]);
    let is_still = AtomicBool::new(false);
    let barrier = Barrier::with_action(threads, || {
        // The last thread to arrive runs this, while the others still wait: nobody writes now.
        let mut population = population.lock();
        let generation = population.len(); // The one that is complete now.
        population.push(boards[generation % 2].population());
        is_still.store(boards[0].to_rows() == boards[1].to_rows(), Relaxed);
    });

    thread::scope(|scope| -> Result<(), EdgeReached> {
        // If `spawn` panics, this releases the threads that already wait.
        let _abort_on_drop = AbortOnDrop { barrier: &barrier };
        let mut workers = Vec::new();
        for number in 0..threads {
            let rows = share_of_rows(first_board.len(), number, threads);
            workers.push(scope.spawn(|| evolve(&boards, rows, &barrier, &is_still)));
        }

        // If several threads fail, report the error of the topmost rows, so that the message is
        // always the same.
        for worker in workers {
            worker.join().expect("a thread panicked")?;
        }
        Ok(())
    })?;

    let population = population.into_inner();
    let last_generation = population.len() - 1;
    eprintln!("the game ended after generation {last_generation}");
    Ok(Game {
        population,
        last_board: boards[last_generation % 2].to_rows(),
    })
}

/// Computes some rows of every generation.
fn evolve(
    boards: &[Board; 2],
    rows: Range<usize>,
    barrier: &Barrier<impl Fn() + Sync>,
    is_still: &AtomicBool,
) -> Result<(), EdgeReached> {
    let _abort_on_drop = AbortOnDrop { barrier };
    for generation in 0..GENERATIONS {
        let now = &boards[generation % 2];
        let next = &boards[(generation + 1) % 2];
        for row in rows.clone() {
            if now.reaches_edge(row) {
                return Err(EdgeReached { generation, row });
            }
            next.compute_row(row, now);
        }
        // An error means that another thread has left the game. That thread reports why.
        if barrier.wait().is_err() || is_still.load(Relaxed) {
            break;
        }
    }
    Ok(())
}

/// Breaks the barrier when a thread leaves, even if it panics. Otherwise the other threads would
/// wait for it forever. A round that has passed stays passed, so a thread that has finished
/// disturbs nobody.
struct AbortOnDrop<'a, A> {
    barrier: &'a Barrier<A>,
}

impl<A> Drop for AbortOnDrop<'_, A> {
    fn drop(&mut self) {
        self.barrier.abort();
    }
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

    fn population(&self) -> usize {
        let cells = self.rows.iter().flatten();
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
