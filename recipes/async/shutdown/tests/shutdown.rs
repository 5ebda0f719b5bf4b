//! Tests what only this recipe promises. `shared/tools/checks` tests what every recipe promises.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use checks::program::Program;
use checks::scratch::Scratch;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time;

/// The program itself, for the tests that call its server.
#[path = "../src/main.rs"]
#[expect(dead_code, reason = "the tests do not call its `main`")]
mod recipe;

use recipe::{Ending, StopRequest, Store, serve};

const HEADINGS: &str = "office  stored  finished  refused  given up\n";

/// The most bytes of a line, and the most lines of a bulletin.
const MAX_LINE: usize = 1000;
const MAX_LINES: usize = 1000;

/// Long enough for a slow machine. Anything that takes longer has hung.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// A limit that a test reaches.
const LIMIT: Duration = Duration::from_millis(20);

/// A limit that no test reaches.
const NEVER: Duration = Duration::from_secs(1_000_000);

fn shutdown() -> Program {
    Program::new(env!("CARGO_BIN_EXE_shutdown"))
}

fn scratch(test: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), test)
}

/// A server in this process.
struct Server {
    address: SocketAddr,
    requests: mpsc::Sender<StopRequest>,
    ending: JoinHandle<Ending>,
}

impl Server {
    async fn start(folder: &Path, limit: Duration) -> Self {
        let store = Arc::new(Store::open(folder).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (requests, stop_requests) = mpsc::channel(2);
        let ending = tokio::spawn(serve(listener, store, stop_requests, limit));
        Server {
            address,
            requests,
            ending,
        }
    }

    async fn stop(&self) {
        self.requests.send(StopRequest).await.unwrap();
    }

    async fn ending(self) -> Ending {
        within_the_limit(self.ending).await.unwrap()
    }
}

/// An office whose waits have a bound.
struct Office {
    stream: BufReader<TcpStream>,
}

impl Office {
    async fn connect(server: &Server) -> Self {
        let stream = TcpStream::connect(server.address).await.unwrap();
        let mut office = Office {
            stream: BufReader::new(stream),
        };
        assert_eq!(office.answer().await, "ready");
        office
    }

    async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// Empty if the server has closed the connection.
    async fn answer(&mut self) -> String {
        let mut answer = String::new();
        match within_the_limit(self.stream.read_line(&mut answer)).await {
            Ok(_) => answer.trim_end().to_string(),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => String::new(),
            Err(error) => panic!("{error}"),
        }
    }

    async fn ask(&mut self, text: &str) -> String {
        self.send(text).await;
        self.answer().await
    }
}

async fn within_the_limit<T>(future: impl Future<Output = T>) -> T {
    time::timeout(TIME_LIMIT, future).await.expect("it hangs")
}

/// The files of a store, in the order of their names.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        files.push((name, fs::read_to_string(path).unwrap()));
    }
    files.sort();
    files
}

fn file(name: &str, content: &str) -> (String, String) {
    (name.to_string(), content.to_string())
}

#[tokio::test]
async fn a_bulletin_that_has_begun_is_stored_after_the_stop() {
    let scratch = scratch("a_bulletin_that_has_begun_is_stored_after_the_stop");
    let server = Server::start(scratch.path(), NEVER).await;
    let mut idle = Office::connect(&server).await;
    let mut office = Office::connect(&server).await;
    assert_eq!(office.ask("one\n").await, "go on");
    server.stop().await;
    assert_eq!(idle.answer().await, "closing");
    assert_eq!(office.ask("two\n$$\n").await, "stored");
    assert_eq!(office.answer().await, "closing");
    assert_eq!(server.ending().await, Ending::Finished);
    assert_eq!(
        files(scratch.path()),
        [file("000001.txt", "one\ntwo\n$$\n")]
    );
}

#[tokio::test]
async fn no_bulletin_begins_after_the_stop() {
    let scratch = scratch("no_bulletin_begins_after_the_stop");
    let server = Server::start(scratch.path(), NEVER).await;
    let mut idle = Office::connect(&server).await;
    let mut office = Office::connect(&server).await;
    assert_eq!(office.ask("one\n").await, "go on");
    server.stop().await;
    assert_eq!(idle.answer().await, "closing");
    // The next bulletin is there when the server looks for it, but stopping comes first.
    assert_eq!(office.ask("$$\nthree\n$$\n").await, "stored");
    assert_ne!(office.answer().await, "go on");
    assert_eq!(server.ending().await, Ending::Finished);
    assert_eq!(files(scratch.path()), [file("000001.txt", "one\n$$\n")]);
}

#[tokio::test]
async fn nobody_connects_to_a_server_that_stops() {
    let scratch = scratch("nobody_connects_to_a_server_that_stops");
    let server = Server::start(scratch.path(), NEVER).await;
    let mut idle = Office::connect(&server).await;
    let mut office = Office::connect(&server).await;
    assert_eq!(office.ask("one\n").await, "go on");
    server.stop().await;
    assert_eq!(idle.answer().await, "closing");
    // A process that another test is starting has a copy of the listener for a moment. Then the
    // operating system still takes the connection, but nobody answers, and it is closed.
    if let Ok(stream) = TcpStream::connect(server.address).await {
        let stream = BufReader::new(stream);
        assert_eq!(Office { stream }.answer().await, "");
    }
    assert_eq!(office.ask("$$\n").await, "stored");
    assert_eq!(server.ending().await, Ending::Finished);
}

#[tokio::test]
async fn a_server_without_connections_stops_at_once() {
    let scratch = scratch("a_server_without_connections_stops_at_once");
    let server = Server::start(scratch.path(), NEVER).await;
    server.stop().await;
    assert_eq!(server.ending().await, Ending::Finished);
}

/// The office never ends, so the wait ends only at the limit.
#[tokio::test]
async fn an_office_that_never_ends_is_given_up_at_the_limit() {
    let scratch = scratch("an_office_that_never_ends_is_given_up_at_the_limit");
    let server = Server::start(scratch.path(), LIMIT).await;
    let mut office = Office::connect(&server).await;
    assert_eq!(office.ask("one\n").await, "go on");
    let start = Instant::now();
    server.stop().await;
    assert_eq!(server.ending().await, Ending::LimitPassed);
    assert!(start.elapsed() >= LIMIT);
    assert_eq!(files(scratch.path()), []);
}

#[tokio::test]
async fn a_second_request_ends_the_wait_at_once() {
    let scratch = scratch("a_second_request_ends_the_wait_at_once");
    let server = Server::start(scratch.path(), NEVER).await;
    let mut office = Office::connect(&server).await;
    assert_eq!(office.ask("one\n").await, "go on");
    server.stop().await;
    server.stop().await;
    assert_eq!(server.ending().await, Ending::SecondRequest);
    assert_eq!(files(scratch.path()), []);
}

#[tokio::test]
async fn an_office_that_leaves_in_the_middle_stores_nothing() {
    let scratch = scratch("an_office_that_leaves_in_the_middle_stores_nothing");
    let server = Server::start(scratch.path(), NEVER).await;
    let mut office = Office::connect(&server).await;
    assert_eq!(office.ask("one\n").await, "go on");
    office.send("two\n").await;
    drop(office);
    server.stop().await;
    assert_eq!(server.ending().await, Ending::Finished);
    assert_eq!(files(scratch.path()), []);
}

#[tokio::test]
async fn the_longest_line_is_stored_and_a_longer_one_closes_the_connection() {
    let scratch = scratch("the_longest_line_is_stored");
    let server = Server::start(scratch.path(), NEVER).await;
    let longest = "a".repeat(MAX_LINE);
    let mut office = Office::connect(&server).await;
    assert_eq!(office.ask(&format!("{longest}\n")).await, "go on");
    assert_eq!(office.ask("$$\n").await, "stored");
    assert_eq!(office.ask("one\n").await, "go on");
    assert_eq!(office.ask(&format!("a{longest}\n$$\n")).await, "");
    server.stop().await;
    assert_eq!(server.ending().await, Ending::Finished);
    assert_eq!(
        files(scratch.path()),
        [file("000001.txt", &format!("{longest}\n$$\n"))]
    );
}

#[tokio::test]
async fn the_longest_bulletin_is_stored_and_a_longer_one_closes_the_connection() {
    let scratch = scratch("the_longest_bulletin_is_stored");
    let server = Server::start(scratch.path(), NEVER).await;
    let middle = "a\n".repeat(MAX_LINES - 2);
    let mut office = Office::connect(&server).await;
    assert_eq!(office.ask("one\n").await, "go on");
    assert_eq!(office.ask(&format!("{middle}$$\n")).await, "stored");
    assert_eq!(office.ask("one\n").await, "go on");
    assert_eq!(office.ask(&format!("{middle}a\n")).await, "");
    server.stop().await;
    assert_eq!(server.ending().await, Ending::Finished);
    assert_eq!(files(scratch.path()).len(), 1);
}

#[tokio::test]
async fn a_bulletin_that_cannot_be_written_is_not_reported_as_stored() {
    let scratch = scratch("a_bulletin_that_cannot_be_written");
    let folder = scratch.folder("store");
    let server = Server::start(&folder, NEVER).await;
    let mut office = Office::connect(&server).await;
    assert_eq!(office.ask("one\n").await, "go on");
    fs::remove_dir(&folder).unwrap();
    assert_eq!(office.ask("$$\n").await, "");
    server.stop().await;
    assert_eq!(server.ending().await, Ending::Finished);
}

/// The line is refused, so it does not begin a bulletin.
#[tokio::test]
async fn a_first_line_that_is_too_long_closes_the_connection() {
    let scratch = scratch("a_first_line_that_is_too_long");
    let server = Server::start(scratch.path(), NEVER).await;
    let mut office = Office::connect(&server).await;
    let too_long = "a".repeat(MAX_LINE + 1);
    assert_eq!(office.ask(&format!("{too_long}\n")).await, "");
    server.stop().await;
    assert_eq!(server.ending().await, Ending::Finished);
    assert_eq!(files(scratch.path()), []);
}

/// A process that was killed has left a part of a file.
#[tokio::test]
async fn a_server_that_starts_again_keeps_what_is_stored() {
    let scratch = scratch("a_server_that_starts_again_keeps_what_is_stored");
    scratch.file("000007.txt", "kept\n$$\n");
    scratch.file(
        "000008.part",
        "a longer text than the bulletin that follows\n",
    );
    let server = Server::start(scratch.path(), NEVER).await;
    let mut office = Office::connect(&server).await;
    assert_eq!(office.ask("one\n").await, "go on");
    assert_eq!(office.ask("$$\n").await, "stored");
    server.stop().await;
    assert_eq!(server.ending().await, Ending::Finished);
    let expected = [
        file("000007.txt", "kept\n$$\n"),
        file("000008.txt", "one\n$$\n"),
    ];
    assert_eq!(files(scratch.path()), expected);
}

#[tokio::test]
async fn a_hundred_offices_finish_after_the_stop() {
    let scratch = scratch("a_hundred_offices_finish_after_the_stop");
    let server = Server::start(scratch.path(), NEVER).await;
    let mut offices = Vec::new();
    for _ in 0..100 {
        let mut office = Office::connect(&server).await;
        assert_eq!(office.ask("one\n").await, "go on");
        offices.push(office);
    }
    server.stop().await;
    for office in &mut offices {
        assert_eq!(office.ask("$$\n").await, "stored");
    }
    assert_eq!(server.ending().await, Ending::Finished);
    assert_eq!(files(scratch.path()).len(), 100);
}

#[test]
fn every_run_prints_the_expected_table() {
    for _ in 0..10 {
        shutdown()
            .run_alone()
            .assert_prints(include_str!("../expected.txt"));
    }
}

#[test]
fn an_input_of_ten_times_the_size_is_stored() {
    let scratch = scratch("an_input_of_ten_times_the_size_is_stored");
    let input = Path::new(env!("CARGO_MANIFEST_DIR")).join("input/OKX.txt");
    let text = fs::read_to_string(input).unwrap();
    let file = scratch.file("OKX.txt", text.repeat(10));
    let expected = "OKX         30         1       29         0\n";
    let end = shutdown().run([&file]);
    assert!(end.stdout.contains(expected), "{}", end.stdout);
}

#[test]
fn one_bulletin_is_in_the_middle_when_the_signal_comes() {
    let scratch = scratch("one_bulletin_is_in_the_middle");
    let file = scratch.file("A.txt", "one\n$$\n");
    let rows = "A            0         1        0         0\n";
    let store = "the store has 1 complete bulletins, 2 lines\n";
    shutdown()
        .run([&file])
        .assert_prints(&format!("{HEADINGS}{rows}{store}"));
}

#[test]
fn the_server_stops_by_itself_if_no_office_is_silent() {
    let scratch = scratch("the_server_stops_by_itself");
    let file = scratch.file("A.txt", "one\n$$\n");
    let end = shutdown().run([&file]);
    assert!(
        end.stderr
            .contains("all connections are closed: 0 connections"),
        "{}",
        end.stderr
    );
}

/// The server cannot open enough files, so it closes connections. The threads of the other offices
/// wait at a barrier.
#[cfg(unix)]
#[test]
fn a_demonstration_that_fails_ends() {
    let limited = "ulimit -n 20 && exec \"$0\"";
    let program = env!("CARGO_BIN_EXE_shutdown");
    let end = Program::new("sh").run(["-c", limited, program]);
    assert_eq!(end.stdout, "");
    let expected = "the demonstration failed: ";
    assert!(end.stderr.contains(expected), "{}", end.stderr);
}

#[test]
fn as_many_offices_as_are_allowed_connect() {
    let scratch = scratch("as_many_offices_as_are_allowed_connect");
    let mut paths = Vec::new();
    for number in 0..64 {
        paths.push(scratch.file(&format!("{number}.txt"), "one\n$$\nsilent\n"));
    }
    let end = shutdown().run(&paths);
    assert!(
        end.stdout
            .ends_with("the store has 64 complete bulletins, 128 lines\n")
    );
    paths.push(scratch.file("64.txt", ""));
    shutdown()
        .run(&paths)
        .assert_refuses("65 files are too many");
}

#[test]
fn a_file_that_is_no_list_of_bulletins_is_refused() {
    let scratch = scratch("a_file_that_is_no_list_of_bulletins_is_refused");
    let long = "a".repeat(MAX_LINE + 1);
    let many_lines = "a\n".repeat(MAX_LINES + 1);
    let many = "a\n$$\n".repeat(1001);
    for (text, reason) in [
        (
            "one\n$$\n\n$$\n",
            "A.txt:4: expected the first line of a bulletin, found \"$$\"",
        ),
        (
            &format!("one\n{long}\n"),
            "A.txt:2: 1001 bytes are too many, expected at most 1000",
        ),
        (
            &many_lines,
            "A.txt:1001: expected \"$$\", because 1000 lines are the most",
        ),
        (&many, "A.txt: 1001 bulletins, expected at most 1000"),
    ] {
        let file = scratch.file("A.txt", text);
        shutdown().run([&file]).assert_refuses(reason);
    }
}

#[test]
fn a_command_line_that_is_not_understood_is_refused() {
    let expected = "expected --serve FOLDER";
    shutdown().run(["--serve"]).assert_refuses(expected);
    shutdown()
        .run(["--serve", "a", "b"])
        .assert_refuses(expected);
    shutdown()
        .run(["--serve", "a", "--limit", "-1"])
        .assert_refuses("--limit -1: expected a whole number of milliseconds");
}

/// Signals to a server in a process of its own.
#[cfg(unix)]
mod signals {
    use super::*;
    use std::fs::File;
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpStream;
    use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
    use std::sync::mpsc;
    use std::thread;

    /// A server in a process of its own. It is killed if it does not end in time, so no read from
    /// it waits forever.
    struct Process {
        child: Child,
        stderr: BufReader<ChildStderr>,
        address: SocketAddr,
        /// Disconnected when this process needs no watch anymore.
        _watch: mpsc::Sender<()>,
    }

    impl Drop for Process {
        fn drop(&mut self) {
            let _ = self.child.kill(); // Does nothing to a process that has ended.
            let _ = self.child.wait();
        }
    }

    impl Process {
        /// Starts a server. Its standard input stays open and empty.
        fn start(folder: &Path, options: &[&str]) -> Self {
            let mut child = Command::new(env!("CARGO_BIN_EXE_shutdown"))
                .arg("--serve")
                .arg(folder)
                .args(options)
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let watch = kill_after_the_limit(child.id());
            let mut stderr = BufReader::new(child.stderr.take().unwrap());
            let mut line = String::new();
            stderr.read_line(&mut line).unwrap();
            let address = line.trim_end().strip_prefix("listening on ").unwrap();
            Process {
                address: address.parse().unwrap(),
                child,
                stderr,
                _watch: watch,
            }
        }

        fn connect(&self) -> Client {
            let stream = TcpStream::connect(self.address).unwrap();
            stream.set_read_timeout(Some(TIME_LIMIT)).unwrap();
            let mut client = Client {
                stream: BufReader::new(stream),
            };
            assert_eq!(client.answer(), "ready");
            client
        }

        fn signal(&self, name: &str) {
            let kill = format!("kill -{name} {}", self.child.id());
            let status = Command::new("sh").args(["-c", &kill]).status().unwrap();
            assert!(status.success());
        }

        /// The server says on standard error that it stops, or that it gives up.
        fn line(&mut self) -> String {
            let mut line = String::new();
            self.stderr.read_line(&mut line).unwrap();
            line
        }

        fn end(mut self) -> ExitStatus {
            let _stdin = self.child.stdin.take(); // `wait` would close it.
            self.child.wait().unwrap()
        }
    }

    /// Kills a process, unless the returned sender is dropped in time.
    fn kill_after_the_limit(id: u32) -> mpsc::Sender<()> {
        let (watch, dropped) = mpsc::channel();
        thread::spawn(move || {
            if dropped.recv_timeout(TIME_LIMIT) == Err(mpsc::RecvTimeoutError::Timeout) {
                let kill = format!("kill -KILL {id}");
                let _ = Command::new("sh").args(["-c", &kill]).status();
            }
        });
        watch
    }

    struct Client {
        stream: BufReader<TcpStream>,
    }

    impl Client {
        /// Empty if the server has closed the connection.
        fn answer(&mut self) -> String {
            let mut answer = String::new();
            match self.stream.read_line(&mut answer) {
                Ok(_) => answer.trim_end().to_string(),
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => String::new(),
                Err(error) => panic!("{error}"),
            }
        }

        fn ask(&mut self, text: &str) -> String {
            match self.stream.get_mut().write_all(text.as_bytes()) {
                Ok(()) => self.answer(),
                Err(_) => String::new(),
            }
        }
    }

    #[test]
    fn a_server_finishes_after_sigterm_and_after_ctrl_c() {
        for signal in ["TERM", "INT"] {
            let scratch = scratch(&format!("a_server_finishes_after_{signal}"));
            let mut server = Process::start(scratch.path(), &[]);
            let mut office = server.connect();
            assert_eq!(office.ask("one\n"), "go on");
            server.signal(signal);
            assert_eq!(server.line(), "stopping: 1 connection\n");
            assert_eq!(office.ask("$$\n"), "stored");
            assert_eq!(office.answer(), "closing");
            assert_eq!(server.end().code(), Some(0));
            assert_eq!(files(scratch.path()), [file("000001.txt", "one\n$$\n")]);
        }
    }

    #[test]
    fn a_second_signal_ends_a_server_at_once() {
        let scratch = scratch("a_second_signal_ends_a_server_at_once");
        let mut server = Process::start(scratch.path(), &["--limit", "1000000000"]);
        let mut office = server.connect();
        assert_eq!(office.ask("one\n"), "go on");
        server.signal("TERM");
        assert_eq!(server.line(), "stopping: 1 connection\n");
        server.signal("TERM");
        assert_eq!(
            server.line(),
            "gave up, because of a second signal: 1 connection\n"
        );
        assert_eq!(server.end().code(), Some(1));
        assert_eq!(files(scratch.path()), []);
    }

    #[test]
    fn a_client_that_never_ends_is_given_up_at_the_limit() {
        let scratch = scratch("a_client_that_never_ends_is_given_up");
        let mut server = Process::start(scratch.path(), &["--limit", "1"]);
        let mut office = server.connect();
        assert_eq!(office.ask("one\n"), "go on");
        server.signal("TERM");
        assert_eq!(server.line(), "stopping: 1 connection\n");
        assert_eq!(
            server.line(),
            "gave up, because the limit has passed: 1 connection\n"
        );
        assert_eq!(server.end().code(), Some(1));
        assert_eq!(files(scratch.path()), []);
    }

    /// The store writes to a FIFO whose reader stops after one byte. So the thread that stores the
    /// bulletin never returns, and no task can be told to stop.
    #[test]
    fn work_that_cannot_be_canceled_does_not_keep_the_process_alive() {
        let scratch = scratch("work_that_cannot_be_canceled");
        let path = scratch.path().join("000001.part");
        let status = Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(status.success());
        let (sender, begun) = mpsc::channel();
        thread::spawn(move || {
            let mut fifo = File::open(path).unwrap();
            fifo.read_exact(&mut [0]).unwrap();
            sender.send(fifo)
        });

        let mut server = Process::start(scratch.path(), &["--limit", "1"]);
        let mut office = server.connect();
        assert_eq!(office.ask("one\n"), "go on");
        // Longer than what a FIFO can hold.
        let rest = format!("{}\n", "a".repeat(MAX_LINE)).repeat(MAX_LINES - 2) + "$$\n";
        office.stream.get_mut().write_all(rest.as_bytes()).unwrap();
        let _fifo = begun.recv_timeout(TIME_LIMIT).unwrap();
        server.signal("TERM");
        assert_eq!(server.line(), "stopping: 1 connection\n");
        assert_eq!(
            server.line(),
            "gave up, because the limit has passed: 1 connection\n"
        );
        assert_eq!(server.end().code(), Some(1));
    }

    /// Kills one server after another without any warning, each after one more answer.
    #[test]
    fn what_a_killed_server_has_stored_is_complete() {
        let bulletin = format!("one\n{}$$\n", "a line of the bulletin\n".repeat(900));
        let (first_line, rest) = bulletin.split_at("one\n".len());
        for answers in 0..12 {
            let scratch = scratch(&format!("what_a_killed_server_has_stored_{answers}"));
            let server = Process::start(scratch.path(), &[]);
            let mut offices = [server.connect(), server.connect()];
            let mut stored = 0;
            for round in 0..answers {
                let office = &mut offices[round % 2];
                assert_eq!(office.ask(first_line), "go on");
                assert_eq!(office.ask(rest), "stored");
                stored += 1;
            }
            // Both are sending when the server is killed.
            for office in &mut offices {
                assert_eq!(office.ask(first_line), "go on");
                office.stream.get_mut().write_all(rest.as_bytes()).unwrap();
            }
            server.signal("KILL");
            assert_eq!(server.end().code(), None);
            let mut complete = 0;
            for (name, content) in files(scratch.path()) {
                if name.ends_with(".txt") {
                    assert!(content == bulletin, "{name} is not complete");
                    complete += 1;
                }
            }
            // A bulletin may have been stored without an answer, but no answer was wrong.
            assert!(
                (stored..=stored + 2).contains(&complete),
                "{complete} of {stored}"
            );
        }
    }
}
