"""Count the files, lines and bytes of a directory tree with four workers that find their own work.

    python3 queue.py [DIRECTORY]    # without one: input/flask-examples

You see a row for each extension, in byte order, after one for the files that have none. A line ends
with a newline byte or with its file. Links, pipes and devices are not counted. Of the directories
and files that cannot be read the first in the order of paths is reported, and nothing is printed.
"""

import os
import sys
import threading
from pathlib import Path

sys.path.pop(0)  # The folder of this file, which is called `queue` as well, and would be imported.
import queue  # noqa: E402


def main():
    root, *more = sys.argv[1:] or [Path(__file__).with_name("input") / "flask-examples"]
    if more:
        sys.exit(f"cannot walk {more[0]} as well: name one directory")
    jobs, findings, failures = shared = queue.Queue(), [], []
    jobs.put((os.fspath(root), True))
    # Daemons: should one not start, the program ends without waiting for the others.
    workers = [threading.Thread(target=work, args=shared, daemon=True) for _ in range(4)]
    for worker in workers:
        worker.start()
    jobs.join()  # An empty queue is not the end: a worker may be about to fill it.
    for worker in workers:
        jobs.put(None)  # Each takes one and ends. Before Python 3.13 there is no `shutdown`.
    for worker in workers:
        worker.join()
    if failures:
        raise failures[0]
    print_table(tally(findings))


def work(jobs, findings, failures):
    for path, is_directory in iter(jobs.get, None):
        try:
            findings.append((path, walk(path, jobs) if is_directory else count(path)))
        except OSError as error:
            findings.append((path, error))
        except BaseException as failure:  # A worker goes on: with none left, `join` waits for ever.
            failures.append(failure)
        finally:
            jobs.task_done()  # By now a directory's entries are in the queue.


def walk(directory, jobs):
    with os.scandir(directory) as entries:
        for entry in entries:
            is_directory = entry.is_dir(follow_symlinks=False)
            if is_directory or entry.is_file(follow_symlinks=False):
                jobs.put((entry.path, is_directory))


def count(path):
    with open(path, "rb") as file:
        sizes = [len(line) for line in file]
    return 1, len(sizes), sum(sizes)


def tally(findings):
    assert len({path for path, _ in findings}) == len(findings), "a job was done twice"
    table = {}
    for path, outcome in sorted(findings, key=lambda finding: Path(finding[0])):
        if isinstance(outcome, OSError):
            sys.exit(f"cannot read {path}: {outcome}; name a directory that you may read")
        if outcome:
            stem, _, extension = os.fsencode(os.path.basename(path)).rpartition(b".")
            rows = table.setdefault((extension,) if stem else (), [])
            rows.append(outcome)
    return {key: [sum(column) for column in zip(*rows)] for key, rows in table.items()}


def print_table(table):
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # The same bytes on every platform.
    print("extension   files    lines      bytes")
    for key, (files, lines, size) in sorted(table.items()):
        extension = key[0].decode(errors="replace") if key else "(none)"
        print(f"{extension:10}{files:7}{lines:9}{size:11}")
    files, lines, size = map(sum, zip((0, 0, 0), *table.values()))
    print(f"{'total':10}{files:7}{lines:9}{size:11}")


if __name__ == "__main__":
    main()
