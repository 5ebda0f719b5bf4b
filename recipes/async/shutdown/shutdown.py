"""Store weather bulletins until a signal comes, finish those in progress, and exit.

    python3 shutdown.py                  # a demonstration with the bulletins in input/
    python3 shutdown.py OKX.txt MEG.txt  # with your own files; each is an office

Offices send bulletins to a server, which stores each in a file. The first SIGTERM or Ctrl-C tells
the server to stop: it accepts no more connections and no new bulletins, but it finishes those in
progress. If an office does not send the rest of its bulletin, the server gives up after a limit, or
at a second signal.

Then the program prints what became of the bulletins. Its output is the same on every run.
"""

import asyncio
import os
import signal
import sys
import tempfile
from pathlib import Path

DEFAULT_FOLDER = Path(__file__).with_name("input")
LIMIT = 8  # Seconds. Docker kills a process 10 seconds after it has sent a SIGTERM.
NO_ANSWER = 30  # No answer takes so many seconds unless the server hangs.
MAX_FILES = 64
MAX_BULLETINS = 1000
MAX_LINE = 1000
MAX_LINES = 1000
END = "$$"


class Server:
    """Serves until the first request to stop, and waits until the second one or the limit."""

    def __init__(self, folder):
        self.folder = folder
        self.next_number = 1
        self.stop = asyncio.Event()
        self.second_request = asyncio.Event()
        self.connections = set()

    def request_stop(self):
        if self.stop.is_set():
            self.second_request.set()
        self.stop.set()

    async def serve(self, listener):
        await self.stop.wait()
        listener.close()
        if self.connections:
            second_request = asyncio.create_task(self.second_request.wait())
            finished = asyncio.gather(*self.connections)
            await asyncio.wait(
                {finished, second_request}, timeout=LIMIT, return_when=asyncio.FIRST_COMPLETED
            )
            second_request.cancel()
        for task in self.connections:  # Those that are left.
            task.cancel()

    async def serve_office(self, reader, writer):
        """Serves one office until it disconnects or the server stops."""
        task = asyncio.current_task()
        self.connections.add(task)
        try:
            await self.store_bulletins(reader, writer)
        except (OSError, ValueError) as error:
            print(f"closed a connection: {error}", file=sys.stderr)
        except asyncio.CancelledError:
            pass  # The server gives up, and nobody waits for this task anymore.
        finally:
            self.connections.discard(task)
            writer.close()

    async def store_bulletins(self, reader, writer):
        await send(writer, "ready")
        while first_line := await self.line_or_stop(reader):
            await send(writer, "go on")
            bulletin = await receive(first_line, reader)
            if bulletin is None:
                return  # The office has disconnected in the middle.
            number = self.next_number
            self.next_number += 1
            await asyncio.to_thread(put, self.folder, number, bulletin)
            await send(writer, "stored")
        await send(writer, "closing")

    async def line_or_stop(self, reader):
        """The first line of a bulletin. Empty if the server stops or the office disconnects."""
        if self.stop.is_set():
            return ""
        line = asyncio.create_task(reader.readline())
        stop = asyncio.create_task(self.stop.wait())
        await asyncio.wait({line, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if self.stop.is_set():
            line.cancel()
            return ""
        return line.result().decode()


async def receive(first_line, reader):
    """The whole bulletin. None if the office disconnects before its end."""
    bulletin = first_line
    for _ in range(1, MAX_LINES):
        line = (await reader.readline()).decode()
        if not line.endswith("\n"):
            return None
        bulletin += line
        if line == END + "\n":
            return bulletin
    raise ValueError(f"a bulletin has more than {MAX_LINES} lines")


def put(folder, number, bulletin):
    """Stores a bulletin in a file that is complete or absent, even if the process is killed."""
    unfinished = folder / f"{number:06}.part"
    with open(unfinished, "w", encoding="utf-8", newline="\n") as file:
        file.write(bulletin)
        file.flush()
        os.fsync(file.fileno())  # The content is on the disk before the file gets its name.
    unfinished.rename(folder / f"{number:06}.txt")
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)  # The name is on the disk, too.
        finally:
            os.close(descriptor)


def main():
    offices = load(sys.argv[1:])
    outcomes, stored = asyncio.run(run(offices))
    check(offices, outcomes, stored)
    print_table(offices, outcomes, stored)


async def run(offices):
    """Returns the outcome of each office, and the bulletins in the store."""
    with tempfile.TemporaryDirectory() as name:
        server = Server(Path(name))
        loop = asyncio.get_running_loop()
        if os.name == "posix":
            loop.add_signal_handler(signal.SIGTERM, server.request_stop)
            loop.add_signal_handler(signal.SIGINT, server.request_stop)
        listener = await asyncio.start_server(
            server.serve_office, "127.0.0.1", limit=MAX_LINE + 2
        )
        address = listener.sockets[0].getsockname()
        async with asyncio.TaskGroup() as group:
            group.create_task(server.serve(listener))
            demonstration = group.create_task(demonstrate(offices, address, server))
        outcomes = demonstration.result()
        stored = [path.read_bytes().decode() for path in Path(name).iterdir()]
    return outcomes, stored


class Office:
    def __init__(self, name, bulletins, falls_silent):
        self.name = name
        self.bulletins = bulletins
        self.falls_silent = falls_silent


class Outcome:
    def __init__(self):
        self.stored = 0  # Before the signal.
        self.finished = 0  # Begun before the signal, and stored after it.
        self.refused = 0
        self.given_up = 0


class Moments:
    """Everyone waits for two moments: all are in the middle of a bulletin, the server stops."""

    def __init__(self, offices):
        self.missing = offices
        self.all_in_the_middle = asyncio.Event()
        self.stopping = asyncio.Event()
        if offices == 0:
            self.all_in_the_middle.set()

    async def wait_in_the_middle(self):
        self.missing -= 1
        if self.missing == 0:
            self.all_in_the_middle.set()
        await self.stopping.wait()


async def demonstrate(offices, address, server):
    """Sends all bulletins, and the signals."""
    idle, idle_writer = await connect(address)
    moments = Moments(len(offices))
    open_writers = []
    async with asyncio.TaskGroup() as group:
        tasks = []
        for office in offices:
            tasks.append(group.create_task(send_all(office, address, moments, open_writers)))
        await moments.all_in_the_middle.wait()
        send_sigterm(server)
        # The server sends this to an office that has begun nothing, so it is stopping now.
        await expect(idle, "closing")
        moments.stopping.set()
    idle_writer.close()

    # Only silent offices are left. Instead of waiting for the limit, the operator insists.
    if any(office.falls_silent for office in offices):
        send_sigterm(server)
        for writer in open_writers:
            writer.close()
    return [task.result() for task in tasks]


async def send_all(office, address, moments, open_writers):
    """Sends the bulletins of one office, which is in the middle of one when the signal comes."""
    reader, writer = await connect(address)
    outcome = Outcome()
    count = len(office.bulletins)
    middle = count - 1 if office.falls_silent else count // 2
    for index, bulletin in enumerate(office.bulletins):
        if index <= middle:
            await send(writer, bulletin[0])
            await expect(reader, "go on")
        elif await is_refused(reader, writer, bulletin[0]):
            outcome.refused = count - index
            writer.close()
            return outcome
        if index == middle:
            await moments.wait_in_the_middle()
        await send(writer, *bulletin[1:])
        if index == middle and office.falls_silent:
            outcome.given_up = 1
            open_writers.append(writer)  # The connection stays open.
            return outcome
        await expect(reader, "stored")
        if index < middle:
            outcome.stored += 1
        else:
            outcome.finished += 1
    if count == 0:
        await moments.wait_in_the_middle()
    await expect(reader, "closing")
    writer.close()
    return outcome


async def connect(address):
    reader, writer = await asyncio.open_connection(*address)
    await expect(reader, "ready")
    return reader, writer


async def send(writer, *lines):
    writer.write("".join(f"{line}\n" for line in lines).encode())
    await writer.drain()


async def answer(reader):
    line = await asyncio.wait_for(reader.readline(), NO_ANSWER)
    return line.decode().rstrip()


async def expect(reader, expected):
    found = await answer(reader)
    if found != expected:
        raise ConnectionError(f"expected the answer {expected!r}, got {found!r}")


async def is_refused(reader, writer, first_line):
    """Tries to begin a bulletin. The server may have closed the connection already."""
    try:
        await send(writer, first_line)
        return await answer(reader) in ("", "closing")
    except (BrokenPipeError, ConnectionAbortedError, ConnectionResetError):
        return True


def send_sigterm(server):
    if os.name == "posix":
        os.kill(os.getpid(), signal.SIGTERM)
    else:
        server.request_stop()


def load(paths):
    paths = paths or sorted(DEFAULT_FOLDER.glob("*.txt"))
    if len(paths) > MAX_FILES:
        reason = f"{len(paths)} files are too many: each gets a thread"
        sys.exit(f"{reason}, so name at most {MAX_FILES}")
    return [load_office(path) for path in paths]


def load_office(path):
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except OSError as error:
        sys.exit(f"cannot read {path}: {error.strerror}")
    except UnicodeDecodeError:
        sys.exit(f"{path} is not UTF-8 text")
    bulletins = []
    bulletin = []
    lines = text.removesuffix("\n").split("\n") if text else []
    for number, line in enumerate(lines, start=1):
        line = line.rstrip("\r")
        place = f"{path}:{number}"
        length = len(line.encode())
        if length > MAX_LINE:
            sys.exit(f"{place}: {length} bytes are too many, expected at most {MAX_LINE}")
        if not bulletin and not line:
            continue  # Between two bulletins.
        if not bulletin and line == END:
            sys.exit(f'{place}: expected the first line of a bulletin, found "{line}"')
        bulletin.append(line)
        if len(bulletin) > MAX_LINES:
            sys.exit(f'{place}: expected "{END}", because {MAX_LINES} lines are the most')
        if line == END:
            bulletins.append(bulletin)
            bulletin = []
    falls_silent = bool(bulletin)
    if falls_silent:
        bulletins.append(bulletin)
    if len(bulletins) > MAX_BULLETINS:
        sys.exit(f"{path}: {len(bulletins)} bulletins, expected at most {MAX_BULLETINS}")
    return Office(Path(path).stem, bulletins, falls_silent)


def check(offices, outcomes, stored):
    expected = []
    for office, outcome in zip(offices, outcomes):
        for bulletin in office.bulletins[: outcome.stored + outcome.finished]:
            expected.append("".join(f"{line}\n" for line in bulletin))
    assert sorted(stored) == sorted(expected), "the store is not what was reported"


def print_table(offices, outcomes, stored):
    width = max([6, *(len(office.name) for office in offices)])
    table = f"{'office':<{width}}  stored  finished  refused  given up\n"
    for office, outcome in zip(offices, outcomes):
        table += f"{office.name:<{width}}  {outcome.stored:>6}  {outcome.finished:>8}"
        table += f"  {outcome.refused:>7}  {outcome.given_up:>8}\n"
    lines = sum(bulletin.count("\n") for bulletin in stored)
    table += f"the store has {len(stored)} complete bulletins, {lines} lines\n"
    try:
        # The same bytes on every platform, and any error is raised here.
        with open(1, "w", encoding="utf-8", newline="\n", closefd=False) as output:
            output.write(table)
    except BrokenPipeError:
        pass  # A program that reads our output, such as head, may stop when it has seen enough.
    except OSError as error:
        sys.exit(f"cannot print the result: {error.strerror}")


if __name__ == "__main__":
    main()
