"""Replay a year of exchange rates to a fast and a slow subscriber, through three kinds of channels.

    python3 feed.py            # the year 2015 of the Swiss franc, from input/
    python3 feed.py GBP.csv    # your own file

A bounded `asyncio.Queue` makes its publisher wait. asyncio has no channel that shows only the
latest value, no channel that broadcasts, no interval and no paused clock. So this program has its
own `Watch`, `Broadcast`, `publish` and `PausedLoop`.

The first row of a file names a currency. Each other row is the price of one euro on a day, with the
oldest day first:

    Date,CHF
    2015-01-14,1.201
"""

import asyncio
import re
import selectors
import sys
from collections import deque
from dataclasses import dataclass
from datetime import date
from pathlib import Path

DEFAULT_FILE = Path(__file__).with_name("input") / "CHF.csv"
MAX_RATES = 10_000
INTERVAL = 1.0  # The publisher sends a rate each second.
FAST = 0.01  # The seconds that the fast subscriber needs for a rate.
SLOW = 4.01  # With exactly 4, the slow one would ask for a rate just when one is sent.
CAPACITY = 4  # How many rates a broadcast or a queue holds.
TOLERANCE = 0.005  # A tick that is not later than this is on time, as in tokio.
ONE = 100_000  # One unit of the currency, as a price.


@dataclass(frozen=True)
class Rate:
    number: int
    day: str
    price: int


class Watch:
    """Holds one value. A new value replaces it, whether anybody has seen it or not."""

    def __init__(self):
        self.value = None
        self.sent = 0
        self.is_closed = False
        self.changed = asyncio.Event()

    async def send(self, value):
        self.value = value
        self.sent += 1
        self._wake()

    async def close(self):
        self.is_closed = True
        self._wake()

    async def values(self):
        seen = 0
        while await self._has_more(seen):
            seen = self.sent
            yield self.value

    async def _has_more(self, seen):
        """Wait for a value that is not among the first `seen` ones, or for the end."""
        while self.sent == seen and not self.is_closed:
            await self.changed.wait()
        return self.sent > seen

    def _wake(self):
        self.changed.set()
        self.changed = asyncio.Event()  # For the subscribers that wait from now on.


class Broadcast(Watch):
    """Holds the newest values. A subscriber that is too slow loses the oldest ones."""

    def __init__(self):
        super().__init__()
        self.newest = deque(maxlen=CAPACITY)

    async def send(self, value):
        self.newest.append(value)
        await super().send(value)

    async def values(self):
        seen = 0
        while await self._has_more(seen):
            oldest = self.sent - len(self.newest)
            seen = max(seen, oldest)  # The values in between are lost.
            value = self.newest[seen - oldest]
            seen += 1
            yield value


class Queues:
    """A bounded queue for each subscriber. The publisher waits while one is full."""

    def __init__(self):
        self.queues = []

    async def send(self, value):
        for queue in self.queues:
            await queue.put(value)

    async def close(self):
        await self.send(None)  # Before Python 3.13, a queue has no `shutdown`.

    def values(self):
        queue = asyncio.Queue(maxsize=CAPACITY)
        self.queues.append(queue)
        return self._values(queue)

    async def _values(self, queue):
        while (value := await queue.get()) is not None:
            yield value


class Subscriber:
    """Handles rates, and needs the same time for each. Keeps a log of what it has seen."""

    def __init__(self, pace, start):
        self.pace = pace
        self.start = start
        self.numbers = []
        self.greatest_delay = 0.0
        self.lowest = None

    async def follow(self, rates):
        async for rate in rates:
            self.numbers.append(rate.number)
            self.greatest_delay = max(self.greatest_delay, delay(rate, self.start))
            if self.lowest is None or rate.price < self.lowest.price:
                self.lowest = rate
            await asyncio.sleep(self.pace)


def main():
    rates = load(sys.argv[1:])
    loop = PausedLoop()
    try:
        replays = loop.run_until_complete(replay_all(rates))
    finally:
        loop.close()
    print_report(report(rates, replays))


async def replay_all(rates):
    return [
        await replay("watch", Watch(), rates),
        await replay("broadcast", Broadcast(), rates),
        await replay("mpsc", Queues(), rates),
    ]


async def replay(name, channel, rates):
    start = now()
    slow = Subscriber(SLOW, start)
    fast = Subscriber(FAST, start)
    _, _, publisher_delay = await asyncio.gather(
        slow.follow(channel.values()),
        fast.follow(channel.values()),
        publish(channel, rates, start),
    )
    return name, publisher_delay, fast, slow


async def publish(channel, rates, start):
    """Send one rate a second. Return how late the last one was sent."""
    tick = start
    for rate in rates:
        await asyncio.sleep(max(0.0, tick - now()))
        # If a full queue has held this task up, count from now. Otherwise count from the tick:
        # counting from now every time would add up the small delays of a real clock.
        if now() > tick + TOLERANCE:
            tick = now()
        tick += INTERVAL
        await channel.send(rate)
    publisher_delay = delay(rates[-1], start)
    await channel.close()
    return publisher_delay


def delay(rate, start):
    """How much time has passed since a rate was due."""
    return max(0.0, now() - (start + INTERVAL * rate.number))  # Sums of floats are not exact.


def now():
    return asyncio.get_running_loop().time()


class PausedLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer when all tasks wait.

    This works because the tasks of this program wait only for time and for each other.
    """

    def __init__(self):
        self.seconds = 0.0
        super().__init__(PausedSelector(self))

    def time(self):
        return self.seconds


class PausedSelector(selectors.SelectSelector):
    """Moves the clock forward by the time for which the loop would sleep, and does not sleep."""

    def __init__(self, loop):
        super().__init__()
        self.loop = loop

    def select(self, timeout=None):
        assert timeout is not None, "all tasks wait for each other"
        self.loop.seconds += timeout
        return super().select(0)


def report(rates, replays):
    noun = "rate" if len(rates) == 1 else "rates"
    lines = [f"{len(rates)} {noun}, one a second"]
    lines.append("channel    subscriber   seen  missed  late by up to  lowest rate")
    for name, _, fast, slow in replays:
        for kind, subscriber in [("fast", fast), ("slow", slow)]:
            numbers = subscriber.numbers
            assert numbers == sorted(set(numbers)), "a rate came twice or out of order"
            assert numbers[-1] == rates[-1].number, "the last rate was missed"
            seen = len(numbers)
            missed = len(rates) - seen
            late = f"{subscriber.greatest_delay:.2f} s"
            lowest = f"{money(subscriber.lowest.price)} on {subscriber.lowest.day}"
            lines.append(f"{name:<9}  {kind:<10} {seen:>6} {missed:>7} {late:>14}  {lowest}")
    delays = [f"{late:.2f} s with {name}" for name, late, _, _ in replays]
    lines.append(f"at the end, the publisher was late by {', '.join(delays)}")
    return "".join(line + "\n" for line in lines)


def money(price):
    """At least four digits after the point, and five if the fifth is not zero."""
    whole, fraction = divmod(price, ONE)
    return f"{whole}.{fraction:05}" if fraction % 10 else f"{whole}.{fraction // 10:04}"


def load(arguments):
    if len(arguments) > 1:
        sys.exit(f"expected one file, found {len(arguments)} arguments")
    path = arguments[0] if arguments else DEFAULT_FILE
    header, *rows = lines_of(path) or [""]
    if not re.fullmatch("Date,[A-Z]{3}", header):
        sys.exit(f'{path}:1: expected a header such as Date,CHF, found "{header}"')
    rates = []
    for number, row in enumerate(rows):
        line = number + 2
        parsed = parse(row)
        if parsed is None:
            sys.exit(f'{path}:{line}: expected a row such as 2015-01-15,1.028, found "{row}"')
        day, price = parsed
        if rates and day <= rates[-1].day:
            rule = "the oldest day comes first"
            sys.exit(f"{path}:{line}: {day} follows {rates[-1].day}, but {rule}")
        if len(rates) == MAX_RATES:
            sys.exit(f"{path}:{line}: more than {MAX_RATES} rates, so name a file with fewer")
        rates.append(Rate(number, day, price))
    if not rates:
        sys.exit(f"{path}:2: expected a row such as 2015-01-15,1.028 after the header")
    return rates


def parse(row):
    """The day and the price of a row."""
    match = re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2}),([0-9]{1,9})(?:\.([0-9]{1,5}))?", row)
    if match is None:
        return None
    day, whole, fraction = match.groups(default="0")
    try:
        date.fromisoformat(day)
    except ValueError:
        return None
    price = int(whole + fraction.ljust(5, "0"))
    return (day, price) if price > 0 else None


def lines_of(path):
    """The lines of a file, without a byte-order mark and without line ends."""
    try:
        with open(path, encoding="utf-8-sig", newline="\n") as file:
            return [line.removesuffix("\n").removesuffix("\r") for line in file]
    except OSError as error:
        sys.exit(f"cannot read {path}: {error.strerror}")
    except UnicodeDecodeError:
        sys.exit(f"{path} is not UTF-8 text")


def print_report(text):
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
