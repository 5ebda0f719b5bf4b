//! The command-line part of the recipe: reads the dictionary and the book, searches the dictionary
//! for a word, and prints the result. Nothing in this file is about threads, so you can skip it
//! when you read the recipe.
//!
//! A dictionary has one word on each line. A book is any text. One file can be both: first the
//! words, then an empty line, and then the text.
//!
//! A word is a run of letters, and may have apostrophes inside. An `'s` at its end is left out, and
//! capital letters count as small ones.

use std::collections::{BTreeSet, HashSet};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, process};

const DEFAULT_DICTIONARY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/input/american-english.txt");
const DEFAULT_BOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/input/wonderland.txt");

/// The longest word that a dictionary may have. The time of a search grows with the square of the
/// length of a word.
const MOST_LETTERS: usize = 64;

/// How many suggestions are printed.
const LONGEST: usize = 10;

/// What the threads share, and never change.
pub(crate) struct Book {
    /// In small letters.
    text: String,
    dictionary: HashSet<String>,
    searches: AtomicUsize,
}

/// What a search in the dictionary found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finding<'book> {
    /// The word is in the dictionary.
    Correct,
    /// The word is not in the dictionary, and this word, if there is one, is one change away.
    Unknown(Option<&'book str>),
}

impl Book {
    pub(crate) fn lines(&self) -> Vec<&str> {
        self.text.lines().collect()
    }

    /// Looks up a word in the dictionary. If it is not there, tries all words that differ from it
    /// by one change, which takes hundreds of look-ups: a letter less, a letter more, another
    /// letter, or two neighbors swapped. If several of these are in the dictionary, the first in
    /// the alphabet is the one.
    pub(crate) fn search(&self, word: &str) -> Finding<'_> {
        // Relaxed: this only counts. `print` reads it after the threads have ended.
        self.searches.fetch_add(1, Ordering::Relaxed);
        if self.dictionary.contains(word) {
            return Finding::Correct;
        }
        let letters: Vec<char> = word.chars().collect();
        if letters.len() > MOST_LETTERS + 1 {
            return Finding::Unknown(None); // No word of the dictionary is as long.
        }
        let mut nearest: Option<&str> = None;
        let mut try_word = |changed: &[char]| {
            let changed: String = changed.iter().collect();
            if let Some(known) = self.dictionary.get(&changed)
                && nearest.is_none_or(|nearest| known.as_str() < nearest)
            {
                nearest = Some(known);
            }
        };
        for place in 0..=letters.len() {
            let (before, after) = letters.split_at(place);
            for letter in 'a'..='z' {
                try_word(&[before, &[letter], after].concat());
            }
            let [first, rest @ ..] = after else { continue };
            try_word(&[before, rest].concat());
            for letter in 'a'..='z' {
                try_word(&[before, &[letter], rest].concat());
            }
            if let [second, rest @ ..] = rest {
                try_word(&[before, &[*second, *first], rest].concat());
            }
        }
        Finding::Unknown(nearest)
    }
}

/// Reads the files named on the command line, or else the recipe's own: the dictionary, and then
/// the book. A single file is both.
///
/// If a file cannot be used, prints one line that says which and why, and exits with status 1.
pub(crate) fn load_or_exit() -> Book {
    let files: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    load(&files).unwrap_or_else(|reason| exit(&reason))
}

/// The words of a line.
pub(crate) fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|letter: char| !is_part_of_word(letter))
        .map(|word| word.trim_matches('\''))
        .map(|word| word.strip_suffix("'s").unwrap_or(word))
        .filter(|word| !word.is_empty())
}

/// Prints how many words there are, which ones are ignored, and the longest words for which there
/// is a suggestion. Words of the same length are in alphabetical order.
pub(crate) fn print<'book>(
    book: &'book Book,
    findings: impl IntoIterator<Item = (&'book str, Finding<'book>)>,
    ignored: &HashSet<&'book str>,
) {
    let mut different = 0;
    let mut unknown = 0;
    let mut suggestions = Vec::new();
    for (word, finding) in findings {
        different += 1;
        if let Finding::Unknown(nearest) = finding
            && !ignored.contains(word)
        {
            unknown += 1;
            suggestions.extend(nearest.map(|nearest| (word, nearest)));
        }
    }
    let searches = book.searches.load(Ordering::Relaxed);
    assert_eq!(searches, different, "a word was searched twice, or lost");

    let words: usize = book.text.lines().map(|line| words(line).count()).sum();
    let mut report = format!("words: {words}, different: {different}, searches: {searches}\n");
    let ignored: BTreeSet<&str> = ignored.iter().copied().collect();
    let names = Vec::from_iter(ignored).join(" ");
    report += format!("ignored: {names}").trim_end();
    let count = suggestions.len();
    report += &format!("\nunknown: {unknown}, with a suggestion: {count}\n");

    let letters = |word: &str| word.chars().count();
    suggestions.sort_by_key(|(word, _)| (usize::MAX - letters(word), *word));
    suggestions.truncate(LONGEST);
    let width = suggestions.first().map_or(0, |(word, _)| letters(word));
    for (word, nearest) in suggestions {
        report += &format!("{word:<width$}  {nearest}\n");
    }

    if let Err(error) = io::stdout().write_all(report.as_bytes()) {
        // A program that reads our output, such as `head`, may stop when it has seen enough.
        if error.kind() != ErrorKind::BrokenPipe {
            exit(&format!("cannot print the result: {error}"));
        }
    }
}

fn load(files: &[PathBuf]) -> Result<Book, String> {
    let (name, dictionary, text) = match files {
        [] => two(Path::new(DEFAULT_DICTIONARY), &[DEFAULT_BOOK.into()])?,
        [file] => {
            let both = read(file)?;
            let name = file.display().to_string();
            let Some((dictionary, text)) = both.split_once("\n\n") else {
                let expected = "words, one on each line, then an empty line, then a text";
                return Err(format!(
                    "{name}: expected {expected}; or name two files, a dictionary and a book"
                ));
            };
            (name, dictionary.to_owned(), text.to_owned())
        }
        [dictionary, books @ ..] => two(dictionary, books)?,
    };
    let mut known = HashSet::new();
    for (index, line) in dictionary.to_lowercase().lines().enumerate() {
        let is_word = line.chars().all(is_part_of_word) && line.chars().count() <= MOST_LETTERS;
        let Some(word) = words(line).next().filter(|_| is_word) else {
            let number = index + 1;
            let expected = format!("one word of at most {MOST_LETTERS} letters");
            return Err(format!(
                "{name}:{number}: expected {expected}, found {line:?}"
            ));
        };
        known.insert(word.to_owned());
    }
    Ok(Book {
        text: text.to_lowercase(),
        dictionary: known,
        searches: AtomicUsize::new(0),
    })
}

fn is_part_of_word(letter: char) -> bool {
    letter.is_alphabetic() || letter == '\''
}

/// The name of the dictionary, its text, and the text of the books.
fn two(dictionary: &Path, books: &[PathBuf]) -> Result<(String, String, String), String> {
    let words = read(dictionary)?;
    let mut text = String::new();
    for book in books {
        text += &read(book)?;
        text.push('\n');
    }
    Ok((dictionary.display().to_string(), words, text))
}

/// The text of a file, with line ends as on Unix.
fn read(path: &Path) -> Result<String, String> {
    let file = path.display();
    let bytes = fs::read(path).map_err(|error| format!("cannot read {file}: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("{file} is not UTF-8 text"))?;
    // Some editors begin a file with a byte-order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    // Some write a typographic apostrophe.
    Ok(text.replace("\r\n", "\n").replace('’', "'"))
}

fn exit(reason: &str) -> ! {
    eprintln!("{reason}");
    process::exit(1)
}
