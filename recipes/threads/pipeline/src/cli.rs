//! The command-line part of the recipe: reads the book, cuts a piece of it into words, adds them to
//! a table and prints the table. Except for the counter of pieces at the end, nothing in this file
//! is about threads, so you can skip it when you read the recipe.
//!
//! - A word is a run of ASCII letters, and upper case counts as lower case.
//! - A line that begins with `CHAPTER` begins a chapter. Its own words are not counted.
//! - A line `THE END`, or one that begins with `*** END OF`, as in the files of Project Gutenberg,
//!   ends the book. What follows is not counted.
//! - A line has at most 65,536 bytes.
//! - A word of more than 1,000 letters makes the cutting panic. It stands for a bug, so that you
//!   can see what a panic does to the stages.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, process};

const DEFAULT_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/input/alice.txt");

/// A piece is as many whole lines as make this many bytes, or the rest of the book.
const PIECE: usize = 2048;
const LONGEST_LINE: usize = 64 * 1024;
const LONGEST_WORD: usize = 1000;
/// In letters.
const LONGEST_HEADING: usize = 60;

/// A book that is being read.
pub(crate) struct Book {
    file: Arc<str>,
    reader: BufReader<File>,
    next_line: usize,
    /// Why the last line could not be read, if the lines before it went first.
    failure: Option<String>,
    has_ended: bool,
}

/// A piece of a book.
pub(crate) struct Text {
    file: Arc<str>,
    first_line: usize,
    lines: String,
    piece: InMemory,
}

/// The words of a piece.
pub(crate) struct Words {
    tokens: Vec<Token>,
    /// A piece is in memory until its words have been counted.
    _piece: InMemory,
}

enum Token {
    Heading(String),
    Word(String),
    End,
}

/// What has been counted.
pub(crate) struct Table {
    chapters: Vec<Chapter>,
    known_words: HashSet<String>,
    is_complete: bool,
}

struct Chapter {
    heading: String,
    words: u64,
    new_words: u64,
}

/// Opens the file named on the command line, or else the recipe's own book.
///
/// If it cannot be opened, prints one line that says why, and exits with status 1.
pub(crate) fn book_or_exit() -> Book {
    let mut arguments: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    if arguments.len() > 1 {
        let count = arguments.len();
        exit(&format!("expected one file, found {count} arguments"));
    }
    let path = arguments.pop().unwrap_or_else(|| DEFAULT_FILE.into());
    let file = path.display().to_string();
    match File::open(path) {
        Ok(opened) => Book {
            file: file.into(),
            reader: BufReader::new(opened),
            next_line: 1,
            failure: None,
            has_ended: false,
        },
        Err(error) => exit(&format!("cannot read {file}: {error}")),
    }
}

impl Book {
    /// Reads the next piece. Returns `None` at the end of the file, and after an error.
    pub(crate) fn next_piece(&mut self) -> Option<Result<Text, String>> {
        if let Some(reason) = self.failure.take() {
            return Some(Err(reason));
        }
        let first_line = self.next_line;
        let mut lines = String::new();
        while !self.has_ended && lines.len() < PIECE {
            match self.next_line() {
                Ok(Some(line)) => lines += &line,
                Ok(None) => self.has_ended = true,
                Err(reason) => {
                    self.has_ended = true;
                    self.failure = Some(reason);
                }
            }
        }
        if lines.is_empty() {
            return self.failure.take().map(Err);
        }
        Some(Ok(Text {
            file: Arc::clone(&self.file),
            first_line,
            lines,
            piece: InMemory::new(),
        }))
    }

    /// Reads a line with its line end. Returns `None` at the end of the file.
    fn next_line(&mut self) -> Result<Option<String>, String> {
        let file = &self.file;
        let number = self.next_line;
        let mut line = Vec::new();
        let mut limited = self.reader.by_ref().take(LONGEST_LINE as u64 + 1);
        if let Err(error) = limited.read_until(b'\n', &mut line) {
            return Err(format!("cannot read {file}: {error}"));
        }
        if line.len() > LONGEST_LINE {
            let expected = format!("expected a line of at most {LONGEST_LINE} bytes");
            return Err(format!("{file}:{number}: {expected}, found a longer one"));
        }
        self.next_line += 1;
        let Ok(mut line) = String::from_utf8(line) else {
            return Err(format!("{file}:{number}: this line is not UTF-8 text"));
        };
        // Some editors begin a file with a byte-order mark.
        if number == 1 && line.starts_with('\u{feff}') {
            line.remove(0);
        }
        // An empty line still has its line end, so this is the end of the file.
        if line.is_empty() {
            return Ok(None);
        }
        Ok(Some(line))
    }
}

impl Text {
    /// Cuts the piece into words.
    ///
    /// # Panics
    ///
    /// Panics at a word of more than 1,000 letters.
    pub(crate) fn cut(self) -> Words {
        let mut tokens = Vec::new();
        for (index, line) in self.lines.lines().enumerate() {
            let line = line.trim_matches([' ', '\t', '\r']);
            if line == "THE END" || line.starts_with("*** END OF") {
                tokens.push(Token::End);
            } else if line == "CHAPTER" || line.starts_with("CHAPTER ") {
                tokens.push(Token::Heading(printable(line)));
            } else {
                for word in line.split(|c: char| !c.is_ascii_alphabetic()) {
                    let letters = word.len();
                    let file = &self.file;
                    let number = self.first_line + index;
                    assert!(
                        letters <= LONGEST_WORD,
                        "{file}:{number}: a word of {letters} letters, more than {LONGEST_WORD}"
                    );
                    if letters > 0 {
                        tokens.push(Token::Word(word.to_ascii_lowercase()));
                    }
                }
            }
        }
        Words {
            tokens,
            _piece: self.piece,
        }
    }
}

/// The beginning of a heading. A control character, for example, would break the table.
fn printable(heading: &str) -> String {
    let mut text = String::new();
    for letter in heading.chars().take(LONGEST_HEADING) {
        text.push(if letter.is_control() {
            '\u{fffd}'
        } else {
            letter
        });
    }
    text
}

impl Table {
    pub(crate) fn new() -> Self {
        Table {
            chapters: vec![Chapter::new("(before the first chapter)".to_string())],
            known_words: HashSet::new(),
            is_complete: false,
        }
    }

    /// Adds the words of a piece. All earlier pieces must have been added.
    pub(crate) fn add(&mut self, words: Words) {
        for token in words.tokens {
            match token {
                Token::Heading(heading) => self.chapters.push(Chapter::new(heading)),
                Token::Word(word) => {
                    let chapter = self.chapters.last_mut().expect("there is a first one");
                    chapter.words += 1;
                    if self.known_words.insert(word) {
                        chapter.new_words += 1;
                    }
                }
                Token::End => {
                    self.is_complete = true;
                    return;
                }
            }
        }
    }

    /// Whether the book has come to its end, so that what follows is not counted.
    pub(crate) fn is_complete(&self) -> bool {
        self.is_complete
    }
}

impl Chapter {
    fn new(heading: String) -> Self {
        Chapter {
            heading,
            words: 0,
            new_words: 0,
        }
    }
}

/// Prints how many words there are in each chapter, and how many of them are new.
///
/// If there is no table, prints one line that says why, and exits with status 1.
pub(crate) fn print_or_exit(table: Result<Table, String>) {
    let table = table.unwrap_or_else(|reason| exit(&reason));
    let mut words = 0;
    let mut new_words = 0;
    for chapter in &table.chapters {
        words += chapter.words;
        new_words += chapter.new_words;
    }
    // No number is longer than the total.
    let width = words.to_string().len().max(6);
    let mut rows = String::new();
    for (index, chapter) in table.chapters.iter().enumerate() {
        let Chapter {
            heading,
            words,
            new_words,
        } = chapter;
        // Most books have nothing, or only a title, before the first chapter.
        if index > 0 || *words > 0 {
            rows += &format!("{words:>width$} {new_words:>width$}  {heading}\n");
        }
    }
    let distinct = table.known_words.len() as u64;
    assert_eq!(new_words, distinct, "a word was new twice");
    let report = format!(
        "words: {words}, distinct words: {distinct}\n{:>width$} {:>width$}  chapter\n{rows}",
        "words", "new"
    );

    let pieces = InMemory::ever();
    let peak = InMemory::peak();
    eprintln!("pieces in memory at once: at most {peak} of {pieces}");
    if let Err(error) = io::stdout().write_all(report.as_bytes()) {
        // A program that reads our output, such as `head`, may stop when it has seen enough.
        if error.kind() != ErrorKind::BrokenPipe {
            exit(&format!("cannot print the result: {error}"));
        }
    }
}

static IN_MEMORY: AtomicUsize = AtomicUsize::new(0);
static EVER: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// Counts the pieces that are in memory, whatever stage they are in.
struct InMemory;

impl InMemory {
    fn new() -> Self {
        EVER.fetch_add(1, Ordering::Relaxed);
        let count = IN_MEMORY.fetch_add(1, Ordering::Relaxed) + 1;
        PEAK.fetch_max(count, Ordering::Relaxed);
        InMemory
    }

    fn ever() -> usize {
        EVER.load(Ordering::Relaxed)
    }

    fn peak() -> usize {
        PEAK.load(Ordering::Relaxed)
    }
}

impl Drop for InMemory {
    fn drop(&mut self) {
        IN_MEMORY.fetch_sub(1, Ordering::Relaxed);
    }
}

fn exit(reason: &str) -> ! {
    eprintln!("{reason}");
    process::exit(1)
}
