"""Count the words of a book, and how many of them are new in each chapter, in three stages.

    python3 pipeline.py             # the book in input/
    python3 pipeline.py mine.txt    # your own book

One thread reads the book piece by piece, three threads cut the pieces into words, and one thread
counts them in the order of the book. A queue.Queue of Python 3.11 cannot be closed, so None ends a
stage, and a stage that must end early goes on taking what the stage before it still sends.

A word is a run of ASCII letters, and upper case counts as lower case. A line that begins with
CHAPTER begins a chapter. A line THE END, or one that begins with *** END OF, ends the book.
"""

import itertools
import queue
import re
import sys
import threading
from pathlib import Path

DEFAULT_FILE = Path(__file__).with_name("input") / "alice.txt"
CUTTERS = 3
CAPACITY = 4  # How many pieces a queue holds.
IN_FLIGHT = 16  # How many pieces there are at most in all stages together.
PIECE = 2048  # A piece is as many whole lines as make this many bytes.
LONGEST_LINE = 64 * 1024
LONGEST_WORD = 1000
LONGEST_HEADING = 60
CONTROL = re.compile("[\0-\x1f\x7f-\x9f]")
HEADING, WORD, END = range(3)


class Failed(Exception):
    """Why a piece cannot be counted."""


def main():
    if len(sys.argv) > 2:
        sys.exit(f"expected one file, found {len(sys.argv) - 1} arguments")
    path = sys.argv[1] if len(sys.argv) == 2 else DEFAULT_FILE
    pieces, cuts = queue.Queue(CAPACITY), queue.Queue(CAPACITY)
    tokens = threading.Semaphore(IN_FLIGHT)
    stop = threading.Event()
    reader = threading.Thread(target=read, args=(path, tokens, stop, pieces), daemon=True)
    cutters = []
    for _ in range(CUTTERS):
        cutters.append(threading.Thread(target=cut_pieces, args=(pieces, cuts), daemon=True))
    for thread in [reader, *cutters]:
        thread.start()
    table = Table()
    failure = count(cuts, tokens, stop, table)
    for thread in [reader, *cutters]:
        thread.join()
    if isinstance(failure, Failed):
        sys.exit(str(failure))
    if failure:
        raise failure  # A mistake in this program.
    print_report(table.report())


def read(path, tokens, stop, pieces):
    """The first stage."""
    try:
        book = texts(path)
        for number in itertools.count():
            tokens.acquire()
            text = None if stop.is_set() else next(book, None)
            if text is None:
                break
            pieces.put((number, text))
    except Exception as failure:
        pieces.put((number, failure))  # In its turn, as if it were a piece.
    for _ in range(CUTTERS):
        pieces.put(None)


def cut_pieces(pieces, cuts):
    """The second stage. An exception goes on, because the counter waits for every number."""
    for number, text in iter(pieces.get, None):
        try:
            words = text if isinstance(text, Exception) else cut(*text)
        except Exception as failure:
            words = failure
        cuts.put((number, words))
    cuts.put(None)


def count(cuts, tokens, stop, table):
    """The third stage. Returns the first failure in the order of the book, if there is one."""
    early = {}  # Pieces that have overtaken an earlier one.
    turn = 0
    failure = None
    running = CUTTERS
    while running:
        piece = cuts.get()
        if piece is None:
            running -= 1
            continue
        number, words = piece
        early[number] = words
        while turn in early:
            words = early.pop(turn)
            turn += 1
            tokens.release()
            if stop.is_set():
                continue  # Nobody needs this piece, but its cutter must not wait.
            if isinstance(words, Exception):
                failure = words
            else:
                table.add(words)
            if failure or table.is_complete:
                stop.set()
    assert not early, "a piece was lost"
    return failure


def texts(path):
    """Pieces of a book, each with its place for messages: the path and the first line."""
    try:
        with open(path, "rb") as file:
            first, lines, size = 1, [], 0
            for number in itertools.count(1):
                line = file.readline(LONGEST_LINE + 1)
                problem = None
                if len(line) > LONGEST_LINE:
                    problem = f"expected a line of at most {LONGEST_LINE} bytes, found a longer one"
                try:
                    # utf-8-sig skips the byte-order mark with which some editors begin a file.
                    text = line.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError:
                    problem = problem or "this line is not UTF-8 text"
                if lines and (problem or not line or size >= PIECE):
                    yield path, first, lines
                    first, lines, size = number, [], 0
                if problem:
                    raise Failed(f"{path}:{number}: {problem}")
                if not line:
                    return
                lines.append(text.strip(" \t\r\n"))
                size += len(line)
    except OSError as error:
        raise Failed(f"cannot read {path}: {error.strerror}") from None


def cut(path, first, lines):
    """The words and headings of a piece."""
    tokens = []
    for number, line in enumerate(lines, first):
        if line == "THE END" or line.startswith("*** END OF"):
            tokens.append((END, line))
        elif line == "CHAPTER" or line.startswith("CHAPTER "):
            tokens.append((HEADING, CONTROL.sub("\ufffd", line[:LONGEST_HEADING])))
        else:
            for word in re.findall("[A-Za-z]+", line):
                if len(word) > LONGEST_WORD:
                    found = f"a word of {len(word)} letters, more than {LONGEST_WORD}"
                    raise Failed(f"{path}:{number}: {found}")
                tokens.append((WORD, word.lower()))
    return tokens


class Table:
    def __init__(self):
        self.chapters = [["(before the first chapter)", 0, 0]]
        self.known_words = set()
        self.is_complete = False

    def add(self, tokens):
        for kind, text in tokens:
            if kind == END:
                self.is_complete = True
                return
            if kind == HEADING:
                self.chapters.append([text, 0, 0])
                continue
            self.chapters[-1][1] += 1
            if text not in self.known_words:
                self.known_words.add(text)
                self.chapters[-1][2] += 1

    def report(self):
        words = sum(count for _, count, _ in self.chapters)
        distinct = len(self.known_words)
        width = max(len(str(words)), 6)
        report = f"words: {words}, distinct words: {distinct}\n"
        report += f"{'words':>{width}} {'new':>{width}}  chapter\n"
        for index, (heading, count, new) in enumerate(self.chapters):
            if index > 0 or count > 0:
                report += f"{count:>{width}} {new:>{width}}  {heading}\n"
        return report


def print_report(report):
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
