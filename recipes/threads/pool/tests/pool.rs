//! Tests what only this recipe promises. `shared/tools/checks` tests what every recipe promises.

use std::fs::{self, File};
use std::io::BufReader;
use std::panic;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use checks::process::End;
use checks::program::Program;
use checks::scratch::Scratch;
use crossbeam::channel;
use png::{BitDepth, ColorType, Decoder, Encoder};

/// The program itself, for the tests of its `Pool`.
#[path = "../src/main.rs"]
#[expect(dead_code, reason = "the tests do not call its `main`")]
mod recipe;

use recipe::Pool;

/// Long enough for a slow machine. A test that takes longer has hung.
const TIME_LIMIT: Duration = Duration::from_secs(60);

const EXPECTED: &str = include_str!("../expected.txt");
const TWIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pool.py");
const PICTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/input/pictures");

fn pool() -> Program {
    Program::new(env!("CARGO_BIN_EXE_pool"))
}

fn scratch(test: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), test)
}

/// Runs the recipe on the folder `pictures` of a test. The sheet is written next to that folder.
fn run(scratch: &Scratch, options: &[&str]) -> End {
    let sheet = scratch.path().join("sheet.png");
    let mut arguments = vec![Path::new("--sheet"), &sheet];
    arguments.extend(options.iter().map(Path::new));
    let pictures = scratch.folder("pictures");
    arguments.push(&pictures);
    pool().run(arguments)
}

/// Writes a picture of one row.
fn picture(scratch: &Scratch, name: &str, color: ColorType, bytes: &[u8]) {
    let width = u32::try_from(bytes.len() / color.samples()).expect("it is short");
    let file = File::create(scratch.folder("pictures").join(name)).expect("a file");
    let mut encoder = Encoder::new(file, width, 1);
    encoder.set_color(color);
    encoder.set_depth(BitDepth::Eight);
    if color == ColorType::Indexed {
        encoder.set_palette(&[255, 0, 0, 0, 0, 255][..]);
    }
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(bytes).expect("the pixels");
    writer.finish().expect("the end");
}

fn gray(scratch: &Scratch, name: &str) {
    picture(scratch, name, ColorType::Grayscale, &[7]);
}

/// Width, height and bytes of the pixels.
fn pixels(file: &Path) -> (u32, u32, Vec<u8>) {
    let decoder = Decoder::new(BufReader::new(
        File::open(file).expect("the picture exists"),
    ));
    let mut reader = decoder.read_info().expect("it is a picture");
    let mut bytes = vec![0; reader.output_buffer_size().expect("it is small")];
    let info = reader.next_frame(&mut bytes).expect("it is whole");
    (info.width, info.height, bytes)
}

/// The names of what is in the folder of a test, in order.
fn names(scratch: &Scratch) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(scratch.path()).expect("the folder exists") {
        let name = entry.expect("it can be read").file_name();
        names.push(name.to_string_lossy().into_owned());
    }
    names.sort();
    names
}

#[test]
fn every_run_prints_the_same_for_any_number_of_threads() {
    let scratch = scratch("every_run_prints_the_same_for_any_number_of_threads");
    let sheet = scratch.path().join("sheet.png");
    for threads in ["1", "4", "12", "256"] {
        let options = ["--threads", threads, "--sheet"].map(Path::new);
        let end = pool().run([&options[..], &[&*sheet, Path::new(PICTURES)]].concat());
        end.assert_prints(EXPECTED);
        let said = format!("contact sheet: {}\n", sheet.display());
        assert_eq!(end.stderr, said);
    }
    assert_eq!(names(&scratch), ["sheet.png"]);
}

#[test]
fn the_chapter_shows_the_sheet_that_the_recipe_writes() {
    let scratch = scratch("the_chapter_shows_the_sheet_that_the_recipe_writes");
    let sheet = scratch.path().join("sheet.png");
    let options = [Path::new("--sheet"), &sheet];
    pool().run(options).assert_prints(EXPECTED);
    let shown = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../docs/src/threads/pool-sheet.png"
    );
    let is_same = pixels(&sheet) == pixels(Path::new(shown));
    assert!(is_same, "copy {} to {shown}", sheet.display());
}

#[test]
fn one_picture_is_a_sheet_of_one_cell() {
    let scratch = scratch("one_picture_is_a_sheet_of_one_cell");
    gray(&scratch, "one.png");
    let line = "one.png  1 x 1 to 1 x 1, average color #070707\n";
    let end = run(&scratch, &[]);
    assert!(end.stdout.starts_with(line), "{}", end.stdout);
    let (width, height, bytes) = pixels(&scratch.path().join("sheet.png"));
    assert_eq!((width, height), (80, 80));
    // The picture is in the middle of its cell.
    let middle = (39 * 80 + 39) * 3;
    assert_eq!(
        bytes[middle - 3..middle + 6],
        [48, 48, 48, 7, 7, 7, 48, 48, 48]
    );
}

#[test]
fn ten_times_the_pictures_are_done_in_their_order() {
    let scratch = scratch("ten_times_the_pictures_are_done_in_their_order");
    for entry in fs::read_dir(PICTURES).expect("the pictures exist") {
        let path = entry.expect("the folder can be read").path();
        let name = path.file_name().expect("a name").to_string_lossy();
        for copy in 0..10 {
            let bytes = fs::read(&path).expect("the picture can be read");
            scratch.file(&format!("pictures/{copy}-{name}"), bytes);
        }
    }
    let mut expected = String::new();
    let table = EXPECTED.lines().filter(|line| line.contains(".png "));
    let rows: Vec<_> = table.collect();
    for copy in 0..10 {
        for row in &rows {
            expected += &format!("{copy}-{row}\n");
        }
    }
    let end = run(&scratch, &[]);
    let (rows, total) = end.stdout.split_at(expected.len().min(end.stdout.len()));
    assert_eq!(rows, expected);
    assert!(total.starts_with("110 of 120 pictures are on"), "{total}");
}

#[test]
fn a_thousand_pictures_are_the_most() {
    let scratch = scratch("a_thousand_pictures_are_the_most");
    for number in 0..1000 {
        gray(&scratch, &format!("{number}.png"));
    }
    let end = run(&scratch, &[]);
    assert!(
        end.stdout.contains("\n1000 of 1000 pictures are on"),
        "{end:?}"
    );
    gray(&scratch, "1000.png");
    run(&scratch, &[]).assert_refuses("has 1001 PNG files; a contact sheet holds at most 1000");
}

#[test]
fn the_first_failure_in_the_order_of_names_is_the_one_that_stops() {
    let scratch = scratch("the_first_failure_in_the_order_of_names_is_the_one_that_stops");
    for number in 10..60 {
        gray(&scratch, &format!("{number}.png"));
    }
    for number in 30..40 {
        scratch.file(&format!("pictures/{number}.png"), "no picture\n");
    }
    for threads in ["1", "4", "64"] {
        for _ in 0..5 {
            let end = run(&scratch, &["--fail-fast", "--threads", threads]);
            end.assert_refuses("30.png failed: it is not a PNG picture, or it is damaged; stopped");
        }
    }
    assert_eq!(names(&scratch), ["pictures"]);
}

#[test]
fn without_a_failure_fail_fast_changes_nothing() {
    let scratch = scratch("without_a_failure_fail_fast_changes_nothing");
    gray(&scratch, "a.png");
    gray(&scratch, "b.png");
    let end = run(&scratch, &[]);
    run(&scratch, &["--fail-fast"]).assert_prints(&end.stdout);
}

#[test]
fn a_file_that_is_no_picture_is_reported_as_failed() {
    let scratch = scratch("a_file_that_is_no_picture_is_reported_as_failed");
    scratch.file("pictures/empty.png", "");
    scratch.file("pictures/text.png", "This is a text and no picture.\n");
    let whole = fs::read(Path::new(PICTURES).join("clock.png")).expect("the picture can be read");
    scratch.file("pictures/cut.png", &whole[..whole.len() - 1]);
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    scratch.file("pictures/flipped.png", flipped);
    let mut huge = whole[..33].to_vec();
    huge[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
    let checksum = crc32fast::hash(&huge[12..29]);
    huge[29..].copy_from_slice(&checksum.to_be_bytes());
    huge.extend_from_slice(&whole[33..]);
    scratch.file("pictures/huge.png", huge);
    // Neither of these is a file whose name ends in `.png`.
    scratch.file("pictures/notes.txt", "");
    scratch.folder("pictures/folder.png");
    let expected = "\
cut.png      failed: the file ends too early
empty.png    failed: the file ends too early
flipped.png  failed: it is not a PNG picture, or it is damaged
huge.png     failed: it has 65536 x 65536 pixels; the limit is 40 million
text.png     failed: it is not a PNG picture, or it is damaged
0 of 5 pictures are on the contact sheet: 296 x 152, CRC-32 ";
    let end = run(&scratch, &[]);
    assert!(end.stdout.starts_with(expected), "{}", end.stdout);
    assert_twin_prints(&scratch, &end.stdout);
}

#[test]
fn every_kind_of_color_is_read() {
    let scratch = scratch("every_kind_of_color_is_read");
    picture(&scratch, "a.PNG", ColorType::Grayscale, &[10, 13]);
    picture(
        &scratch,
        "b.png",
        ColorType::GrayscaleAlpha,
        &[0, 255, 0, 51],
    );
    picture(&scratch, "c.png", ColorType::Rgb, &[1, 2, 3]);
    picture(&scratch, "d.png", ColorType::Rgba, &[0, 100, 200, 0]);
    picture(&scratch, "e.png", ColorType::Indexed, &[0, 1]);
    picture(&scratch, "f.png", ColorType::Grayscale, &[9; 1000]);
    let expected = "\
a.PNG  2 x 1 to 2 x 1, average color #0c0c0c
b.png  2 x 1 to 2 x 1, average color #666666
c.png  1 x 1 to 1 x 1, average color #010203
d.png  1 x 1 to 1 x 1, average color #ffffff
e.png  2 x 1 to 2 x 1, average color #800080
f.png  1000 x 1 to 64 x 1, average color #090909
6 of 6 pictures are on the contact sheet: 296 x 152, CRC-32 ";
    let end = run(&scratch, &[]);
    assert!(end.stdout.starts_with(expected), "{}", end.stdout);
    assert_twin_prints(&scratch, &end.stdout);
}

/// The twin is tested only where there is a Python.
fn has_python() -> bool {
    Command::new("python3").arg("--version").output().is_ok()
}

fn assert_twin_prints(scratch: &Scratch, expected: &str) {
    if !has_python() {
        return;
    }
    let twin = Path::new(TWIN);
    let sheet = scratch.path().join("twin.png");
    let pictures = scratch.folder("pictures");
    let arguments = [twin, Path::new("--sheet"), &sheet, &pictures];
    Program::new("python3")
        .run(arguments)
        .assert_prints(expected);
    assert!(pixels(&sheet) == pixels(&scratch.path().join("sheet.png")));
}

#[test]
fn the_command_line_is_checked_before_the_work_begins() {
    let scratch = scratch("the_command_line_is_checked_before_the_work_begins");
    gray(&scratch, "a.png");
    for number in ["0", "257", "-1", "many", ""] {
        let reason = format!("--threads needs a number from 1 to 256, found \"{number}\"");
        run(&scratch, &["--threads", number]).assert_refuses(&reason);
    }
    run(&scratch, &["--quick"]).assert_refuses("unknown option --quick; expected [--fail-fast]");
    run(&scratch, &["elsewhere"]).assert_refuses("there can be only one folder; expected [");
    pool()
        .run(["--sheet"])
        .assert_refuses("--sheet needs the name of a file");
    let folder = scratch.path();
    pool()
        .run([Path::new("--sheet"), folder])
        .assert_refuses("it is not the name of a file");
    pool()
        .run([Path::new("--sheet"), &folder.join("none/sheet.png")])
        .assert_refuses("there is no folder");
    assert_eq!(names(&scratch), ["pictures"]);
}

#[test]
fn a_sheet_that_would_replace_a_picture_is_refused() {
    let scratch = scratch("a_sheet_that_would_replace_a_picture_is_refused");
    gray(&scratch, "a.png");
    let pictures = scratch.folder("pictures");
    let before = fs::read(pictures.join("a.png")).expect("the picture is there");
    let same_file = pictures.join("../pictures/a.png");
    let arguments = [Path::new("--sheet"), &same_file, &pictures];
    let reason = "it is one of the pictures";
    pool().run(arguments).assert_refuses(reason);
    let after = fs::read(pictures.join("a.png")).expect("the picture is there");
    assert!(before == after);
    if has_python() {
        let twin = Path::new(TWIN);
        let end = Program::new("python3").run([&[twin][..], &arguments].concat());
        end.assert_refuses(reason);
    }
}

#[cfg(unix)]
#[test]
fn a_newline_in_a_name_does_not_break_the_table() {
    let scratch = scratch("a_newline_in_a_name_does_not_break_the_table");
    gray(&scratch, "a\nb.png");
    let end = run(&scratch, &[]);
    assert!(
        end.stdout.starts_with("a\u{fffd}b.png  1 x 1 to"),
        "{}",
        end.stdout
    );
}

/// A limit on the size of files ends the program with a signal while it writes the sheet.
#[cfg(target_os = "linux")]
#[test]
fn a_program_that_is_killed_while_it_writes_leaves_the_old_sheet() {
    let scratch = scratch("a_program_that_is_killed_while_it_writes_leaves_the_old_sheet");
    let sheet = scratch.file("sheet.png", "the old sheet\n");
    let limited = "ulimit -c 0 && ulimit -f 8 && \"$@\"; exit $?";
    let recipe = Path::new(env!("CARGO_BIN_EXE_pool"));
    let shell = ["-c", limited, "sh"].map(Path::new);
    let end =
        Program::new("/bin/sh").run([&shell[..], &[recipe, Path::new("--sheet"), &sheet]].concat());
    // How a shell reports the end by a signal, here number 25, SIGXFSZ.
    assert_eq!(end.code, Some(128 + 25), "{end:?}");
    let left = fs::read(&sheet).expect("the sheet is there");
    assert_eq!(left, b"the old sheet\n");
}

/// Kills the program when the test ends, even if the test fails.
#[cfg(target_os = "linux")]
struct Running(std::process::Child);

#[cfg(target_os = "linux")]
impl Drop for Running {
    fn drop(&mut self) {
        // Both fail if the program has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One of the pictures is a pipe, and a job is reading it when Ctrl-C comes. So this is before the
/// sheet is written; the test above stops the program while it writes.
#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_while_a_job_runs_leaves_the_old_sheet_and_nothing_else() {
    use std::io::Write;
    use std::os::unix::process::ExitStatusExt;
    use std::time::Instant;

    let scratch = scratch("ctrl_c_while_a_job_runs_leaves_the_old_sheet_and_nothing_else");
    let sheet = scratch.file("sheet.png", "the old sheet\n");
    gray(&scratch, "a.png");
    let pipe = scratch.folder("pictures").join("b.png");
    Program::new("mkfifo").run([&pipe]).assert_prints("");

    // A shell that runs this test in the background may have told it to ignore Ctrl-C.
    let recipe = Command::new("env")
        .args([
            "--default-signal=INT",
            env!("CARGO_BIN_EXE_pool"),
            "--sheet",
        ])
        .args([&sheet, &scratch.folder("pictures")])
        .spawn()
        .expect("the recipe can be run");
    let mut recipe = Running(recipe);
    let (sender, opened) = mpsc::channel();
    thread::spawn(move || {
        // Waits until a job has opened the pipe to read from it.
        let mut pipe = File::options()
            .write(true)
            .open(pipe)
            .expect("it is a pipe");
        pipe.write_all(b"\x89PNG").expect("a job reads");
        sender.send(pipe).expect("the test waits");
    });
    let pipe = opened
        .recv_timeout(TIME_LIMIT)
        .expect("a job opens the pipe");

    let interrupt = format!("kill -INT {}", recipe.0.id());
    Program::new("/bin/sh")
        .run(["-c", &interrupt])
        .assert_prints("");
    let deadline = Instant::now() + TIME_LIMIT;
    let status = loop {
        if let Some(status) = recipe.0.try_wait().expect("it is a child") {
            break status;
        }
        assert!(Instant::now() < deadline, "Ctrl-C does not end the program");
        thread::yield_now();
    };
    drop(pipe);
    assert_eq!(status.signal(), Some(2));
    assert_eq!(
        fs::read(&sheet).expect("the sheet is there"),
        b"the old sheet\n"
    );
    assert_eq!(names(&scratch), ["pictures", "sheet.png"]);
}

#[cfg(target_os = "linux")]
#[test]
fn progress_is_shown_on_a_terminal_only() {
    let sheet = scratch("progress_is_shown_on_a_terminal_only")
        .path()
        .join("sheet.png");
    let command = format!(
        "'{}' --sheet '{}'",
        env!("CARGO_BIN_EXE_pool"),
        sheet.display()
    );
    // `script` runs a command in a terminal of its own.
    if Command::new("script").arg("--version").output().is_ok() {
        let end = Program::new("script").run(["-qec", &command, "/dev/null"]);
        assert!(end.stdout.contains("/12"), "{:?}", end.stdout);
    }
    let end = Program::new("/bin/sh").run(["-c", &command]);
    assert!(!end.stderr.contains("/12"), "{:?}", end.stderr);
}

/// Runs a test that would hang forever if the pool did not work.
#[track_caller]
fn within_the_limit(test: impl FnOnce() + Send + 'static) {
    let (sender, ended) = mpsc::channel();
    thread::spawn(move || {
        test();
        sender.send(()).expect("the caller waits");
    });
    // There is an error at once if the test panics, because that drops the sender.
    ended
        .recv_timeout(TIME_LIMIT)
        .expect("the test panicked or hangs");
}

#[test]
fn a_panic_is_returned_by_join_and_the_thread_goes_on() {
    within_the_limit(|| {
        let pool = Pool::new(1).expect("a thread");
        // Panics without a message on standard error.
        let panics = pool.submit(|| -> u32 { panic::resume_unwind(Box::new("no picture")) });
        let next = pool.submit(|| 8);
        let payload = panics.join().unwrap_err();
        assert_eq!(payload.downcast_ref::<&str>(), Some(&"no picture"));
        assert_eq!(next.join().unwrap(), 8);
    });
}

#[test]
fn dropping_the_pool_waits_for_all_jobs() {
    within_the_limit(|| {
        for _ in 0..100 {
            let pool = Pool::new(3).expect("threads");
            let (sender, done) = mpsc::channel();
            for number in 0..20 {
                let sender = sender.clone();
                // Its task is dropped: only the pool waits for this job.
                pool.submit(move || sender.send(number).expect("the test receives"));
            }
            drop(pool);
            assert_eq!(done.try_iter().count(), 20);
        }
    });
}

#[test]
fn no_more_jobs_run_at_once_than_the_pool_has_threads() {
    within_the_limit(|| {
        let pool = Pool::new(2).expect("threads");
        let (begin, has_begun) = mpsc::channel();
        let (go_on, may_go_on) = channel::unbounded();
        for _ in 0..3 {
            let (begin, may_go_on) = (begin.clone(), may_go_on.clone());
            pool.submit(move || {
                begin.send(()).expect("the test receives");
                // Returns, perhaps with an error, when the test goes on.
                let _ = may_go_on.recv();
            });
        }
        for _ in 0..2 {
            has_begun.recv().expect("two jobs begin");
        }
        // Both threads wait for `go_on`. If there were one more, it would begin the third job now.
        let third = has_begun.recv_timeout(Duration::from_millis(50));
        assert_eq!(third, Err(RecvTimeoutError::Timeout));
        go_on.send(()).expect("a job waits");
        has_begun.recv().expect("the third job begins");
        drop(go_on);
    });
}

#[test]
fn a_canceled_job_never_runs_and_its_task_says_so() {
    within_the_limit(|| {
        let pool = Pool::new(1).expect("a thread");
        let (begin, has_begun) = mpsc::channel();
        let (go_on, may_go_on) = mpsc::channel();
        let running = pool.submit(move || {
            begin.send(()).expect("the test waits");
            may_go_on.recv().expect("the test goes on");
            1
        });
        has_begun.recv().expect("the first job begins");
        let queued = pool.submit(|| -> u32 { panic!("it was canceled") });
        pool.cancel();
        go_on.send(()).expect("the job waits");
        assert_eq!(running.join().unwrap(), 1);
        let payload = queued.join().unwrap_err();
        let reason = payload.downcast_ref::<&str>();
        assert_eq!(reason, Some(&"the job was canceled"));
    });
}
