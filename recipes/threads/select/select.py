"""Collect the readings of stations that connect late, disconnect or fall silent.

    python3 select.py             # the stations in input/readings.csv
    python3 select.py mine.csv    # your own readings

Each weather station is a thread, and so is the collector. Python cannot wait for several queues
at once, so everything that the collector waits for comes through one queue: a new station, a
reading, the end of a station and the stop signal. After the stop signal, the collector goes on
for a limited time with the stations that are still connected: it calls `get` with a timeout.

A row is one reading of a station. It is later than the station's row before:

    EWR,2013-01-31T08:00Z,9839     the station, the time in UTC, tenths of a hectopascal
    LGA,2013-01-31T12:00Z,silent   from now on the station stays connected and sends nothing
"""

import re
import sys
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path
from queue import Empty, Queue
from typing import NamedTuple

DEFAULT_FILE = Path(__file__).with_name("input") / "readings.csv"
MAX_STATIONS = 256  # Each station gets a thread.
MAX_DAYS = 366  # A year of readings takes about two seconds.
SECONDS_PER_HOUR = 0.0002  # An hour of the readings takes this many seconds.
LIMIT = 0.1  # The collector gives up on connected stations this many seconds after the stop signal.
LOW = 9900  # The report lists the readings below this pressure.
ROW = re.compile(r"([^,]+),([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}Z),(\+?[0-9]+|silent)")


class Reading(NamedTuple):
    time: str
    pressure: int


class Station(threading.Thread):
    """Sends each reading when it is due."""

    def __init__(self, name):
        super().__init__(name=name, daemon=True)  # If `main` fails, the program still ends.
        self.readings = []
        self.falls_silent = False
        self.stop = threading.Event()
        self.all_sent = threading.Event()

    def prepare(self, start, first, events):
        self.start_time = start
        self.first = first
        self.events = events

    def run(self):
        try:
            time.sleep(self.time_until(self.readings[0]))
            self.events.put(("arrival", self, None))
            for reading in self.readings:
                if self.stop.wait(self.time_until(reading)):
                    return
                self.events.put(("reading", self, reading))
            if self.falls_silent:
                self.all_sent.set()
                self.stop.wait()
        finally:
            self.events.put(("closed", self, None))
            self.all_sent.set()

    def time_until(self, reading):
        hours = (parse_time(reading.time) - self.first) / timedelta(hours=1)
        return max(0, self.start_time + hours * SECONDS_PER_HOUR - time.monotonic())


class Collector(threading.Thread):
    """Receives from all stations until the stop signal has come and no station is connected."""

    def __init__(self, events):
        super().__init__(daemon=True)
        self.events = events
        self.received = []
        self.endings = {}

    def run(self):
        connected = set()
        deadline = None
        while deadline is None or connected:
            try:
                kind, station, reading = self.next_event(deadline)
            except Empty:
                break  # The time limit has passed.
            if kind == "arrival":
                connected.add(station)
            elif kind == "reading":
                self.received.append((reading.time, station.name, reading.pressure))
            elif kind == "closed":
                connected.discard(station)
                self.endings[station.name] = "closed"
            else:
                deadline = time.monotonic() + LIMIT
        for station in connected:
            self.endings[station.name] = "silent"

    def next_event(self, deadline):
        if deadline is None:
            return self.events.get()
        rest = deadline - time.monotonic()
        if rest <= 0:
            # `get` would still return an event that is waiting. Then a station that never pauses
            # would keep the collector past its limit.
            raise Empty
        return self.events.get(timeout=rest)


def main():
    stations = load(sys.argv[1:])
    failures = []
    threading.excepthook = failures.append  # By default, Python prints the error and goes on.

    events = Queue()
    collector = Collector(events)
    collector.start()
    start = time.monotonic()
    first = min((parse_time(station.readings[0].time) for station in stations), default=None)
    for station in stations:
        station.prepare(start, first, events)
        station.start()

    # In this program, `main` stops the collector once all readings have been sent.
    for station in stations:
        station.all_sent.wait()
    events.put(("stop", None, None))
    collector.join()
    for station in stations:
        station.stop.set()  # The collector has ended, so no thread receives from it anymore.
        station.join()
    if failures:
        raise failures[0].exc_value

    assert_complete(stations, collector)
    print_report(stations, collector)


def assert_complete(stations, collector):
    for station in stations:
        received = [row[0] for row in collector.received if row[1] == station.name]
        sent = [reading.time for reading in station.readings]
        assert received == sent, f"readings of {station.name} were lost"
        is_silent = collector.endings[station.name] == "silent"
        assert is_silent == station.falls_silent, f"the ending of {station.name}"


def print_report(stations, collector):
    name_width = max((len(station.name) for station in stations), default=0)
    report = ""
    for station in stations:
        ending = collector.endings[station.name]
        report += f"{station.name:<{name_width}}  {ending} after {count(station.readings)}\n"
    report += f"{count(collector.received)} in all, below {hectopascals(LOW)} hPa:\n"
    for when, name, pressure in sorted(collector.received):
        if pressure < LOW:
            report += f"{when}  {name:<{name_width}}  {hectopascals(pressure)}\n"
    try:
        # The same bytes on every platform, and any error is raised here.
        with open(1, "w", encoding="utf-8", newline="\n", closefd=False) as output:
            output.write(report)
    except BrokenPipeError:
        pass  # A program that reads our output, such as head, may stop when it has seen enough.
    except OSError as error:
        sys.exit(f"cannot print the result: {error.strerror}")


def count(readings):
    return f"{len(readings)} reading{'' if len(readings) == 1 else 's'}"


def hectopascals(tenths):
    return f"{tenths // 10}.{tenths % 10}"


def load(paths):
    """The stations, in the order of their names."""
    stations = {}
    for path in paths or [DEFAULT_FILE]:
        try:
            # utf-8-sig skips the byte-order mark with which some editors begin a file.
            text = Path(path).read_bytes().decode("utf-8-sig")
        except OSError as error:
            sys.exit(f"cannot read {path}: {error.strerror}")
        except UnicodeDecodeError:
            sys.exit(f"{path} is not UTF-8 text")
        rows = text.removesuffix("\n").split("\n") if text else []
        for line, row in enumerate(rows, 1):
            try:
                add_row(stations, row.removesuffix("\r"))
            except ValueError as error:
                sys.exit(f"{path}:{line}: {error}")
    check_span(stations.values())
    return sorted(stations.values(), key=lambda station: station.name)


def add_row(stations, row):
    match = ROW.fullmatch(row)
    if match is None or not is_reading(*match.groups()):
        example = "EWR,2013-01-31T08:00Z,9839"
        raise ValueError(f'expected a row such as {example}, found "{row}"')
    name, when, pressure = match.groups()
    if name not in stations:
        if len(stations) == MAX_STATIONS:
            reason = "are the most that this program can run, because each gets a thread"
            raise ValueError(f"{name} is one too many: {MAX_STATIONS} stations {reason}")
        stations[name] = Station(name)
    station = stations[name]
    if station.falls_silent:
        raise ValueError(f"{name} is silent already, so it cannot have a later row")
    if station.readings and when <= station.readings[-1].time:
        raise ValueError(f"{when} follows {station.readings[-1].time} at {name}")
    if pressure != "silent":
        station.readings.append(Reading(when, int(pressure)))
    elif station.readings:
        station.falls_silent = True
    else:
        raise ValueError(f"{name} is silent before its first reading")


def is_reading(name, when, pressure):
    try:
        parse_time(when)
        in_range = pressure == "silent" or 8000 <= int(pressure) <= 11000
    except ValueError:
        return False
    return name == name.strip() and in_range


def check_span(stations):
    """A replay of many years would take too long."""
    times = [reading.time for station in stations for reading in station.readings]
    if times and parse_time(max(times)) - parse_time(min(times)) > timedelta(days=MAX_DAYS):
        apart = f"{min(times)} and {max(times)} are more than {MAX_DAYS} days apart"
        sys.exit(f"{apart}: replay a shorter time")


def parse_time(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%MZ")


if __name__ == "__main__":
    main()
