//! `POST /run/…`: what is run, for whom, and what is answered.

use crate::serve::{BOUND, Server};
use crate::workspace::Workspace;
use std::io::{BufRead, BufReader, Read};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The compiler takes part in a real run.
const BUILD_BOUND: Duration = Duration::from_secs(120);

fn post(server: &Server, path: &str, headers: &str) -> TcpStream {
    server.send(&format!(
        "POST {path} HTTP/1.1\r\n{headers}Content-Length: 0\r\n\r\n"
    ))
}

/// As a page of the book asks.
fn run(server: &Server, path: &str) -> TcpStream {
    let host = &server.address;
    let stream = post(
        server,
        path,
        &format!("Host: {host}\r\nOrigin: http://{host}\r\nX-Cookbook: run\r\n"),
    );
    stream.set_read_timeout(Some(BUILD_BOUND)).unwrap();
    stream
}

fn status(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().to_owned()
}

/// The body of a chunked answer, without the empty lines that say only that it goes on.
fn events(mut stream: TcpStream) -> Vec<String> {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("Transfer-Encoding: chunked\r\n"), "{head}");
    assert!(body.ends_with("\r\n0\r\n\r\n"), "{body}");
    body.lines()
        .filter(|line| line.starts_with('{'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_recipe_a_variant_and_a_mistake_are_run() {
    let server = Server::start(Workspace::new());
    assert_eq!(
        events(run(&server, "/run/bell")),
        [
            r#"{"out":"dong\n"}"#,
            r#"{"out":"dong\n"}"#,
            r#"{"end":"exit status: 0"}"#
        ]
    );
    assert_eq!(
        events(run(&server, "/run/bell/bell_std")).last().unwrap(),
        r#"{"end":"exit status: 0"}"#
    );
    let mut mistake = events(run(&server, "/run/bell/bell_mistake_cracked"));
    // Which of its two streams is heard first is not promised.
    mistake[..2].sort();
    assert_eq!(
        mistake,
        [
            r#"{"err":"the <bell> is cracked\n"}"#,
            r#"{"out":"ding\n"}"#,
            r#"{"end":"exit status: 3"}"#
        ]
    );
}

#[test]
fn what_is_no_program_of_the_book_is_not_run() {
    let server = Server::start(Workspace::new());
    for path in [
        "/run/gong",
        "/run/bell/bell",
        "/run/chime",
        "/run/bell/../../x",
        "/run/bell%20--release",
    ] {
        assert_eq!(status(run(&server, path)), "404", "{path}");
    }
}

#[test]
fn who_is_no_page_of_the_book_is_refused() {
    let server = Server::start(Workspace::new());
    let host = &server.address;
    for headers in [
        format!("Host: {host}\r\n"),
        "Host: example.org\r\nX-Cookbook: run\r\n".to_owned(),
        "Host: localhost:1\r\nX-Cookbook: run\r\n".to_owned(),
        format!("Host: {host}\r\nOrigin: http://example.org\r\nX-Cookbook: run\r\n"),
    ] {
        assert_eq!(
            status(post(&server, "/run/bell", &headers)),
            "403",
            "{headers}"
        );
    }
    let mut get = String::new();
    server
        .send(&format!("GET /run/bell HTTP/1.1\r\nHost: {host}\r\n\r\n"))
        .read_to_string(&mut get)
        .unwrap();
    assert!(
        get.starts_with("HTTP/1.1 405 ") && get.contains("\r\nAllow: POST\r\n"),
        "{get}"
    );
    let no_length = format!("POST /run/bell HTTP/1.1\r\nHost: {host}\r\nX-Cookbook: run\r\n\r\n");
    assert_eq!(status(server.send(&no_length)), "411");
}

/// The first program never ends by itself. It is stopped when its reader leaves, and another may
/// run.
#[test]
fn one_program_runs_at_a_time_until_its_reader_leaves() {
    let workspace = Workspace::new();
    workspace.write(
        "recipes/signals/bell/examples/bell_std.rs",
        "fn main() {\n    println!(\"waits\");\n    loop {\n        std::thread::park();\n    }\n}\n",
    );
    let server = Server::start(workspace);
    let mut first = BufReader::new(run(&server, "/run/bell/bell_std"));
    let mut line = String::new();
    while !line.contains("waits") {
        line.clear();
        assert_ne!(first.read_line(&mut line).unwrap(), 0);
    }
    assert_eq!(status(run(&server, "/run/bell")), "409");
    drop(first);
    let free = || status(run(&server, "/run/bell")) == "200";
    let begin = std::time::Instant::now();
    while !free() {
        assert!(begin.elapsed() < BOUND, "the first program still runs");
    }
}

/// The program tells that it runs by a connection, which ends with it.
#[cfg(unix)]
#[test]
fn a_program_ends_with_the_server() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let workspace = Workspace::new();
    workspace.write(
        "recipes/signals/bell/examples/bell_std.rs",
        &format!(
            "fn main() {{\n    let _open = std::net::TcpStream::connect((\"127.0.0.1\", {port}));\n    \
             loop {{\n        std::thread::park();\n    }}\n}}\n"
        ),
    );
    let server = Server::start(workspace);
    let _page = run(&server, "/run/bell/bell_std");
    let mut program = accept_within(listener, BUILD_BOUND);
    program.set_read_timeout(Some(BOUND)).unwrap();
    // Sends SIGKILL, so the server can do nothing about it.
    drop(server);
    assert_eq!(program.read(&mut [0]).unwrap(), 0, "the program still runs");
}

#[cfg(unix)]
fn accept_within(listener: TcpListener, bound: Duration) -> TcpStream {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(listener.accept()));
    let (stream, _) = receiver.recv_timeout(bound).unwrap().unwrap();
    stream
}

#[test]
fn only_a_served_page_has_the_script() {
    let workspace = Workspace::new();
    assert_eq!(workspace.build().stderr, "");
    assert!(
        !workspace
            .read("docs/book/signals/bell.html")
            .contains("Run it on this machine")
    );
    let (_, page) = Server::start(workspace).get("/signals/bell.html");
    assert!(page.contains("Run it on this machine"));
}
