"""Hash the pictures in a folder on a server that goes on answering pings.

    python3 bridge.py                # the pictures in input/pictures
    python3 bridge.py my-pictures    # your own folder; the files need not be pictures

The server is a coroutine on an event loop, which has one thread. It hashes on other threads, with
asyncio.to_thread, and the loop goes on meanwhile. The callers are synchronous: they pass their
coroutines to the loop with asyncio.run_coroutine_threadsafe and wait for the results.
"""

import asyncio
import hashlib
import os
import sys
import threading
import time
from pathlib import Path

DEFAULT_FOLDER = Path(__file__).with_name("input") / "pictures"
USAGE = "expected one folder with pictures"
MAX_PICTURES = 10_000
MAX_BYTES = 1 << 30
HASH_LIMIT = 60  # Seconds after which the server gives up.
ANSWER_LIMIT = 70  # Seconds that a client waits for an answer.
PING_INTERVAL = 0.001
CHUNK = 64 * 1024
LINE_LIMIT = 1 << 20  # An answer with so many pictures is longer than asyncio's default limit.


def main():
    pictures = load(sys.argv[1:])
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    try:
        hashes, pings, slowest = hash_on_a_server(loop, pictures)
    except (OSError, EOFError, TimeoutError) as error:
        sys.exit(f"the server failed: {error}")
    if hashes.startswith("error: "):
        sys.exit(f"the server failed: {hashes.removeprefix('error: ')}")
    print_hashes(pictures, hashes.split(" "))
    slowest = f"the slowest after {slowest * 1000:.1f}ms"
    print(f"pings answered meanwhile: {pings}, {slowest}", file=sys.stderr)


def hash_on_a_server(loop, pictures):
    """Starts the server, and asks for the hashes while a thread pings."""

    async def start():
        return await asyncio.start_server(Server(pictures).answer, "127.0.0.1", 0)

    server = wait_for(loop, start())
    address = server.sockets[0].getsockname()
    client, balancer = Client(loop, address), Client(loop, address)
    is_done = threading.Event()
    pings = []
    failures = []

    def ping():
        try:
            while True:
                start = time.monotonic()
                assert balancer.ask("ping") == "pong"
                pings.append(time.monotonic() - start)
                if is_done.wait(PING_INTERVAL):
                    return
        except Exception as error:  # A thread does not pass its exception on.
            failures.append(error)

    thread = threading.Thread(target=ping)
    thread.start()
    try:
        hashes = client.ask("hash")
    finally:
        is_done.set()
        thread.join()
    if failures:
        raise failures[0]
    return hashes, len(pings), max(pings)


def wait_for(loop, coroutine):
    """Runs a coroutine on the loop of another thread, and waits for its result."""
    return asyncio.run_coroutine_threadsafe(coroutine, loop).result()


class Client:
    """A synchronous client. On the thread of the loop, its methods would wait forever."""

    def __init__(self, loop, address):
        self.loop = loop
        connection = asyncio.open_connection(*address, limit=LINE_LIMIT)
        self.reader, self.writer = wait_for(loop, connection)

    def ask(self, question):
        return wait_for(self.loop, asyncio.wait_for(self.exchange(question), ANSWER_LIMIT))

    async def exchange(self, question):
        self.writer.write(f"{question}\n".encode())
        await self.writer.drain()
        answer = await self.reader.readline()
        if not answer.endswith(b"\n"):
            raise EOFError("the server has hung up")
        return answer.decode().removesuffix("\n")


class Server:
    def __init__(self, pictures):
        self.pictures = pictures

    async def answer(self, reader, writer):
        """Answers the questions of one client until it hangs up."""
        try:
            while True:
                question = await reader.readexactly(5)
                if question == b"ping\n":
                    answer = "pong"
                elif question == b"hash\n":
                    answer = await self.hash()
                else:
                    break
                writer.write(f"{answer}\n".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # The client has hung up.
        writer.close()

    async def hash(self):
        """Hashes all pictures on other threads. The loop goes on meanwhile."""
        is_canceled = threading.Event()
        jobs = [asyncio.to_thread(sha256, content, is_canceled) for _, content in self.pictures]
        try:
            return " ".join(await asyncio.wait_for(asyncio.gather(*jobs), HASH_LIMIT))
        except TimeoutError:
            return f"error: no hashes after {HASH_LIMIT}s"
        finally:
            is_canceled.set()  # Nothing else stops a thread.


def sha256(content, is_canceled):
    hasher = hashlib.sha256()
    for start in range(0, len(content), CHUNK):
        if is_canceled.is_set():
            return ""
        hasher.update(content[start : start + CHUNK])  # Releases the GIL.
    return hasher.hexdigest()


def load(arguments):
    """The name and the content of each file in the folder, in the order of the names."""
    if len(arguments) > 1:
        sys.exit(f"{USAGE}, found {arguments[1]!r} as well")
    folder = Path(arguments[0]) if arguments else DEFAULT_FOLDER
    try:
        files = sorted((path for path in folder.iterdir() if not path.is_dir()), key=os.fsencode)
    except OSError as error:
        sys.exit(f"cannot read {folder}: {error.strerror}")
    if not files:
        sys.exit(f"{folder} has no files; {USAGE}")
    if len(files) > MAX_PICTURES:
        sys.exit(f"{folder} has {len(files)} files; at most {MAX_PICTURES} are hashed at once")
    pictures = []
    free = MAX_BYTES
    for path in files:
        try:
            path.name.encode()
            is_text = not any(c < " " or "\x7f" <= c <= "\x9f" for c in path.name)
        except UnicodeEncodeError:
            is_text = False
        if not is_text:
            sys.exit(f"{str(path)!r}: a name must be UTF-8 text without control characters")
        try:
            size = path.stat().st_size
            if not path.is_file():
                sys.exit(f"{path} is not a file; move it out of the folder")
            if size > free:
                most = f"more than {MAX_BYTES >> 20} MiB"
                sys.exit(f"{path}: the files up to this one have {most}; split the folder")
            content = path.read_bytes()
        except OSError as error:
            sys.exit(f"cannot read {path}: {error.strerror}")
        free -= len(content)
        pictures.append((path.name, content))
    return pictures


def print_hashes(pictures, hashes):
    assert len(hashes) == len(pictures)
    table = "".join(f"{digest}  {name}\n" for (name, _), digest in zip(pictures, hashes))
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
