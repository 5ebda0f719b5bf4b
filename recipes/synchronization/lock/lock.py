"""Count the words of many text files with four threads and one shared table.

    python3 lock.py [FILE ...]    # without a file: the texts in input/

A word is a longest run of ASCII letters, in lower case. You see the number of files, words and
distinct words, then the ten commonest; words that are equally common stand in alphabetical order.
Of the files that cannot be read the first one named is reported, and nothing is printed.
"""

import re
import sys
import threading
from collections import Counter
from pathlib import Path


def main():
    files = input_files()
    shared, shares = Shared(files), [[] for _ in range(4)]
    run([threading.Thread(target=count_files, args=(shared, share)) for share in shares])
    if shared.unreadable:
        path, error = shared.unreadable[min(shared.unreadable)]
        sys.exit(f"cannot read {path}: {error}; name files that exist, or none to count input/")
    print(f"each thread counted files of so many words: {shares}", file=sys.stderr)
    assert sum(map(sum, shares)) == sum(shared.table.values()), "the table is wrong"
    print_commonest(len(files), shared.table)


class Shared:
    """While threads run, none touches these without the lock. Nothing but care sees to it."""

    def __init__(self, files):
        self.lock = threading.Lock()
        self.waiting = enumerate(files)
        self.table = Counter()
        self.unreadable = {}

    def next_file(self):
        with self.lock:
            return next(self.waiting, None)

    def merge(self, counts):
        with self.lock:
            self.table.update(counts)


def count_files(shared, share):
    """Count one file after the other until none is left or one cannot be read."""
    for position, path in iter(shared.next_file, None):
        try:
            text = path.read_text(encoding="ascii", errors="replace")
        except OSError as error:
            with shared.lock:
                shared.unreadable[position] = path, error
            return  # Each file before this one is taken, and noted too if it cannot be read.
        counts = Counter(re.findall("[a-z]+", text.lower()))  # Its own table, so no lock yet.
        share.append(sum(counts.values()))
        shared.merge(counts)


def run(threads):
    """Run the threads to their end. What one of them raises Python would print and forget."""
    failures = []
    threading.excepthook = failures.append
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0].exc_value


def print_commonest(files, table):
    sys.stdout.reconfigure(newline="\n")  # The same bytes on every platform.
    print(f"files: {files}, words: {sum(table.values())}, distinct words: {len(table)}")
    for word, count in sorted(table.items(), key=lambda row: (-row[1], row[0]))[:10]:
        print(f"{count:6} {word}")


def input_files():
    named = [Path(name) for name in sys.argv[1:]]
    texts = Path(__file__).with_name("input")
    return named or sorted(texts.glob("*.txt")) or sys.exit(f"cannot read {texts}: no text there")


if __name__ == "__main__":
    main()
