//! Tests what only this recipe promises. `shared/tools/checks` tests what every recipe promises.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use checks::program::Program;
use checks::scratch::Scratch;
use tokio::time::{self, Instant};

/// The program itself, for the tests that stop it at a certain time.
#[path = "../src/main.rs"]
#[expect(dead_code, reason = "the tests do not call its `main`")]
mod recipe;

use recipe::{Downloader, Failure, Site, download_all};

/// After Ctrl-C, the program ends within this time.
const STOP_LIMIT: Duration = Duration::from_millis(100);

fn fetch() -> Program {
    Program::new(env!("CARGO_BIN_EXE_fetch"))
}

fn scratch(test: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), test)
}

/// A site with one page of ten bytes, and these faults.
#[track_caller]
fn one_page(test: &str, faults: &str) -> String {
    let scratch = scratch(test);
    scratch.file("page.md", "0123456789");
    scratch.file("faults.txt", faults);
    let end = fetch().run([scratch.path()]);
    assert_eq!(end.code, Some(0), "{end:?}");
    end.stdout
}

/// The files below a folder, as paths relative to it.
fn files(folder: &Path) -> BTreeSet<String> {
    fn add(root: &Path, folder: &Path, files: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).expect("the folder exists") {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                add(root, &path, files);
            } else {
                let name = path.strip_prefix(root).expect("it is below the root");
                files.insert(name.to_str().expect("it is UTF-8").replace('\\', "/"));
            }
        }
    }
    let mut found = BTreeSet::new();
    add(folder, folder, &mut found);
    found
}

#[test]
fn every_run_prints_the_expected_report() {
    for _ in 0..10 {
        fetch()
            .run_alone()
            .assert_prints(include_str!("../expected.txt"));
    }
}

#[test]
fn the_limit_of_the_server_is_used_and_kept_to() {
    let said = fetch().run_alone().stderr;
    assert!(
        said.starts_with("at most 4 connections at once, "),
        "{said}"
    );
}

#[test]
fn without_a_folder_nothing_is_left() {
    let scratch = scratch("without_a_folder_nothing_is_left");
    for name in ["TMPDIR", "TMP", "TEMP"] {
        let end = fetch().env(name, scratch.path()).run_alone();
        end.assert_prints(include_str!("../expected.txt"));
    }
    assert_eq!(files(scratch.path()), BTreeSet::new());
}

#[test]
fn the_pages_are_saved_in_the_folder() {
    let scratch = scratch("the_pages_are_saved_in_the_folder");
    scratch.file("site/a/b/page.bin", b"\xff\x00\r\n");
    scratch.file("site/empty", "");
    scratch.file("pages/empty", "an older page");
    let pages = scratch.path().join("pages");
    fetch()
        .run([&scratch.path().join("site"), &pages])
        .assert_prints("saved 2 of 2 pages, 4 bytes\nrequests: 2, refused: 0\n");
    let expected = BTreeSet::from(["a/b/page.bin", "empty"].map(String::from));
    assert_eq!(files(&pages), expected);
    assert_eq!(
        fs::read(pages.join("a/b/page.bin")).unwrap(),
        b"\xff\x00\r\n"
    );
    assert_eq!(fs::read(pages.join("empty")).unwrap(), b"");
}

#[test]
fn a_page_that_cannot_be_saved_does_not_keep_others_from_it() {
    let scratch = scratch("a_page_that_cannot_be_saved");
    scratch.file("site/one", "1");
    scratch.file("site/two", "2");
    scratch.file("pages/one/in-the-way", "");
    let pages = scratch.path().join("pages");
    let end = fetch().run([&scratch.path().join("site"), &pages]);
    let report = end.stdout;
    assert!(
        report.starts_with("failed: one, cannot be saved: "),
        "{report}"
    );
    assert!(report.contains("saved 1 of 2 pages, 1 bytes"), "{report}");
    let expected = BTreeSet::from(["one/in-the-way", "two"].map(String::from));
    assert_eq!(files(&pages), expected);
}

#[test]
fn an_empty_site_has_no_pages() {
    let scratch = scratch("an_empty_site_has_no_pages");
    fetch()
        .run([scratch.path()])
        .assert_prints("saved 0 of 0 pages, 0 bytes\nrequests: 0, refused: 0\n");
}

#[test]
fn ten_times_as_many_pages_are_all_saved() {
    let scratch = scratch("ten_times_as_many_pages_are_all_saved");
    for number in 0..400 {
        scratch.file(&format!("{number}.md"), "page");
    }
    fetch()
        .run([scratch.path()])
        .assert_prints("saved 400 of 400 pages, 1600 bytes\nrequests: 400, refused: 0\n");
}

#[test]
fn the_largest_page_is_saved_and_a_larger_one_is_refused() {
    let scratch = scratch("the_largest_page_is_saved");
    scratch.file("large", vec![b'x'; 1024 * 1024]);
    fetch()
        .run([scratch.path()])
        .assert_prints("saved 1 of 1 pages, 1048576 bytes\nrequests: 1, refused: 0\n");
    scratch.file("large", vec![b'x'; 1024 * 1024 + 1]);
    let end = fetch().run([scratch.path()]);
    end.assert_refuses("large is larger than 1048576 bytes");
}

#[test]
fn a_busy_page_is_asked_for_three_times() {
    assert_eq!(
        one_page("busy_twice", "page.md busy 2\n"),
        "saved: page.md, at attempt 3\nsaved 1 of 1 pages, 10 bytes\nrequests: 3, refused: 0\n"
    );
    assert_eq!(
        one_page("busy_three_times", "page.md busy 3\n"),
        "failed: page.md, the server answered 503\nsaved 0 of 1 pages, 0 bytes\n\
         requests: 3, refused: 0\n"
    );
}

/// The server takes 50 ms before it begins to answer, and the limit is 1000 ms.
#[test]
fn a_page_must_be_complete_before_the_limit() {
    let end = "saved 1 of 1 pages, 10 bytes\nrequests: 1, refused: 0\n";
    assert_eq!(one_page("slow", "page.md slow 940\n"), end);
    let too_late = "failed: page.md, not complete after 1000 ms\n\
                    saved 0 of 1 pages, 0 bytes\nrequests: 1, refused: 0\n";
    assert_eq!(one_page("too_slow", "page.md slow 960\n"), too_late);
    assert_eq!(one_page("silent", "page.md silent\n"), too_late);
}

/// Three of the four permits are held until the time limit. The other pages share the fourth.
#[test]
fn a_silent_page_holds_one_permit_only() {
    let scratch = scratch("a_silent_page_holds_one_permit_only");
    for number in 0..30 {
        scratch.file(&format!("{number}.md"), "page");
    }
    scratch.file("faults.txt", "0.md silent\n1.md silent\n10.md silent\n");
    let end = fetch().run([scratch.path()]);
    // In the first second, at least 19 pages use the fourth permit. The other 8 come after them.
    let time = end.stderr.split_whitespace().nth_back(1);
    let time: u32 = time.expect("it is in the line").parse().expect("a number");
    assert!(time <= 1000 + 8 * 50, "{time} ms");
}

#[test]
fn five_redirects_are_followed_and_not_six() {
    let chain = "5.md moved 4.md\n4.md moved 3.md\n3.md moved 2.md\n2.md moved 1.md\n\
                 1.md moved page.md\n";
    let report = one_page("five_redirects", chain);
    assert!(
        report.contains("saved: 5.md, redirected to page.md\n"),
        "{report}"
    );
    let report = one_page("six_redirects", &format!("6.md moved 5.md\n{chain}"));
    assert!(
        report.contains("failed: 6.md, more than 5 redirects\n"),
        "{report}"
    );
    assert!(
        report.contains("saved: 5.md, redirected to page.md\n"),
        "{report}"
    );
}

#[test]
fn a_redirect_to_itself_or_to_nothing_fails() {
    let report = one_page("to_itself", "trap.md moved trap.md\n");
    assert!(
        report.starts_with("failed: trap.md, more than 5 redirects\n"),
        "{report}"
    );
    let report = one_page("to_nothing", "old.md moved new.md\n");
    assert!(
        report.starts_with("failed: old.md, the server answered 404\n"),
        "{report}"
    );
}

/// Stops the program at many moments: before it connects, while it reads, saves or pauses, and
/// after its end. Each time, the files that it leaves are the ones that it reports.
#[tokio::test(start_paused = true)]
async fn ctrl_c_ends_all_tasks_at_once_and_leaves_whole_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("input/async-book");
    let site = Arc::new(Site::load(&root).expect("the recipe has a site"));
    let mut counts = BTreeSet::new();
    for milliseconds in (0..1300).step_by(25) {
        let scratch = scratch("ctrl_c_ends_all_tasks_at_once");
        let downloader = Arc::new(Downloader::new(&site, scratch.path()));
        let stop = downloader.stop.clone();
        let pages = site.pages();
        let run = tokio::spawn(async move { download_all(downloader, pages).await });

        time::sleep(Duration::from_millis(milliseconds)).await;
        let start = Instant::now();
        stop.cancel();
        let downloads = run.await.expect("nothing panics");
        assert!(start.elapsed() <= STOP_LIMIT, "after {milliseconds} ms");

        assert_eq!(downloads.len(), site.pages().len());
        let mut saved = BTreeSet::new();
        for download in downloads {
            if let Ok(file) = download.result {
                let content = fs::read(scratch.path().join(&download.page));
                assert!(content.is_ok_and(|content| content == file.body));
                saved.insert(download.page);
            }
        }
        assert_eq!(files(scratch.path()), saved, "after {milliseconds} ms");
        counts.insert(saved.len());
    }
    assert!(
        counts.len() > 10,
        "the moments differ too little: {counts:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_stopped_page_is_no_other_failure() {
    let scratch = scratch("a_stopped_page_is_no_other_failure");
    scratch.file("site/page.md", "page");
    let site = Site::load(&scratch.path().join("site")).expect("it has one page");
    let downloader = Arc::new(Downloader::new(&Arc::new(site), scratch.path()));
    downloader.stop.cancel();
    let downloads = download_all(downloader, vec![String::from("page.md")]).await;
    assert!(matches!(downloads[0].result, Err(Failure::Stopped)));
}

/// Presses Ctrl-C when the first page is there. All pages would take a quarter of a minute.
#[cfg(unix)]
#[test]
fn ctrl_c_reports_the_finished_pages() {
    use std::process::{Command, Stdio};
    use std::thread;

    let scratch = scratch("ctrl_c_reports_the_finished_pages");
    for number in 0..1000 {
        scratch.file(&format!("site/{number}.md"), "page");
    }
    let pages = scratch.folder("pages");
    let child = Command::new(env!("CARGO_BIN_EXE_fetch"))
        .args([&scratch.path().join("site"), &pages])
        .arg("--real-time")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    while files(&pages).is_empty() {
        assert!(std::time::Instant::now() < deadline, "no page was saved");
        thread::sleep(Duration::from_millis(1)); // Polls: std cannot wait for a file to appear.
    }
    let killed = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(killed.expect("there is a command `kill`").success());
    let end = child.wait_with_output().expect("the program ends");

    assert_eq!(end.status.code(), Some(130));
    let report = String::from_utf8(end.stdout).expect("it is UTF-8");
    let mut saved = BTreeSet::new();
    for line in report.lines() {
        if let Some(page) = line.strip_prefix("saved: ") {
            saved.insert(page.to_string());
        }
    }
    assert_eq!(files(&pages), saved);
    assert!(saved.len() < 1000, "{report}");
    let count = saved.len();
    let bytes = 4 * count;
    let summary = format!("stopped by Ctrl-C\nsaved {count} of 1000 pages, {bytes} bytes\n");
    assert!(report.contains(&summary), "{report}");
    // No task connects after Ctrl-C: apart from the saved pages, only those that were on their way
    // have been asked for.
    let requests = report
        .split("requests: ")
        .nth(1)
        .expect("it is in the report");
    let requests: usize = requests.split(',').next().unwrap().parse().unwrap();
    assert!(requests <= count + 4, "{report}");
}

#[test]
fn a_row_that_is_no_fault_is_refused() {
    for (name, row, reason) in [
        ("nothing", "", "expected a row such as page.md busy 2"),
        (
            "one_word",
            "page.md",
            "expected a row such as page.md busy 2",
        ),
        (
            "unknown",
            "page.md late 2",
            "expected a row such as page.md busy 2",
        ),
        (
            "no_number",
            "page.md busy",
            "expected a row such as page.md busy 2",
        ),
        (
            "negative",
            "page.md busy -1",
            "expected a row such as page.md busy 2",
        ),
        (
            "two_spaces",
            "page.md  busy 2",
            "expected a row such as page.md busy 2",
        ),
        (
            "outside",
            "../page.md moved page.md",
            "expected a row such as page.md busy 2",
        ),
        (
            "to_outside",
            "old.md moved /page.md",
            "expected a row such as page.md busy 2",
        ),
        ("no_file", "other.md silent", "there is no file other.md"),
        ("a_file", "page.md moved page.md", "page.md is a file"),
        ("second", "page.md silent", "a second row for page.md"),
    ] {
        let scratch = scratch(&format!("no_fault_{name}"));
        scratch.file("page.md", "page");
        scratch.file("faults.txt", format!("page.md busy 1\n{row}\n"));
        let end = fetch().run([scratch.path()]);
        end.assert_refuses(&format!("faults.txt:2: {reason}"));
    }
}

#[test]
fn faults_may_come_from_windows() {
    let faults = "\u{feff}page.md busy 1\r\nold.md moved page.md\r\n";
    let report = one_page("faults_from_windows", faults);
    assert!(report.contains("saved: old.md, "), "{report}");
    assert!(report.contains("saved 2 of 2 pages"), "{report}");
}

#[test]
fn a_name_that_needs_escapes_in_a_request_is_refused() {
    for name in ["two words.md", "50%.md", "page.md.part"] {
        let scratch = scratch("a_name_that_needs_escapes");
        scratch.file(name, "page");
        fetch().run([scratch.path()]).assert_refuses(name);
    }
}

#[test]
fn a_wrong_command_line_is_refused() {
    fetch().run(["--fast"]).assert_refuses("found --fast");
    fetch().run(["a", "b", "c"]).assert_refuses("found 3 paths");
    let scratch = scratch("a_wrong_command_line_is_refused");
    let file = scratch.file("file", "");
    let site = scratch.folder("site");
    fetch().run([&site, &file]).assert_refuses("cannot create");
}
