//! `cargo book`: what it answers, to whom, and that a change reloads the page.

use crate::workspace::{Outcome, Workspace};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::time::Duration;

/// How long any wait may last before the test fails. Less than the server's heartbeat, after which
/// it would look for changes even if nothing told it of them.
pub(crate) const BOUND: Duration = Duration::from_secs(10);

pub(crate) struct Server {
    workspace: Workspace,
    child: Child,
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn start(workspace: Workspace) -> Self {
        let mut command = workspace.book("", &["--port", "0"]);
        command.env("CARGO_TARGET_DIR", workspace.path("target"));
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line
            .split("http://")
            .nth(1)
            .and_then(|rest| rest.split('/').next());
        let address = address
            .unwrap_or_else(|| panic!("no address in {line:?}"))
            .to_owned();
        Server {
            workspace,
            child,
            address,
        }
    }

    pub(crate) fn send(&self, head: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(BOUND)).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        stream
    }

    /// The head and the body of the answer.
    fn ask(&self, request: &str, host: &str) -> (String, String) {
        let mut stream = self.send(&format!("{request} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }

    pub(crate) fn get(&self, path: &str) -> (String, String) {
        self.ask(&format!("GET {path}"), &self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn pages_and_files_are_served() {
    let server = Server::start(Workspace::new());
    let (head, body) = server.get("/");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(
        head.contains("Content-Type: text/html; charset=utf-8\r\n"),
        "{head}"
    );
    assert!(
        body.contains("Ring the <a href=\"signals/bell.html#what-you-see\">"),
        "{body}"
    );
    let (head, body) = server.get("/recipes/signals/bell/src/main%2Ers?x");
    assert!(
        head.contains("Content-Type: text/plain; charset=utf-8\r\n"),
        "{head}"
    );
    assert_eq!(
        body,
        server.workspace.read("recipes/signals/bell/src/main.rs")
    );
}

#[test]
fn what_is_not_there_is_answered_with_a_page() {
    let server = Server::start(Workspace::new());
    let (head, body) = server.get("/nowhere.html");
    assert!(head.starts_with("HTTP/1.1 404 Not Found\r\n"), "{head}");
    assert!(body.contains("Document not found"), "{body}");
}

#[test]
fn a_head_comes_without_its_body() {
    let server = Server::start(Workspace::new());
    let (_, page) = server.get("/signals/bell.html");
    let (head, body) = server.ask("HEAD /signals/bell.html", &server.address);
    assert!(
        head.contains(&format!("Content-Length: {}\r\n", page.len())),
        "{head}"
    );
    assert_eq!(body, "");
}

#[test]
fn a_wrong_host_or_method_is_refused() {
    let server = Server::start(Workspace::new());
    assert!(
        server
            .ask("GET /", "example.org")
            .0
            .starts_with("HTTP/1.1 403 ")
    );
    assert!(
        server
            .ask("GET /", "localhost:1")
            .0
            .starts_with("HTTP/1.1 200 ")
    );
    assert!(
        server
            .ask("POST /", &server.address)
            .0
            .starts_with("HTTP/1.1 405 ")
    );
}

#[test]
fn no_path_leads_out_of_the_book() {
    let server = Server::start(Workspace::new());
    for path in [
        "/../Cargo.toml",
        "/../../Cargo.toml",
        "/%2e%2e/%2e%2e/Cargo.toml",
        "/..%2f..%2fCargo.toml",
        "//etc/passwd",
    ] {
        let (head, body) = server.get(path);
        assert!(head.starts_with("HTTP/1.1 404 "), "{path}: {head}");
        assert!(body.contains("Document not found"), "{path}");
    }
}

#[test]
fn what_is_no_request_is_refused() {
    let server = Server::start(Workspace::new());
    for (bytes, status) in [
        ("nonsense\r\n\r\n", "400"),
        (&*format!("GET /{} ", "a".repeat(20_000)), "431"),
    ] {
        let mut answer = String::new();
        server.send(bytes).read_to_string(&mut answer).unwrap();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
    }
}

/// The event stream that the page opens.
fn events(server: &Server) -> BufReader<TcpStream> {
    let (_, page) = server.get("/");
    let path = page
        .split("EventSource(\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    BufReader::new(server.send(&format!(
        "GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n",
        server.address
    )))
}

fn head_of(stream: &mut impl BufRead) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(stream.read_line(&mut head).unwrap(), 0, "{head}");
    }
    head
}

/// The stream ends after its one event, or the read times out.
fn wait_for_reload(mut stream: impl BufRead) {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.ends_with("data: reload\n\n"), "{text}");
}

#[test]
fn whatever_the_book_is_made_of_reloads_the_page() {
    let server = Server::start(Workspace::new());
    for (file, text, page, shown) in [
        (
            "docs/src/signals/bell.md",
            "\nA *new* line.\n",
            "/signals/bell.html",
            "A <em>new</em> line.",
        ),
        (
            "recipes/signals/bell/examples/bell_std.rs",
            "// new\n",
            "/guide/deep.html",
            "// new</code>",
        ),
        (
            "recipes/signals/bell/expected.txt",
            "ding\n",
            "/signals/bell.html",
            "dong\ndong\nding\n",
        ),
        (
            "docs/book.toml",
            "\n[output.html]\ndefault-theme = \"coal\"\n",
            "/",
            "class=\"coal",
        ),
    ] {
        let mut stream = events(&server);
        assert!(head_of(&mut stream).contains("Content-Type: text/event-stream\r\n"));
        server.workspace.append(file, text);
        wait_for_reload(stream);
        let (_, body) = server.get(page);
        assert!(body.contains(shown), "{shown} is not in {body}");
    }
}

#[test]
fn faults_are_shown_on_the_page_until_they_are_mended() {
    let server = Server::start(Workspace::new());
    let good = server.workspace.read("docs/src/signals/bell.md");
    for (text, faulty) in [
        (format!("{good}\n{{{{#recipe gong}}}}\n"), true),
        (good, false),
    ] {
        let stream = events(&server);
        server.workspace.write("docs/src/signals/bell.md", &text);
        wait_for_reload(stream);
        let (_, body) = server.get("/signals/bell.html");
        assert_eq!(body.contains("there is no recipe gong"), faulty, "{body}");
    }
}

/// As after `cargo book | head -1`: the server's lines go nowhere, and it builds again all the
/// same.
#[test]
fn a_closed_standard_output_does_not_end_the_server() {
    let mut server = Server::start(Workspace::new());
    drop(server.child.stdout.take());
    for text in ["\nOne.\n", "\nTwo.\n"] {
        let stream = events(&server);
        server.workspace.append("docs/src/signals/bell.md", text);
        wait_for_reload(stream);
    }
    let (_, body) = server.get("/signals/bell.html");
    assert!(body.contains("<p>Two.</p>"), "{body}");
}

#[test]
fn a_page_of_an_older_build_is_reloaded_at_once() {
    let server = Server::start(Workspace::new());
    let request = format!(
        "GET /__reload?1 HTTP/1.1\r\nHost: {}\r\n\r\n",
        server.address
    );
    wait_for_reload(BufReader::new(server.send(&request)));
}

#[test]
fn a_taken_port_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let workspace = Workspace::new();
    let output = workspace
        .book("", &["serve", "--port", &port.to_string()])
        .output();
    let outcome = Outcome::from(output.unwrap());
    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(1), ""));
    assert_eq!(
        outcome.stderr,
        format!(
            "cannot serve on port {port} of 127.0.0.1: it is taken; choose another with `cargo \
             book --port N`\n"
        )
    );
}
