"""Count the requests in a web server's log by status: with a lock or one table per thread.

    python3 atomics.py                              # the log in input/
    python3 atomics.py access.log access.log.1      # your own files

Python has no atomic numbers. `counts[status] += 1` is several steps, and another thread may run in
between. So two ways are left: take a lock for each addition, or let each thread count in a Counter
of its own, and add up the Counters at the end.

Checks that both ways give the same result, and prints it.
"""

import math
import re
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

DEFAULT_FILE = Path(__file__).with_name("input") / "access.log"
THREADS = 4
MOST_BYTES = 2**64 - 1

# The rest of a line, after the quote that opens the request. After the number of bytes, the line
# ends or continues with a space. A number of more than 20 digits does not fit into 64 bits.
REST = re.compile(r'(?:[^"\\]|\\.)*" ([1-9][0-9]{2}) (?:0*([0-9]{1,20})|-)(?: |\Z)')


def main():
    log = load_log(sys.argv[1:] or [DEFAULT_FILE])
    with_lock = count_with_lock(log)
    with_tables = count_with_tables(log)
    assert with_lock == with_tables, "the two ways have different results"
    assert with_lock.total() == len(log), "requests were lost"
    print_counts(with_lock)


def count_with_lock(log):
    """A thread takes the lock for each request."""
    counts = Counter()
    lock = threading.Lock()

    def add(status):
        with lock:
            counts[status] += 1

    def add_all(share):
        for status in share:
            add(status)

    with ThreadPoolExecutor(THREADS) as pool:
        # The results are None, but asking for them raises the exception of a thread here.
        list(pool.map(add_all, shares(log)))
    return counts


def count_with_tables(log):
    """Each thread fills a Counter of its own."""
    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(Counter, shares(log)), Counter())


def shares(log):
    """Divides the log into a share for each thread."""
    share_len = max(math.ceil(len(log) / THREADS), 1)
    return [log[start : start + share_len] for start in range(0, len(log), share_len)]


def load_log(paths):
    """Reads the status in each line of the logs."""
    statuses = []
    for path in paths:
        try:
            # Only \n ends a line. parse removes the \r of a line that ends in \r\n.
            with open(path, encoding="utf-8-sig", newline="\n") as log:
                lines = [line.removesuffix("\n") for line in log]
        except OSError as error:
            sys.exit(f"cannot read {path}: {error.strerror}")
        except UnicodeDecodeError:
            sys.exit(f"{path} is not UTF-8 text")
        for number, line in enumerate(lines, start=1):
            status = parse(line)
            if status is None:
                expected = 'HOST - USER [TIME] "REQUEST" STATUS BYTES'
                sys.exit(f"{path}:{number}: expected {expected}, found {line!r}")
            statuses.append(status)
    return statuses


def parse(line):
    """Finds the status in a line."""
    host, _, rest = line.rstrip("\r").partition(" ")
    identity_and_user, _, rest = rest.partition(" [")
    identity, _, user = identity_and_user.partition(" ")
    _, _, rest = rest.partition('] "')
    found = REST.match(rest)
    if host.split() != [host] or not identity or not user or found is None:
        return None
    status, size = found.groups(default="0")
    if int(size) > MOST_BYTES:
        return None
    return int(status)


def print_counts(counts):
    report = f"requests: {counts.total()}\nstatus requests\n"
    for status, requests in sorted(counts.items()):
        report += f"{status:>6} {requests:>8}\n"
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
