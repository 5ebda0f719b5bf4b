//! Runs the recipe on trees of all kinds: with files without an extension, with links and pipes,
//! with huge files, with parts that cannot be read, and while another program changes the tree.

use std::fs::{self, File};
use std::path::Path;
#[cfg(target_os = "linux")]
use std::{
    process::Command,
    thread,
    time::{Duration, Instant},
};

#[cfg(target_os = "linux")]
use checks::process::End;
use checks::program::Program;
use checks::scratch::Scratch;

fn queue() -> Program {
    Program::new(env!("CARGO_BIN_EXE_queue"))
}

fn scratch(test: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), test)
}

/// Creates a file of zeros that takes up no space on the disk.
fn sparse_file(path: &Path, size: u64) {
    let file = File::create(path).expect("the scratch folder can be written to");
    file.set_len(size)
        .expect("the file system supports sparse files");
}

/// A folder with a dot in its name, an empty folder, an empty file, and names with and without an
/// extension.
fn small_tree(test: &str) -> Scratch {
    let scratch = scratch(test);
    scratch.folder("empty.d");
    scratch.file("README", "read me\n");
    scratch.file(".hidden", "\n\n");
    scratch.file("a.txt", "one\ntwo\n");
    scratch.file("notes.d/b.txt", "no newline at the end");
    scratch.file("notes.d/deep/c.txt", "");
    scratch.file("notes.d/deep/d.TXT", "one\ntwo");
    scratch.file("notes.d/deep/e.tar.gz", b"\x00\xff\n\x1f");
    scratch.file("notes.d/deep/f.gz", "\r\n");
    scratch
}

const SMALL_TREE: &str = "\
extension   files    lines      bytes
(none)          2        3         10
TXT             1        2          7
gz              2        3          6
txt             3        3         29
total           8       11         52
";

#[test]
fn the_output_is_the_same_on_every_run() {
    for _ in 0..10 {
        queue()
            .run_alone()
            .assert_prints(include_str!("../expected.txt"));
    }
}

#[test]
fn every_extension_has_a_row() {
    let tree = small_tree("every_extension_has_a_row");
    queue().run([tree.path()]).assert_prints(SMALL_TREE);
}

#[test]
fn a_name_that_ends_with_a_dot_has_no_extension() {
    let tree = scratch("a_name_that_ends_with_a_dot_has_no_extension");
    tree.file("dot.", "1\n");
    tree.file("none", "2\n");
    queue().run([tree.path()]).assert_prints(
        "extension   files    lines      bytes\n\
         (none)          2        2          4\n\
         total           2        2          4\n",
    );
}

#[cfg(unix)]
#[test]
fn a_newline_in_a_name_does_not_break_the_table() {
    let tree = scratch("a_newline_in_a_name_does_not_break_the_table");
    tree.file("a.x\ny", "1\n");
    queue().run([tree.path()]).assert_prints(
        "extension   files    lines      bytes\n\
         x\u{fffd}y             1        1          2\n\
         total           1        1          2\n",
    );
}

#[test]
fn an_empty_tree_has_no_files() {
    let tree = scratch("an_empty_tree_has_no_files");
    queue().run([tree.path()]).assert_prints(
        "extension   files    lines      bytes\n\
         total           0        0          0\n",
    );
}

#[test]
fn a_deep_tree_and_a_wide_one_are_walked_to_the_end() {
    let tree = scratch("a_deep_tree_and_a_wide_one_are_walked_to_the_end");
    let mut deepest = String::new();
    for _ in 0..50 {
        deepest += "d/";
        tree.file(&format!("{deepest}f.txt"), "1\n");
    }
    for number in 0..500 {
        tree.file(&format!("{number}.csv"), "2\n");
    }
    for _ in 0..5 {
        queue().run([tree.path()]).assert_prints(
            "extension   files    lines      bytes\n\
             csv           500      500       1000\n\
             txt            50       50        100\n\
             total         550      550       1100\n",
        );
    }
}

#[test]
fn a_file_of_many_chunks_is_counted_to_the_end() {
    let tree = scratch("a_file_of_many_chunks_is_counted_to_the_end");
    tree.file("long.log", "0123456789\n".repeat(100_000) + "end");
    queue().run([tree.path()]).assert_prints(
        "extension   files    lines      bytes\n\
         log             1   100001    1100003\n\
         total           1   100001    1100003\n",
    );
}

/// The recipe used to read whole files into memory.
#[cfg(target_os = "linux")]
#[test]
fn a_file_larger_than_the_memory_is_counted() {
    let tree = scratch("a_file_larger_than_the_memory_is_counted");
    sparse_file(&tree.path().join("disk.img"), 512 << 20);
    // In KiB: the program may have 200 MB of memory, stacks included.
    let limited = "ulimit -v 200000 && exec \"$0\" \"$1\"";
    let recipe = Path::new(env!("CARGO_BIN_EXE_queue"));
    let arguments = [Path::new("-c"), Path::new(limited), recipe, tree.path()];
    Program::new("/bin/sh").run(arguments).assert_prints(
        "extension   files    lines      bytes\n\
         img             1        1  536870912\n\
         total           1        1  536870912\n",
    );
}

/// At 11 GB, the column of bytes used to touch the column of lines.
#[test]
fn columns_make_room_for_large_numbers_and_long_names() {
    let tree = scratch("columns_make_room_for_large_numbers_and_long_names");
    // Hard links, so that the operating system has to provide one tenth of a gigabyte only.
    let first = tree.path().join("0.extensionalism");
    sparse_file(&first, 100_000_000);
    for number in 1..110 {
        let link = tree.path().join(format!("{number}.extensionalism"));
        fs::hard_link(&first, link).expect("the file system supports hard links");
    }
    queue().run([tree.path()]).assert_prints(
        "extension       files    lines       bytes\n\
         extensionalism    110      110 11000000000\n\
         total             110      110 11000000000\n",
    );
}

#[cfg(unix)]
#[test]
fn links_and_pipes_are_left_out() {
    use std::os::unix::fs::symlink;
    let tree = small_tree("links_and_pipes_are_left_out");
    let at = |name: &str| tree.path().join(name);
    symlink("..", at("notes.d/cycle")).expect("a link");
    symlink("a.txt", at("link.txt")).expect("a link");
    symlink("nowhere", at("broken")).expect("a link");
    // A worker that opened this pipe would wait forever for somebody to write to it.
    Program::new("mkfifo").run([at("pipe")]).assert_prints("");
    queue().run([tree.path()]).assert_prints(SMALL_TREE);
}

#[cfg(unix)]
#[test]
fn a_link_on_the_command_line_is_followed() {
    let tree = small_tree("a_link_on_the_command_line_is_followed");
    let link = scratch("a_link_on_the_command_line").path().join("tree");
    std::os::unix::fs::symlink(tree.path(), &link).expect("a link");
    queue().run([&link]).assert_prints(SMALL_TREE);
}

#[test]
fn a_file_in_place_of_a_tree_is_refused() {
    let file = scratch("a_file_in_place_of_a_tree_is_refused").file("a.txt", "text\n");
    queue()
        .run([&file])
        .assert_refuses(&format!("cannot read {}: ", file.display()));
}

#[test]
fn a_second_tree_is_refused() {
    queue()
        .run(["one", "two"])
        .assert_refuses("expected one directory, found 2 arguments\n");
}

/// Permissions would not do here, because root may read everything. Nobody can open a path that is
/// longer than the system allows: two chains of folders that are short enough, one of which has
/// been moved to the end of the other.
#[cfg(target_os = "linux")]
#[test]
fn the_first_path_that_cannot_be_read_is_named() {
    let scratch = scratch("the_first_path_that_cannot_be_read_is_named");
    let chain = vec!["x".repeat(100); 20].join("/");
    for name in ["b", "c"] {
        let near = scratch.folder(&format!("{name}/{chain}"));
        let far = scratch.folder("far");
        scratch.file(&format!("far/{chain}/unreachable.txt"), "");
        fs::rename(far, near.join("far")).expect("the second chain can be moved");
    }
    scratch.file("a.txt", "text\n");
    let first = scratch.path().join("b/x");
    for _ in 0..10 {
        queue()
            .run([scratch.path()])
            .assert_refuses(&format!("cannot read {}", first.display()));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_disappears_during_the_walk_is_left_out() {
    let scratch = scratch("what_disappears_during_the_walk_is_left_out");
    leaves_out_what_disappears(&scratch, |tree| queue().run([tree]));
}

#[cfg(target_os = "linux")]
#[test]
fn the_python_twin_leaves_out_what_disappears() {
    if Command::new("python3").arg("--version").output().is_err() {
        return; // The twins are tested where there is a Python.
    }
    let twin = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/queue.py"));
    let scratch = scratch("the_python_twin_leaves_out_what_disappears");
    leaves_out_what_disappears(&scratch, |tree| Program::new("python3").run([twin, tree]));
}

/// Removes parts of a tree while a program walks it.
///
/// Four files of a terabyte keep the four workers busy until this function cuts them off. So the
/// workers come to the other entries only after these have been removed.
#[cfg(target_os = "linux")]
fn leaves_out_what_disappears(scratch: &Scratch, run: impl Fn(&Path) -> End + Sync) {
    let tree = scratch.folder("tree");
    let huge = ["1.bin", "2.bin", "3.bin", "4.bin"].map(|name| tree.join(name));
    for file in &huge {
        sparse_file(file, 1 << 40);
    }
    let gone = scratch.file("tree/gone.txt", "text\n");
    let replaced = scratch.file("tree/replaced.txt", "text\n");
    // Not at the top: a directory comes before the files beside it.
    let gone_directory = scratch.folder("tree/0/gone");
    scratch.file("tree/0/kept.md", "text\n");

    let end = thread::scope(|scope| {
        let walk = scope.spawn(|| run(&tree));
        let deadline = Instant::now() + Duration::from_secs(30);
        while !huge.iter().all(|file| is_open(file)) {
            assert!(Instant::now() < deadline, "the workers open the files");
            thread::yield_now();
        }
        fs::remove_file(&gone).expect("the file can be removed");
        fs::remove_file(&replaced).expect("the file can be removed");
        fs::create_dir(&replaced).expect("a directory can take its place");
        fs::remove_dir(&gone_directory).expect("the directory can be removed");
        for file in &huge {
            sparse_file(file, 0);
        }
        walk.join().expect("the program ends")
    });

    assert_eq!(end.code, Some(0), "standard error: {}", end.stderr);
    let note = "not counted, because they disappeared during the walk: 3\n";
    assert!(end.stderr.ends_with(note), "{:?}", end.stderr);
    let mut extensions = Vec::new();
    for row in end.stdout.lines() {
        extensions.push(row.split(' ').next().unwrap_or_default());
    }
    assert_eq!(extensions, ["extension", "bin", "md", "total"]);
}

/// Whether any process has the file open.
#[cfg(target_os = "linux")]
fn is_open(file: &Path) -> bool {
    let processes = fs::read_dir("/proc").expect("Linux has /proc");
    for process in processes.flatten() {
        // Other users' processes cannot be looked into, and most entries are no processes.
        let Ok(descriptors) = fs::read_dir(process.path().join("fd")) else {
            continue;
        };
        for descriptor in descriptors.flatten() {
            if fs::read_link(descriptor.path()).is_ok_and(|path| path == file) {
                return true;
            }
        }
    }
    false
}

/// The recipe used to fail when a name in a listing was gone, or came twice.
#[cfg(target_os = "linux")]
#[test]
fn a_tree_may_change_during_the_walk() {
    let scratch = scratch("a_tree_may_change_during_the_walk");
    let mut files = Vec::new();
    for number in 0..1000 {
        files.push(scratch.file(&format!("{}/{number}.txt", number % 10), "text\n"));
    }
    thread::scope(|scope| {
        let runs = scope.spawn(|| {
            for _ in 0..20 {
                let end = queue().run([scratch.path()]);
                assert_eq!(end.code, Some(0), "standard error: {}", end.stderr);
            }
        });
        while !runs.is_finished() {
            for file in &files {
                let renamed = file.with_extension("renamed");
                fs::rename(file, &renamed).expect("the file can be renamed");
                fs::rename(&renamed, file).expect("the file can be renamed back");
            }
        }
        runs.join().expect("every run succeeds");
    });
}
