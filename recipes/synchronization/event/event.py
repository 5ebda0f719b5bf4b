"""Watch a feed of earthquakes with three monitors that start together and miss none until the stop.

    python3 event.py [FILE ...]    # without a file: input/earthquakes.txt

A line is a time, a magnitude and a place. The program plays the feed too, a day in 20 milliseconds.
You see how many earthquakes there were each day and of each magnitude, rounded down, then those of
magnitude 6 and more. The first file that cannot be read or line that is malformed is reported.
"""

import re
import sys
import threading
from collections import Counter
from itertools import groupby
from pathlib import Path

NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
LINE = re.compile(rf"(\d\d\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ);({NUMBER});([^;]*)", re.ASCII)
start, stop, lock, feed = threading.Event(), threading.Event(), threading.Lock(), []


def main():
    quakes, failures, days, magnitudes, strong = load(), [], Counter(), Counter(), []
    threading.excepthook = failures.append  # Python would print what a monitor raises, and go on.
    monitors = [
        lambda news: days.update(time[:10] for time, _, _ in news),
        lambda news: magnitudes.update(int(magnitude // 1) for _, magnitude, _ in news),
        lambda news: strong.extend(quake for quake in news if quake[1] >= 6),
    ]
    # Daemons: if this function fails, nobody sets `start` or `stop`, and the program ends anyway.
    threads = [threading.Thread(target=watch, args=[monitor], daemon=True) for monitor in monitors]
    for thread in threads:
        thread.start()
    start.set()  # Every thread is there: now all may begin.
    play(quakes)
    stop.set()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0].exc_value
    assert sum(days.values()) == sum(magnitudes.values()) == len(quakes), "a monitor missed one"
    rows = [f"{day:12}{count:6}" for day, count in sorted(days.items())]
    rows += [f"magnitude{floor:3}{count:6}" for floor, count in sorted(magnitudes.items())]
    rows += [f"{time} {str(size).removesuffix('.0'):4} {place}" for time, size, place in strong]
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # The same bytes on every platform.
    sys.stdout.writelines(f"{row}\n" for row in rows)


def watch(monitor):
    seen, stopped = 0, False
    try:
        start.wait()
        while not stopped:
            # The pause, which `stop` cuts short, comes before the look: no last one is missed.
            stopped = stop.wait(0.005)
            with lock:
                news = feed[seen:]
            seen += len(news)
            for quakes in news:
                monitor(quakes)
    finally:
        stop.set()  # If this monitor fails, nobody need go on.


def play(quakes):
    for _, day in groupby(quakes, key=lambda quake: quake[0][:10]):
        if stop.wait(0.020):
            return  # A monitor has failed.
        with lock:
            feed.append(list(day))


def load():
    quakes = []
    for path in sys.argv[1:] or [Path(__file__).with_name("input") / "earthquakes.txt"]:
        try:
            with open(path, encoding="utf-8", newline="\n") as file:
                lines = [line.rstrip("\r\n") for line in file]
        except (OSError, UnicodeDecodeError) as error:
            sys.exit(f"cannot read {path}: {error}; name files that exist")
        for number, line in enumerate(lines, 1):
            match = LINE.fullmatch(line)
            if not match or not -9 <= float(match[2]) <= 10:
                sys.exit(f"{path}:{number}: not like 2018-02-06T15:50:42Z;6.4;Taiwan: {line!r}")
            quakes.append((match[1], float(match[2]), match[3]))
    return quakes


if __name__ == "__main__":
    main()
