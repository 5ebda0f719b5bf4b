"""Add numbers in two threads that share one total behind a lock.

    python3 divide.py [FILE ...]    # without a file: input/numbers.txt

A row is one whole number from 0 to 4294967295. Prints how many numbers there are, and their sum.

Keep what handles files, errors and threads when you replace the job with your own.
"""

import re
import sys
import threading
from pathlib import Path


class Total:
    """What the threads share. Only the lock keeps one thread from overwriting the other's sum."""

    def __init__(self):
        self.lock = threading.Lock()
        self.count = 0
        self.sum = 0

    def add(self, number):
        with self.lock:
            self.count += 1
            self.sum += number


def main():
    numbers = load()
    middle = len(numbers) // 2
    total = Total()
    run(
        threading.Thread(target=add_all, args=(numbers[:middle], total)),
        threading.Thread(target=add_all, args=(numbers[middle:], total)),
    )
    assert total.count == len(numbers), "an addition was lost"
    print_report(f"numbers: {total.count}\nsum: {total.sum}\n")


def add_all(numbers, total):
    for number in numbers:
        total.add(number)


def run(*threads):
    """Run the threads to their end, and raise what one of them raised.

    Otherwise Python would print the exception of a thread and go on.
    """
    failures = []
    threading.excepthook = failures.append
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0].exc_value


def load():
    numbers = []
    for path in sys.argv[1:] or [Path(__file__).with_name("input") / "numbers.txt"]:
        for index, row in enumerate(rows(path), start=1):
            match = re.fullmatch(r"\+?0*([0-9]{1,10})", row)
            if not match or int(match[1]) >= 2**32:
                sys.exit(f"{path}:{index}: expected a whole number such as 17, found {row!r}")
            numbers.append(int(match[1]))
    return numbers


def rows(path):
    """The lines of a file, without a byte-order mark and without line ends."""
    try:
        with open(path, encoding="utf-8-sig", newline="\n") as file:
            return [line.removesuffix("\n").removesuffix("\r") for line in file]
    except OSError as error:
        sys.exit(f"cannot read {path}: {error.strerror}")
    except UnicodeDecodeError:
        sys.exit(f"{path} is not UTF-8 text")


def print_report(report):
    try:
        with open(1, "w", encoding="utf-8", newline="\n", closefd=False) as output:
            output.write(report)
    except BrokenPipeError:
        pass  # A program that reads our output, such as head, may stop when it has seen enough.
    except OSError as error:
        sys.exit(f"cannot print the result: {error.strerror}")


if __name__ == "__main__":
    main()
