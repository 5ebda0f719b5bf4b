//! Runs the recipe as a reader does: on its own input, on other trees, and on what is no tree or not readable.

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

/// Runs the recipe to its end, or kills it at the limit and fails.
fn run<A: AsRef<Path>>(arguments: &[A]) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_queue"))
        .args(arguments.iter().map(A::as_ref))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the recipe starts");
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

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if path.exists() {
        fs::remove_dir_all(&path).expect("what an earlier run left can be removed");
    }
    fs::create_dir(&path).expect("the test's folder can be written to");
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

#[test]
fn the_default_input_gives_the_expected_output_at_every_run() {
    for _ in 0..10 {
        succeeds(&run::<&str>(&[]), include_str!("../expected.txt"));
    }
}

/// Three extensions, files without one, a folder with a dot in its name, an empty folder and an empty file.
fn small_tree(name: &str) -> PathBuf {
    let tree = folder(name);
    fs::create_dir_all(tree.join("notes.d/deep")).expect("a folder");
    fs::create_dir(tree.join("empty.d")).expect("a folder");
    let files: [(&str, &[u8]); 8] = [
        ("README", b"read me\n"),
        (".hidden", b"\n\n"),
        ("a.txt", b"one\ntwo\n"),
        ("notes.d/b.txt", b"no newline at the end"),
        ("notes.d/deep/c.txt", b""),
        ("notes.d/deep/d.TXT", b"one\ntwo"),
        ("notes.d/deep/e.tar.gz", b"\x00\xff\n\x1f"),
        ("notes.d/deep/f.gz", b"\r\n"),
    ];
    for (path, content) in files {
        fs::write(tree.join(path), content).expect("a file");
    }
    tree
}

const SMALL_TREE: &str = "extension   files    lines      bytes\n\
                          (none)          2        3         10\n\
                          TXT             1        2          7\n\
                          gz              2        3          6\n\
                          txt             3        3         29\n\
                          total           8       11         52\n";

#[test]
fn the_tree_named_is_counted() {
    succeeds(&run(&[small_tree("queue-small")]), SMALL_TREE);
}

#[test]
fn an_empty_tree_has_nothing() {
    let expected = "extension   files    lines      bytes\ntotal           0        0          0\n";
    succeeds(&run(&[folder("queue-empty")]), expected);
}

#[test]
fn a_long_file_is_counted_to_its_end() {
    let tree = folder("queue-long");
    fs::write(tree.join("long.log"), "0123456789\n".repeat(100_000)).expect("a file");
    let expected = "extension   files    lines      bytes\n\
                    log             1   100000    1100000\n\
                    total           1   100000    1100000\n";
    succeeds(&run(&[tree]), expected);
}

#[test]
fn a_deep_tree_and_a_wide_one_are_walked_to_their_ends() {
    let tree = folder("queue-deep");
    let mut deepest = tree.clone();
    for _ in 0..50 {
        deepest.push("d");
        fs::create_dir(&deepest).expect("a folder");
        fs::write(deepest.join("f.txt"), "1\n").expect("a file");
    }
    for number in 0..500 {
        fs::write(tree.join(format!("{number}.csv")), "2\n").expect("a file");
    }
    let expected = "extension   files    lines      bytes\n\
                    csv           500      500       1000\n\
                    txt            50       50        100\n\
                    total         550      550       1100\n";
    for _ in 0..5 {
        succeeds(&run(&[&tree]), expected);
    }
}

#[cfg(unix)]
#[test]
fn links_and_pipes_are_left_out() {
    use std::os::unix::fs::symlink;
    let tree = small_tree("queue-links");
    symlink("..", tree.join("notes.d/cycle")).expect("a link");
    symlink("a.txt", tree.join("link.txt")).expect("a link");
    symlink("nowhere", tree.join("broken")).expect("a link");
    // Opened, a pipe that nobody writes to would hold its worker up for ever.
    assert!(
        Command::new("mkfifo")
            .arg(tree.join("pipe"))
            .status()
            .expect("mkfifo starts")
            .success()
    );
    succeeds(&run(&[&tree]), SMALL_TREE);
    let link = folder("queue-link-to-tree").join("tree");
    symlink(&tree, &link).expect("a link");
    succeeds(&run(&[link]), SMALL_TREE);
}

#[test]
fn a_root_that_is_missing_is_named() {
    let missing = folder("queue-root").join("missing");
    fails(
        &run(&[&missing]),
        &format!("cannot read {}: ", missing.display()),
    );
}

#[test]
fn a_root_that_is_a_file_is_named() {
    let path = folder("queue-file").join("file.txt");
    fs::write(&path, "text\n").expect("a file");
    fails(&run(&[&path]), &format!("cannot read {}: ", path.display()));
}

#[test]
fn a_second_root_is_one_too_many() {
    fails(
        &run(&["one", "two"]),
        "cannot walk two as well: name one directory\n",
    );
}

/// Permissions would not do here, since root may read everything. A path longer than the system takes stops anybody: two
/// chains of folders that are each short enough, one moved to the end of the other.
#[cfg(target_os = "linux")]
#[test]
fn the_first_unreadable_path_in_order_is_named() {
    let tree = folder("queue-unreadable");
    let chain = |root: &Path| (0..20).fold(root.to_owned(), |path, _| path.join("x".repeat(100)));
    for name in ["b", "c"] {
        let (near, far) = (tree.join(name), tree.join("far"));
        fs::create_dir_all(chain(&near)).expect("the first chain");
        fs::create_dir_all(chain(&far)).expect("the second chain");
        fs::write(chain(&far).join("unreachable.txt"), "").expect("a file");
        fs::rename(&far, chain(&near).join("far")).expect("the second chain moves");
    }
    fs::write(tree.join("a.txt"), "text\n").expect("a file");
    for _ in 0..10 {
        fails(
            &run(&[&tree]),
            &format!("cannot read {}", tree.join("b/x").display()),
        );
    }
    fs::remove_dir_all(tree).expect("the tree can be removed");
}
