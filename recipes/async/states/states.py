"""Follow TCP connections through their states, with the timers of RFC 9293.

    python3 states.py [FILE ...]    # without a file: input/mail.txt

A file has the TCP packets of a capture, as tcpdump prints them:

    tcpdump -n -tt -S -r mine.pcap tcp > mine.txt

Each state is a coroutine that waits for what happens to its end of a connection, and returns the
next state. Each end has a task. The event loop has a clock of its own, which counts milliseconds
and moves only when every task waits. The program prints when each end entered each of its states.
"""

import asyncio
import re
import selectors
import sys
from pathlib import Path

SECOND = 1000
MSL = 120 * SECOND  # How long a packet can survive in the network.
OPEN_LIMIT = 180 * SECOND
CLOSE_LIMIT = 100 * SECOND
SILENCE = 300 * SECOND  # After the last packet, so that every timer runs out.
MAX_DAYS = 366
PACKET = re.compile(
    r"([0-9]+)\.([0-9]{3})[0-9]* IP6? (\S+\.[0-9]+) > (\S+\.[0-9]+): Flags \[([^\]]*)\](.*)"
)


class Clock(selectors.DefaultSelector):
    """The event loop waits here for its next timer, and so the clock moves to it."""

    def __init__(self):
        super().__init__()
        self.now = 0

    def select(self, timeout=None):
        assert timeout is not None, "every task waits, and there is no timer"
        self.now += timeout
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """asyncio's event loop, with the virtual clock in place of the real one."""

    def __init__(self):
        self.clock = Clock()
        super().__init__(self.clock)

    def time(self):
        return self.clock.now


class Reset(Exception):
    """One of the ends has sent an RST."""


class CaptureOver(Exception):
    """No packet follows."""


class End:
    """One end of a connection."""

    def __init__(self, name, state):
        self.name = name
        self.first_state = state
        self.fin_ack = None  # The number that acknowledges its FIN.
        self.events = None  # A queue belongs to an event loop.
        self.history = []

    async def next(self):
        event = await self.events.get()
        if event is None:
            raise CaptureOver
        if event == "RST":
            raise Reset
        return event


def main():
    connections, steps, packets = load()
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(run(connections, steps))
    print_report(connections, packets, steps[-1][0] if steps else 0)


async def run(connections, steps):
    ends = [end for _, pair in connections for end in pair]
    for end in ends:
        end.events = asyncio.Queue()
    async with asyncio.TaskGroup() as tasks:
        for end in ends:
            tasks.create_task(follow(end))
        for time, end, event in steps:
            await asyncio.sleep(time - now())
            await asyncio.sleep(0)  # A timer that ends at the same time comes first.
            end.events.put_nowait(event)
        await asyncio.sleep(SILENCE)
        for end in ends:
            end.events.put_nowait(None)


def now():
    return asyncio.get_running_loop().time()


async def follow(end):
    """Go from state to state until the capture is over."""
    state = end.first_state
    while True:
        function, limit = STATES[state]
        cause = ""
        try:
            async with asyncio.timeout(limit):
                following = await function(end)
        except Reset:
            following, cause = "CLOSED", " (reset)"
        except TimeoutError:
            following, cause = "CLOSED", " (timer)"
        except CaptureOver:
            return
        if following != state:
            end.history.append((now(), following + cause))
        state = following


async def closed(end):
    while True:
        match await end.next():
            case "sent SYN":
                return "SYN_SENT"
            case "sent SYN, ACK":
                return "SYN_RECEIVED"


async def syn_sent(end):
    while True:
        match await end.next():
            case "received SYN, ACK":
                return "ESTABLISHED"
            case "received SYN":
                return "SYN_RECEIVED"


async def syn_received(end):
    while True:
        match await end.next():
            case "received ACK" | "received SYN, ACK":
                return "ESTABLISHED"
            case "sent FIN":
                return "FIN_WAIT_1"


async def established(end):
    while True:
        match await end.next():
            case "sent FIN":
                return "FIN_WAIT_1"
            case "received FIN":
                return "CLOSE_WAIT"


async def fin_wait_1(end):
    while True:
        match await end.next():
            case "received ACK of FIN":
                return "FIN_WAIT_2"
            case "received FIN":
                return "CLOSING"


async def fin_wait_2(end):
    while await end.next() != "received FIN":
        pass
    return "TIME_WAIT"


async def close_wait(end):
    while await end.next() != "sent FIN":
        pass
    return "LAST_ACK"


async def closing(end):
    while await end.next() != "received ACK of FIN":
        pass
    return "TIME_WAIT"


async def last_ack(end):
    while await end.next() != "received ACK of FIN":
        pass
    return "CLOSED"


async def time_wait(end):
    while True:
        match await end.next():
            case "received FIN":
                return "TIME_WAIT"  # Our last packet was lost, so the wait begins again.
            case "sent SYN":
                return "SYN_SENT"
            case "sent SYN, ACK":
                return "SYN_RECEIVED"


# Each state with its limit.
STATES = {
    "CLOSED": (closed, None),
    "SYN_SENT": (syn_sent, OPEN_LIMIT),
    "SYN_RECEIVED": (syn_received, OPEN_LIMIT),
    "ESTABLISHED": (established, None),
    "FIN_WAIT_1": (fin_wait_1, CLOSE_LIMIT),
    "FIN_WAIT_2": (fin_wait_2, None),
    "CLOSE_WAIT": (close_wait, None),
    "CLOSING": (closing, CLOSE_LIMIT),
    "LAST_ACK": (last_ack, CLOSE_LIMIT),
    "TIME_WAIT": (time_wait, 2 * MSL),
}


def load():
    """The connections, each with its start and its two ends, and what happens to which end when."""
    packets = []
    for path in sys.argv[1:] or [Path(__file__).with_name("input") / "mail.txt"]:
        for number, line in enumerate(lines(path), 1):
            packet = parse(line)
            if packet is None:
                expected = "a packet as `tcpdump -n -tt -S tcp` prints it"
                sys.exit(f'{path}:{number}: expected {expected}, found "{line}"')
            packets.append(packet)
    packets.sort(key=lambda packet: packet[0])

    connections, steps, ends = [], [], {}
    for time, source, destination, flags, ack, fin_ack in packets:
        time -= packets[0][0]
        if time > MAX_DAYS * 24 * 60 * 60 * SECOND:
            reason = f"the last packets come more than {MAX_DAYS} days after the first"
            sys.exit(f"{reason}; leave some of them out")
        if (source, destination) not in ends:
            # The capture may have begun after the connection.
            state = "CLOSED" if "S" in flags and ack is None else "ESTABLISHED"
            pair = End(source, state), End(destination, state)
            connections.append((time, pair))
            ends[source, destination] = pair
            ends[destination, source] = pair[::-1]
        sender, receiver = ends[source, destination]
        for end, event in events(sender, receiver, flags, ack):
            steps.append((time, end, event))
        if "S" in flags:
            sender.fin_ack = None  # A new connection between the same ends has no FIN yet.
        elif "F" in flags:
            sender.fin_ack = fin_ack
    return connections, steps, len(packets)


def events(sender, receiver, flags, ack):
    """What a packet means to both ends."""
    if "R" in flags:
        return [(sender, "RST"), (receiver, "RST")]
    if "S" in flags:
        name = "SYN" if ack is None else "SYN, ACK"
        return [(sender, f"sent {name}"), (receiver, f"received {name}")]
    found = []
    if ack is not None:  # RFC 9293 looks at the ACK of a packet before it looks at the FIN.
        name = "ACK of FIN" if ack == receiver.fin_ack else "ACK"
        found.append((receiver, f"received {name}"))
    if "F" in flags:
        found += [(sender, "sent FIN"), (receiver, "received FIN")]
    return found


def parse(line):
    match = PACKET.fullmatch(line)
    if match is None:
        return None
    seconds, thousandths, source, destination, flags, rest = match.groups()
    ports = (int(end.rpartition(".")[2]) for end in (source, destination))
    if source == destination or int(seconds) >= 2**32 or max(ports) >= 2**16:
        return None
    fin_ack = ack = None
    for field in rest.split(", "):
        if field.startswith("length"):
            break  # tcpdump may print what is in the packet.
        name, _, value = field.partition(" ")
        if name == "seq" and "F" in flags:
            # The FIN counts as one byte after the data.
            fin_ack = number(value.rpartition(":")[2])
            if fin_ack is None:
                return None
            fin_ack = (fin_ack + 1) % 2**32
        if name == "ack" and "." in flags:
            ack = number(value)
            if ack is None:
                return None
    if ("F" in flags) != (fin_ack is not None) or ("." in flags) != (ack is not None):
        return None
    return int(seconds + thousandths), source, destination, flags, ack, fin_ack


def number(digits):
    """A number of 32 bits."""
    if not re.fullmatch("[0-9]+", digits) or int(digits) >= 2**32:
        return None
    return int(digits)


def lines(path):
    try:
        # utf-8-sig skips the byte-order mark with which some editors begin a file.
        with open(path, encoding="utf-8-sig", newline="\n") as file:
            return [line.removesuffix("\n").rstrip("\r") for line in file]
    except OSError as error:
        sys.exit(f"cannot read {path}: {error.strerror}")
    except UnicodeDecodeError:
        advice = "for a capture, run: tcpdump -n -tt -S -r FILE tcp"
        sys.exit(f"{path} is not UTF-8 text; {advice}")


def table(start, left, right):
    width = max(len(left.name), 20)
    rows = [f"{'':>10}  {left.name:<{width}}  {right.name}"]
    histories = [list(left.history), list(right.history)]
    if left.first_state != "CLOSED":
        rows.append(f"{seconds(start):>10}  {left.first_state:<{width}}  {right.first_state}")
    while any(histories):
        time = min(history[0][0] for history in histories if history)
        cells = ["", ""]
        for side, history in enumerate(histories):
            if history and history[0][0] == time:
                cells[side] = history.pop(0)[1]
        rows.append(f"{seconds(time):>10}  {cells[0]:<{width}}  {cells[1]}".rstrip())
    return "".join(row + "\n" for row in rows)


def seconds(milliseconds):
    return f"{milliseconds // 1000}.{milliseconds % 1000:03}"


def print_report(connections, packets, length):
    report = "".join(table(start, *ends) + "\n" for start, ends in connections)
    times = [end.history[-1][0] for _, ends in connections for end in ends if end.history]
    report += f"connections: {len(connections)}, packets: {packets}\n"
    last_change = seconds(max(times, default=0))
    report += f"last packet: {seconds(length)} s, last change: {last_change} s\n"
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
