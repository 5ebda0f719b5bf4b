//! The same job with tokio.
//!
//! ```text
//! cargo run -p barrier --example barrier_tokio
//! ```
//!
//! The difference from the recipe: the parties are async tasks, and a task that waits at tokio's
//! barrier takes up no thread. The barrier has no action, so each task counts its own cells.
//! Nothing can break it, so a task that fails still waits at the barrier once, and then all tasks
//! leave. Choose it when the parties are async tasks. A long computation does not belong in a
//! task, so the steps run on the runtime's threads for blocking work.

#[path = "../src/cli.rs"]
mod cli;

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use tokio::runtime;
use tokio::sync::Barrier;
use tokio::task::{self, JoinSet};

use cli::{EdgeReached, Game};

const GENERATIONS: usize = 120;

fn main() {
    let input = cli::load_or_exit();
    let game = play(&input.board, 4);
    let game_of_one_task = play(&input.board, 1); // As a check: it waits for nobody.
    assert_eq!(game, game_of_one_task, "four tasks and one disagree");
    cli::print_or_exit(&input, game);
}

fn play(first_board: &[Vec<bool>], tasks: usize) -> Result<Game, EdgeReached> {
    let shared = Arc::new(Shared {
        boards: [Board::new(first_board), Board::new(first_board)],
        barrier: Barrier::new(tasks),
        last_generation: AtomicUsize::new(GENERATIONS),
    });
    let runtime = runtime::Builder::new_current_thread().build();
    let runtime = runtime.expect("a runtime can be started");

    let results = runtime.block_on(async {
        let mut workers = JoinSet::new();
        for number in 0..tasks {
            let rows = share_of_rows(first_board.len(), number, tasks);
            workers.spawn(evolve(shared.clone(), rows));
        }
        // If a task panics, so does `join_all`. Dropping the set then ends the other tasks.
        workers.join_all().await
    });

    let mut population = vec![0; GENERATIONS + 1];
    let mut failures = Vec::new();
    for result in results {
        match result {
            Ok(counts) => {
                for (total, count) in population.iter_mut().zip(counts) {
                    *total += count;
                }
            }
            Err(reason) => failures.push(reason),
        }
    }
    // If several tasks fail, the one with the topmost rows says why.
    if let Some(reason) = failures.into_iter().min() {
        return Err(reason);
    }
    Ok(Game {
        population,
        last_board: shared.boards[GENERATIONS % 2].to_rows(),
    })
}

struct Shared {
    /// In each generation, all tasks read one of the boards and write the other.
    boards: [Board; 2],
    barrier: Barrier,
    /// The game ends with this generation. A plain flag would not do: a task that is ahead could
    /// set it for the next generation, before another task has read it for this one.
    last_generation: AtomicUsize,
}

/// Computes some rows of every generation. Returns how many of their cells live in each.
async fn evolve(shared: Arc<Shared>, rows: Range<usize>) -> Result<Vec<usize>, EdgeReached> {
    let mut population = vec![shared.boards[0].population(rows.clone())];
    for generation in 0..GENERATIONS {
        let worker = Arc::clone(&shared);
        let worker_rows = rows.clone();
        let stepping = task::spawn_blocking(move || step(&worker, worker_rows, generation));
        let result = stepping.await.expect("a step panicked");
        if result.is_err() {
            shared.last_generation.fetch_min(generation, Relaxed);
        }
        shared.barrier.wait().await;
        result?;
        if shared.last_generation.load(Relaxed) == generation {
            break; // Another task has failed, and reports why.
        }
        let next = &shared.boards[(generation + 1) % 2];
        population.push(next.population(rows.clone()));
    }
    Ok(population)
}

fn step(shared: &Shared, rows: Range<usize>, generation: usize) -> Result<(), EdgeReached> {
    let now = &shared.boards[generation % 2];
    let next = &shared.boards[(generation + 1) % 2];
    for row in rows {
        if now.reaches_edge(row) {
            return Err(EdgeReached { generation, row });
        }
        next.compute_row(row, now);
    }
    Ok(())
}

/// The rows of one task. All tasks together have all rows.
fn share_of_rows(height: usize, number: usize, tasks: usize) -> Range<usize> {
    let start = number * height / tasks;
    let end = (number + 1) * height / tasks;
    start..end
}

/// A board that several tasks read and write.
///
/// `Relaxed` is enough for the cells: what a task writes before it waits at the barrier is
/// visible to all tasks after the barrier.
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
