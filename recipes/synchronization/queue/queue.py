"""Count the files, lines and bytes in a directory tree, with four workers and a queue.

    python3 queue.py [DIRECTORY]    # without one: input/flask-examples

Prints the number of files, lines and bytes for each file extension, and the total. A line ends with
a newline, or at the end of the file. Links, pipes and devices are not counted. A file or directory
that disappears during the walk is left out, and standard error says how many there were. If
anything else cannot be read, the first such path in alphabetical order is reported, and no counts
are printed.
"""

import os
import sys
import threading
import unicodedata
from pathlib import Path

sys.path.pop(0)  # The folder of this file, which is called `queue` too and would be imported.
import queue  # noqa: E402

DEFAULT_TREE = Path(__file__).with_name("input") / "flask-examples"
WORKERS = 4
CHUNK_SIZE = 64 * 1024  # How much of a file is in memory at a time.
DISAPPEARED = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


def main():
    arguments = sys.argv[1:]
    if len(arguments) > 1:
        sys.exit(f"expected one directory, found {len(arguments)} arguments")
    root = arguments[0] if arguments else os.fspath(DEFAULT_TREE)
    try:
        os.scandir(root).close()
    except OSError as error:
        sys.exit(unreadable(root, error))

    jobs = queue.Queue()
    jobs.put((root, True))
    findings = []
    bugs = []
    # If a worker cannot be started, the program ends without waiting for the daemons among them.
    workers = [
        threading.Thread(target=work, args=(jobs, findings, bugs), daemon=True)
        for _ in range(WORKERS)
    ]
    for worker in workers:
        worker.start()
    jobs.join()  # Returns when every job is done. No worker puts anything after that.
    for worker in workers:
        jobs.put(None)  # Ends one worker. Before Python 3.13, a queue has no `shutdown`.
    for worker in workers:
        worker.join()
    if bugs:
        raise bugs[0]

    table = tally(findings)
    disappeared = sum(isinstance(outcome, DISAPPEARED) for _, outcome in findings)
    if disappeared:
        note = f"not counted, because they disappeared during the walk: {disappeared}"
        print(note, file=sys.stderr)
    print_report(report(table))


def work(jobs, findings, bugs):
    for path, is_directory in iter(jobs.get, None):
        try:
            findings.append((path, walk(path, jobs) if is_directory else count(path)))
        except OSError as error:
            findings.append((path, error))
        except BaseException as bug:  # If the workers ended here, `join` would wait forever.
            bugs.append(bug)
        finally:
            jobs.task_done()  # The entries of a directory are in the queue by now.


def walk(directory, jobs):
    found = {}  # A name can come twice if its file is replaced while the directory is read.
    with os.scandir(directory) as entries:
        for entry in entries:
            is_directory = entry.is_dir(follow_symlinks=False)
            if is_directory or entry.is_file(follow_symlinks=False):
                found[entry.path] = is_directory
    for job in sorted(found.items()):
        jobs.put(job)


def count(path):
    lines = size = 0
    last = b"\n"
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK_SIZE):
            lines += chunk.count(b"\n")
            size += len(chunk)
            last = chunk[-1:]
    return 1, lines + (last != b"\n"), size


def tally(findings):
    table = {}
    for path, outcome in sorted(findings, key=lambda finding: Path(finding[0])):
        if isinstance(outcome, OSError):
            if not isinstance(outcome, DISAPPEARED):
                sys.exit(unreadable(path, outcome))
        elif outcome:
            stem, _, extension = os.fsencode(os.path.basename(path)).rpartition(b".")
            rows = table.setdefault(extension if stem else b"", [])
            rows.append(outcome)
    return {extension: [sum(column) for column in zip(*rows)] for extension, rows in table.items()}


def report(table):
    rows = [("extension", "files", "lines", "bytes")]
    for extension, counts in sorted(table.items()):
        rows.append((name(extension), *counts))
    rows.append(("total", *map(sum, zip((0, 0, 0), *table.values()))))
    widths = [10, 6, 8, 10]
    for row in rows:
        widths = [max(width, len(str(cell))) for width, cell in zip(widths, row)]
    lines = []
    for extension, *counts in rows:
        cells = [f"{cell:>{width}}" for cell, width in zip(counts, widths[1:])]
        lines.append(" ".join([extension.ljust(widths[0]), *cells]) + "\n")
    return "".join(lines)


def name(extension):
    """How an extension is printed. A newline, for example, would break the table."""
    text = extension.decode(errors="replace") or "(none)"
    return "".join("\ufffd" if unicodedata.category(char) == "Cc" else char for char in text)


def print_report(text):
    try:
        # The same bytes on every platform. Closing it reports what the last write could not do.
        with open(sys.stdout.fileno(), "wb", closefd=False) as output:
            output.write(text.encode())
    except BrokenPipeError:
        pass  # A program that reads our output, such as `head`, may stop when it has seen enough.
    except OSError as error:
        sys.exit(f"cannot print the result: {error.strerror} (os error {error.errno})")


def unreadable(path, error):
    return f"cannot read {path}: {error.strerror} (os error {error.errno})"


if __name__ == "__main__":
    main()
