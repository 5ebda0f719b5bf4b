"""Ask a second mirror if the first is slow, take the first good answer, and cancel the rest.

    python3 hedge.py               # the satellites in input/orbits.tle
    python3 hedge.py mine.tle      # your own satellites

If a mirror has not answered after two seconds, the program asks the next one as well. If an answer
is bad, it asks the next one at once. The first answer that is complete and has the right checksums
wins, and the program cancels the other requests.

asyncio has no clock that can be paused, so the program brings its own: whenever all tasks wait, the
clock jumps to the end of the next sleep. The seconds in the output are exact, but nobody has to
wait for them.

A satellite takes three lines: its name, and two lines of 69 characters with its orbit. Each of the
two ends with its checksum: the sum of the other digits, with 1 for each minus sign, modulo 10.
"""

import asyncio
import re
import selectors
import sys
from dataclasses import dataclass, field
from pathlib import Path

DELAY = 2.0  # If no answer has come this long after a request, the program asks the next mirror.
LIMIT = 10.0  # The program stops asking for a satellite after this time.
MAX_SATELLITES = 10_000
LINE_LEN = 69
ROUNDS = slice(52, 63)

# How the mirrors reply, and after how many seconds. After the last reply, the first follows again.
PLANS = {
    "Paris": [("good", 0.1), ("silent", None), ("damaged", 1.1), ("good", 5.1), ("cut off", 0.1)],
    "Oslo": [
        ("good", 0.2),
        ("damaged", 1.2),
        ("silent", None),
        ("good", 3.2),
        ("silent", None),
        ("good", 1.2),
    ],
    "Lima": [
        ("good", 0.4),
        ("cut off", 0.4),
        ("silent", None),
        ("silent", None),
        ("good", 1.4),
    ],
}


class BadAnswer(Exception):
    """Why an answer is not good."""


@dataclass
class Satellite:
    name: str
    number: str
    lines: str


@dataclass
class Outcome:
    """What happened when the program asked for the orbit of a satellite."""

    asked: list = field(default_factory=list)
    faults: dict = field(default_factory=dict)  # by mirror
    winner: str = ""
    answer: str = ""
    time: float = 0.0

    def others(self):
        """How the requests to the other mirrors ended, in the order in which they were asked."""
        for mirror in self.asked:
            if mirror in self.faults:
                yield f"{mirror} {self.faults[mirror]}"
            elif mirror != self.winner:
                yield f"{mirror} canceled"

    def canceled(self):
        return len(self.asked) - len(self.faults) - bool(self.winner)


class Mirror:
    def __init__(self, name, lines_by_number):
        self.name = name
        self.lines_by_number = lines_by_number
        self.requests = 0
        self.hang_ups = 0

    async def ask(self, number):
        """Return an answer that has been checked."""
        plan = PLANS[self.name]
        kind, delay = plan[self.requests % len(plan)]
        self.requests += 1
        try:
            if kind == "silent":
                await asyncio.Event().wait()  # Nobody sets this event.
            await asyncio.sleep(delay)
        except asyncio.CancelledError:
            self.hang_ups += 1
            raise  # Without this, the task would not count as canceled.
        answer = reply(kind, self.lines_by_number[number])
        check(answer, number)
        return answer


async def ask_for_all(satellites):
    lines_by_number = {satellite.number: satellite.lines for satellite in satellites}
    mirrors = [Mirror(name, lines_by_number) for name in PLANS]
    outcomes = [await hedge(mirrors, satellite.number) for satellite in satellites]
    print_report(satellites, outcomes, sum(mirror.hang_ups for mirror in mirrors))


async def hedge(mirrors, number):
    """Ask one mirror after the other until the first good answer, or until the time limit."""
    clock = asyncio.get_running_loop()
    start = clock.time()
    outcome = Outcome()
    requests = {}  # The mirror of each task.
    to_ask = list(mirrors)
    ask_at = start  # The first mirror is asked at once.

    while (requests or to_ask) and not outcome.winner and clock.time() < start + LIMIT:
        if to_ask and clock.time() >= ask_at:
            mirror = to_ask.pop(0)
            outcome.asked.append(mirror.name)
            requests[asyncio.create_task(mirror.ask(number))] = mirror.name
            ask_at = clock.time() + DELAY
        end = min(ask_at, start + LIMIT) if to_ask else start + LIMIT
        # Unlike wait_for, wait cancels nothing after the timeout.
        done, _ = await asyncio.wait(
            requests, timeout=end - clock.time(), return_when=asyncio.FIRST_COMPLETED
        )
        for task in done:
            mirror = requests.pop(task)
            try:
                outcome.answer = task.result()
                outcome.winner = mirror
            except BadAnswer as fault:
                outcome.faults[mirror] = str(fault)
                ask_at = clock.time()  # Asks the next mirror at once.

    outcome.time = clock.time() - start
    for task in requests:
        task.cancel()
    await asyncio.gather(*requests, return_exceptions=True)  # Waits until they have ended.
    return outcome


def reply(kind, lines):
    """What a mirror sends when it should send these lines."""
    if kind == "cut off":
        return lines[:-20]
    if kind == "damaged":
        checksum = int(lines[-2])
        return f"{lines[:-2]}{(checksum + 1) % 10}\n"
    return lines


def check(answer, number):
    lines = answer.splitlines()
    if len(lines) != 2 or any(len(line) < LINE_LEN for line in lines):
        raise BadAnswer("cut off")
    try:
        if any(number_of(line, kind) != number for line, kind in zip(lines, "12")):
            raise BadAnswer("damaged")
    except ValueError:
        raise BadAnswer("damaged") from None


def number_of(line, kind):
    """The number of the satellite in a line of its orbit."""
    if not re.fullmatch(rf"{kind} [0-9A-Za-z]{{5}}[\x00-\x7f]{{62}}", line, re.DOTALL):
        raise ValueError(
            f"expected a line of {LINE_LEN} characters such as `{kind} 23333…`, found {line!r}"
        )
    digits = re.findall("[0-9]", line[:-1])
    checksum = str((sum(map(int, digits)) + line[:-1].count("-")) % 10)
    if line[-1] != checksum:
        raise ValueError(f"expected the checksum {checksum} at the end, found {line[-1]!r}")
    return line[2:7]


class PausedLoop(asyncio.SelectorEventLoop):
    """An event loop with a clock that stands still while a task can run, and otherwise jumps."""

    def __init__(self):
        self.now = 0.0
        super().__init__(PausedSelector(self))

    def time(self):
        return self.now


class PausedSelector(selectors.SelectSelector):
    def __init__(self, loop):
        super().__init__()
        self.loop = loop

    def select(self, timeout=None):
        """The loop calls this to wait until its next timer."""
        if timeout is None:
            raise RuntimeError("all tasks wait, but none of them sleeps")
        self.loop.now += max(timeout, 0)
        return super().select(0)


def main():
    satellites = load()
    loop = PausedLoop()  # A program with the usual clock would call asyncio.run.
    loop.run_until_complete(ask_for_all(satellites))
    loop.close()


def load():
    satellites = []
    numbers = set()
    for path in sys.argv[1:] or [Path(__file__).with_name("input") / "orbits.tle"]:
        lines = rows(path)
        for index in range(0, len(lines), 3):
            try:
                satellite = parse(lines[index : index + 3])
            except ValueError as error:
                line, reason = error.args
                sys.exit(f"{path}:{index + 1 + line}: {reason}")
            if len(satellites) == MAX_SATELLITES:
                reason = f"too many satellites: name at most {MAX_SATELLITES}"
                sys.exit(f"{path}:{index + 1}: {reason}")
            if satellite.number in numbers:
                reason = f"expected each satellite once, found {satellite.number} again"
                sys.exit(f"{path}:{index + 2}: {reason}")
            numbers.add(satellite.number)
            satellites.append(satellite)
    return satellites


def parse(lines):
    """The satellite in three lines. An error comes with the index of the wrong line."""
    name = lines[0]
    if not 1 <= len(name) <= 24 or not name.isprintable():
        raise ValueError(0, f"expected a name of 1 to 24 characters, found {name!r}")
    if len(lines) < 3:
        raise ValueError(0, f"expected two lines after {name!r}, found the end of the file")
    numbers = []
    for index in (1, 2):
        try:
            numbers.append(number_of(lines[index], str(index)))
        except ValueError as error:
            raise ValueError(index, str(error)) from None
    if numbers[0] != numbers[1]:
        reason = f"expected satellite {numbers[0]} as in the line above, found {lines[2]!r}"
        raise ValueError(2, reason)
    rounds = lines[2][ROUNDS]
    if not re.fullmatch(r"[0-9]+\.?[0-9]*|\.[0-9]+", rounds.strip()):
        raise ValueError(2, f"expected rounds a day in columns 53 to 63, found {rounds!r}")
    return Satellite(name, numbers[0], f"{lines[1]}\n{lines[2]}\n")


def rows(path):
    """The lines of a file, without a byte-order mark and without space at their ends."""
    try:
        with open(path, encoding="utf-8-sig", newline="\n") as file:
            return [line.rstrip() for line in file]
    except OSError as error:
        sys.exit(f"cannot read {path}: {error.strerror}")
    except UnicodeDecodeError:
        sys.exit(f"{path} is not UTF-8 text")


def print_report(satellites, outcomes, hang_ups):
    width = max((len(satellite.name) for satellite in satellites), default=0)
    report = ""
    for satellite, outcome in zip(satellites, outcomes):
        if not outcome.winner:
            result = f"no good answer: gave up after {outcome.time:.1f} s"
        else:
            assert outcome.answer == satellite.lines, "a good answer must match the catalog"
            rounds = float(outcome.answer.splitlines()[1][ROUNDS])
            result = f"{rounds:5.2f} rounds a day: {outcome.winner} after {outcome.time:.1f} s"
        others = ", ".join(outcome.others())
        report += f"{satellite.name:<{width}}  {result}{f' ({others})' if others else ''}\n"
    canceled = sum(outcome.canceled() for outcome in outcomes)
    assert hang_ups == canceled, "each canceled request must hang up"
    found = sum(bool(outcome.winner) for outcome in outcomes)
    time = sum(outcome.time for outcome in outcomes)
    requests = sum(len(outcome.asked) for outcome in outcomes)
    report += f"{found} of {len(outcomes)} orbits in {time:.1f} s, "
    report += f"{requests} requests, {canceled} canceled\n"
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
