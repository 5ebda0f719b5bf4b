//! Everything around the recipe: reads the site, serves it, saves its pages and prints the report.
//! Nothing in this file decides what runs at the same time, so you can skip it when you read the
//! recipe.
//!
//! A site is a folder. Each file in it is a page, and the file `faults.txt`, if there is one, says
//! which pages the server answers badly. A row is one of these:
//!
//! ```text
//! a/page.md busy 2            the first 2 requests get the answer 503 Service Unavailable
//! a/page.md silent            the server reads the request and never answers
//! a/page.md slow 400          the second half of the page comes 400 ms after the first
//! old.md moved a/page.md      there is no page old.md: its answer is a redirect
//! ```

use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Display, Formatter};
use std::io::{self, ErrorKind, Write};
use std::path::{Component, Path, PathBuf};
use std::process::{self, ExitCode};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{env, fs};

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::runtime::Handle;
use tokio::time;

const DEFAULT_SITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/input/async-book");
const FAULTS: &str = "faults.txt";
const USAGE: &str = "expected [--real-time] [SITE [FOLDER]]";

/// The name of a file has this extension until all of the page is in it.
const UNFINISHED: &str = "part";

/// Each page gets a task, and the server keeps all pages in memory.
const MAX_PAGES: usize = 10_000;
const MAX_PAGE_BYTES: u64 = 1024 * 1024;
const MAX_HEAD_BYTES: u64 = 8 * 1024;

/// How many connections the server serves at a time. It refuses more.
const MAX_CONNECTIONS: usize = 4;

/// The server takes this long before it answers.
const LATENCY: Duration = Duration::from_millis(50);

/// What to download, and where to save it.
pub(crate) struct Job {
    pub(crate) site: Arc<Site>,
    pub(crate) folder: PathBuf,
    /// Whether a second of waiting takes a second.
    pub(crate) real_time: bool,
    is_temporary: bool,
}

/// The outcome of one page.
pub(crate) struct Download {
    pub(crate) page: String,
    pub(crate) result: Result<Page, Failure>,
}

/// A page as the server has sent it.
pub(crate) struct Page {
    /// Kept for the report and the tests. Your own program can drop it when the page is saved.
    pub(crate) body: Vec<u8>,
    /// After a redirect, this is not the address that was asked for.
    pub(crate) address: String,
    pub(crate) attempts: u32,
}

/// Why there is no page.
#[derive(Debug)]
pub(crate) enum Failure {
    Connection(io::Error),
    Status(u16),
    TooManyRedirects(usize),
    TimedOut(Duration),
    NotSaved(io::Error),
    /// The user has pressed Ctrl-C.
    Stopped,
}

/// An answer of the server.
#[derive(Debug, PartialEq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// The address to ask instead, if this is a redirect.
    pub(crate) location: String,
    pub(crate) body: Vec<u8>,
}

impl Failure {
    /// Whether it is worth trying again.
    pub(crate) fn is_temporary(&self) -> bool {
        match self {
            Failure::Connection(_) => true,
            Failure::Status(status) => *status == 503,
            _ => false,
        }
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Connection(error) => write!(f, "{error}"),
            Failure::Status(status) => write!(f, "the server answered {status}"),
            Failure::TooManyRedirects(limit) => write!(f, "more than {limit} redirects"),
            Failure::TimedOut(limit) => write!(f, "not complete after {} ms", limit.as_millis()),
            Failure::NotSaved(error) => write!(f, "cannot be saved: {error}"),
            Failure::Stopped => write!(f, "stopped"),
        }
    }
}

/// Asks for one page over a new connection, and reads the answer until the server closes it.
pub(crate) async fn get(server: &Server, address: &str) -> io::Result<Response> {
    let mut connection = server.connect();
    let request =
        format!("GET /{address} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    connection.stream.write_all(request.as_bytes()).await?;

    let mut answer = Vec::new();
    let mut limited = connection.stream.take(MAX_HEAD_BYTES + MAX_PAGE_BYTES);
    limited.read_to_end(&mut answer).await?;
    parse(&answer)
        .ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "the answer is not complete"))
}

/// Reads an answer. Returns `None` if its body is not as long as its head says.
fn parse(answer: &[u8]) -> Option<Response> {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let head = str::from_utf8(&answer[..end]).ok()?;
    let body = &answer[end + 4..];

    let mut lines = head.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.1 ")?;
    let status = status.split(' ').next()?.parse().ok()?;
    let mut length = None;
    let mut location = String::new();
    for line in lines {
        let (name, value) = line.split_once(':')?;
        let value = value.trim();
        if name.eq_ignore_ascii_case("Content-Length") {
            length = Some(value.parse::<usize>().ok()?);
        } else if name.eq_ignore_ascii_case("Location") {
            location = value.trim_start_matches('/').to_string();
        }
    }
    if length? != body.len() {
        return None;
    }
    Some(Response {
        status,
        location,
        body: body.to_vec(),
    })
}

// ANCHOR: save
/// Writes a page to a file with another name, and then renames that file. So a file that has the
/// name of the page holds the whole page, even if the program is killed. To survive a power failure
/// as well, call [`fs::File::sync_all`] before you rename it.
///
/// This function blocks, so do not call it in a task.
pub(crate) fn save(folder: &Path, page: &str, body: &[u8]) -> io::Result<()> {
    let file = folder.join(page);
    let unfinished = unfinished(&file);
    if let Some(parent) = file.parent() {
        fs::create_dir_all(parent)?;
    }
    let result = fs::write(&unfinished, body).and_then(|()| fs::rename(&unfinished, &file));
    if result.is_err() {
        let _ = fs::remove_file(&unfinished); // It may not even exist.
    }
    result
}
// ANCHOR_END: save

fn unfinished(file: &Path) -> PathBuf {
    file.with_added_extension(UNFINISHED)
}

/// Reads the command line and the site, and creates the folder.
///
/// If something is wrong, prints one line that says what, and exits with status 1.
pub(crate) fn job_or_exit() -> Job {
    load().unwrap_or_else(|reason| exit(&reason))
}

fn load() -> Result<Job, String> {
    let mut real_time = false;
    let mut paths = Vec::new();
    for argument in env::args_os().skip(1) {
        if argument == "--real-time" {
            real_time = true;
        } else if argument.to_string_lossy().starts_with('-') {
            return Err(format!("{USAGE}, found {}", argument.display()));
        } else {
            paths.push(PathBuf::from(argument));
        }
    }
    if paths.len() > 2 {
        return Err(format!("{USAGE}, found {} paths", paths.len()));
    }
    let mut paths = paths.into_iter();
    let root = paths.next().unwrap_or_else(|| DEFAULT_SITE.into());
    let site = Arc::new(Site::load(&root)?);

    let named = paths.next();
    let is_temporary = named.is_none();
    let folder = named.unwrap_or_else(|| env::temp_dir().join(format!("fetch-{}", process::id())));
    fs::create_dir_all(&folder)
        .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    Ok(Job {
        site,
        folder,
        real_time,
        is_temporary,
    })
}

impl Job {
    /// Checks what has been saved, prints the report, and returns the exit status. Without a folder
    /// on the command line, the files are deleted.
    pub(crate) fn finish(
        self,
        server: &Server,
        mut downloads: Vec<Download>,
        time: Duration,
    ) -> ExitCode {
        downloads.sort_by(|a, b| a.page.cmp(&b.page));
        let stopped = downloads
            .iter()
            .any(|download| matches!(download.result, Err(Failure::Stopped)));
        self.assert_saved(&downloads);
        if self.is_temporary {
            let _ = fs::remove_dir_all(&self.folder);
        }

        let report = report(&downloads, stopped, &server.counts);
        if let Err(error) = io::stdout().write_all(report.as_bytes()) {
            // A program that reads our output, such as `head`, may stop when it has seen enough.
            if error.kind() != ErrorKind::BrokenPipe {
                exit(&format!("cannot print the result: {error}"));
            }
        }
        let peak = server.counts.peak.load(Relaxed);
        eprintln!(
            "at most {peak} connections at once, {} ms",
            time.as_millis()
        );
        if stopped {
            return ExitCode::from(130); // As a shell reports a program that Ctrl-C has ended.
        }
        ExitCode::SUCCESS
    }

    /// Every page that was downloaded is there as the server has it, and there is no half file.
    fn assert_saved(&self, downloads: &[Download]) {
        let pages: Vec<&str> = downloads.iter().map(|download| &*download.page).collect();
        assert!(pages.iter().eq(self.site.pages().iter()), "a page was lost");
        for Download { page, result } in downloads {
            let file = self.folder.join(page);
            assert!(!unfinished(&file).exists(), "{page}: a half file is left");
            if let Ok(Page { address, .. }) = result {
                let saved = fs::read(&file).unwrap_or_default();
                assert!(saved == self.site.files[address], "{page} is damaged");
            }
        }
    }
}

fn report(downloads: &[Download], stopped: bool, counts: &Counts) -> String {
    let mut report = String::new();
    let mut failures = String::new();
    let mut saved = 0;
    let mut bytes = 0;
    for Download { page, result } in downloads {
        match result {
            Ok(file) => {
                saved += 1;
                bytes += file.body.len();
                let mut remarks = Vec::new();
                if file.attempts > 1 {
                    remarks.push(format!("at attempt {}", file.attempts));
                }
                if file.address != *page {
                    remarks.push(format!("redirected to {}", file.address));
                }
                if stopped || !remarks.is_empty() {
                    remarks.insert(0, format!("saved: {page}"));
                    report += &format!("{}\n", remarks.join(", "));
                }
            }
            Err(Failure::Stopped) => {}
            Err(failure) => failures += &format!("failed: {page}, {failure}\n"),
        }
    }
    report += &failures;
    if stopped {
        report += "stopped by Ctrl-C\n";
    }
    let pages = downloads.len();
    report += &format!("saved {saved} of {pages} pages, {bytes} bytes\n");
    let requests = counts.requests.load(Relaxed);
    let refused = counts.refused.load(Relaxed);
    report + &format!("requests: {requests}, refused: {refused}\n")
}

pub(crate) fn exit(reason: &str) -> ! {
    eprintln!("{reason}");
    process::exit(1)
}

/// The pages of a server, and how it answers badly.
pub(crate) struct Site {
    files: BTreeMap<String, Vec<u8>>,
    faults: BTreeMap<String, Fault>,
}

enum Fault {
    Busy(usize),
    Silent,
    Slow(Duration),
    Moved(String),
}

impl Site {
    /// Everything that can be asked for, in alphabetical order.
    pub(crate) fn pages(&self) -> Vec<String> {
        let mut pages: Vec<String> = self.files.keys().cloned().collect();
        for (page, fault) in &self.faults {
            if let Fault::Moved(_) = fault {
                pages.push(page.clone());
            }
        }
        pages.sort();
        pages
    }

    pub(crate) fn load(root: &Path) -> Result<Self, String> {
        let mut site = Site {
            files: BTreeMap::new(),
            faults: BTreeMap::new(),
        };
        site.load_folder(root, root)?;
        if let Some(faults) = site.files.remove(FAULTS) {
            let file = root.join(FAULTS);
            let name = file.display();
            let text =
                String::from_utf8(faults).map_err(|_| format!("{name} is not UTF-8 text"))?;
            // Some editors begin a file with a byte-order mark.
            let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
            for (index, row) in text.lines().enumerate() {
                site.add_fault(row)
                    .map_err(|reason| format!("{name}:{}: {reason}", index + 1))?;
            }
        }
        if site.pages().len() > MAX_PAGES {
            return Err(format!(
                "{} has more than {MAX_PAGES} pages",
                root.display()
            ));
        }
        Ok(site)
    }

    /// Reads all files below a folder. Symbolic links are not followed.
    fn load_folder(&mut self, root: &Path, folder: &Path) -> Result<(), String> {
        let cannot_read =
            |path: &Path, error: io::Error| format!("cannot read {}: {error}", path.display());
        let entries = fs::read_dir(folder).map_err(|error| cannot_read(folder, error))?;
        for entry in entries {
            let entry = entry.map_err(|error| cannot_read(folder, error))?;
            let path = entry.path();
            let kind = entry
                .file_type()
                .map_err(|error| cannot_read(&path, error))?;
            if kind.is_dir() {
                self.load_folder(root, &path)?;
            } else if kind.is_file() {
                let page = page_name(path.strip_prefix(root).expect("it is below the root"))
                    .ok_or_else(|| {
                        let allowed = "letters a to z, digits and . _ - in the name of a page";
                        let ending = format!("which does not end in .{UNFINISHED}");
                        format!("expected {allowed}, {ending}, found {}", path.display())
                    })?;
                if self.files.len() > MAX_PAGES {
                    return Err(format!(
                        "{} has more than {MAX_PAGES} pages",
                        root.display()
                    ));
                }
                let body = fs::read(&path).map_err(|error| cannot_read(&path, error))?;
                if body.len() as u64 > MAX_PAGE_BYTES {
                    let name = path.display();
                    return Err(format!("{name} is larger than {MAX_PAGE_BYTES} bytes"));
                }
                self.files.insert(page, body);
            }
        }
        Ok(())
    }

    fn add_fault(&mut self, row: &str) -> Result<(), String> {
        let words: Vec<&str> = row.split(' ').collect();
        let bad_row = || format!("expected a row such as page.md busy 2, found {row:?}");
        let fault = match words[..] {
            [_, "busy", count] => Fault::Busy(count.parse().map_err(|_| bad_row())?),
            [_, "silent"] => Fault::Silent,
            [_, "slow", time] => {
                let time: u32 = time.parse().map_err(|_| bad_row())?;
                Fault::Slow(Duration::from_millis(time.into()))
            }
            [_, "moved", target] => Fault::Moved(target.to_string()),
            _ => return Err(bad_row()),
        };
        let page = page_name(Path::new(words[0])).ok_or_else(bad_row)?;
        let is_file = self.files.contains_key(&page);
        match &fault {
            Fault::Moved(_) if is_file => {
                return Err(format!("{page} is a file, so it cannot have moved"));
            }
            Fault::Moved(target) => {
                page_name(Path::new(target)).ok_or_else(bad_row)?;
            }
            _ if !is_file => return Err(format!("there is no file {page}")),
            _ => {}
        }
        if self.faults.insert(page, fault).is_some() {
            return Err(format!("a second row for {}", words[0]));
        }
        Ok(())
    }
}

/// Returns the address of a page, if the path stays below its folder and needs no escapes in a
/// request.
fn page_name(path: &Path) -> Option<String> {
    let mut parts = Vec::new();
    for component in path.components() {
        let Component::Normal(part) = component else {
            return None;
        };
        let part = part.to_str()?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if !part.bytes().all(is_plain) {
            return None;
        }
        parts.push(part);
    }
    let page = parts.join("/");
    let is_unfinished = Path::new(&page)
        .extension()
        .is_some_and(|end| end == UNFINISHED);
    (!page.is_empty() && !is_unfinished).then_some(page)
}

/// The server, which would be another program if this were not an example.
///
/// Its connections are pipes in memory, so the network cannot change the result. It counts its
/// connections itself, so it shows whether the client keeps to the limit.
pub(crate) struct Server {
    site: Arc<Site>,
    counts: Arc<Counts>,
    /// Runs the server's tasks, even if the client uses another runtime.
    runtime: Handle,
}

/// Relaxed is enough for these counters, because no other data depends on them.
#[derive(Default)]
struct Counts {
    open: AtomicUsize,
    peak: AtomicUsize,
    requests: AtomicUsize,
    refused: AtomicUsize,
    /// How often each page was asked for.
    by_page: Mutex<HashMap<String, usize>>,
}

/// The client's end of a connection. The connection is open until the client drops it.
pub(crate) struct Connection {
    pub(crate) stream: DuplexStream,
    _open: Open,
}

/// Counts a connection as open until it is dropped.
struct Open {
    counts: Arc<Counts>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.counts.open.fetch_sub(1, Relaxed);
    }
}

impl Server {
    /// Must be called within a tokio runtime, which then runs the server.
    pub(crate) fn start(site: Arc<Site>) -> Self {
        Server {
            site,
            counts: Arc::default(),
            runtime: Handle::current(),
        }
    }

    /// Opens a connection. Over a network, this would be `TcpStream::connect(address).await?`.
    pub(crate) fn connect(&self) -> Connection {
        let (stream, server_end) = tokio::io::duplex(4096);
        let counts = Arc::clone(&self.counts);
        let open = counts.open.fetch_add(1, Relaxed) + 1;
        counts.peak.fetch_max(open, Relaxed);
        counts.requests.fetch_add(1, Relaxed);
        let is_refused = open > MAX_CONNECTIONS;
        if is_refused {
            counts.refused.fetch_add(1, Relaxed);
        }

        let site = Arc::clone(&self.site);
        let counts_of_server = Arc::clone(&counts);
        self.runtime.spawn(async move {
            // An error needs no report here: the client gets no answer, and reports that.
            let _ = answer(server_end, &site, &counts_of_server, is_refused).await;
        });
        Connection {
            stream,
            _open: Open { counts },
        }
    }
}

/// Reads a request and answers it.
async fn answer(
    mut stream: DuplexStream,
    site: &Site,
    counts: &Counts,
    is_refused: bool,
) -> io::Result<()> {
    let page = read_request(&mut stream).await?;
    if is_refused {
        return send(&mut stream, "429 Too Many Requests", "", b"").await;
    }
    time::sleep(LATENCY).await;

    let count = {
        let mut by_page = counts.by_page.lock().expect("nothing here panics");
        let count = by_page.entry(page.clone()).or_default();
        *count += 1;
        *count
    };
    let fault = site.faults.get(&page);
    if let Some(Fault::Moved(target)) = fault {
        let location = format!("Location: /{target}\r\n");
        return send(&mut stream, "301 Moved Permanently", &location, b"").await;
    }
    let Some(body) = site.files.get(&page) else {
        return send(&mut stream, "404 Not Found", "", b"").await;
    };
    match fault {
        Some(Fault::Busy(times)) if count <= *times => {
            send(&mut stream, "503 Service Unavailable", "", b"").await
        }
        Some(Fault::Silent) => {
            stream.read_u8().await?; // Waits until the client closes the connection.
            Ok(())
        }
        Some(Fault::Slow(pause)) => {
            let (first, second) = body.split_at(body.len() / 2);
            send_head(&mut stream, "200 OK", "", body.len()).await?;
            stream.write_all(first).await?;
            time::sleep(*pause).await;
            stream.write_all(second).await
        }
        _ => send(&mut stream, "200 OK", "", body).await,
    }
}

/// Reads the head of a request, and returns the address in its first line.
async fn read_request(stream: &mut DuplexStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() as u64 > MAX_HEAD_BYTES {
            return Err(io::Error::other("the request is too long"));
        }
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head);
    let address = head
        .strip_prefix("GET /")
        .and_then(|rest| rest.split(' ').next())
        .ok_or_else(|| io::Error::other("the request is not a GET"))?;
    Ok(address.to_string())
}

async fn send(
    stream: &mut DuplexStream,
    status: &str,
    location: &str,
    body: &[u8],
) -> io::Result<()> {
    send_head(stream, status, location, body.len()).await?;
    stream.write_all(body).await
}

async fn send_head(
    stream: &mut DuplexStream,
    status: &str,
    location: &str,
    length: usize,
) -> io::Result<()> {
    let head = format!("HTTP/1.1 {status}\r\n{location}Content-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).await
}
