//! Tests what only this recipe promises: it plays the Game of Life, it accepts the plaintext
//! format, and no thread waits forever when another one fails.

use std::collections::HashSet;
use std::thread;

use checks::program::Program;
use checks::scratch::Scratch;

const EXPECTED: &str = include_str!("../expected.txt");
const GLIDER: [&str; 3] = [".O.", "..O", "OOO"];

fn barrier() -> Program {
    Program::new(env!("CARGO_BIN_EXE_barrier"))
}

fn scratch(test: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), test)
}

#[test]
fn the_output_is_the_same_on_every_run() {
    for _ in 0..10 {
        barrier().run_alone().assert_prints(EXPECTED);
    }
}

/// Programs that compete for the processors are interrupted in places where one alone is not.
#[test]
fn the_output_is_the_same_while_other_programs_run() {
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| barrier().run_alone().assert_prints(EXPECTED));
        }
    });
}

#[test]
fn one_thread_arrives_last_in_each_generation() {
    let end = barrier().run_alone();
    let mut lines = Vec::new();
    for line in end.stderr.lines() {
        let numbers = line
            .strip_prefix("how often each thread arrived last: [")
            .and_then(|rest| rest.strip_suffix("]"))
            .unwrap_or_else(|| panic!("another line: {line:?}"));
        let numbers: Vec<u32> = numbers.split(", ").map(|it| it.parse().unwrap()).collect();
        lines.push(numbers);
    }
    assert_eq!(lines.len(), 2, "a game of four threads and one of one");
    assert_eq!(lines[0].len(), 4);
    assert_eq!(lines[0].iter().sum::<u32>(), 120);
    assert_eq!(lines[1], [120]);
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Cell {
    row: i32,
    column: i32,
}

impl Cell {
    /// The cell and its eight neighbors.
    fn surroundings(self) -> impl Iterator<Item = Cell> {
        (0..9).map(move |number| Cell {
            row: self.row + number / 3 - 1,
            column: self.column + number % 3 - 1,
        })
    }
}

/// What the recipe must do with a board: what it prints, or where it ends with an error.
///
/// Computed in another way than the recipe does: by a set of the living cells of an endless plane,
/// without boards, bands and threads.
fn expected(rows: &[String]) -> Result<String, String> {
    let last_row = rows.len() as i32 - 1;
    let last_column = rows[0].len() as i32 - 1;
    let mut living = HashSet::new();
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(cells.chars()) {
            if cell == 'O' {
                living.insert(Cell { row, column });
            }
        }
    }

    let mut output = String::new();
    for generation in 0..=120 {
        if generation % 30 == 0 {
            output += &format!("generation {generation:>3}: {} cells\n", living.len());
        }
        if generation < 120 {
            let on_edge = living.iter().filter(|cell| {
                [0, last_row].contains(&cell.row) || [0, last_column].contains(&cell.column)
            });
            if let Some(row) = on_edge.map(|cell| cell.row + 1).min() {
                return Err(format!(
                    "generation {generation} reaches the edge in row {row}; leave more room\n"
                ));
            }
            living = next_generation(&living);
        }
    }
    for row in 0..=last_row {
        for column in 0..=last_column {
            let is_alive = living.contains(&Cell { row, column });
            output.push(if is_alive { 'O' } else { '.' });
        }
        output.push('\n');
    }
    Ok(output)
}

fn next_generation(living: &HashSet<Cell>) -> HashSet<Cell> {
    let mut next = HashSet::new();
    for cell in living.iter().flat_map(|cell| cell.surroundings()) {
        let is_living_neighbor = |other: &Cell| *other != cell && living.contains(other);
        let neighbors = cell.surroundings().filter(is_living_neighbor).count();
        if neighbors == 3 || (neighbors == 2 && living.contains(&cell)) {
            next.insert(cell);
        }
    }
    next
}

/// Runs the recipe and compares it with `expected`. Returns whether the game came to its end.
fn agrees(scratch: &Scratch, rows: &[String]) -> bool {
    let end = barrier().run([scratch.file("board.cells", rows.join("\n") + "\n")]);
    match expected(rows) {
        Ok(output) => {
            end.assert_prints(&output);
            true
        }
        Err(reason) => {
            end.assert_refuses(&format!("board.cells: {reason}"));
            false
        }
    }
}

/// A board of dead cells.
fn empty(height: usize, width: usize) -> Vec<String> {
    vec![".".repeat(width); height]
}

/// Puts a pattern on a board.
fn put(board: &mut [String], top: usize, left: usize, pattern: &[&str]) {
    for (row, cells) in board[top..].iter_mut().zip(pattern) {
        row.replace_range(left..left + cells.len(), cells);
    }
}

/// The first five lines of the output for a pattern whose population does not change.
fn constant_population(cells: usize) -> String {
    let mut lines = String::new();
    for generation in [0, 30, 60, 90, 120] {
        lines += &format!("generation {generation:>3}: {cells} cells\n");
    }
    lines
}

#[test]
fn random_boards_agree_with_a_set_of_cells() {
    let scratch = scratch("random_boards_agree_with_a_set_of_cells");
    let mut ended = 0;
    let mut failed = 0;
    for seed in 1..=30_u64 {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut random = |end: u64| {
            // Xorshift.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 33) % end
        };
        let height = 20 + random(12) as usize;
        let width = 20 + random(12) as usize;
        let mut board = empty(height, width);
        for row in &mut board[height / 2 - 3..height / 2 + 3] {
            for column in width / 2 - 3..width / 2 + 3 {
                if random(5) < 2 {
                    row.replace_range(column..column + 1, "O");
                }
            }
        }
        println!("seed {seed}:\n{}", board.join("\n"));
        if agrees(&scratch, &board) {
            ended += 1;
        } else {
            failed += 1;
        }
    }
    assert!(ended >= 5, "only {ended} games came to their end");
    assert!(failed >= 5, "only {failed} games reached the edge");
}

#[test]
fn a_glider_moves_thirty_cells_down_and_to_the_right() {
    let scratch = scratch("a_glider_moves_thirty_cells_down_and_to_the_right");
    let mut start = empty(35, 36);
    put(&mut start, 1, 2, &GLIDER);
    let mut end = empty(35, 36);
    put(&mut end, 31, 32, &GLIDER);
    let expected = constant_population(5) + &end.join("\n") + "\n";
    barrier()
        .run([scratch.file("glider.cells", start.join("\n"))])
        .assert_prints(&expected);
    assert!(agrees(&scratch, &start));
}

/// With four rows, each thread has one. With fewer, some threads have none.
#[test]
fn a_thread_may_have_one_row_or_none() {
    let scratch = scratch("a_thread_may_have_one_row_or_none");
    let mut block = empty(4, 4);
    put(&mut block, 1, 1, &["OO", "OO"]);
    assert!(agrees(&scratch, &block));
    for height in 1..=3 {
        let mut board = empty(height, 5);
        assert!(agrees(&scratch, &board));
        put(&mut board, 0, 1, &["OOO"]);
        assert!(!agrees(&scratch, &board));
    }
    assert!(!agrees(&scratch, &["O".to_string()]));
}

#[test]
fn comments_are_skipped_and_short_rows_filled_up() {
    let scratch = scratch("comments_are_skipped_and_short_rows_filled_up");
    let text = "!Name: Toad\r\n\r\n\r\n...OOO\r\n..OOO\r\n!Here it ends.\r\n.......\r\n\r\n";
    let last_board = ".......\n.......\n...OOO.\n..OOO..\n.......\n.......\n";
    barrier()
        .run([scratch.file("toad.cells", text)])
        .assert_prints(&(constant_population(6) + last_board));
}

#[test]
fn a_file_without_rows_is_an_empty_board() {
    let scratch = scratch("a_file_without_rows_is_an_empty_board");
    for text in ["", "!Nothing\n"] {
        barrier()
            .run([scratch.file("empty.cells", text)])
            .assert_prints(&constant_population(0));
    }
    barrier()
        .run([scratch.file("empty.cells", "\n")])
        .assert_prints(&(constant_population(0) + "\n"));
}

/// The threads of the other rows wait at the barrier when a glider reaches the edge.
#[test]
fn no_thread_waits_forever_when_another_one_fails() {
    let scratch = scratch("no_thread_waits_forever_when_another_one_fails");
    for top in [3, 13, 23, 33] {
        let mut board = empty(40, 14);
        put(&mut board, top, 8, &GLIDER);
        let reason = expected(&board).expect_err("the board is too narrow");
        let file = scratch.file("narrow.cells", board.join("\n"));
        for _ in 0..20 {
            barrier().run([&file]).assert_refuses(&reason);
        }
    }
}

/// It differs from run to run which thread fails first, but not which one is named.
#[test]
fn of_several_threads_that_fail_the_topmost_is_named() {
    let scratch = scratch("of_several_threads_that_fail_the_topmost_is_named");
    let mut board = empty(40, 9);
    for top in [7, 17, 27, 37] {
        put(&mut board, top, 8, &["O"]);
    }
    let at_once = scratch.file("at-once.cells", board.join("\n"));

    let mut board = empty(40, 14);
    for top in [3, 13, 23, 33] {
        put(&mut board, top, 8, &GLIDER);
    }
    let later = scratch.file("later.cells", board.join("\n"));
    let reason = expected(&board).expect_err("the board is too narrow");

    for _ in 0..20 {
        barrier()
            .run([&at_once])
            .assert_refuses("generation 0 reaches the edge in row 8; leave more room\n");
        barrier().run([&later]).assert_refuses(&reason);
    }
}

#[test]
fn a_malformed_row_is_refused() {
    let scratch = scratch("a_malformed_row_is_refused");
    for row in [
        "..o..",
        "..0..",
        ". .",
        ".O. ",
        "*",
        ".!",
        "\t",
        "..\u{d6}.",
        "\u{feff}..",
        "O,O",
    ] {
        let file = scratch.file(
            "bad.cells",
            format!("!Comment\n...\n{row}\nwrong as well\n"),
        );
        barrier().run([file]).assert_refuses(&format!(
            "bad.cells:3: expected a row such as ..O.OO, found {row:?}\n"
        ));
    }
}

/// Two megabytes of text would be a board of a million million cells.
#[test]
fn a_board_that_would_take_all_memory_is_refused() {
    let scratch = scratch("a_board_that_would_take_all_memory_is_refused");
    let text = ".".repeat(1_000_000) + &"\n".repeat(1_000_000);
    barrier()
        .run([scratch.file("huge.cells", text)])
        .assert_refuses(
            "huge.cells: a board of 1000000 rows and 1000000 columns has more than 1000000 cells\n",
        );
}

#[test]
fn a_second_board_is_refused() {
    barrier()
        .run(["one", "two"])
        .assert_refuses("cannot play two as well: name one file\n");
}

/// There is address space for two threads only, so the third cannot be started. The other two
/// wait at the barrier, which `main` must then break.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
#[test]
fn no_thread_waits_forever_when_another_one_cannot_be_started() {
    use checks::process;
    use std::process::Command;
    use std::time::Duration;

    for _ in 0..5 {
        let mut command = Command::new("sh");
        command
            .args(["-c", "ulimit -v 1048576; exec \"$0\""])
            .arg(env!("CARGO_BIN_EXE_barrier"))
            .env("RUST_MIN_STACK", "419430400");
        let end = process::run(&mut command, Duration::from_secs(60)).expect("the recipe ends");
        assert_eq!(end.code, Some(101), "standard error: {}", end.stderr);
        assert_eq!(end.stdout, "");
        assert!(
            end.stderr.contains("failed to spawn thread"),
            "{}",
            end.stderr
        );
    }
}
