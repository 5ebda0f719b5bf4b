"""Sell the stock of a shop from one task, which answers the orders of many customers.

    python3 actor.py            # the orders in input/shop.csv
    python3 actor.py mine.csv   # your own orders

The actor is a task, and the stock belongs to it alone. Each customer is a task, too. It puts its
order into the actor's mailbox, an asyncio.Queue with a bound, and waits for the answer in an
asyncio.Future. If there are too few units, the actor sends what is left. If the actor fails, a
supervisor starts it again.

Prints how many units were ordered and sent, and the items with the most missing units. Orders
without an answer do not count. The result is the same on every run.
"""

import asyncio
import re
import sys
from collections import Counter
from pathlib import Path

DEFAULT_FILE = Path(__file__).with_name("input") / "shop.csv"
MAILBOX = 4  # The capacity of the mailbox, in messages.
MAX_CUSTOMERS = 10_000
MOST_MISSED = 10
MOST_UNITS = 2**32 - 1

WORD = re.compile(r"\S+")
DIGITS = re.compile(r"0*([0-9]{1,10})", re.ASCII)


async def main(catalog, customers):
    shop = Shop({item: units for item, (units, _) in catalog.items()})
    outcomes = []
    async with asyncio.TaskGroup() as group:
        supervisor = group.create_task(shop.supervise())
        async with asyncio.TaskGroup() as customer_group:
            for orders in customers:
                customer_group.create_task(buy(shop, orders, outcomes))
        await shop.mailbox.put(None)  # Python 3.11 cannot close a queue.
        restarts = await supervisor
    print_report(catalog, outcomes, shop.remaining(), restarts)


async def buy(shop, orders, outcomes):
    """Sends the orders of one customer, each after the answer to the one before."""
    for number, lines in orders:
        try:
            parcel = await shop.order(number, lines)
        except ShopStopped:
            parcel = None
        outcomes.append((number, lines, parcel))


class ShopStopped(Exception):
    """The actor failed before it answered this order."""


class Shop:
    """Keeps the mailbox and the books, which outlive a failure of the actor."""

    def __init__(self, opening):
        self.opening = opening
        self.sold = Counter()
        self.mailbox = asyncio.Queue(MAILBOX)

    async def order(self, number, lines):
        answer = asyncio.get_running_loop().create_future()
        await self.mailbox.put((number, lines, answer))  # Waits while the mailbox is full.
        return await answer

    def remaining(self):
        return {item: units - self.sold[item] for item, units in self.opening.items()}

    async def supervise(self):
        """Starts the actor, and starts it again after each failure."""
        restarts = 0
        while True:
            try:
                await asyncio.create_task(self.run(self.remaining()))
                return restarts
            except LookupError as error:
                print(f"a task failed: {error.args[0]}", file=sys.stderr)
                restarts += 1

    async def run(self, stock):
        """The actor. Only it has the stock."""
        while (message := await self.mailbox.get()) is not None:
            number, lines, answer = message
            try:
                parcel = pack(stock, number, lines)
            except LookupError:
                # Nothing else would wake the customer: dropping a future in Python wakes nobody.
                if not answer.done():
                    answer.set_exception(ShopStopped())
                raise
            if answer.done():  # The customer was canceled, so put the items back.
                for item, units in parcel:
                    stock[item] += units
                continue
            for item, units in parcel:
                self.sold[item] += units
            answer.set_result(parcel)


def pack(stock, number, lines):
    """Takes the items from the stock. If there are too few units, takes those that are left."""
    parcel = []
    for item, units in lines:
        if item not in stock:
            raise LookupError(f"order {number}: there is no item {item}")
        units = min(units, stock[item])
        stock[item] -= units
        parcel.append((item, units))
    return parcel


def load(paths):
    """Reads the items, and a list of orders for each customer."""
    catalog, customers, places, numbers, last = {}, [], {}, set(), None
    for path in paths:
        for line, row in enumerate(read(path), start=1):
            kind, _, rest = row.partition(",")
            try:
                if kind == "stock" and "," in row:
                    read_item(row, rest, catalog)
                elif kind == "order" and "," in row:
                    last = read_line(row, rest, customers, places, numbers, last)
                else:
                    raise BadRow(f"expected stock,… or order,…, found {row!r}")
            except BadRow as reason:
                sys.exit(f"{path}:{line}: {reason}")
    return catalog, customers


class BadRow(Exception):
    """A row is not in the format, or contradicts an earlier row."""


def read(path):
    try:
        # Only \n ends a row.
        with open(path, encoding="utf-8-sig", newline="\n") as file:
            return [row.removesuffix("\n").rstrip("\r") for row in file]
    except OSError as error:
        sys.exit(f"cannot read {path}: {error.strerror}")
    except UnicodeDecodeError:
        sys.exit(f"{path} is not UTF-8 text")


def read_item(row, rest, catalog):
    bad = BadRow(f"expected stock,ITEM,UNITS,NAME, found {row!r}")
    fields = rest.split(",", 2)
    if len(fields) != 3:
        raise bad
    item, units, name = fields
    units = units_of(units)
    if not WORD.fullmatch(item) or units is None:
        raise bad
    if item in catalog:
        raise BadRow(f"item {item} has a row already")
    catalog[item] = (units, name.strip())


def read_line(row, rest, customers, places, numbers, last):
    fields = rest.split(",")
    bad = BadRow(f"expected order,NUMBER,CUSTOMER,ITEM,UNITS, found {row!r}")
    if len(fields) != 4 or not all(map(WORD.fullmatch, fields)):
        raise bad
    number, customer, item, units = fields
    units = units_of(units)
    if units is None:
        raise bad
    place = places.setdefault(customer, len(customers))
    if place == MAX_CUSTOMERS:
        raise BadRow(f"more than {MAX_CUSTOMERS} customers: each is a task, so use fewer")
    if place == len(customers):
        customers.append([])
    if last != (number, customer):
        if number in numbers:
            complaint = "its lines must follow each other, and have one customer"
            raise BadRow(f"order {number} has begun already: {complaint}")
        numbers.add(number)
        customers[place].append((number, []))
    customers[place][-1][1].append((item, units))
    return number, customer


def units_of(text):
    found = DIGITS.fullmatch(text)
    if not found:
        return None
    units = int(found[1])
    return units if units <= MOST_UNITS else None


def print_report(catalog, outcomes, left, restarts):
    ordered, sent, lost = Counter(), Counter(), []
    for number, lines, parcel in outcomes:
        if parcel is None:
            lost.append(number)
            continue
        for item, units in lines:
            ordered[item] += units
        for item, units in parcel:
            sent[item] += units
    for item, (units, _) in catalog.items():
        assert sent[item] + left[item] == units, f"units of {item} were lost"

    answered = len(outcomes) - len(lost)
    report = f"orders: {len(outcomes)}, answered: {answered}, restarts: {restarts}\n"
    for number in sorted(lost):
        report += f"no answer to order {number}\n"
    report += f"units ordered: {ordered.total()}, sent: {sent.total()}\n"
    missing = {item: ordered[item] - sent[item] for item in catalog if ordered[item] > sent[item]}
    report += f"items that ran out: {len(missing)}\n"
    report += "ordered    sent missing item\n"
    for item in sorted(missing, key=lambda item: (-missing[item], item))[:MOST_MISSED]:
        numbers = f"{ordered[item]:>7} {sent[item]:>7} {missing[item]:>7}"
        report += f"{numbers} {item} {catalog[item][1]}\n"
    try:
        # The same bytes on every platform, and any error is raised here.
        with open(1, "w", encoding="utf-8", newline="\n", closefd=False) as output:
            output.write(report)
    except BrokenPipeError:
        pass  # A program that reads our output, such as head, may stop when it has seen enough.
    except OSError as error:
        sys.exit(f"cannot print the result: {error.strerror}")


if __name__ == "__main__":
    asyncio.run(main(*load(sys.argv[1:] or [DEFAULT_FILE])))
