"""Let locking methods call each other: a warehouse inventory behind a threading.RLock.

    python3 rlock.py               # the orders in input/orders.csv
    python3 rlock.py mine.csv      # your own orders

Three threads carry out a day's orders: one adds goods, one removes goods, and one transfers goods
from one shelf to another. Every method of Inventory takes the lock itself, and transfer calls two
of the others while it holds the lock. With a Lock instead of an RLock it would deadlock.

A row is one of

    stock,item,quantity         what is there in the morning
    add,item,quantity
    remove,item,quantity
    transfer,from,to,quantity

An item's stock row comes before its orders, and covers everything that leaves the item's shelf,
so that no order can fail, whichever thread runs first.
"""

import re
import sys
import threading
from pathlib import Path

DEFAULT_FILE = Path(__file__).with_name("input") / "orders.csv"


class Inventory:
    def __init__(self, opening_stock):
        self.lock = threading.RLock()
        self.quantities = dict(opening_stock)
        self.total = sum(opening_stock.values())

    def transfer(self, source, target, quantity):
        with self.lock:  # Held across both calls.
            self.remove(source, quantity)
            self.add(target, quantity)

    def add(self, item, quantity):
        with self.lock:
            self.adjust(item, quantity)
            self.total += quantity

    def remove(self, item, quantity):
        with self.lock:
            self.adjust(item, -quantity)
            self.total -= quantity

    def adjust(self, item, change):
        with self.lock:
            self.quantities[item] += change


def main():
    day = load(sys.argv[1:] or [DEFAULT_FILE])
    inventory = Inventory(day.opening_stock)
    run(
        threading.Thread(target=carry_out, args=(inventory.add, day.adds)),
        threading.Thread(target=carry_out, args=(inventory.remove, day.removes)),
        threading.Thread(target=carry_out, args=(inventory.transfer, day.transfers)),
    )
    total = sum(inventory.quantities.values())
    assert total == inventory.total, "the items do not add up to the total"
    print_stock(inventory.quantities)


def carry_out(method, orders):
    for order in orders:
        method(*order)


def run(*threads):
    """Runs the threads to their end. If one fails, the program fails as well."""
    failures = []
    threading.excepthook = failures.append  # By default Python prints the error and goes on.
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0].exc_value


class Day:
    """What the files say."""

    def __init__(self):
        self.opening_stock = {}
        self.available = {}  # What is left if all goods leave before any arrive.
        self.adds = []
        self.removes = []
        self.transfers = []

    def add_row(self, row):
        """Takes in one row, or raises a ValueError that says what is wrong with it."""
        *fields, quantity = row.split(",")
        if not re.fullmatch(r"\+?0*[0-9]{1,10}", quantity) or int(quantity) >= 2**32:
            fields = []
        match fields:
            case ["stock", item]:
                if not item or item != item.strip():
                    expected = "the name of an item without white space around it"
                    raise ValueError(f"expected {expected}, found {item!r}")
                if item in self.opening_stock:
                    raise ValueError(f"a second stock row for {item!r}")
                self.opening_stock[item] = self.available[item] = int(quantity)
            case ["add", item]:
                self.check(item)
                self.adds.append((item, int(quantity)))
            case ["remove", item]:
                self.check(item)
                self.take_from_available(item, int(quantity))
                self.removes.append((item, int(quantity)))
            case ["transfer", source, target]:
                self.check(source)
                self.check(target)
                self.take_from_available(source, int(quantity))
                self.transfers.append((source, target, int(quantity)))
            case _:
                expected = f"a row such as add,hex bolt,12 (at most {2**32 - 1})"
                raise ValueError(f"expected {expected}, found {row!r}")

    def check(self, item):
        if item not in self.opening_stock:
            raise ValueError(f"no stock row for {item!r} above this one")

    def take_from_available(self, item, quantity):
        """Reserves goods that leave the shelf, if the opening stock covers them."""
        self.available[item] -= quantity
        if self.available[item] < 0:
            short = -self.available[item]
            raise ValueError(f"the opening stock of {item!r} is {short} short")


def load(files):
    day = Day()
    for path in files:
        try:
            # utf-8-sig skips the byte-order mark with which some editors begin a file.
            text = Path(path).read_bytes().decode("utf-8-sig")
        except OSError as error:
            sys.exit(f"cannot read {path}: {error.strerror}")
        except UnicodeDecodeError:
            sys.exit(f"{path} is not UTF-8 text")
        rows = text.removesuffix("\n").split("\n") if text else []
        for number, row in enumerate(rows, 1):
            try:
                day.add_row(row.removesuffix("\r"))
            except ValueError as reason:
                sys.exit(f"{path}:{number}: {reason}")
    return day


def print_stock(quantities):
    total = sum(quantities.values())
    # Longer names or quantities than usual make their column wider.
    name_width = max([30, *map(len, quantities)])
    number_width = max(7, len(str(total)))
    rows = [*sorted(quantities.items()), ("total", total)]
    report = "".join(f"{item:<{name_width}} {n:>{number_width}}\n" for item, n in rows)
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
