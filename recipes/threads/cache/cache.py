"""Check the spelling of a book with four threads that share a cache, and search each word once.

    python3 cache.py                                # the dictionary and the book in input/
    python3 cache.py words.txt one.txt two.txt      # your own dictionary, and your own books

functools.cache would keep the results too, but two threads that ask for a new word at the same time
may both compute it. So the cache is a dictionary of entries, and each entry has a lock of its own.
In CPython's default build, threads take turns, so four of them are only as fast as one.

Prints how many words there are, the ignored words, and the longest unknown words, each with the
word that was probably meant. The output is the same on every run.
"""

import math
import re
import string
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

INPUT = Path(__file__).with_name("input")
DEFAULT_FILES = [INPUT / "american-english.txt", INPUT / "wonderland.txt"]
THREADS = 4
OFTEN = 10  # An unknown word that occurs this often is a name.
MOST_LETTERS = 64
LONGEST = 10
WORD = re.compile(r"(?:[^\W\d_]|')+")


class Entry:
    """The result of the search for a word. The thread that holds the lock searches; others wait."""

    def __init__(self):
        self.lock = threading.Lock()
        self.is_searched = False
        self.is_known = False
        self.nearest = None
        self.seen = 0


class Checker:
    def __init__(self, dictionary):
        self.dictionary = dictionary
        self.lock = threading.Lock()
        self.entries = {}
        self.ignored = frozenset()  # It is never changed, only replaced.
        self.searches = 0

    def check(self, lines):
        for line in lines:
            ignored = self.ignored
            for word in words(line):
                if word not in ignored:
                    self.count(word)

    def count(self, word):
        with self.lock:
            entry = self.entries.setdefault(word, Entry())
        with entry.lock:
            if not entry.is_searched:
                entry.is_known, entry.nearest = self.search(word)
                entry.is_searched = True
            entry.seen += 1
            is_name = entry.seen == OFTEN and not entry.is_known
        if is_name:
            with self.lock:
                self.ignored = self.ignored | {word}

    def search(self, word):
        """Tells whether the word is known, and if not, which word is probably meant."""
        with self.lock:
            self.searches += 1
        if word in self.dictionary:
            return True, None
        if len(word) > MOST_LETTERS + 1:
            return False, None  # No word of the dictionary is long enough.
        return False, min(self.dictionary & changes(word), default=None)


def main():
    dictionary, text = load(sys.argv[1:])
    lines = text.split("\n")
    checker = Checker(dictionary)
    share_len = math.ceil(len(lines) / THREADS)
    shares = [lines[start : start + share_len] for start in range(0, len(lines), share_len)]
    with ThreadPoolExecutor(THREADS) as pool:
        # The results are None, but asking for them raises the exception of a thread here.
        list(pool.map(checker.check, shares))
    assert checker.searches == len(checker.entries), "a word was searched twice, or lost"
    print_report(checker, sum(len(words(line)) for line in lines))


def changes(word):
    """Returns all words that are one change away.

    A change removes, adds or replaces a letter, or swaps two neighbors.
    """
    letters = string.ascii_lowercase
    found = set()
    for place in range(len(word) + 1):
        before, after = word[:place], word[place:]
        found.update(before + letter + after for letter in letters)
        if after:
            found.add(before + after[1:])
            found.update(before + letter + after[1:] for letter in letters)
        if len(after) > 1:
            found.add(before + after[1] + after[0] + after[2:])
    return found


def words(line):
    found = (word.strip("'").removesuffix("'s") for word in WORD.findall(line))
    return [word for word in found if word]


def load(paths):
    """Returns the words of the dictionary and the text of the books, in small letters."""
    name, *books = paths or DEFAULT_FILES
    words_of_dictionary = read(name)
    if books:
        text = "".join(read(book) + "\n" for book in books)
    else:
        words_of_dictionary, empty_line, text = words_of_dictionary.partition("\n\n")
        if not empty_line:
            expected = "words, one on each line, then an empty line, then a text"
            sys.exit(f"{name}: expected {expected}; or name two files, a dictionary and a book")
    dictionary = set()
    lines = words_of_dictionary.lower().removesuffix("\n").split("\n")
    for number, line in enumerate(lines if words_of_dictionary else [], start=1):
        found = words(line) if WORD.fullmatch(line) and len(line) <= MOST_LETTERS else []
        if not found:
            expected = f"one word of at most {MOST_LETTERS} letters"
            sys.exit(f"{name}:{number}: expected {expected}, found {line!r}")
        dictionary.add(found[0])
    return dictionary, text.lower()


def read(path):
    try:
        # utf-8-sig skips the byte-order mark with which some editors begin a file.
        text = Path(path).read_bytes().decode("utf-8-sig")
    except OSError as error:
        sys.exit(f"cannot read {path}: {error.strerror}")
    except UnicodeDecodeError:
        sys.exit(f"{path} is not UTF-8 text")
    return text.replace("\r\n", "\n").replace("’", "'")


def print_report(checker, word_count):
    different, searches = len(checker.entries), checker.searches
    unknown = {
        word: entry.nearest
        for word, entry in checker.entries.items()
        if not entry.is_known and word not in checker.ignored
    }
    suggestions = [(word, nearest) for word, nearest in unknown.items() if nearest]
    report = f"words: {word_count}, different: {different}, searches: {searches}\n"
    report += f"ignored: {' '.join(sorted(checker.ignored))}".rstrip()
    report += f"\nunknown: {len(unknown)}, with a suggestion: {len(suggestions)}\n"
    suggestions.sort(key=lambda suggestion: (-len(suggestion[0]), suggestion[0]))
    width = len(suggestions[0][0]) if suggestions else 0
    for word, nearest in suggestions[:LONGEST]:
        report += f"{word:<{width}}  {nearest}\n"
    try:
        # The same bytes on every platform, and any error is raised here.
        with open(1, "w", encoding="utf-8", newline="\n", closefd=False) as output:
            output.write(report)
    except BrokenPipeError:
        pass  # A program that reads our output, such as head, may stop when it has seen enough.
    except OSError as error:
        sys.exit(f"cannot print the result: {error.strerror}")


if __name__ == "__main__":
    main()
