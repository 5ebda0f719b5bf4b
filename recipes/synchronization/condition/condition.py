"""Pass temperature readings from one thread to two others, through a buffer of ten slots.

    python3 condition.py [FILE ...]    # without a file: input/readings.csv

A row is the name of a station, a semicolon and a temperature in tenths of a degree. Prints the
minimum, mean and maximum of every station; means are rounded to a tenth, halves away from zero.
"""

import re
import sys
import threading
from contextlib import closing
from pathlib import Path

CAPACITY = 10


def main():
    buffer, tables, count, failures = Buffer(), [{}, {}], 0, []
    threading.excepthook = failures.append  # Python would print a consumer's error and go on.
    consumers = [threading.Thread(target=consume, args=(buffer, table)) for table in tables]
    with closing(buffer):
        for consumer in consumers:
            consumer.start()
        for count, (station, tenths) in enumerate(readings(), 1):
            buffer.put((station, tenths))
    for consumer in consumers:
        consumer.join()
    if failures:
        raise failures[0].exc_value
    stations = merge(tables)
    assert count == sum(row[0] for row in stations.values()), "the buffer lost a reading"
    print_result(report(stations))


class Buffer:
    def __init__(self):
        lock = threading.Lock()
        self.not_empty = threading.Condition(lock)
        self.not_full = threading.Condition(lock)
        self.slots = []
        self.closed = False

    def put(self, reading):
        with self.not_full:
            self.not_full.wait_for(lambda: len(self.slots) < CAPACITY or self.closed)
            if not self.closed:  # Otherwise a consumer has failed, and `main` reports why.
                self.slots.append(reading)
                self.not_empty.notify()

    def take(self):
        """Returns None if the buffer is closed and empty."""
        with self.not_empty:
            self.not_empty.wait_for(lambda: self.slots or self.closed)
            self.not_full.notify()
            return self.slots.pop(0) if self.slots else None

    def close(self):
        """Every thread that finishes or fails calls this, or the others would wait forever."""
        with self.not_full:
            self.closed = True
            self.not_full.notify_all()
            self.not_empty.notify_all()


def consume(buffer, table):
    with closing(buffer):
        while (reading := buffer.take()) is not None:
            station, tenths = reading
            add(table, station, (1, tenths, tenths, tenths))


def add(table, station, summary):
    count, total, low, high = summary
    if station in table:
        known_count, known_total, known_low, known_high = table[station]
        count += known_count
        total += known_total
        low = min(low, known_low)
        high = max(high, known_high)
    table[station] = count, total, low, high


def merge(tables):
    merged = {}
    for table in tables:
        for station, summary in table.items():
            add(merged, station, summary)
    return merged


def readings():
    for path in sys.argv[1:] or [Path(__file__).with_name("input") / "readings.csv"]:
        try:
            # A file may begin with a byte-order mark.
            with open(path, encoding="utf-8-sig", newline="\n") as file:
                for number, row in enumerate(file, 1):
                    yield parse(row.removesuffix("\n").removesuffix("\r"), f"{path}:{number}")
        except OSError as error:
            sys.exit(f"cannot read {path}: {error.strerror}")
        except UnicodeDecodeError:
            sys.exit(f"{path} is not UTF-8 text")


def parse(row, place):
    match = re.fullmatch(r"([^;]*);([+-]?)0*([0-9]{1,5})", row)
    tenths = int(match[2] + match[3]) if match else None
    if tenths is None or not -(2**15) <= tenths < 2**15:
        sys.exit(f"{place}: expected a row such as EWR;-39, found {row!r}")
    station = match[1]
    if not station or station.strip() != station:
        sys.exit(
            f"{place}: expected the name of a station without spaces around it, found {station!r}"
        )
    return station, tenths


def report(stations):
    name_width = max([8, *map(len, stations)])
    count_width = max([8, *(len(str(row[0])) for row in stations.values())])
    lines = [f"{'station':{name_width}} {'readings':>{count_width}}     min    mean     max\n"]
    for station, (count, total, low, high) in sorted(stations.items()):
        mean = (2 * abs(total) + count) // (2 * count) * (1 if total > 0 else -1)
        numbers = "".join(f" {tenths / 10:7.1f}" for tenths in (low, mean, high))
        lines.append(f"{station:{name_width}} {count:{count_width}}{numbers}\n")
    return "".join(lines)


def print_result(text):
    try:
        # The same bytes on every platform, and any error is raised here.
        with open(1, "w", encoding="utf-8", newline="\n", closefd=False) as output:
            output.write(text)
    except BrokenPipeError:
        pass  # A program that reads our output, such as head, may stop when it has seen enough.
    except OSError as error:
        sys.exit(f"cannot print the result: {error.strerror}")


if __name__ == "__main__":
    main()
