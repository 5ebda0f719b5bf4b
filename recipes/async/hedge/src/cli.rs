//! The command-line part of the recipe: reads the orbits, checks them, says how the mirrors behave,
//! and prints the report. Nothing in this file is async, so you can skip it when you read the
//! recipe.
//!
//! A satellite takes three lines: its name, and its orbit in the format TLE (*two-line elements*):
//!
//! ```text
//! WIND
//! 1 23333U 94071A   94305.49999999 -.00172956  26967-3  10000-3 0    15
//! 2 23333  28.7490   2.3720 9728298  30.4360   1.3500  0.07309491    70
//! ```
//!
//! Both lines of the orbit have 69 characters. Columns 3 to 7 of both hold the satellite's number.
//! Columns 53 to 63 of the second say how often the satellite circles the Earth in a day. The last
//! digit of a line is its checksum: the sum of the other digits, with 1 for each minus sign,
//! modulo 10.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs, process};

const DEFAULT_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/input/orbits.tle");

const LINE_LEN: usize = 69;

/// A limit, because the program keeps the task of each connection until it ends.
const MAX_SATELLITES: usize = 10_000;

/// The mirrors, in the order in which they are asked. If you change the delays, let no two answers
/// arrive at the same time: only one of them wins, but the other can no longer be canceled, so the
/// check in `print_report` would panic.
pub(crate) const PLANS: [Plan; 3] = [
    Plan {
        name: "Paris",
        replies: &[
            Reply::Good(100),
            Reply::Silent,
            Reply::Damaged(1100),
            Reply::Good(5100),
            Reply::CutOff(100),
        ],
    },
    Plan {
        name: "Oslo",
        replies: &[
            Reply::Good(200),
            Reply::Damaged(1200),
            Reply::Silent,
            Reply::Good(3200),
            Reply::Silent,
            Reply::Good(1200),
        ],
    },
    Plan {
        name: "Lima",
        replies: &[
            Reply::Good(400),
            Reply::CutOff(400),
            Reply::Silent,
            Reply::Silent,
            Reply::Good(1400),
        ],
    },
];

/// How a mirror behaves.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) name: &'static str,
    replies: &'static [Reply],
}

/// How a mirror replies to a request, and after how many milliseconds.
#[derive(Clone, Copy)]
pub(crate) enum Reply {
    Good(u64),
    /// One digit is wrong.
    Damaged(u64),
    /// The second line ends too early.
    CutOff(u64),
    /// The mirror never answers.
    Silent,
}

impl Plan {
    /// The reply to the request with this number, counted from 0. After the last reply, the mirror
    /// begins with the first one again.
    pub(crate) fn reply(&self, request: usize) -> Reply {
        self.replies[request % self.replies.len()]
    }
}

impl Reply {
    /// The time until the mirror answers. A silent mirror never does.
    pub(crate) fn delay(self) -> Option<Duration> {
        match self {
            Reply::Good(millis) | Reply::Damaged(millis) | Reply::CutOff(millis) => {
                Some(Duration::from_millis(millis))
            }
            Reply::Silent => None,
        }
    }

    /// What the mirror sends when it should send these lines.
    pub(crate) fn text(self, lines: &str) -> String {
        match self {
            Reply::Good(_) => lines.to_string(),
            Reply::CutOff(_) => lines[..lines.len().saturating_sub(20)].to_string(),
            Reply::Silent => String::new(),
            Reply::Damaged(_) => {
                // The last digit of the second line is the checksum.
                let mut text = lines.trim_end().to_string();
                let checksum = text.pop().and_then(|digit| digit.to_digit(10));
                text + &format!("{}\n", (checksum.unwrap_or(0) + 1) % 10)
            }
        }
    }
}

/// The satellites of the input.
pub(crate) struct Catalog {
    satellites: Vec<Satellite>,
    /// The index of each satellite in `satellites`, by its number.
    places: BTreeMap<String, usize>,
}

struct Satellite {
    number: String,
    name: String,
    /// The two lines of its orbit.
    lines: String,
}

impl Catalog {
    pub(crate) fn numbers(&self) -> impl Iterator<Item = &str> {
        self.satellites.iter().map(|satellite| &*satellite.number)
    }

    /// The two lines of a satellite. A number that is not in the catalog has none.
    pub(crate) fn lines(&self, number: &str) -> &str {
        match self.places.get(number) {
            Some(place) => &self.satellites[*place].lines,
            None => "",
        }
    }
}

/// The content of a good answer.
pub(crate) struct Orbit {
    lines: String,
    rounds_a_day: f64,
}

impl Orbit {
    /// Checks the answer to a request for this satellite.
    pub(crate) fn parse(answer: &str, number: &str) -> Result<Self, Fault> {
        let lines: Vec<&str> = answer.lines().collect();
        let [first, second] = lines[..] else {
            return Err(Fault::CutOff);
        };
        if first.len() < LINE_LEN || second.len() < LINE_LEN {
            return Err(Fault::CutOff);
        }
        let is_good = number_of(first, '1') == Ok(number) && number_of(second, '2') == Ok(number);
        if !is_good {
            return Err(Fault::Damaged);
        }
        Ok(Orbit {
            lines: answer.to_string(),
            rounds_a_day: decimal(&second[52..63]).ok_or(Fault::Damaged)?,
        })
    }
}

/// Reads a number of digits and a decimal point. `parse` alone would also accept `inf`.
fn decimal(text: &str) -> Option<f64> {
    let digits = text.trim();
    let is_decimal = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    if !digits.bytes().all(is_decimal) {
        return None;
    }
    digits.parse().ok()
}

/// Why an answer is not good.
pub(crate) enum Fault {
    CutOff,
    Damaged,
    Connection(io::Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Fault::Connection(error)
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        match self {
            Fault::CutOff => write!(f, "cut off"),
            Fault::Damaged => write!(f, "damaged"),
            Fault::Connection(error) => write!(f, "{error}"),
        }
    }
}

/// An answer that passed the checks.
pub(crate) struct GoodAnswer {
    pub(crate) mirror: &'static str,
    pub(crate) orbit: Orbit,
}

/// An answer that did not pass the checks.
pub(crate) struct BadAnswer {
    pub(crate) mirror: &'static str,
    pub(crate) fault: Fault,
}

/// What happened when the program asked for the orbit of a satellite.
#[derive(Default)]
pub(crate) struct Outcome {
    /// The mirrors that were asked.
    pub(crate) asked: Vec<&'static str>,
    pub(crate) bad: Vec<BadAnswer>,
    pub(crate) good: Option<GoodAnswer>,
    /// The time until the good answer, or until the program gave up.
    pub(crate) time: Duration,
}

impl Outcome {
    /// How the requests to the other mirrors ended, in the order in which they were asked.
    fn others(&self) -> Vec<String> {
        let winner = self.good.as_ref().map(|answer| answer.mirror);
        let mut others = Vec::new();
        for mirror in &self.asked {
            let bad = self.bad.iter().find(|answer| answer.mirror == *mirror);
            if let Some(answer) = bad {
                others.push(format!("{mirror} {}", answer.fault));
            } else if winner != Some(*mirror) {
                others.push(format!("{mirror} canceled"));
            }
        }
        others
    }

    fn canceled(&self) -> usize {
        self.asked.len() - self.bad.len() - usize::from(self.good.is_some())
    }
}

/// Reads the files named on the command line, or else the recipe's own input.
///
/// If a file cannot be used, prints one line that says which and why, and exits with status 1.
pub(crate) fn catalog_or_exit() -> Catalog {
    load(files()).unwrap_or_else(|reason| exit(&reason))
}

/// Prints a line for each satellite, and the totals.
///
/// # Panics
///
/// Panics if a good answer differs from the catalog, or if not every canceled request has ended at
/// its mirror.
pub(crate) fn print_report(catalog: &Catalog, outcomes: &[Outcome], hang_ups: usize) {
    let mut width = 0;
    for satellite in &catalog.satellites {
        width = width.max(satellite.name.chars().count());
    }

    let mut report = String::new();
    let (mut found, mut requests, mut canceled) = (0, 0, 0);
    let mut time = Duration::ZERO;
    for (satellite, outcome) in catalog.satellites.iter().zip(outcomes) {
        requests += outcome.asked.len();
        canceled += outcome.canceled();
        time += outcome.time;
        let seconds = seconds(outcome.time);
        report += &format!("{:<width$}  ", satellite.name);
        match &outcome.good {
            Some(GoodAnswer { mirror, orbit }) => {
                found += 1;
                assert_eq!(
                    orbit.lines, satellite.lines,
                    "a good answer must match the catalog"
                );
                let rounds = orbit.rounds_a_day;
                report += &format!("{rounds:5.2} rounds a day: {mirror} after {seconds} s");
            }
            None => report += &format!("no good answer: gave up after {seconds} s"),
        }
        let others = outcome.others().join(", ");
        if others.is_empty() {
            report += "\n";
        } else {
            report += &format!(" ({others})\n");
        }
    }
    assert_eq!(hang_ups, canceled, "each canceled request must hang up");
    report += &format!(
        "{found} of {} orbits in {} s, {requests} requests, {canceled} canceled\n",
        outcomes.len(),
        seconds(time)
    );

    if let Err(error) = io::stdout().write_all(report.as_bytes()) {
        // A program that reads our output, such as `head`, may stop when it has seen enough.
        if error.kind() != ErrorKind::BrokenPipe {
            exit(&format!("cannot print the result: {error}"));
        }
    }
}

/// A time in seconds, with one decimal. All delays of the recipe are multiples of 100 milliseconds.
fn seconds(time: Duration) -> String {
    let tenths = time.as_millis() / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    if files.is_empty() {
        files.push(PathBuf::from(DEFAULT_FILE));
    }
    files
}

fn load(files: Vec<PathBuf>) -> Result<Catalog, String> {
    let mut catalog = Catalog {
        satellites: Vec::new(),
        places: BTreeMap::new(),
    };
    for path in files {
        let name = path.display();
        let text = read(&path)?;
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        for (index, group) in lines.chunks(3).enumerate() {
            let first_line = 3 * index + 1;
            let satellite = parse(group)
                .map_err(|(line, reason)| format!("{name}:{}: {reason}", first_line + line))?;
            if catalog.satellites.len() == MAX_SATELLITES {
                return Err(format!(
                    "{name}:{first_line}: too many satellites: name at most {MAX_SATELLITES}"
                ));
            }
            let number = satellite.number.clone();
            let place = catalog.satellites.len();
            if catalog.places.insert(number, place).is_some() {
                let number = satellite.number;
                return Err(format!(
                    "{name}:{}: expected each satellite once, found {number} again",
                    first_line + 1
                ));
            }
            catalog.satellites.push(satellite);
        }
    }
    Ok(catalog)
}

fn read(path: &Path) -> Result<String, String> {
    let name = path.display();
    let bytes = fs::read(path).map_err(|error| format!("cannot read {name}: {error}"))?;
    let mut text = String::from_utf8(bytes).map_err(|_| format!("{name} is not UTF-8 text"))?;
    // Some editors begin a file with a byte-order mark.
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    Ok(text)
}

/// Reads the lines of a satellite. An error comes with the index of the wrong line.
fn parse(lines: &[&str]) -> Result<Satellite, (usize, String)> {
    let name = lines[0];
    if name.is_empty() || name.chars().count() > 24 || name.chars().any(char::is_control) {
        let reason = format!("expected a name of 1 to 24 characters, found {name:?}");
        return Err((0, reason));
    }
    let &[_, first, second] = lines else {
        let reason = format!("expected two lines after {name:?}, found the end of the file");
        return Err((0, reason));
    };
    let number = number_of(first, '1').map_err(|reason| (1, reason))?;
    let second_number = number_of(second, '2').map_err(|reason| (2, reason))?;
    if number != second_number {
        let reason = format!("expected satellite {number} as in the line above, found {second:?}");
        return Err((2, reason));
    }
    let lines = format!("{first}\n{second}\n");
    if Orbit::parse(&lines, number).is_err() {
        let rounds = &second[52..63];
        let reason = format!("expected rounds a day in columns 53 to 63, found {rounds:?}");
        return Err((2, reason));
    }
    Ok(Satellite {
        number: number.to_string(),
        name: name.to_string(),
        lines,
    })
}

/// The number of the satellite in a line of its orbit that begins with `kind`.
fn number_of(line: &str, kind: char) -> Result<&str, String> {
    let is_line = line.len() == LINE_LEN
        && line.is_ascii()
        && line.starts_with(kind)
        && line[1..2] == *" "
        && line[2..7].bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_line {
        return Err(format!(
            "expected a line of {LINE_LEN} characters such as `{kind} 23333…`, found {line:?}"
        ));
    }
    let (checked, checksum) = line.split_at(LINE_LEN - 1);
    let mut sum = 0;
    for character in checked.chars() {
        sum += match character {
            '-' => 1,
            other => other.to_digit(10).unwrap_or(0),
        };
    }
    let expected = (sum % 10).to_string();
    if checksum != expected {
        return Err(format!(
            "expected the checksum {expected} at the end, found {checksum:?}"
        ));
    }
    Ok(&line[2..7])
}

fn exit(reason: &str) -> ! {
    eprintln!("{reason}");
    process::exit(1)
}
