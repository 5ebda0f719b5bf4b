//! Serves the book on this machine and reloads the browser's page when it changes.

mod group;
mod http;
mod run;
mod watch;

use crate::build::{Built, build};
use crate::html::escaped;
use crate::lint::links::percent_decoded;
use crate::output::{complain, say};
use crate::serve::http::{Request, Response};
use crate::serve::run::Runner;
use crate::serve::watch::Snapshot;
use anyhow::{Result, anyhow};
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Where a page waits for the next build. No page of the book has this address.
const RELOAD: &str = "/__reload";
/// How long a reader who has left may go unnoticed.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Builds the book and serves it until the process is ended.
pub(crate) fn serve(workspace: &Path, port: u16) -> Result<()> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| in_use(port, &error))?;
    let address = listener.local_addr()?;
    // Taken before the build, so that a change made while it runs is not missed.
    let mut seen = Snapshot::take(workspace);
    let shown = Arc::new(Shown::new(built(workspace)));
    say(format!(
        "The book is at http://{address}/ until you press Ctrl-C."
    ));
    let reader = Arc::clone(&shown);
    let runner = Arc::new(Runner::new(workspace.to_owned(), address.port()));
    thread::spawn(move || accept(&listener, &reader, &runner));
    loop {
        seen = seen.wait_for_change(workspace);
        shown.replace(built(workspace));
        say("Built again.");
    }
}

fn in_use(port: u16, error: &io::Error) -> anyhow::Error {
    let reason = match error.kind() {
        io::ErrorKind::AddrInUse => "it is taken".to_owned(),
        _ => error.to_string(),
    };
    anyhow!(
        "cannot serve on port {port} of 127.0.0.1: {reason}; choose another with \
         `cargo book --port N`"
    )
}

/// A page with a fault is worth seeing: the faults are told here and on every page.
fn built(workspace: &Path) -> Built {
    let built = build(workspace);
    for fault in &built.faults {
        complain(fault);
    }
    built
}

/// The book that readers see. Each build has its own version, even if the server was restarted in
/// between.
struct Shown {
    current: Mutex<Current>,
    changed: Condvar,
}

struct Current {
    built: Arc<Built>,
    version: u128,
}

impl Shown {
    fn new(built: Built) -> Self {
        let current = Current {
            built: Arc::new(built),
            version: now(),
        };
        Shown {
            current: Mutex::new(current),
            changed: Condvar::new(),
        }
    }

    fn replace(&self, built: Built) {
        let mut current = self.lock();
        current.built = Arc::new(built);
        current.version = now().max(current.version + 1);
        self.changed.notify_all();
    }

    fn get(&self) -> (Arc<Built>, u128) {
        let current = self.lock();
        (Arc::clone(&current.built), current.version)
    }

    /// Whether another version than this one is shown, now or before the time is over.
    fn differs_from(&self, version: &str, time: Duration) -> bool {
        let same = |current: &mut Current| current.version.to_string() == version;
        let waited = self.changed.wait_timeout_while(self.lock(), time, same);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// Nothing panics while it holds this lock with a book half replaced.
    fn lock(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn now() -> u128 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map(|time| time.as_millis()).unwrap_or_default()
}

/// A thread a connection: the readers are one person's tabs, and most threads live for a
/// millisecond.
fn accept(listener: &TcpListener, shown: &Arc<Shown>, runner: &Arc<Runner>) {
    for stream in listener.incoming().flatten() {
        let (shown, runner) = (Arc::clone(shown), Arc::clone(runner));
        let converse = move || {
            // A browser may go away in the middle of an answer.
            let _ = converse(&stream, &shown, &runner);
        };
        // If no thread can be had, the connection is closed and the browser asks again.
        let _ = thread::Builder::new().spawn(converse);
    }
}

fn converse(stream: &TcpStream, shown: &Shown, runner: &Runner) -> io::Result<()> {
    let request = match http::receive(stream)? {
        Ok(request) => request,
        Err(response) => return response.send(stream, false),
    };
    let head_only = request.method == "HEAD";
    let (path, query) = request
        .target
        .split_once('?')
        .unwrap_or((&request.target, ""));
    if Runner::has(path) {
        return runner.answer(stream, &request, path);
    }
    if let Some(refusal) = refusal(&request) {
        return refusal.send(stream, head_only);
    }
    if path == RELOAD && !head_only {
        return tell_of_changes(stream, shown, query);
    }
    let (built, version) = shown.get();
    answer(path, &built, version).send(stream, head_only)
}

/// The `Host` is checked because a page of any site can have its host's name point to 127.0.0.1 and
/// then read what is served here.
fn refusal(request: &Request) -> Option<Response> {
    let name = |host: &str| {
        host.rsplit_once(':')
            .map_or(host, |(name, _)| name)
            .to_ascii_lowercase()
    };
    let ours = |host: &str| ["127.0.0.1", "localhost"].contains(&name(host).as_str());
    if !(request.header("Host").count() == 1 && request.header("Host").all(ours)) {
        return Some(Response::plain(
            "403 Forbidden",
            "The book is served as 127.0.0.1 and localhost only.",
        ));
    }
    let known = ["GET", "HEAD"].contains(&request.method.as_str());
    (!known)
        .then(|| Response::not_allowed("Allow: GET, HEAD\r\n", "A book is read with GET and HEAD."))
}

/// The file at this path. Files come out of the book in memory: no path leads anywhere else.
fn answer(path: &str, built: &Built, version: u128) -> Response {
    let Some(path) = percent_decoded(path).filter(|path| path.starts_with('/')) else {
        return Response::plain("400 Bad Request", "No such address can be.");
    };
    let mut address = path[1..].to_owned();
    if address.is_empty() || address.ends_with('/') {
        address.push_str("index.html");
    }
    let (status, address, body) = match built.site.get(&address) {
        Some(body) => ("200 OK", address.as_str(), body),
        None => (
            "404 Not Found",
            "404.html",
            built.site.get("404.html").unwrap_or(b"Not found."),
        ),
    };
    let mut body = body.to_vec();
    if address.ends_with(".html") {
        add_to_page(&mut body, &at_the_end(built, version));
    }
    Response {
        status,
        content_type: http::content_type(address),
        more: "",
        body,
    }
}

/// Before the end of the body, or at the end if the page has no body.
fn add_to_page(page: &mut Vec<u8>, html: &str) {
    let end = b"</body>";
    let last = page.windows(end.len()).rposition(|part| part == end);
    let place = last.unwrap_or(page.len());
    page.splice(place..place, html.bytes());
}

/// The scripts that reload the page and run its programs, and the faults. A hidden tab keeps no
/// connection: a browser opens six to a host.
fn at_the_end(built: &Built, version: u128) -> String {
    let script = format!(
        r#"<script>(() => {{
    let events = null;
    const listen = () => {{
        if (events) events.close();
        events = document.hidden ? null : new EventSource("{RELOAD}?{version}");
        if (events) events.onmessage = () => location.reload();
    }};
    document.addEventListener("visibilitychange", listen);
    listen();
}})();</script><script>{}</script>"#,
        run::SCRIPT
    );
    let faults: Vec<_> = built
        .faults
        .iter()
        .map(|fault| escaped(&fault.to_string()))
        .collect();
    if faults.is_empty() {
        return script;
    }
    format!(
        "<pre role=\"alert\" style=\"position:fixed;inset:auto 0 0;z-index:1000;max-height:40vh;overflow:auto;\
         margin:0;padding:1rem;background:#7a0000;color:#fff;white-space:pre-wrap\">{}</pre>{script}",
        faults.join("\n")
    )
}

/// An event stream with one event in it, when the version that the page shows is the current one no
/// more.
fn tell_of_changes(mut stream: &TcpStream, shown: &Shown, version: &str) -> io::Result<()> {
    http::send_head(stream, "200 OK", "text/event-stream", "")?;
    while !shown.differs_from(version, HEARTBEAT) {
        // A comment: it fails when the reader is gone.
        stream.write_all(b":\n\n")?;
    }
    stream.write_all(b"data: reload\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;
    use crate::html::site::Site;

    fn request(method: &str, hosts: &[&str]) -> Request {
        Request {
            method: method.to_owned(),
            target: "/".to_owned(),
            headers: hosts
                .iter()
                .map(|&host| ("Host".to_owned(), host.to_owned()))
                .collect(),
        }
    }

    fn refused(method: &str, hosts: &[&str]) -> Option<&'static str> {
        refusal(&request(method, hosts)).map(|response| response.status)
    }

    #[test]
    fn only_this_machines_names_are_served() {
        for host in ["127.0.0.1:3000", "localhost:3000", "LocalHost", "127.0.0.1"] {
            assert_eq!(refused("GET", &[host]), None, "{host}");
        }
        for hosts in [
            &["example.org"] as &[_],
            &["127.0.0.1.example.org:3000"],
            &[],
            &["localhost", "example.org"],
        ] {
            assert_eq!(refused("GET", hosts), Some("403 Forbidden"), "{hosts:?}");
        }
        assert_eq!(
            refused("POST", &["localhost"]),
            Some("405 Method Not Allowed")
        );
    }

    fn get(path: &str) -> (&'static str, String) {
        let site = Site::from([
            ("index.html", "<body>first</body>"),
            ("a b.rs", "fn"),
            ("404.html", "lost"),
        ]);
        let faults = vec![Fault::new("here", "1 < 2")];
        let response = answer(path, &Built { site, faults }, 7);
        (response.status, String::from_utf8(response.body).unwrap())
    }

    #[test]
    fn files_are_found_by_their_address_alone() {
        assert_eq!(get("/a%20b.rs"), ("200 OK", "fn".to_owned()));
        for path in [
            "/b",
            "/../Cargo.toml",
            "/%2e%2e/Cargo.toml",
            "//etc/passwd",
            "/a/../a%20b.rs",
        ] {
            assert_eq!(get(path).0, "404 Not Found", "{path}");
            assert!(get(path).1.starts_with("lost"));
        }
        for path in ["*", "http://localhost/", "/%zz"] {
            assert_eq!(get(path).0, "400 Bad Request", "{path}");
        }
    }

    #[test]
    fn a_page_waits_for_changes_and_shows_the_faults() {
        let (status, page) = get("/");
        assert_eq!(status, "200 OK");
        assert!(page.starts_with("<body>first<pre"), "{page}");
        assert!(page.contains("here: 1 &lt; 2</pre>"), "{page}");
        assert!(page.contains("/__reload?7"), "{page}");
        assert!(page.ends_with("</script></body>"), "{page}");
    }

    #[test]
    fn a_change_is_seen_by_those_who_wait_and_by_those_who_come_late() {
        let shown = Shown::new(Built::default());
        let first = shown.get().1.to_string();
        assert!(!shown.differs_from(&first, Duration::ZERO));
        thread::scope(|scope| {
            let waiter = scope.spawn(|| shown.differs_from(&first, Duration::from_secs(60)));
            shown.replace(Built::default());
            assert!(waiter.join().unwrap());
        });
        assert!(shown.differs_from(&first, Duration::ZERO));
    }
}
