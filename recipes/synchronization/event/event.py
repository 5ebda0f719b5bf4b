"""Start three monitors together, and stop them without missing an earthquake: two `Event`s.

    python3 event.py                        # the feed in input/earthquakes.txt
    python3 event.py may.txt june.txt       # your own feed; src/cli.rs describes the format

Prints how many earthquakes there were on each day and of each magnitude, and those of
magnitude 6 or more. They are the same on every run.
"""

import re
import sys
import threading
from collections import Counter
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

DEFAULT_FILE = Path(__file__).with_name("input") / "earthquakes.txt"
BATCH = 0.020  # How long the feed takes to play one batch, which is usually a day.
PAUSE = 0.005  # How long a monitor pauses between two looks at the feed.
MAX_BATCHES = 50  # A feed of more days is played faster.

start = threading.Event()
stop = threading.Event()
feed_lock = threading.Lock()
feed = []  # The earthquakes known so far. Nobody is notified when one is added.


class Quake(NamedTuple):
    time: str
    magnitude: float
    place: str

    @property
    def day(self):
        return self.time[:10]


def main():
    quakes = load()
    days, magnitudes, strong = Counter(), Counter(), []

    def count_day(quake):
        days[quake.day] += 1

    def count_magnitude(quake):
        magnitudes[int(quake.magnitude // 1)] += 1

    def keep_strong(quake):
        if quake.magnitude >= 6:
            strong.append(quake)

    failures = []
    threading.excepthook = failures.append  # By default, Python prints the error and goes on.
    # Daemons: if `main` fails, nobody sets `start` or `stop`, but the program still ends.
    monitors = [
        threading.Thread(target=watch, args=[visit], daemon=True)
        for visit in (count_day, count_magnitude, keep_strong)
    ]
    for monitor in monitors:
        monitor.start()
    start.set()  # All threads have been spawned, so they may begin.
    play(batches(quakes))
    stop.set()
    for monitor in monitors:
        monitor.join()
    if failures:
        raise failures[0].exc_value

    assert sum(days.values()) == len(quakes), "a monitor missed an earthquake"
    assert sum(magnitudes.values()) == len(quakes), "a monitor missed an earthquake"
    print_report(days, magnitudes, strong)


def watch(visit):
    """Calls `visit` with every earthquake of the feed, until the service stops."""
    seen = 0
    stopped = False
    try:
        start.wait()
        while not stopped:
            # First the pause, then the look: so nothing that arrives in the last pause is missed.
            stopped = stop.wait(PAUSE)
            with feed_lock:
                news = feed[seen:]
            for quake in news:
                visit(quake)
                seen += 1
    finally:
        stop.set()  # If one monitor fails, all stop.


def play(batches):
    """Adds batch after batch to the feed."""
    for batch in batches:
        if stop.wait(BATCH):
            return  # A monitor has failed with an exception.
        with feed_lock:
            feed.extend(batch)


def batches(quakes):
    """One batch for each day, or equal parts if there are too many days."""
    days = [list(day) for _, day in groupby(quakes, key=lambda quake: quake.day)]
    if len(days) <= MAX_BATCHES:
        return days
    size = -(-len(quakes) // MAX_BATCHES)  # Rounded up.
    return [quakes[first:first + size] for first in range(0, len(quakes), size)]


def print_report(days, magnitudes, strong):
    counts = [*days.values(), *magnitudes.values()]
    width = max([5, *(len(str(count)) for count in counts)])
    rows = [f"{day:<12} {days[day]:>{width}}" for day in sorted(days)]
    rows += [f"magnitude {floor:>2} {magnitudes[floor]:>{width}}" for floor in sorted(magnitudes)]

    texts = [str(quake.magnitude).removesuffix(".0") for quake in strong]
    width = max([4, *map(len, texts)])
    for quake, magnitude in zip(strong, texts):
        rows.append(f"{quake.time} {magnitude:<{width}} {quake.place}")

    try:
        # The same bytes on every platform.
        with open(1, "w", encoding="utf-8", newline="\n", closefd=False) as output:
            output.writelines(f"{row}\n" for row in rows)
    except BrokenPipeError:
        pass  # A program that reads our output, such as `head`, may stop when it has seen enough.
    except OSError as error:
        sys.exit(f"cannot print the result: {error.strerror}")


def load():
    quakes = []
    for path in sys.argv[1:] or [DEFAULT_FILE]:
        try:
            with open(path, encoding="utf-8-sig", newline="\n") as file:
                rows = file.read().split("\n")
        except OSError as error:
            sys.exit(f"cannot read {path}: {error.strerror}")
        except UnicodeDecodeError:
            sys.exit(f"{path} is not UTF-8 text")
        if rows[-1] == "":
            rows.pop()
        for number, row in enumerate(rows, 1):
            row = row.removesuffix("\r")
            quake = parse(row)
            if quake is None:
                example = "2018-02-06T15:50:42Z;6.4;Taiwan"
                sys.exit(f"{path}:{number}: expected a row such as {example}, found {row!r}")
            quakes.append(quake)
    return sorted(quakes, key=lambda quake: quake.time)


TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
ROW = re.compile(rf"({TIME});({NUMBER});([^;]+)", re.ASCII)


def parse(row):
    match = ROW.fullmatch(row)
    if not match:
        return None
    time, magnitude, place = match[1], float(match[2]), match[3]
    try:
        datetime.strptime(time, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return None  # Not a real time, such as 30 February.
    if time[17:19] > "59" or not -9 <= magnitude <= 10 or place != place.strip():
        return None
    return Quake(time, magnitude, place)


if __name__ == "__main__":
    main()
