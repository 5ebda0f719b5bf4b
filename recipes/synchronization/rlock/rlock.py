"""Keep a warehouse's stock right while three threads change it by methods that call one another.

    python3 rlock.py [FILE ...]    # without a file: input/orders.csv

A row is `stock,item,quantity` (what is there at first), `add,item,quantity`, `remove,item,quantity`
or `transfer,from,to,quantity`. An item's stock row comes before its orders and covers all that
leaves it, so no order can fail, and you see the same closing stock at every run.
"""

import re
import sys
import threading
from pathlib import Path


def main():
    items, orders = load()
    inventory, failures = Inventory(items), []
    threading.excepthook = failures.append  # Python would print what a thread raises, and go on.
    threads = [threading.Thread(target=inventory.carry_out, args=job) for job in orders.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0].exc_value
    assert sum(items.values()) == inventory.total, "goods were lost or made up"
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # The same bytes on every platform.
    for item, quantity in [*sorted(items.items()), ("total", inventory.total)]:
        print(f"{item:30}{quantity:8}")


class Inventory:
    def __init__(self, items):
        self.lock, self.items, self.total = threading.RLock(), items, sum(items.values())

    def carry_out(self, method, orders):
        for order in orders:
            getattr(self, method)(*order)

    def transfer(self, source, target, quantity):
        with self.lock:  # Over both calls: nobody sees the goods in neither place.
            self.remove(source, quantity)
            self.add(target, quantity)

    def add(self, item, quantity):
        with self.lock:
            self.execute(item, quantity)
            self.total += quantity

    def remove(self, item, quantity):
        with self.lock:
            self.execute(item, -quantity)
            self.total -= quantity

    def execute(self, item, change):
        with self.lock:
            self.items[item] += change


def load():
    items, unclaimed, orders = {}, {}, {"add": [], "remove": [], "transfer": []}
    for path in sys.argv[1:] or [Path(__file__).with_name("input") / "orders.csv"]:
        try:
            with open(path, encoding="utf-8", newline="\n") as file:
                for number, line in enumerate(file, 1):
                    enter(f"{path}:{number}", line.rstrip("\r\n"), items, unclaimed, orders)
        except (OSError, UnicodeDecodeError) as error:
            sys.exit(f"cannot read {path}: {error}; name files that exist")
    return items, orders


def enter(place, row, items, unclaimed, orders):
    match = re.fullmatch(r"((?:transfer,[^,]*|stock|add|remove),[^,]*),\+?0*([0-9]{1,10})", row)
    if not match or int(match[2]) >= 2**32:
        sys.exit(f"{place}: expected a row such as add,hex bolt,12, found {row!r}")
    (method, item, *target), quantity = match[1].split(","), int(match[2])
    if any((name in items) == (method == "stock") for name in [item, *target]):
        sys.exit(f"{place}: an item needs one stock row, above its orders, found {row!r}")
    if method == "stock":
        items[item] = unclaimed[item] = quantity
    else:
        orders[method].append((item, *target, quantity))
        unclaimed[item] -= 0 if method == "add" else quantity
    if unclaimed[item] < 0:
        sys.exit(f"{place}: the opening stock of {item!r} is {-unclaimed[item]} short")


if __name__ == "__main__":
    main()
