//! Runs the recipe as a reader does: on its own input, on other boards, and on boards that are wrong.

use std::collections::HashSet;
use std::io::{Read, read_to_string};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use std::{fs, thread};

/// Long enough for a slow machine. A run that takes longer has hung.
const LIMIT: Duration = Duration::from_secs(60);

struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn run<A: AsRef<Path>>(arguments: &[A]) -> Run {
    end(Command::new(env!("CARGO_BIN_EXE_barrier")).args(arguments.iter().map(A::as_ref)))
}

/// Runs the recipe to its end, or kills it at the limit and fails.
fn end(command: &mut Command) -> Run {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the recipe starts");
    let stdout = drain(child.stdout.take().expect("piped"));
    let stderr = drain(child.stderr.take().expect("piped"));
    // A pipe ends when the process does.
    let ends = (stdout.recv_timeout(LIMIT), stderr.recv_timeout(LIMIT));
    let (Ok(stdout), Ok(stderr)) = ends else {
        child.kill().expect("the recipe can be killed");
        panic!("the recipe did not end within {LIMIT:?}");
    };
    Run {
        code: child.wait().expect("the recipe has ended").code(),
        stdout,
        stderr,
    }
}

fn drain(pipe: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(read_to_string(pipe).expect("the recipe writes UTF-8")));
    receiver
}

/// A file of this test binary's own, told from those of the other tests by its name.
fn file(name: &str, content: &[u8]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, content).expect("the test's folder can be written to");
    path
}

fn succeeds(run: &Run, expected: &str) {
    assert_eq!(
        (run.code, &*run.stdout),
        (Some(0), expected),
        "standard error: {}",
        run.stderr
    );
}

/// Exit code 1, nothing on standard output, and one line that starts so on standard error.
fn fails(run: &Run, start: &str) {
    assert_eq!(
        (run.code, &*run.stdout),
        (Some(1), ""),
        "standard error: {}",
        run.stderr
    );
    assert!(
        run.stderr.starts_with(start),
        "{:?} does not start with {start:?}",
        run.stderr
    );
    assert!(
        run.stderr.ends_with('\n') && run.stderr.lines().count() == 1,
        "not one line: {:?}",
        run.stderr
    );
}

fn slashed(path: &Path) -> String {
    path.display()
        .to_string()
        .replace(std::path::MAIN_SEPARATOR_STR, "/")
}

#[test]
fn the_default_input_gives_the_expected_output_at_every_run() {
    for _ in 0..10 {
        succeeds(&run::<&str>(&[]), include_str!("../expected.txt"));
    }
}

/// Several programs share the processors: their threads are stopped at places where they run through when alone.
#[test]
fn the_output_is_the_same_while_others_keep_the_processors_busy() {
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| succeeds(&run::<&str>(&[]), include_str!("../expected.txt")));
        }
    });
}

/// What a file with these rows gives: an output, or where the run ends. No arrays and no bands: a set of cells on an
/// endless plane.
fn expected(rows: &[String]) -> Result<String, String> {
    let (height, width) = (rows.len(), rows[0].len());
    let mut cells = HashSet::new();
    for (y, row) in rows.iter().enumerate() {
        cells.extend(row.match_indices('O').map(|(x, _)| (y as i32, x as i32)));
    }
    let mut output = String::new();
    for generation in 0..=120 {
        if generation % 30 == 0 {
            output += &format!("generation {generation:>3}: {} cells\n", cells.len());
        }
        let is_edge = |&&(y, x): &&(i32, i32)| {
            y == 0 || x == 0 || y + 1 == height as i32 || x + 1 == width as i32
        };
        if let Some((y, _)) = cells
            .iter()
            .filter(is_edge)
            .min()
            .filter(|_| generation < 120)
        {
            return Err(format!(
                "generation {generation} reaches the edge in row {}; leave more room\n",
                y + 1
            ));
        }
        if generation < 120 {
            cells = next(&cells);
        }
    }
    for y in 0..height as i32 {
        output.extend((0..width as i32).map(|x| if cells.contains(&(y, x)) { 'O' } else { '.' }));
        output.push('\n');
    }
    Ok(output)
}

fn next(cells: &HashSet<(i32, i32)>) -> HashSet<(i32, i32)> {
    let around = |(y, x): (i32, i32)| {
        (-1..=1).flat_map(move |down| (-1..=1).map(move |right| (y + down, x + right)))
    };
    let neighbours = |cell| {
        around(cell)
            .filter(|other| *other != cell && cells.contains(other))
            .count()
    };
    let candidates: HashSet<_> = cells.iter().copied().flat_map(around).collect();
    let lives = |cell: &(i32, i32)| {
        matches!(
            (neighbours(*cell), cells.contains(cell)),
            (3, _) | (2, true)
        )
    };
    candidates.into_iter().filter(lives).collect()
}

/// Runs the board and compares with `expected`. Returns whether the run came to its end.
fn agrees(name: &str, rows: &[String]) -> bool {
    let path = file(name, (rows.join("\n") + "\n").as_bytes());
    let run = run(&[&path]);
    match expected(rows) {
        Ok(output) => succeeds(&run, &output),
        Err(reason) => fails(&run, &format!("{}: {reason}", slashed(&path))),
    }
    run.code == Some(0)
}

/// A board of dead cells, and at each of the places, row and column, a pattern.
fn board(height: usize, width: usize, places: &[(usize, usize)], pattern: &[&str]) -> Vec<String> {
    let mut rows = vec![".".repeat(width); height];
    for &(top, left) in places {
        for (row, cells) in rows[top..].iter_mut().zip(pattern) {
            row.replace_range(left..left + cells.len(), cells);
        }
    }
    rows
}

const GLIDER: [&str; 3] = [".O.", "..O", "OOO"];

#[test]
fn random_boards_agree_with_a_set_of_cells() {
    let (mut ended, mut failed) = (0, 0);
    for seed in 1..=30_u64 {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut random = |end: u64| {
            // Xorshift.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 33) % end
        };
        let (height, width) = (20 + random(12) as usize, 20 + random(12) as usize);
        let soup: Vec<String> = (0..6)
            .map(|_| {
                (0..6)
                    .map(|_| if random(5) < 2 { 'O' } else { '.' })
                    .collect()
            })
            .collect();
        let soup: Vec<&str> = soup.iter().map(String::as_str).collect();
        println!("seed {seed}: {height} rows, {width} columns, in the middle {soup:?}");
        let agreed = agrees(
            "barrier-random.cells",
            &board(height, width, &[(height / 2 - 3, width / 2 - 3)], &soup),
        );
        *(if agreed { &mut ended } else { &mut failed }) += 1;
    }
    assert!(
        ended >= 5 && failed >= 5,
        "{ended} boards came to their end, {failed} to the edge"
    );
}

#[test]
fn a_glider_comes_thirty_cells_down_and_to_the_right() {
    let start = board(35, 36, &[(1, 2)], &GLIDER);
    let counts: String = [0, 30, 60, 90, 120]
        .map(|number| format!("generation {number:>3}: 5 cells\n"))
        .concat();
    let end = board(35, 36, &[(31, 32)], &GLIDER).join("\n");
    succeeds(
        &run(&[file("barrier-glider.cells", start.join("\n").as_bytes())]),
        &format!("{counts}{end}\n"),
    );
    assert!(agrees("barrier-glider-again.cells", &start));
}

/// Four rows make bands of one row each; fewer leave some of the threads without.
#[test]
fn a_band_may_have_one_row_or_none() {
    assert!(agrees(
        "barrier-block.cells",
        &board(4, 4, &[(1, 1)], &["OO", "OO"])
    ));
    for height in 1..=3 {
        assert!(agrees("barrier-dead.cells", &board(height, 5, &[], &[])));
        assert!(!agrees(
            "barrier-flat.cells",
            &board(height, 5, &[(0, 1)], &["OOO"])
        ));
    }
    assert!(!agrees(
        "barrier-single.cells",
        &board(1, 1, &[(0, 0)], &["O"])
    ));
}

#[test]
fn comments_and_rows_that_end_early_are_understood() {
    let text = "!Name: Toad\r\n\r\n\r\n...OOO\r\n..OOO\r\n!Here it ends.\r\n.......\r\n\r\n";
    let end = ".......\n.......\n...OOO.\n..OOO..\n.......\n.......\n";
    let counts: String = [0, 30, 60, 90, 120]
        .map(|number| format!("generation {number:>3}: 6 cells\n"))
        .concat();
    succeeds(
        &run(&[file("barrier-toad.cells", text.as_bytes())]),
        &(counts + end),
    );
}

#[test]
fn a_file_without_rows_gives_an_empty_board() {
    let counts: String = [0, 30, 60, 90, 120]
        .map(|number| format!("generation {number:>3}: 0 cells\n"))
        .concat();
    for text in ["", "!Nothing\n", "\n"] {
        succeeds(
            &run(&[file("barrier-empty.cells", text.as_bytes())]),
            &(counts.clone() + "\n"),
        );
    }
}

/// The glider comes to the edge in one band, while the other three wait for it at the barrier.
#[test]
fn nobody_is_left_waiting_when_a_band_fails() {
    for top in [3, 13, 23, 33] {
        let rows = board(40, 14, &[(top, 8)], &GLIDER);
        let path = file(
            &format!("barrier-band-{top}.cells"),
            rows.join("\n").as_bytes(),
        );
        let reason = expected(&rows).expect_err("the board is too narrow");
        for _ in 0..20 {
            fails(&run(&[&path]), &format!("{}: {reason}", slashed(&path)));
        }
    }
}

/// At once, and after a while: the bands that fail differ in who is first, not in what is reported.
#[test]
fn of_several_bands_at_the_edge_the_topmost_is_named() {
    let rows = board(40, 9, &[7, 17, 27, 37].map(|row| (row, 8)), &["O"]);
    let at_once = file("barrier-at-once.cells", rows.join("\n").as_bytes());
    let rows = board(40, 14, &[3, 13, 23, 33].map(|row| (row, 8)), &GLIDER);
    let later = file("barrier-later.cells", rows.join("\n").as_bytes());
    let reason = expected(&rows).expect_err("the board is too narrow");
    for _ in 0..20 {
        let start = format!(
            "{}: generation 0 reaches the edge in row 8; leave more room\n",
            slashed(&at_once)
        );
        fails(&run(&[&at_once]), &start);
        fails(&run(&[&later]), &format!("{}: {reason}", slashed(&later)));
    }
}

#[test]
fn a_malformed_row_is_named() {
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
        let path = file(
            "barrier-malformed.cells",
            format!("!Comment\n...\n{row}\nwrong as well\n").as_bytes(),
        );
        fails(
            &run(&[&path]),
            &format!(
                "{}:3: expected a row such as ..O.OO, found {row:?}\n",
                slashed(&path)
            ),
        );
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let bytes = file("barrier-bytes.cells", b"..\xff\n");
    for path in [folder, &folder.join("barrier-missing.cells"), &bytes] {
        fails(&run(&[path]), &format!("cannot read {}: ", slashed(path)));
    }
}

#[test]
fn a_second_board_is_one_too_many() {
    fails(
        &run(&["one", "two"]),
        "cannot play two as well: name one file\n",
    );
}

/// Of address space for two threads and no more: the third cannot be started. Two bands wait for the
/// others then, which do not come.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
#[test]
fn nobody_is_left_waiting_when_a_thread_cannot_be_started() {
    for _ in 0..5 {
        let mut command = Command::new("sh");
        command.args([
            "-c",
            "ulimit -v 1048576; exec \"$0\"",
            env!("CARGO_BIN_EXE_barrier"),
        ]);
        let run = end(command
            .env("RUST_MIN_STACK", "419430400")
            .env("RUST_BACKTRACE", "0"));
        assert_eq!(
            (run.code, &*run.stdout),
            (Some(101), ""),
            "standard error: {}",
            run.stderr
        );
        assert!(
            run.stderr.contains("failed to spawn thread"),
            "{}",
            run.stderr
        );
    }
}
