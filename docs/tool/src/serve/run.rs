//! Runs a program of the cookbook for a page of the book, and sends what it writes while it writes
//! it.
//!
//! `POST /run/RECIPE` and `POST /run/RECIPE/EXAMPLE` run the command that the page shows, for
//! programs of this workspace and nothing else. The answer is one JSON object a line:
//!
//! ```text
//! {"out": "…"}   from standard output
//! {"err": "…"}   from standard error
//! {"end": "…"}   how it ended; the last line
//! ```
//!
//! An empty line says that it still runs.

use super::group::{Group, Piece};
use crate::serve::http::{self, Request, Response};
use catalog::{Kind, Program};
use checks::process;
use serde_json::json;
use std::io::{self, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Mutex, TryLockError};
use std::time::{Duration, Instant};

/// `cargo book` adds this script to each page. A page from elsewhere does not have it, so it has no
/// button that cannot work.
pub(crate) const SCRIPT: &str = include_str!("run.js");

/// A page of another site cannot send this header without asking this server first, and this server
/// never agrees.
const HEADER: (&str, &str) = ("X-Cookbook", "run");
/// A recipe ends in two seconds. The rest is for the compiler, which a first run waits for.
const LIMITS: Limits = Limits {
    time: Duration::from_secs(120),
    bytes: 256 * 1024,
};
/// How long a reader who has left, or has pressed Stop, may go unnoticed.
const HEARTBEAT: Duration = Duration::from_millis(500);

/// Runs one program at a time.
pub(crate) struct Runner {
    workspace: PathBuf,
    port: u16,
    turn: Mutex<()>,
}

#[derive(Clone, Copy)]
struct Limits {
    time: Duration,
    bytes: usize,
}

impl Runner {
    /// `port` is the one that the book is served on.
    pub(crate) fn new(workspace: PathBuf, port: u16) -> Self {
        Runner {
            workspace,
            port,
            turn: Mutex::new(()),
        }
    }

    /// Whether requests for this path are answered here. No page of the book has such an address.
    pub(crate) fn has(path: &str) -> bool {
        path == "/run" || path.starts_with("/run/")
    }

    pub(crate) fn answer(
        &self,
        stream: &TcpStream,
        request: &Request,
        path: &str,
    ) -> io::Result<()> {
        let program = match self.admit(request, path) {
            Ok(program) => program,
            Err(refusal) => return refusal.send(stream, request.method == "HEAD"),
        };
        let turn = match self.turn.try_lock() {
            Err(TryLockError::WouldBlock) => {
                let sentence = "Another program is running. Stop it, or wait for its end.";
                return Response::plain("409 Conflict", sentence).send(stream, false);
            }
            Ok(turn) => turn,
            // It guards no data.
            Err(TryLockError::Poisoned(turn)) => turn.into_inner(),
        };
        http::send_head(
            stream,
            "200 OK",
            "application/x-ndjson",
            "Transfer-Encoding: chunked\r\n",
        )?;
        let mut chunks = http::Chunks(stream);
        let end = relay(&mut self.command(&program), LIMITS, &mut chunks)?;
        // A page that has read the end may ask for the next program at once.
        drop(turn);
        send(&mut chunks, &json!({ "end": end }))?;
        http::end_chunks(stream)
    }

    /// The program that the request names, if it comes from a page of this book.
    fn admit(&self, request: &Request, path: &str) -> Result<Program, Response> {
        let refuse = |status, sentence: &str| Err(Response::plain(status, sentence));
        if request.method != "POST" {
            return Err(Response::not_allowed(
                "Allow: POST\r\n",
                "A program is run with POST.",
            ));
        }
        if !self.is_this_book(request) {
            return refuse(
                "403 Forbidden",
                "Programs are run for the pages of this book only.",
            );
        }
        if !request.header(HEADER.0).eq([HEADER.1]) {
            return refuse(
                "403 Forbidden",
                "A program is run with the header `X-Cookbook: run`.",
            );
        }
        match request.header("Content-Length").collect::<Vec<_>>()[..] {
            ["0"] => {}
            [] => {
                return refuse(
                    "411 Length Required",
                    "The address is the whole request: send `Content-Length: 0`.",
                );
            }
            _ => {
                return refuse(
                    "413 Content Too Large",
                    "The address is the whole request: send `Content-Length: 0`.",
                );
            }
        }
        let known = catalog::programs(&self.workspace)
            .into_iter()
            .find(|program| address(program) == path);
        known.ok_or_else(|| {
            Response::plain(
                "404 Not Found",
                "There is no such recipe, variant or mistake.",
            )
        })
    }

    /// Host and port as the reader's browser has them, and an origin, if it sends one, that is the
    /// same.
    fn is_this_book(&self, request: &Request) -> bool {
        let ours = ["127.0.0.1", "localhost"].map(|name| format!("{name}:{}", self.port));
        let hosts: Vec<_> = request
            .header("Host")
            .map(str::to_ascii_lowercase)
            .collect();
        let [host] = &hosts[..] else { return false };
        let origin = format!("http://{host}");
        ours.contains(host)
            && request
                .header("Origin")
                .all(|it| it.eq_ignore_ascii_case(&origin))
    }

    /// The command that stands on the page.
    fn command(&self, program: &Program) -> Command {
        let shown = program.command();
        let mut words = shown.split_whitespace().skip(1);
        let mut command = process::cargo();
        command
            .args(words.next())
            .args(["--quiet", "--color=never"])
            .args(words)
            .current_dir(&self.workspace);
        command.env("RUST_BACKTRACE", "0");
        command
    }
}

fn address(program: &Program) -> String {
    match program.kind {
        Kind::Lesson => format!("/run/{}", program.recipe.name),
        _ => format!("/run/{}/{}", program.recipe.name, program.name()),
    }
}

/// Runs the command until it ends, a limit is reached, or the reader has left. Returns how it
/// ended, in words.
fn relay(command: &mut Command, limits: Limits, to: &mut impl Write) -> io::Result<String> {
    let mut group = match Group::start(command) {
        Ok(group) => group,
        Err(error) => return Ok(format!("cannot be started: {error}")),
    };
    match forward(&group.pieces(), limits, to)? {
        Some(stopped) => Ok(stopped),
        None => group.wait(),
    }
}

/// `None` when the program has closed both streams, else why it must be stopped.
fn forward(
    pieces: &Receiver<Piece>,
    limits: Limits,
    to: &mut impl Write,
) -> io::Result<Option<String>> {
    let begin = Instant::now();
    let mut bytes = 0;
    loop {
        let left = limits.time.saturating_sub(begin.elapsed());
        if left.is_zero() {
            return Ok(Some(format!("stopped after {:?}", limits.time)));
        }
        let (stream, text) = match pieces.recv_timeout(left.min(HEARTBEAT)) {
            Ok(Piece::Out(text)) => ("out", text),
            Ok(Piece::Err(text)) => ("err", text),
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) => {
                to.write_all(b"\n")?;
                continue;
            }
        };
        bytes += text.len();
        if bytes > limits.bytes {
            return Ok(Some(format!(
                "stopped after {} KB of output",
                limits.bytes / 1024
            )));
        }
        send(to, &json!({ stream: text }))?;
    }
}

fn send(to: &mut impl Write, event: &serde_json::Value) -> io::Result<()> {
    to.write_all(format!("{event}\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn request(method: &str, headers: &[(&str, &str)]) -> Request {
        let owned = headers
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()));
        Request {
            method: method.to_owned(),
            target: String::new(),
            headers: owned.collect(),
        }
    }

    /// The command that a request leads to, or the status that refuses it.
    fn asked(method: &str, path: &str, headers: &[(&str, &str)]) -> Result<String, &'static str> {
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture");
        let program = Runner::new(fixture, 3000).admit(&request(method, headers), path);
        program
            .map(|it| it.command())
            .map_err(|refusal| refusal.status)
    }

    const HOST: (&str, &str) = ("Host", "localhost:3000");
    const EMPTY: (&str, &str) = ("Content-Length", "0");

    #[test]
    fn programs_of_the_workspace_are_run() {
        for (path, command) in [
            ("/run/bell", "cargo run -p bell"),
            ("/run/bell/bell_std", "cargo run -p bell --example bell_std"),
            (
                "/run/bell/bell_mistake_cracked",
                "cargo run -p bell --example bell_mistake_cracked",
            ),
        ] {
            assert_eq!(
                asked("POST", path, &[HOST, HEADER, EMPTY]),
                Ok(command.to_owned())
            );
        }
        let origin = ("Origin", "http://localhost:3000");
        assert!(
            asked(
                "POST",
                "/run/bell",
                &[HOST, origin, ("x-cookbook", "run"), EMPTY]
            )
            .is_ok()
        );
    }

    #[test]
    fn nothing_else_is_run() {
        for path in [
            "/run",
            "/run/",
            "/run/gong",
            "/run/bell/",
            "/run/bell/bell",
            "/run/../bell",
            "/run/bell/../bell_std",
        ] {
            assert_eq!(
                asked("POST", path, &[HOST, HEADER, EMPTY]),
                Err("404 Not Found"),
                "{path}"
            );
        }
    }

    #[test]
    fn each_refusal_has_its_status() {
        let other_port = ("Host", "localhost:3001");
        for (status, method, headers) in [
            ("405 Method Not Allowed", "GET", &[HOST, HEADER, EMPTY][..]),
            ("403 Forbidden", "POST", &[HOST, EMPTY]),
            (
                "403 Forbidden",
                "POST",
                &[HOST, ("X-Cookbook", "walk"), EMPTY],
            ),
            ("403 Forbidden", "POST", &[HEADER, EMPTY]),
            ("403 Forbidden", "POST", &[other_port, HEADER, EMPTY]),
            (
                "403 Forbidden",
                "POST",
                &[("Host", "example.org:3000"), HEADER, EMPTY],
            ),
            ("403 Forbidden", "POST", &[HOST, other_port, HEADER, EMPTY]),
            (
                "403 Forbidden",
                "POST",
                &[HOST, ("Origin", "http://example.org"), HEADER, EMPTY],
            ),
            (
                "403 Forbidden",
                "POST",
                &[HOST, ("Origin", "null"), HEADER, EMPTY],
            ),
            ("411 Length Required", "POST", &[HOST, HEADER]),
            (
                "413 Content Too Large",
                "POST",
                &[HOST, HEADER, ("Content-Length", "1")],
            ),
            (
                "413 Content Too Large",
                "POST",
                &[HOST, HEADER, EMPTY, EMPTY],
            ),
        ] {
            assert_eq!(
                asked(method, "/run/bell", headers),
                Err(status),
                "{headers:?}"
            );
        }
    }

    /// What is sent, without heartbeats, and the end.
    #[cfg(unix)]
    fn relayed(script: &str, limits: Limits) -> (String, String) {
        let mut sent = Vec::new();
        let end = relay(Command::new("sh").args(["-c", script]), limits, &mut sent).unwrap();
        let sent = String::from_utf8(sent).unwrap();
        (
            sent.split_inclusive('\n')
                .filter(|line| *line != "\n")
                .collect(),
            end,
        )
    }

    #[cfg(unix)]
    #[test]
    fn both_streams_and_the_end_are_told() {
        for (script, sent, end) in [
            (
                "printf 'a\\nb'; exit 3",
                "{\"out\":\"a\\n\"}\n{\"out\":\"b\"}\n",
                "exit status: 3",
            ),
            ("echo a >&2", "{\"err\":\"a\\n\"}\n", "exit status: 0"),
        ] {
            assert_eq!(relayed(script, LIMITS), (sent.to_owned(), end.to_owned()));
        }
    }

    #[cfg(unix)]
    #[test]
    fn output_is_bounded() {
        let (sent, end) = relayed(
            "yes",
            Limits {
                bytes: 4096,
                ..LIMITS
            },
        );
        assert_eq!(sent.matches("{\"out\":\"y\\n\"}\n").count(), 2048);
        assert_eq!(end, "stopped after 4 KB of output");
    }

    /// The shell's child holds the pipe too: were only the shell killed, this would wait for it.
    #[cfg(unix)]
    #[test]
    fn time_is_bounded_for_the_whole_group() {
        let limits = Limits {
            time: Duration::from_millis(50),
            ..LIMITS
        };
        let mut group = Group::start(Command::new("sh").args(["-c", "sleep 600; true"])).unwrap();
        let pieces = group.pieces();
        let stopped = forward(&pieces, limits, &mut Vec::new()).unwrap();
        assert_eq!(stopped.as_deref(), Some("stopped after 50ms"));
        drop(group);
        let end = pieces.recv_timeout(Duration::from_secs(10)).err();
        assert_eq!(end, Some(RecvTimeoutError::Disconnected));
    }

    /// What a socket says when its other side is gone.
    #[cfg(unix)]
    struct Gone;

    #[cfg(unix)]
    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// It writes nothing, so the heartbeat must notice.
    #[cfg(unix)]
    #[test]
    fn a_program_ends_when_its_reader_leaves() {
        let begin = Instant::now();
        let end = relay(Command::new("sleep").arg("600"), LIMITS, &mut Gone);
        assert_eq!(end.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert!(begin.elapsed() < Duration::from_secs(60));
    }
}
