//! The command-line part of the recipe: reads the dictionary and the book, searches the dictionary
//! for a word, and prints the result. Nothing in this file is about threads, so you can skip it
//! when you read the recipe.
//!
//! A dictionary has one word on each line. A book is any text. One file can hold both: first the
//! words, then an empty line, and then the text.
//!
//! A word is a run of letters, and may have apostrophes inside. An `'s` at its end is removed, and
//! capital letters are changed to small letters.

use std::cmp::Reverse;
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

/// The files that the program has read. All letters are small.
pub(crate) struct Input {
    pub(crate) book: String,
    pub(crate) dictionary: Dictionary,
}

/// The correct words.
pub(crate) struct Dictionary {
    words: HashSet<String>,
    /// How often a word was searched.
    searches: AtomicUsize,
}

/// The result of a search in the dictionary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finding<'text> {
    /// The word is in the dictionary.
    Correct,
    /// The word is not in the dictionary. If there is a word in it that is one change away, this is
    /// that word.
    Unknown(Option<&'text str>),
}

impl Dictionary {
    /// Looks up a word. If it is not in the dictionary, tries all words that are one change away,
    /// which takes hundreds of look-ups. A change removes, adds or replaces a letter, or swaps two
    /// neighbors. Of several such words in the dictionary, the first in the alphabet counts.
    pub(crate) fn search(&self, word: &str) -> Finding<'_> {
        // Relaxed is enough: `print` reads this number after the threads have ended.
        self.searches.fetch_add(1, Ordering::Relaxed);
        if self.words.contains(word) {
            return Finding::Correct;
        }
        let letters: Vec<char> = word.chars().collect();
        if letters.len() > MOST_LETTERS + 1 {
            return Finding::Unknown(None); // No word of the dictionary is long enough.
        }
        let mut nearest: Option<&str> = None;
        let mut try_word = |changed: &[char]| {
            let changed: String = changed.iter().collect();
            if let Some(known) = self.words.get(&changed)
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

/// Reads the files named on the command line, or else the recipe's own: first the dictionary, and
/// then the book. A single file holds both.
///
/// If a file cannot be used, prints one line that says which one and why, and exits with status 1.
pub(crate) fn load_or_exit() -> Input {
    let files: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    load(&files).unwrap_or_else(|reason| exit(&reason))
}

/// Returns the words of a line.
pub(crate) fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|letter: char| !is_part_of_word(letter))
        .map(|word| word.trim_matches('\''))
        .map(|word| word.strip_suffix("'s").unwrap_or(word))
        .filter(|word| !word.is_empty())
}

/// Prints how many words there are, which ones are ignored, and the longest words for which there
/// is a suggestion. Words of the same length are in alphabetical order.
pub(crate) fn print<'text>(
    lines: &[&str],
    dictionary: &Dictionary,
    findings: impl IntoIterator<Item = (&'text str, Finding<'text>)>,
    ignored: &HashSet<&'text str>,
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
            if let Some(nearest) = nearest {
                suggestions.push((word, nearest));
            }
        }
    }
    let searches = dictionary.searches.load(Ordering::Relaxed);
    assert_eq!(searches, different, "a word was searched twice, or lost");

    let words: usize = lines.iter().map(|line| words(line).count()).sum();
    let mut report = format!("words: {words}, different: {different}, searches: {searches}\n");
    report += "ignored:";
    for name in BTreeSet::from_iter(ignored) {
        report += &format!(" {name}");
    }
    let count = suggestions.len();
    report += &format!("\nunknown: {unknown}, with a suggestion: {count}\n");

    suggestions.sort_by_key(|(word, _)| (Reverse(letters(word)), *word));
    suggestions.truncate(LONGEST);
    // The first word is the longest.
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

fn load(files: &[PathBuf]) -> Result<Input, String> {
    match files {
        [] => load_separate(Path::new(DEFAULT_DICTIONARY), &[DEFAULT_BOOK.into()]),
        [file] => load_both(file),
        [dictionary, books @ ..] => load_separate(dictionary, books),
    }
}

/// Reads a file that holds a dictionary and a book.
fn load_both(file: &Path) -> Result<Input, String> {
    let text = read(file)?;
    let Some((words, book)) = text.split_once("\n\n") else {
        let name = file.display();
        let expected = "words, one on each line, then an empty line, then a text";
        return Err(format!(
            "{name}: expected {expected}; or name two files, a dictionary and a book"
        ));
    };
    Ok(Input {
        book: book.to_owned(),
        dictionary: parse_dictionary(file, words)?,
    })
}

/// Reads a dictionary, and the books that are checked with it.
fn load_separate(dictionary: &Path, books: &[PathBuf]) -> Result<Input, String> {
    let words = read(dictionary)?;
    let mut text = String::new();
    for book in books {
        text += &read(book)?;
        text.push('\n');
    }
    Ok(Input {
        book: text,
        dictionary: parse_dictionary(dictionary, &words)?,
    })
}

fn parse_dictionary(file: &Path, text: &str) -> Result<Dictionary, String> {
    let mut known = HashSet::new();
    for (index, line) in text.lines().enumerate() {
        let Some(word) = only_word(line) else {
            let name = file.display();
            let number = index + 1;
            let expected = format!("one word of at most {MOST_LETTERS} letters");
            return Err(format!(
                "{name}:{number}: expected {expected}, found {line:?}"
            ));
        };
        known.insert(word.to_owned());
    }
    Ok(Dictionary {
        words: known,
        searches: AtomicUsize::new(0),
    })
}

/// Returns the word of a line that holds nothing else and is not too long.
fn only_word(line: &str) -> Option<&str> {
    if !line.chars().all(is_part_of_word) || letters(line) > MOST_LETTERS {
        return None;
    }
    words(line).next()
}

fn is_part_of_word(letter: char) -> bool {
    letter.is_alphabetic() || letter == '\''
}

fn letters(word: &str) -> usize {
    word.chars().count()
}

/// Reads a file. Changes line ends to those of Unix, and all letters to small letters.
fn read(path: &Path) -> Result<String, String> {
    let file = path.display();
    let bytes = fs::read(path).map_err(|error| format!("cannot read {file}: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("{file} is not UTF-8 text"))?;
    // Some editors begin a file with a byte-order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    // Some write a typographic apostrophe.
    let text = text.replace("\r\n", "\n").replace('’', "'");
    Ok(text.to_lowercase())
}

fn exit(reason: &str) -> ! {
    // If standard error is closed, the exit status alone has to say it.
    let _ = writeln!(io::stderr(), "{reason}");
    process::exit(1)
}
