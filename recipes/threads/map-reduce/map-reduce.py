"""Count the requests, bytes and errors of each host in a web server's log by map and reduce.

    python3 map-reduce.py                           # the log in input/
    python3 map-reduce.py access.log access.log.1   # your own files

A pool of threads counts each piece of the log in a table of its own, and the tables are merged at
the end. In CPython's default build, threads take turns, so this is no faster than a loop. With
ProcessPoolExecutor instead of ThreadPoolExecutor, processes count the pieces at the same time.

Prints the totals, and the ten hosts with the most requests. The result is the same on every run.
"""

import functools
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

DEFAULT_FILE = Path(__file__).with_name("input") / "access.log"
LINES_IN_A_PIECE = 1000
BUSIEST = 10
MOST_BYTES = 2**64 - 1

# The rest of a line, after the quote that opens the request. After the number of bytes, the line
# ends or continues with a space. A number of more than 20 digits does not fit into 64 bits.
REST = re.compile(r'(?:[^"\\]|\\.)*" ([1-9][0-9]{2}) (?:0*([0-9]{1,20})|-)(?: |\Z)')


def main():
    logs = load_logs(sys.argv[1:] or [DEFAULT_FILE])
    pieces = [piece for _, lines in logs for piece in cut(lines)]
    try:
        with ThreadPoolExecutor() as pool:
            tables = pool.map(count, pieces)
            hosts = functools.reduce(merge, tables, {})
    except BadLine:
        sys.exit(first_bad_line(logs))  # The threads may have found a different one first.
    lines = sum(len(lines) for _, lines in logs)
    assert sum(requests for requests, _, _ in hosts.values()) == lines, "requests were lost"
    print_busiest(hosts)


class BadLine(Exception):
    """A line is not in the Common Log Format."""


def count(lines):
    """Counts a piece of a log. Each host has a tuple: (requests, bytes, errors)."""
    hosts = {}
    for line in lines:
        host, traffic = parse(line)
        hosts[host] = add(hosts.get(host, (0, 0, 0)), traffic)
    return hosts


def merge(left, right):
    """Adds the smaller of two tables to the larger one."""
    larger, smaller = (left, right) if len(left) >= len(right) else (right, left)
    for host, traffic in smaller.items():
        larger[host] = add(larger.get(host, (0, 0, 0)), traffic)
    return larger


def add(left, right):
    return tuple(a + b for a, b in zip(left, right))


def parse(line):
    """Finds the host, and the traffic of one request, in a line of a log."""
    host, _, rest = line.rstrip("\r").partition(" ")
    identity_and_user, _, rest = rest.partition(" [")
    identity, _, user = identity_and_user.partition(" ")
    _, _, rest = rest.partition('] "')
    found = REST.match(rest)
    if host.split() != [host] or not identity or not user or found is None:
        raise BadLine
    status, size = map(int, found.groups(default="0"))
    if size > MOST_BYTES:
        raise BadLine
    return host, (1, size, int(status >= 400))


def cut(lines):
    for start in range(0, len(lines), LINES_IN_A_PIECE):
        yield lines[start : start + LINES_IN_A_PIECE]


def load_logs(paths):
    logs = []
    for path in paths:
        try:
            # Only \n ends a line. parse removes the \r of a line that ends in \r\n.
            with open(path, encoding="utf-8-sig", newline="\n") as log:
                lines = [line.removesuffix("\n") for line in log]
        except (OSError, UnicodeDecodeError) as error:
            # If an earlier file has a bad line, that line is reported.
            sys.exit(first_bad_line(logs) or reason(path, error))
        logs.append((path, lines))
    return logs


def reason(path, error):
    if isinstance(error, OSError):
        return f"cannot read {path}: {error.strerror}"
    return f"{path} is not UTF-8 text"


def first_bad_line(logs):
    for path, lines in logs:
        for number, line in enumerate(lines, start=1):
            try:
                parse(line)
            except BadLine:
                expected = 'HOST - USER [TIME] "REQUEST" STATUS BYTES'
                return f"{path}:{number}: expected {expected}, found {line!r}"
    return None


def print_busiest(hosts):
    requests, size, errors = functools.reduce(add, hosts.values(), (0, 0, 0))
    rows = sorted(hosts.items(), key=lambda row: (-row[1][0], row[0]))[:BUSIEST]
    # The column is wider if a number is larger than usual.
    width = max([8, *(len(str(size)) for _, (_, size, _) in rows)])
    report = f"hosts: {len(hosts)}, requests: {requests}, bytes: {size}, errors: {errors}\n"
    report += f"requests {'bytes':>{width}} errors host\n"
    for host, (requests, size, errors) in rows:
        report += f"{requests:>8} {size:>{width}} {errors:>6} {host}\n"
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
