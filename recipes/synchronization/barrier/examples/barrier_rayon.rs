//! The same job with rayon.
//!
//! ```text
//! cargo run -p barrier --example barrier_rayon
//! ```
//!
//! The difference from the recipe: there is no barrier. A parallel iterator returns when the last
//! of its items is done, so a generation ends when `collect` does. A thread then has the whole
//! board to itself, counts the cells and looks at the edge. All threads read a board that nobody
//! changes, so no cell is atomic. Choose it when each phase is a loop over data, and no thread has
//! to keep anything from phase to phase.

#[path = "../src/cli.rs"]
mod cli;

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use cli::{EdgeReached, Game};

const GENERATIONS: usize = 120;

fn main() {
    let input = cli::load_or_exit();
    let game = play(&input.board, 4);
    let game_of_one_thread = play(&input.board, 1); // As a check.
    assert_eq!(game, game_of_one_thread, "four threads and one disagree");
    cli::print_or_exit(&input, game);
}

fn play(first_board: &[Vec<bool>], threads: usize) -> Result<Game, EdgeReached> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.expect("the threads can be started");
    let mut board = Board {
        rows: first_board.to_vec(),
    };
    let mut population = vec![board.population()];
    for generation in 0..GENERATIONS {
        for row in 0..board.rows.len() {
            if board.reaches_edge(row) {
                return Err(EdgeReached { generation, row });
            }
        }
        board = board.next(&pool);
        population.push(board.population());
    }
    Ok(Game {
        population,
        last_board: board.rows,
    })
}

struct Board {
    rows: Vec<Vec<bool>>,
}

impl Board {
    /// The board of the next generation, whose rows the threads of the pool compute.
    fn next(&self, pool: &ThreadPool) -> Board {
        let numbers = 0..self.rows.len();
        let rows = pool.install(|| {
            numbers
                .into_par_iter()
                .map(|row| self.next_row(row))
                .collect()
        });
        Board { rows }
    }

    fn next_row(&self, row: usize) -> Vec<bool> {
        let columns = 0..self.rows[row].len();
        columns.map(|column| self.lives_next(row, column)).collect()
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
        on_board && self.rows[row][column] // Cells outside are dead.
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
        cells.filter(|cell| **cell).count()
    }
}
