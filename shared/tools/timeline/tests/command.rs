//! The command itself: what it answers to good traces and to bad input.

use recorder::HEADER;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

/// Two threads and a lock.
const RECORDS: &str = "\
100\t1\tbegin\tmain
100\t1\tacquire\tLock\t10\t1\ta.rs:3:5
200\t2\tbegin\t
200\t2\twait\tLock\t10\t0\ta.rs:9:5
700\t1\trelease\tLock\t10\t1\t
800\t2\tacquire\tLock\t10\t1\ta.rs:9:5
900\t2\trelease\tLock\t10\t1\t
1000\t2\tend
1100\t1\tend
";

fn timeline(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_timeline"))
        .args(words)
        .output()
        .expect("it can be run")
}

/// A file with this text that no other test has.
fn file(name: &str, text: &str) -> String {
    let folder = env::temp_dir().join(format!("timeline-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a temporary folder");
    let path: PathBuf = folder.join(name);
    fs::write(&path, text).expect("it can be written");
    path.to_str().expect("it is UTF-8").to_owned()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Its only line on standard error.
fn complaint(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(error.lines().count(), 1, "{error}");
    error
}

#[test]
fn a_trace_is_drawn_in_all_forms() {
    let trace = file("good.trace", &format!("{HEADER}\n{RECORDS}"));
    let (svg, json) = (
        trace.replace("good.trace", "good.svg"),
        trace.replace("good.trace", "good.json"),
    );
    let output = timeline(&[
        "--trace", &trace, "--width", "60", "--plain", "--svg", &svg, "--json", &json,
    ]);
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
    let drawn = out(&output);
    assert!(
        drawn.contains("\nmain     ######") && drawn.contains("\nthread 2      "),
        "{drawn}"
    );
    assert!(
        drawn.contains("main held it (a.rs:3:5)") && !drawn.contains('\u{1b}'),
        "{drawn}"
    );
    let svg = fs::read_to_string(svg).expect("a picture");
    assert_eq!(svg.matches("data-thread=").count(), 2);
    let json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(json).expect("a file")).expect("JSON");
    let events = json["traceEvents"].as_array().expect("events");
    let wait = events
        .iter()
        .find(|event| event["name"] == "waits for Lock 1")
        .expect("a wait");
    assert_eq!(
        (wait["ts"].as_f64(), wait["dur"].as_f64(), &wait["ph"]),
        (Some(0.2), Some(0.6), &"X".into())
    );
    assert_eq!(wait["args"]["place"], "a.rs:9:5");
    let holds = events
        .iter()
        .filter(|event| event["name"] == "holds Lock 1")
        .count();
    assert_eq!(holds, 2);
}

#[test]
fn of_a_faulty_trace_the_rest_is_drawn_and_the_fault_is_one_line() {
    let cut = &RECORDS[..RECORDS.len() - 5];
    let garbled = RECORDS
        .replace("700\t1\trelease", "7\u{0}\u{1b}0\t1\trelease")
        .replace("800\t2", "x\t2");
    let newer = format!("sync-primitives trace 9\n{RECORDS}");
    for (name, text, reason) in [
        (
            "cut.trace",
            format!("{HEADER}\n{cut}"),
            "line 10: the trace is cut short here; the rest is drawn",
        ),
        (
            "garbled.trace",
            format!("{HEADER}\n{garbled}"),
            "line 6: `7??0` is not a time (1 more like it); the rest is drawn",
        ),
        (
            "newer.trace",
            newer,
            "line 1: the trace is of version 9, this program knows 1",
        ),
    ] {
        let output = timeline(&["--trace", &file(name, &text)]);
        let complaint = complaint(&output);
        assert!(
            complaint.contains(reason) && complaint.contains(name),
            "{name}: {complaint}"
        );
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(out(&output).contains("thread 2 "), "{name}");
    }
}

#[test]
fn bad_input_is_one_line_and_nothing_else() {
    let (empty, other) = (file("empty.trace", ""), file("other.trace", "hello\n"));
    let headed = file("headed.trace", &format!("{HEADER}\n"));
    let good = file("unwritable.trace", &format!("{HEADER}\n{RECORDS}"));
    for (words, reason) in [
        (vec![], "name a recipe, or a trace"),
        (vec!["rlok"], "there is no recipe rlok; the recipes are: "),
        (
            vec!["rlock", "--example", "x"],
            "rlock has no example x; it has: ",
        ),
        (
            vec!["--trace", "no such file"],
            "no such file cannot be read",
        ),
        (
            vec!["--trace", &empty],
            "empty.trace, line 1: the file is empty",
        ),
        (
            vec!["--trace", &other],
            "other.trace, line 1: this is no trace",
        ),
        (vec!["--trace", &headed], "there is no record in it"),
        (
            vec!["--book", "x"],
            "there is no recipe and no example x to draw",
        ),
        (vec!["--width", "x", "--trace", &good], "--width x"),
    ] {
        let output = timeline(&words);
        let complaint = complaint(&output);
        assert!(
            complaint.starts_with("cargo timeline: ") && complaint.contains(reason),
            "{words:?}: {complaint}"
        );
        assert_eq!(
            (output.status.code(), out(&output).as_str()),
            (Some(1), ""),
            "{words:?}"
        );
    }
}

/// What the trace holds must survive, whatever the drawings are called.
#[test]
fn a_drawing_is_not_written_over_the_trace_or_the_other_drawing() {
    let text = format!("{HEADER}\n{RECORDS}");
    let trace = file("kept.trace", &text);
    let folder = PathBuf::from(&trace);
    let folder = folder.parent().expect("it is in a folder");
    let below = folder.join("below");
    fs::create_dir_all(&below).expect("a folder");
    let roundabout = format!("{}/../kept.trace", below.display());
    let mut names = vec![trace.clone(), roundabout];
    #[cfg(unix)]
    {
        let [link, copy] = ["link.svg", "copy.svg"].map(|name| folder.join(name));
        drop((fs::remove_file(&link), fs::remove_file(&copy)));
        std::os::unix::fs::symlink(&trace, &link).expect("a symbolic link");
        fs::hard_link(&trace, &copy).expect("a hard link");
        names.extend([link, copy].map(|path| path.display().to_string()));
    }
    for name in &names {
        for option in ["--svg", "--json"] {
            let output = timeline(&["--trace", &trace, option, name]);
            let complaint = complaint(&output);
            let expected = format!("{option} {name} would overwrite the trace");
            assert!(complaint.contains(&expected), "{complaint}");
            assert_eq!(output.status.code(), Some(1));
            assert_eq!(fs::read_to_string(&trace).expect("a file"), text);
        }
    }
    let (one, other) = (folder.join("new"), below.join("../new"));
    let (one, other) = (one.display().to_string(), other.display().to_string());
    let output = timeline(&["--trace", &trace, "--svg", &one, "--json", &other]);
    assert!(complaint(&output).contains("would overwrite --svg"));
    assert!(!folder.join("new").exists());
}

#[cfg(unix)]
#[test]
fn a_trace_may_come_through_a_pipe() {
    let trace = file("piped.trace", &format!("{HEADER}\n{RECORDS}"));
    let script =
        r#"cat "$1" | "$0" --trace /dev/stdin --width 60 --svg /dev/null --json /dev/null"#;
    let piped = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_timeline"), &trace])
        .output()
        .expect("there is a shell");
    assert_eq!(String::from_utf8_lossy(&piped.stderr), "");
    // The first line names the file, and the rest is the same.
    let below_title = |output: &Output| {
        let drawn = out(output);
        let (_, rest) = drawn.split_once("records\n").expect("a title");
        rest.to_owned()
    };
    let read = timeline(&["--trace", &trace, "--width", "60"]);
    assert_eq!(below_title(&piped), below_title(&read));
}

#[test]
fn a_trace_whose_only_time_is_the_largest_is_drawn_in_all_forms() {
    let records = format!(
        "{0}\t1\tbegin\tmain\n{0}\t1\twait\tLock\t10\t1\ta.rs:3:5\n",
        u64::MAX
    );
    let trace = file("late.trace", &format!("{HEADER}\n{records}"));
    let (svg, json) = (file("late.svg", ""), file("late.json", ""));
    let output = timeline(&["--trace", &trace, "--svg", &svg, "--json", &json]);
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
    assert!(out(&output).contains("\nmain"));
}

/// A program that waits forever: it reads a pipe that nobody closes. It must not outlive the
/// command.
#[cfg(unix)]
#[test]
fn a_signal_that_ends_the_command_ends_the_program_too() {
    use std::fs::OpenOptions;
    use std::io::{ErrorKind, Write};
    use std::sync::mpsc;
    use std::thread;
    use std::time::{Duration, Instant};

    // Building it may take a while.
    const LIMIT: Duration = Duration::from_secs(300);
    let pipe = file("pipe", "");
    fs::remove_file(&pipe).expect("it is there");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("there is mkfifo").success());
    let mut command = Command::new(env!("CARGO_BIN_EXE_timeline"))
        .args(["lock", "--limit", "600", &pipe])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("it can be run");

    // This end can be opened when the program opens the other one.
    let (sender, opened) = mpsc::channel();
    let path = pipe.clone();
    thread::spawn(move || sender.send(OpenOptions::new().write(true).open(path)));
    let opened = opened.recv_timeout(LIMIT);
    let ended = Command::new("kill")
        .args(["-TERM", &command.id().to_string()])
        .status();
    assert!(ended.expect("there is kill").success());
    assert!(!command.wait().expect("it is a child").success());

    let mut writer = opened
        .expect("the program opens the pipe")
        .expect("it is a pipe");
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        match writer.write(b"word ") {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return,
            _ => assert!(Instant::now() < deadline, "the program still runs"),
        }
        // Nothing reports that the last reader of a pipe is gone, so this test polls. The sleep
        // only limits how often: a program that still runs keeps all that it reads.
        thread::sleep(Duration::from_millis(10));
    }
}

/// Builds and runs a copy of a program, whose sources stay as they are.
#[test]
fn the_tasks_of_a_program_get_lanes() {
    let (svg, json) = (file("tasks.svg", ""), file("tasks.json", ""));
    // Building it may take a while; the program itself is stopped after the limit.
    let output = timeline(&[
        "--plain",
        "--width",
        "100",
        "--limit",
        "60",
        "--svg",
        &svg,
        "--json",
        &json,
        "lock",
        "--example",
        "lock_tokio",
    ]);
    let drawn = out(&output);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{error}");
    assert_eq!(error.matches("--cfg tokio_unstable").count(), 1, "{error}");
    for expected in [
        "\nmain's block_on ",
        "\ncount_files #4 ",
        "\ncount_words #2 ",
        "spawned by main's block_on (recipes/synchronization/lock/examples/lock_tokio.rs:47:15)",
        "  woken by count_words #",
    ] {
        assert!(drawn.contains(expected), "{expected}: {drawn}");
    }
    let svg = fs::read_to_string(svg).expect("a picture");
    assert!(svg.contains(">polled</text>") && svg.contains("data-by="));
    let json = fs::read_to_string(json).expect("a file");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let events = json["traceEvents"].as_array().expect("events");
    let starts = |event: &&serde_json::Value, name: &str| {
        event["name"]
            .as_str()
            .is_some_and(|it| it.starts_with(name))
    };
    for name in ["woken by count_words #", "polled on worker "] {
        assert!(events.iter().any(|event| starts(&event, name)), "{name}");
    }
}

#[test]
fn the_console_is_for_programs_that_use_tokio_and_says_how_to_install_it() {
    for (words, reason) in [
        (vec!["--console", "lock"], "lock does not use tokio"),
        (
            vec!["--console", "lock", "--example", "lock_tokio"],
            "run `cargo install --locked tokio-console` first",
        ),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_timeline"))
            .args(&words)
            .env("PATH", "")
            .output()
            .expect("it can be run");
        let complaint = complaint(&output);
        assert!(complaint.contains(reason), "{complaint}");
        assert_eq!(output.status.code(), Some(1));
    }
}

#[test]
fn help_names_every_option() {
    let output = timeline(&["--help"]);
    for option in [
        "--trace",
        "--book",
        "--console",
        "--example",
        "--limit",
        "--svg",
        "--json",
        "--width",
        "--plain",
        "--color",
    ] {
        assert!(out(&output).contains(option), "{option}");
    }
}

/// A trace of so many records, which take more than twenty bytes each.
#[cfg(target_os = "linux")]
fn long(name: &str, records: u64) -> String {
    let mut text = format!("{HEADER}\n");
    for time in 0..records / 2 {
        let (thread, lock) = (time % 4 + 1, time % 4);
        writeln!(
            text,
            "{}\t{thread}\tacquire\tLock\t{lock}\t1\ta.rs:1:1",
            time * 10
        )
        .expect("a string takes all");
        writeln!(
            text,
            "{}\t{thread}\trelease\tLock\t{lock}\t1\t",
            time * 10 + 5
        )
        .expect("a string takes all");
    }
    file(name, &text)
}

/// Memory that is just enough for a short trace, and two megabytes, is enough for a long one of
/// five megabytes.
#[cfg(target_os = "linux")]
#[test]
fn a_long_trace_needs_no_more_memory_than_a_short_one() {
    let can_draw = |trace: &str, kilobytes: u64| {
        let script = format!("ulimit -v {kilobytes}; exec \"$0\" --trace \"$1\" --width 60");
        let output = Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_timeline"), trace])
            .output();
        output.expect("there is a shell").status.success()
    };
    let (short, long) = (long("short.trace", 1000), long("long.trace", 200_000));
    let enough = (4_000..200_000)
        .step_by(500)
        .find(|kilobytes| can_draw(&short, *kilobytes));
    let enough = enough.expect("two hundred megabytes are enough");
    assert!(fs::metadata(&long).expect("a file").len() > 5_000_000);
    assert!(
        can_draw(&long, enough + 2_000),
        "{enough} kB are enough for the short one"
    );
}
