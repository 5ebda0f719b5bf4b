"""Check the files of several weather stations, each in a thread of its own.

    python3 threads.py                  # the stations in input/
    python3 threads.py EWR.csv JFK.csv  # your own files

A check stops at the first reading that cannot be true: it raises a ValueError. The exception ends
only its own thread, but Python's join does not return it, so the thread has to keep it. The report
has a line about that file, and the files of the other stations are checked to their end.

A file is named after its station. A row is one reading, later than the row before it:

    2013-02-12T08:00Z,39,11      the time in UTC, tenths of a degree Celsius, knots of wind
"""

import re
import sys
import threading
from datetime import datetime
from pathlib import Path

DEFAULT_FOLDER = Path(__file__).with_name("input")
MAX_FILES = 256  # Each file gets a thread.
STRONGEST_WIND = 220  # Except in tornadoes: Barrow Island, 1996.
ROW = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}Z),([+-]?[0-9]+),(\+?[0-9]+)")


class Check(threading.Thread):
    """A thread with the name of its station, and what its check came to."""

    def __init__(self, station, text):
        super().__init__(name=station)
        self.text = text
        self.passed = False
        self.result = None

    def run(self):
        try:
            self.result = check(self.text)
            self.passed = True
        except ValueError as error:
            self.result = f"failed: {error}"
            name = threading.current_thread().name
            print(f"{name}: the check failed", file=sys.stderr)


def main():
    threads = [Check(station, text) for station, text in load(sys.argv[1:])]
    failures = []
    threading.excepthook = failures.append  # By default Python prints the error and goes on.
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0].exc_value  # Any other exception is a mistake in this program.
    print_report(threads)


def check(text):
    """What the report says about readings that can be true. The first other one is an error."""
    temperatures = []
    strongest_wind = 0
    for line, temperature, wind in readings(text):
        if wind > STRONGEST_WIND:
            raise ValueError(f"line {line}: {wind} knots of wind")
        temperatures.append(temperature)
        strongest_wind = max(strongest_wind, wind)
    if not temperatures:
        raise ValueError("no readings")
    coldest, warmest = degrees(min(temperatures)), degrees(max(temperatures))
    count = len(temperatures)
    noun = "reading" if count == 1 else "readings"
    return f"{count} {noun}, {coldest} to {warmest} °C, wind up to {strongest_wind} knots"


def readings(text):
    last_time = ""
    rows = text.removesuffix("\n").split("\n") if text else []
    for line, row in enumerate(rows, 1):
        row = row.removesuffix("\r")
        reading = parse(row)
        if reading is None:
            expected = "a row such as 2013-02-12T08:00Z,39,11"
            raise ValueError(f'line {line}: expected {expected}, found "{row}"')
        time, temperature, wind = reading
        if time <= last_time:
            raise ValueError(f"line {line}: {time} follows {last_time}")
        last_time = time
        yield line, temperature, wind


def parse(row):
    """The time, the temperature and the wind, if the row is a reading."""
    match = ROW.fullmatch(row)
    if match is None:
        return None
    time, temperature, wind = match.groups()
    try:
        datetime.strptime(time, "%Y-%m-%dT%H:%MZ")
        temperature, wind = int(temperature), int(wind)
    except ValueError:
        return None
    if abs(temperature) > 1000 or wind >= 2**32:
        return None
    return time, temperature, wind


def load(paths):
    """The name and the text of each station's file."""
    paths = paths or sorted(DEFAULT_FOLDER.glob("*.csv"))
    if len(paths) > MAX_FILES:
        reason = f"{len(paths)} files are too many: each gets a thread"
        sys.exit(f"{reason}, so name at most {MAX_FILES}")
    texts = {}
    for path in paths:
        try:
            # utf-8-sig skips the byte-order mark with which some editors begin a file.
            text = Path(path).read_bytes().decode("utf-8-sig")
        except OSError as error:
            sys.exit(f"cannot read {path}: {error.strerror}")
        except UnicodeDecodeError:
            sys.exit(f"{path} is not UTF-8 text")
        station = Path(path).stem
        if not station or station != station.strip():
            expected = "a station's name without white space around it"
            sys.exit(f"{path}: expected {expected}, found {station!r}")
        if station in texts:
            sys.exit(f"{path}: a second file of station {station}")
        texts[station] = text
    return texts.items()


def degrees(tenths):
    sign = "-" if tenths < 0 else ""
    return f"{sign}{abs(tenths) // 10}.{abs(tenths) % 10}"


def print_report(threads):
    name_width = max((len(thread.name) for thread in threads), default=0)
    report = "".join(f"{thread.name:<{name_width}}  {thread.result}\n" for thread in threads)
    passed = sum(thread.passed for thread in threads)
    report += f"{passed} of {len(threads)} files passed\n"
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
