//! The command-line part of the recipe: the store, the demonstration and the report. Nothing in
//! this file is about tokio, so you can skip it when you read the recipe.
//!
//! An office connects and waits for `ready`. It sends the first line of a bulletin and waits for
//! `go on`. Then it sends the other lines, of which the last is `$$`, and waits for `stored`. When
//! the server stops, an office that is between two bulletins gets `closing`, and nothing more.
//!
//! ```text
//! shutdown --serve FOLDER                        # stores bulletins in FOLDER
//! shutdown --serve FOLDER --limit MILLISECONDS   # gives up that long after the first signal
//! ```
//!
//! The server creates `FOLDER` if it does not exist. It prints its address on standard error, so
//! you can send a bulletin by hand, for instance with `nc`. The exit status is 1 if the server gave
//! up.

use std::fmt::{self, Display, Formatter};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{self, ExitCode};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{env, mem};

const DEFAULT_FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/input");

/// How long a server waits after the first signal. Docker kills a process 10 seconds after it has
/// sent a SIGTERM, so the limit has to be shorter.
const DEFAULT_LIMIT: Duration = Duration::from_secs(8);

/// Each office of the demonstration gets a thread.
const MAX_FILES: usize = 64;

/// An office sends one bulletin at a time, and each has to reach the disk. More would take long.
const MAX_BULLETINS: usize = 1000;

/// The most bytes of a line, and the most lines of a bulletin. Without these limits, one office
/// could fill the memory.
pub(crate) const MAX_LINE: usize = 1000;
pub(crate) const MAX_LINES: usize = 1000;

/// The last line of each bulletin.
pub(crate) const END: &str = "$$";

/// After an error, the server waits this long before it accepts again. Otherwise it would use up a
/// processor, for instance while too many files are open.
pub(crate) const PAUSE: Duration = Duration::from_millis(100);

/// No answer takes this long unless the server hangs.
const NO_ANSWER: Duration = Duration::from_secs(30);

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All connections were closed.
    Finished,
    LimitPassed,
    SecondRequest,
}

/// A folder of files, one for each bulletin.
pub(crate) struct Store {
    folder: PathBuf,
    next_number: AtomicU64,
}

/// What the command line asks for.
pub(crate) struct Job {
    store: Arc<Store>,
    limit: Duration,
    /// None if the program only serves.
    offices: Option<Arc<Vec<Office>>>,
    demonstration: OnceLock<JoinHandle<Vec<Outcome>>>,
}

/// A sender of bulletins.
struct Office {
    name: String,
    bulletins: Vec<Vec<String>>,
    /// Whether the last bulletin has no end.
    falls_silent: bool,
}

/// What became of an office's bulletins.
#[derive(Default)]
struct Outcome {
    /// Stored before the signal.
    stored: usize,
    /// Begun before the signal, and stored after it.
    finished: usize,
    /// Refused after the signal.
    refused: usize,
    /// Begun, but not finished.
    given_up: usize,
    /// Keeps the connection of a silent office open.
    _open: Option<Connection>,
}

/// An office's connection to the server.
struct Connection {
    stream: BufReader<TcpStream>,
}

impl Display for Ending {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Ending::Finished => "all connections are closed",
            Ending::LimitPassed => "gave up, because the limit has passed",
            Ending::SecondRequest => "gave up, because of a second signal",
        })
    }
}

impl Store {
    /// Opens a folder, or creates it. New files get higher numbers than those already there.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let mut next_number = 1;
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "txt") {
                let name = path.file_stem().unwrap_or_default().to_string_lossy();
                let number: u64 = name.parse().unwrap_or_default();
                next_number = next_number.max(number.saturating_add(1));
            }
        }
        Ok(Store {
            folder: folder.to_path_buf(),
            next_number: AtomicU64::new(next_number),
        })
    }

    // ANCHOR: put
    /// Stores a bulletin in a file of its own. The file is complete or absent, even if the process
    /// is killed at any moment. When this returns, the file is on the disk.
    pub(crate) fn put(&self, bulletin: &str) -> io::Result<()> {
        let number = self.next_number.fetch_add(1, Ordering::Relaxed);
        let unfinished = self.folder.join(format!("{number:06}.part"));
        let finished = self.folder.join(format!("{number:06}.txt"));

        let mut file = File::create(&unfinished)?;
        file.write_all(bulletin.as_bytes())?;
        file.sync_all()?; // The content is on the disk before the file gets its name.
        fs::rename(&unfinished, &finished)?;
        sync_folder(&self.folder) // The name is on the disk, too.
    }
    // ANCHOR_END: put

    /// The content of every file, in any order. In the demonstration, each is complete.
    fn bulletins(&self) -> io::Result<Vec<String>> {
        let mut bulletins = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            bulletins.push(fs::read_to_string(entry?.path())?);
        }
        Ok(bulletins)
    }
}

/// Only Unix can write the names of a folder to the disk on request.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Reads the command line and the files. If something is wrong, prints one line that says what,
/// and exits with status 1.
pub(crate) fn job_or_exit() -> Job {
    job().unwrap_or_else(|reason| exit(&reason))
}

/// Prints a line on standard error.
pub(crate) fn log(line: &str) {
    // If standard error is closed, nobody wants to know.
    let _ = writeln!(io::stderr(), "{line}");
}

/// How many connections there are, in words.
pub(crate) fn connections(count: usize) -> String {
    let noun = if count == 1 {
        "connection"
    } else {
        "connections"
    };
    format!("{count} {noun}")
}

impl Job {
    pub(crate) fn store(&self) -> Arc<Store> {
        Arc::clone(&self.store)
    }

    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }

    /// Starts the demonstration, which sends this process a SIGTERM. Windows has no such signal, so
    /// the demonstration calls `request_stop` there.
    pub(crate) fn start(&self, address: SocketAddr, request_stop: impl Fn() + Send + 'static) {
        let Some(offices) = &self.offices else {
            log(&format!("listening on {address}"));
            return;
        };
        let offices = Arc::clone(offices);
        let folder = self.store.folder.clone();
        let thread = thread::spawn(move || demonstrate(&offices, address, &folder, request_stop));
        let is_first = self.demonstration.set(thread).is_ok();
        assert!(is_first, "a server starts once");
    }

    /// Prints what became of the bulletins, and checks that the store has exactly those that
    /// were reported as stored.
    pub(crate) fn report(mut self, ending: io::Result<Ending>) -> ExitCode {
        let ending = ending.unwrap_or_else(|error| exit(&format!("cannot serve: {error}")));
        let Some(offices) = self.offices else {
            return ExitCode::from(u8::from(ending != Ending::Finished));
        };
        let demonstration = self.demonstration.take().expect("it was started");
        let outcomes = demonstration.join().expect("it does not panic");
        let stored = self.store.bulletins();
        let _ = fs::remove_dir_all(&self.store.folder);
        let stored = stored.unwrap_or_else(|error| exit(&format!("cannot read back: {error}")));
        check(&offices, &outcomes, &stored);
        print(&table(&offices, &outcomes, &stored));
        ExitCode::SUCCESS
    }
}

fn check(offices: &[Office], outcomes: &[Outcome], stored: &[String]) {
    let mut expected = Vec::new();
    for (office, outcome) in offices.iter().zip(outcomes) {
        for bulletin in &office.bulletins[..outcome.stored + outcome.finished] {
            expected.push(bulletin.join("\n") + "\n");
        }
    }
    expected.sort();
    let mut stored = stored.to_vec();
    stored.sort();
    assert!(stored == expected, "the store is not what was reported");
}

fn table(offices: &[Office], outcomes: &[Outcome], stored: &[String]) -> String {
    let mut width = "office".len();
    for office in offices {
        width = width.max(office.name.chars().count());
    }
    let mut table = format!(
        "{:<width$}  stored  finished  refused  given up\n",
        "office"
    );
    for (office, outcome) in offices.iter().zip(outcomes) {
        table += &format!(
            "{:<width$}  {:>6}  {:>8}  {:>7}  {:>8}\n",
            office.name, outcome.stored, outcome.finished, outcome.refused, outcome.given_up
        );
    }
    let lines: usize = stored.iter().map(|bulletin| bulletin.lines().count()).sum();
    let bulletins = stored.len();
    table + &format!("the store has {bulletins} complete bulletins, {lines} lines\n")
}

fn print(text: &str) {
    if let Err(error) = io::stdout().write_all(text.as_bytes()) {
        // A program that reads our output, such as `head`, may stop when it has seen enough.
        if error.kind() != ErrorKind::BrokenPipe {
            exit(&format!("cannot print the result: {error}"));
        }
    }
}

/// Sends all bulletins, and the signals. Returns what became of the bulletins of each office.
fn demonstrate(
    offices: &[Office],
    address: SocketAddr,
    folder: &Path,
    request_stop: impl Fn(),
) -> Vec<Outcome> {
    let mut idle = or_exit(Connection::open(address), folder);
    // Everyone waits here twice: when all are in the middle of a bulletin, and when the server is
    // stopping.
    let barrier = Barrier::new(offices.len() + 1);
    let mut outcomes = Vec::new();

    thread::scope(|scope| {
        let mut threads = Vec::new();
        for office in offices {
            threads.push(scope.spawn(|| or_exit(send_all(office, address, &barrier), folder)));
        }
        barrier.wait();
        or_exit(send_sigterm(&request_stop), folder);
        // The server sends this to an office that has begun nothing, so it is stopping now.
        or_exit(idle.expect("closing"), folder);
        barrier.wait();
        for thread in threads {
            outcomes.push(thread.join().expect("it does not panic"));
        }
    });

    // Only silent offices are left. Instead of waiting for the limit, the operator insists.
    if offices.iter().any(|office| office.falls_silent) {
        or_exit(send_sigterm(&request_stop), folder);
    }
    outcomes
}

/// Removes the store and ends the process if a step of the demonstration has failed. If the thread
/// returned instead, the others would wait at the barrier forever.
fn or_exit<T>(result: io::Result<T>, folder: &Path) -> T {
    result.unwrap_or_else(|error| {
        let _ = fs::remove_dir_all(folder);
        exit(&format!("the demonstration failed: {error}"))
    })
}

/// Sends the bulletins of one office. It is in the middle of one when the signal comes.
fn send_all(office: &Office, address: SocketAddr, barrier: &Barrier) -> io::Result<Outcome> {
    let mut connection = Connection::open(address)?;
    let mut outcome = Outcome::default();
    let count = office.bulletins.len();
    let middle = if office.falls_silent {
        count - 1
    } else {
        count / 2
    };

    for (index, bulletin) in office.bulletins.iter().enumerate() {
        let (first_line, rest) = bulletin.split_first().expect("no bulletin is empty");
        if index <= middle {
            connection.send(&[first_line])?;
            connection.expect("go on")?;
        } else if connection.is_refused(first_line)? {
            outcome.refused = count - index;
            return Ok(outcome);
        }
        if index == middle {
            barrier.wait();
            barrier.wait();
        }
        connection.send(rest)?;
        if index == middle && office.falls_silent {
            outcome.given_up = 1;
            outcome._open = Some(connection);
            return Ok(outcome);
        }
        connection.expect("stored")?;
        if index < middle {
            outcome.stored += 1;
        } else {
            outcome.finished += 1;
        }
    }
    if count == 0 {
        barrier.wait();
        barrier.wait();
    }
    connection.expect("closing")?;
    Ok(outcome)
}

impl Connection {
    fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(NO_ANSWER))?;
        stream.set_write_timeout(Some(NO_ANSWER))?;
        let mut connection = Connection {
            stream: BufReader::new(stream),
        };
        connection.expect("ready")?;
        Ok(connection)
    }

    fn send(&mut self, lines: &[impl AsRef<str>]) -> io::Result<()> {
        let mut text = String::new();
        for line in lines {
            text += line.as_ref();
            text.push('\n');
        }
        self.stream.get_mut().write_all(text.as_bytes())
    }

    fn answer(&mut self) -> io::Result<String> {
        let mut answer = String::new();
        self.stream.read_line(&mut answer)?;
        Ok(answer.trim_end().to_string())
    }

    fn expect(&mut self, expected: &str) -> io::Result<()> {
        let answer = self.answer()?;
        if answer == expected {
            return Ok(());
        }
        let reason = format!("expected the answer {expected:?}, got {answer:?}");
        Err(io::Error::other(reason))
    }

    /// Tries to begin a bulletin. The server may have closed the connection already.
    fn is_refused(&mut self, first_line: &str) -> io::Result<bool> {
        let answer = self.send(&[first_line]).and_then(|()| self.answer());
        match answer {
            Ok(answer) => Ok(answer.is_empty() || answer == "closing"),
            Err(error) => match error.kind() {
                ErrorKind::BrokenPipe
                | ErrorKind::ConnectionAborted
                | ErrorKind::ConnectionReset => Ok(true),
                _ => Err(error),
            },
        }
    }
}

/// Does what an operator does with `kill`, or Docker at the end of a container.
fn send_sigterm(request_stop: impl Fn()) -> io::Result<()> {
    if !cfg!(unix) {
        request_stop();
        return Ok(());
    }
    let kill = format!("kill -TERM {}", process::id());
    let status = process::Command::new("sh").args(["-c", &kill]).status()?;
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other(format!("`{kill}` failed: {status}")))
    }
}

fn job() -> Result<Job, String> {
    let arguments: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    if arguments
        .first()
        .is_some_and(|first| first.as_os_str() == "--serve")
    {
        return serve_job(&arguments[1..]);
    }
    let offices = offices(arguments)?;
    let folder = env::temp_dir().join(format!("shutdown-{}", process::id()));
    let _ = fs::remove_dir_all(&folder); // Left by an earlier process that was killed.
    Ok(Job {
        store: open(&folder)?,
        limit: DEFAULT_LIMIT,
        offices: Some(Arc::new(offices)),
        demonstration: OnceLock::new(),
    })
}

fn serve_job(arguments: &[PathBuf]) -> Result<Job, String> {
    let mut limit = DEFAULT_LIMIT;
    let folder = match arguments {
        [folder] => folder,
        [folder, option, milliseconds] if option.as_os_str() == "--limit" => {
            let milliseconds = milliseconds.to_string_lossy();
            let number = milliseconds.parse().map_err(|_| {
                format!("--limit {milliseconds}: expected a whole number of milliseconds")
            })?;
            limit = Duration::from_millis(number);
            folder
        }
        _ => return Err("expected --serve FOLDER, or --serve FOLDER --limit MILLISECONDS".into()),
    };
    Ok(Job {
        store: open(folder)?,
        limit,
        offices: None,
        demonstration: OnceLock::new(),
    })
}

fn open(folder: &Path) -> Result<Arc<Store>, String> {
    let store = Store::open(folder);
    let store = store.map_err(|error| format!("cannot use {}: {error}", folder.display()))?;
    Ok(Arc::new(store))
}

fn offices(mut paths: Vec<PathBuf>) -> Result<Vec<Office>, String> {
    if paths.is_empty() {
        paths = bulletins_in(Path::new(DEFAULT_FOLDER))
            .map_err(|error| format!("cannot read {DEFAULT_FOLDER}: {error}"))?;
    }
    if paths.len() > MAX_FILES {
        let count = paths.len();
        let reason = format!("{count} files are too many: each gets a thread");
        return Err(format!("{reason}, so name at most {MAX_FILES}"));
    }
    paths.iter().map(|path| office(path)).collect()
}

fn bulletins_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn office(path: &Path) -> Result<Office, String> {
    let file = path.display();
    let bytes = fs::read(path).map_err(|error| format!("cannot read {file}: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("{file} is not UTF-8 text"))?;
    // Some editors begin a file with a byte-order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);

    let mut bulletins = Vec::new();
    let mut bulletin = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_end_matches('\r');
        let place = format!("{file}:{}", index + 1);
        if line.len() > MAX_LINE {
            let length = line.len();
            return Err(format!(
                "{place}: {length} bytes are too many, expected at most {MAX_LINE}"
            ));
        }
        if bulletin.is_empty() && line.is_empty() {
            continue; // Between two bulletins.
        }
        if bulletin.is_empty() && line == END {
            return Err(format!(
                "{place}: expected the first line of a bulletin, found {line:?}"
            ));
        }
        bulletin.push(line.to_string());
        if bulletin.len() > MAX_LINES {
            return Err(format!(
                "{place}: expected {END:?}, because {MAX_LINES} lines are the most"
            ));
        }
        if line == END {
            bulletins.push(mem::take(&mut bulletin));
        }
    }
    let falls_silent = !bulletin.is_empty();
    if falls_silent {
        bulletins.push(bulletin);
    }
    if bulletins.len() > MAX_BULLETINS {
        let count = bulletins.len();
        return Err(format!(
            "{file}: {count} bulletins, expected at most {MAX_BULLETINS}"
        ));
    }
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(Office {
        name: name.into_owned(),
        bulletins,
        falls_silent,
    })
}

fn exit(reason: &str) -> ! {
    log(reason);
    process::exit(1)
}
