"""Summarise temperatures: one thread reads them, two keep the minimum, mean and maximum by station.

    python3 condition.py [FILE ...]    # without a file: input/readings.csv

A line is a station, a semicolon and tenths of a degree. Means are rounded half away from zero.
"""

import re
import sys
import threading
from contextlib import closing
from pathlib import Path


def main():
    buffer, tables, read, failures = Buffer(), [{}, {}], 0, []
    threading.excepthook = failures.append  # Python would print what a keeper raises, and go on.
    keepers = [threading.Thread(target=keep, args=(buffer, table)) for table in tables]
    with closing(buffer):
        for keeper in keepers:
            keeper.start()
        for read, reading in enumerate(readings(), 1):
            buffer.put(reading)
    for keeper in keepers:
        keeper.join()
    if failures:
        raise failures[0].exc_value
    print_summary(tables, read)


class Buffer:
    def __init__(self):
        lock, self.slots, self.closed = threading.Lock(), [], False
        self.not_empty, self.not_full = threading.Condition(lock), threading.Condition(lock)

    def put(self, reading):
        with self.not_full:
            self.not_full.wait_for(lambda: len(self.slots) < 10 or self.closed)
            if not self.closed:  # Otherwise a keeper has failed, and `main` will say why.
                self.slots.append(reading)
                self.not_empty.notify()

    def take(self):
        with self.not_empty:
            self.not_empty.wait_for(lambda: self.slots or self.closed)
            self.not_full.notify()
            return self.slots.pop(0) if self.slots else None  # All is taken, no more will come.

    def close(self):
        with self.not_full:
            self.closed = True  # By whoever is done or has failed: nobody waits for it for ever.
            self.not_full.notify_all()
            self.not_empty.notify_all()


def readings():
    for path in sys.argv[1:] or [Path(__file__).with_name("input") / "readings.csv"]:
        try:
            with open(path, "rb") as file:
                for number, line in enumerate(file, 1):
                    match = re.fullmatch(r"([^;]+);([+-]?0*[0-9]{1,5})\r?\n?", line.decode())
                    if not match or not -(2**15) <= int(match[2]) < 2**15:
                        raise ValueError(f"expected a line such as EWR;-39, found {line!r}")
                    yield match[1], int(match[2])
        except OSError as error:
            sys.exit(f"cannot read {path}: {error}; name files that exist")
        except ValueError as error:
            sys.exit(f"{path}:{number}: {error}")


def keep(buffer, table):
    with closing(buffer):
        for station, tenths in iter(buffer.take, None):
            count, total, low, high = table.get(station, (0, 0, tenths, tenths))
            table[station] = count + 1, total + tenths, min(low, tenths), max(high, tenths)


def print_summary(tables, read):
    assert read == sum(row[0] for table in tables for row in table.values()), "a reading was lost"
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # The same bytes on every platform.
    print("station  readings     min    mean     max")
    for station in sorted(set().union(*tables)):
        counts, sums, lows, highs = zip(*(table[station] for table in tables if station in table))
        count, total, low, high = sum(counts), sum(sums), min(lows), max(highs)
        mean = (2 * abs(total) + count) // (2 * count) * (1 if total > 0 else -1)
        print(f"{station:8} {count:8} {low / 10:7.1f} {mean / 10:7.1f} {high / 10:7.1f}")


if __name__ == "__main__":
    main()
