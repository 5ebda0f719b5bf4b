//! Play the Game of Life with threads that wait for each other after every generation.
//!
//! Four threads share two boards: they read one generation and write the next. Each thread computes
//! some of the rows. A cell depends on the rows above and below it, which may belong to another
//! thread. So no thread may begin a generation before all threads have finished the previous one:
//! they meet at a `Barrier`.
//!
//! ```text
//! cargo run -p barrier               # the board in input/gosper-glider-gun.cells
//! cargo run -p barrier -- my.cells   # your own board; src/cli.rs describes the format
//! ```
//!
//! Prints the number of living cells in every 30th generation, then the last board. They are the
//! same on every run. How often each thread arrived last differs, and goes to standard error.

mod cli;

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use sync_primitives::{Barrier, Lock};

use cli::{EdgeReached, Game};

const GENERATIONS: usize = 120;

// ANCHOR: main
fn main() {
    let input = cli::load_or_exit();
    let game = play(&input.board, 4);
    // A check: one thread cannot get out of step, so the games must be equal.
    let game_of_one_thread = play(&input.board, 1);
    assert_eq!(game, game_of_one_thread, "four threads and one disagree");
    cli::print_or_exit(&input, game);
}
// ANCHOR_END: main

// ANCHOR: play
fn play(first_board: &[Vec<bool>], threads: usize) -> Result<Game, EdgeReached> {
    // In each generation, all threads read one of the boards and write the other.
    let boards = [Board::new(first_board), Board::new(first_board)];
    // The action is a `Fn`, so it changes the population through a `Lock`.
    let population = Lock::new(vec![boards[0].population()]);
    let barrier = Barrier::with_action(threads, || {
        // The last thread to arrive runs this, while the others still wait: nobody writes now.
        let mut population = population.lock();
        let generation = population.len(); // The one that is complete now.
        population.push(boards[generation % 2].population());
    });

    let arrived_last = thread::scope(|scope| -> Result<Vec<usize>, EdgeReached> {
        // If `spawn` panics, this releases the threads that already wait.
        let _abort_on_drop = AbortOnDrop { barrier: &barrier };
        let mut workers = Vec::new();
        for number in 0..threads {
            let rows = share_of_rows(first_board.len(), number, threads);
            workers.push(scope.spawn(|| evolve(&boards, rows, &barrier)));
        }

        // Joining in the order of the rows makes the error the same on every run: if several
        // threads fail, it is that of the topmost rows.
        let mut arrived_last = Vec::new();
        for worker in workers {
            arrived_last.push(worker.join().expect("a thread panicked")?);
        }
        Ok(arrived_last)
    })?;

    eprintln!("how often each thread arrived last: {arrived_last:?}");
    Ok(Game {
        population: population.into_inner(),
        last_board: boards[GENERATIONS % 2].to_rows(),
    })
}
// ANCHOR_END: play

// ANCHOR: evolve
/// Computes some rows of every generation. Returns how often this thread arrived last.
///
/// The type of a barrier includes its action, which is a closure here, hence `impl Fn()`.
fn evolve(
    boards: &[Board; 2],
    rows: Range<usize>,
    barrier: &Barrier<impl Fn() + Sync>,
) -> Result<usize, EdgeReached> {
    let _abort_on_drop = AbortOnDrop { barrier };
    let mut arrived_last = 0;
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
        let Ok(arrival) = barrier.wait() else { break };
        if arrival.is_leader() {
            arrived_last += 1;
        }
    }
    Ok(arrived_last)
}

/// Breaks the barrier when a thread leaves, even if it panics. Otherwise the other threads would
/// wait for it forever. A thread that has finished aborts it too, which is harmless: the last
/// round is complete by then.
struct AbortOnDrop<'a, A> {
    barrier: &'a Barrier<A>,
}

impl<A> Drop for AbortOnDrop<'_, A> {
    fn drop(&mut self) {
        self.barrier.abort();
    }
}
// ANCHOR_END: evolve

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
