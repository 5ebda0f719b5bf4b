//! Count the words of many text files with four threads and a table that nobody shares, with crossbeam's channels.
//!
//! ```text
//! cargo run -p lock --example lock_crossbeam
//! cargo run -p lock --example lock_crossbeam -- one.txt two.txt
//! ```
//!
//! What differs from the recipe: there is no lock. One channel hands the files out, a second brings each file's counts
//! back, and only `main` adds. The second is bounded: a thread that is faster than `main` waits instead of piling up
//! tables. A `for` over a receiver ends when all its senders are gone; a sender forgotten somewhere would hang it.

use crossbeam::channel::{self, Receiver};
use std::collections::HashMap;
use std::path::{MAIN_SEPARATOR_STR, Path, PathBuf};
use std::{env, fs, io, process, thread};

const THREADS: usize = 4;

/// How often each word was seen.
type Table = HashMap<String, u64>;

/// The counts of one file, or its position and why it cannot be read.
type Counted = Result<Table, (usize, String)>;

fn main() {
    let files = input_files().unwrap_or_else(|reason| fail(&reason));
    let (hand_out, work) = channel::unbounded();
    files
        .iter()
        .enumerate()
        .for_each(|file| hand_out.send(file).expect("`work` is still there"));
    drop(hand_out); // The threads end when all files are taken.
    let counted = thread::scope(|scope| {
        let (report, reports) = channel::bounded(THREADS);
        for _ in 0..THREADS {
            let (work, report) = (work.clone(), report.clone());
            scope.spawn(move || {
                work.iter()
                    .try_for_each(|(position, path)| report.send(count_file(position, path)))
            });
        }
        drop(report); // The threads have the only senders now: `reports` ends when they do.
        add_up(&reports)
    });
    print(
        files.len(),
        counted.unwrap_or_else(|(_, reason)| fail(&reason)),
    );
}

/// The sum of all tables, or the first file that cannot be read. The table has one owner and needs no lock.
fn add_up(reports: &Receiver<Counted>) -> Counted {
    let mut sum = Ok(Table::new());
    for counted in reports {
        match (&mut sum, counted) {
            (Ok(table), Ok(counts)) => counts
                .into_iter()
                .for_each(|(word, n)| *table.entry(word).or_default() += n),
            (Ok(_), Err(unreadable)) => sum = Err(unreadable),
            (Err(first), Err(unreadable)) if unreadable < *first => *first = unreadable,
            (Err(_), _) => {}
        }
    }
    sum
}

fn count_file(position: usize, path: &Path) -> Counted {
    let text = fs::read(path).map_err(|error| (position, cannot_read(path, &error)))?;
    Ok(count_words(&String::from_utf8_lossy(&text)))
}

fn count_words(text: &str) -> Table {
    let mut counts = Table::new();
    for word in text
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter(|word| !word.is_empty())
    {
        *counts.entry(word.to_ascii_lowercase()).or_default() += 1;
    }
    counts
}

fn print(files: usize, table: Table) {
    println!(
        "files: {files}, words: {}, distinct words: {}",
        table.values().sum::<u64>(),
        table.len()
    );
    let mut commonest: Vec<_> = table.into_iter().collect();
    commonest.sort_by(|(a, often), (b, seldom)| seldom.cmp(often).then(a.cmp(b)));
    for (word, count) in commonest.iter().take(10) {
        println!("{count:>6} {word}");
    }
}

/// The files named as arguments, or else the texts in `input/` in the order of their names.
fn input_files() -> Result<Vec<PathBuf>, String> {
    let named: Vec<_> = env::args_os().skip(1).map(PathBuf::from).collect();
    if !named.is_empty() {
        return Ok(named);
    }
    let input = Path::new(env!("CARGO_MANIFEST_DIR")).join("input");
    let entries = fs::read_dir(&input).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
    let entries = entries.map_err(|error| cannot_read(&input, &error))?;
    let mut files: Vec<_> = entries.iter().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    Ok(files)
}

fn cannot_read(path: &Path, error: &io::Error) -> String {
    let path = path.display().to_string().replace(MAIN_SEPARATOR_STR, "/");
    format!("cannot read {path}: {error}; name files that exist, or none to count those in input/")
}

fn fail(reason: &str) -> ! {
    eprintln!("{reason}");
    process::exit(1)
}
