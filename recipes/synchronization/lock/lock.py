"""Count the words of many text files with four threads, in one table behind a threading.Lock.

    python3 lock.py                  # the texts in input/
    python3 lock.py one.txt two.txt  # your own files

Each thread takes a file, counts its words in a table of its own, and then adds its counts to the
table that all threads share. It holds the lock only for this last step.

Prints how many words there are, and the ten commonest. A word is a run of ASCII letters, and
upper case counts as lower case. The result is the same on every run.
"""

import re
import sys
import threading
from collections import Counter
from pathlib import Path

THREADS = 4
DEFAULT_FOLDER = Path(__file__).with_name("input")


def main():
    files = sys.argv[1:] or texts_in(DEFAULT_FOLDER)
    shared = Shared(files)
    run([threading.Thread(target=count_files, args=(shared,)) for _ in range(THREADS)])
    if shared.failures:
        sys.exit(shared.failures[min(shared.failures)])  # The first in the order of the files.
    assert sum(shared.table.values()) == shared.words, "words were lost"
    print_commonest(len(files), shared.table)


class Shared:
    """What the threads share. Python lets any thread use these without the lock: do not."""

    def __init__(self, files):
        self.lock = threading.Lock()
        self.files_left = enumerate(files)
        self.table = Counter()
        self.words = 0
        self.failures = {}

    def next_file(self):
        with self.lock:
            return next(self.files_left, None)

    def merge(self, counts):
        with self.lock:
            self.table.update(counts)
            self.words += sum(counts.values())

    def fail(self, position, reason):
        with self.lock:
            self.failures[position] = reason


def count_files(shared):
    """Counts one file after another until all are taken or one cannot be read."""
    while (entry := shared.next_file()) is not None:
        position, path = entry
        try:
            counts = count_words(path)  # Needs no lock, because nobody else has this table.
        except OSError as error:
            return shared.fail(position, f"cannot read {path}: {error.strerror}")
        except UnicodeDecodeError:
            return shared.fail(position, f"{path} is not UTF-8 text")
        shared.merge(counts)


def count_words(path):
    counts = Counter()
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            counts.update(word.lower() for word in re.findall("[A-Za-z]+", line))
    return counts


def run(threads):
    """Runs the threads to their end. If one fails, the program fails as well."""
    failures = []
    threading.excepthook = failures.append  # By default Python prints the error and goes on.
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0].exc_value


def texts_in(folder):
    return sorted(folder.glob("*.txt")) or sys.exit(f"cannot read {folder}: no texts")


def print_commonest(files, table):
    words = sum(table.values())
    rows = sorted(table.items(), key=lambda row: (-row[1], row[0]))[:10]
    # Larger numbers than usual make their column wider.
    width = max([6, *(len(str(count)) for _, count in rows)])
    report = f"files: {files}, words: {words}, distinct words: {len(table)}\n"
    for word, count in rows:
        report += f"{count:>{width}} {word}\n"
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
