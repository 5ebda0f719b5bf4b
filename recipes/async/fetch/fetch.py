"""Download the pages of a site, four at a time, until all are there or Ctrl-C is pressed.

    python3 fetch.py              # the site in input/, served by this program
    python3 fetch.py site pages   # saves the pages of your own site in this folder

Each page has a task in a TaskGroup. The server refuses a fifth connection, so each task enters a
Semaphore before it connects. If the server is busy, the task asks again after a pause. It follows a
few redirects, and gives up after a time limit. Ctrl-C cancels the main task, and the TaskGroup
cancels all others. A file gets the name of its page once all of the page is in it, so there is
never half a page.

A site is a folder. Each file in it is a page, and the file faults.txt, if there is one, says which
pages the server answers badly. A row is one of these:

    a/page.md busy 2            the first 2 requests get the answer 503 Service Unavailable
    a/page.md silent            the server reads the request and never answers
    a/page.md slow 400          the second half of the page comes 400 ms after the first
    old.md moved a/page.md      there is no page old.md: its answer is a redirect
"""

import asyncio
import contextlib
import os
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

AT_ONCE = 4
LIMIT = 1.0  # A page that is not complete after this many seconds has failed.
ATTEMPTS = 3
FIRST_PAUSE = 0.05  # Each further pause is twice as long.
MAX_REDIRECTS = 5

DEFAULT_SITE = Path(__file__).with_name("input") / "async-book"
FAULTS = "faults.txt"
USAGE = "expected [SITE [FOLDER]]"
MAX_PAGES = 10_000
MAX_PAGE_BYTES = 1024 * 1024
PAGE = re.compile(r"(?!\.{1,2}(/|$))[A-Za-z0-9._-]+(/(?!\.{1,2}(/|$))[A-Za-z0-9._-]+)*")
FAULT = re.compile(r"([^ ]+) (busy \+?[0-9]+|silent|slow \+?[0-9]+|moved [^ ]+)")


class Failure(Exception):
    """Why there is no page."""


class Busy(Failure):
    """It is worth trying again."""


@dataclass
class Page:
    body: bytes
    address: str  # After a redirect, this is not the address that was asked for.
    attempts: int


def main():
    site, folder, is_temporary = load(sys.argv[1:])
    started = time.monotonic()
    server = Server(site)
    results = {}
    try:
        stopped = asyncio.run(download_all(server, site.pages(), folder, results))
        check_saved(site, folder, results)
    finally:
        if is_temporary:
            shutil.rmtree(folder, ignore_errors=True)
    print_report(site.pages(), results, stopped, server)
    milliseconds = int(1000 * (time.monotonic() - started))
    print(f"at most {server.peak} connections at once, {milliseconds} ms", file=sys.stderr)
    if stopped:
        sys.exit(130)  # As a shell reports a program that Ctrl-C has ended.


async def download_all(server, pages, folder, results):
    """Puts a page or a failure into results for each page. Returns whether it was stopped."""
    permits = asyncio.Semaphore(AT_ONCE)
    try:
        async with asyncio.TaskGroup() as tasks:
            for page in pages:
                tasks.create_task(download(server, page, folder, permits, results))
    except asyncio.CancelledError:  # asyncio.run cancels this task at Ctrl-C.
        return True
    return False


async def download(server, page, folder, permits, results):
    try:
        file = await fetch(server, page, permits)
        await asyncio.to_thread(finish, folder, page, file, results)
    except Failure as failure:
        results[page] = failure


async def fetch(server, page, permits):
    async with permits:
        try:
            async with asyncio.timeout(LIMIT):
                return await fetch_with_retries(server, page)
        except TimeoutError:
            raise Failure(f"not complete after {int(1000 * LIMIT)} ms") from None


async def fetch_with_retries(server, page):
    pause = FIRST_PAUSE
    for attempt in range(1, ATTEMPTS):
        try:
            return await follow(server, page, attempt)
        except Busy:
            await asyncio.sleep(pause)
        pause *= 2
    return await follow(server, page, ATTEMPTS)


async def follow(server, page, attempts):
    """Follows redirects, but not for long: two addresses may redirect to each other."""
    address = page
    for _request in range(MAX_REDIRECTS + 1):
        status, location, body = await get(server, address)
        if status == 200:
            return Page(body, address, attempts)
        if status not in (301, 302, 307, 308):
            error = Busy if status == 503 else Failure
            raise error(f"the server answered {status}")
        address = location
    raise Failure(f"more than {MAX_REDIRECTS} redirects")


async def get(server, address):
    """Asks for one page over a new connection: its status, its new address and its body."""
    async with server.connect() as (request, answer):
        head = f"GET /{address} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        request.feed_data(head.encode())
        head, _, body = (await answer.read()).partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    fields = {}
    for line in lines:
        name, _, value = line.partition(":")
        fields[name.lower()] = value.strip()
    if int(fields.get("content-length", -1)) != len(body):
        raise Busy("the answer is not complete")
    return int(first.split(" ")[1]), fields.get("location", "").lstrip("/"), body


def finish(folder, page, file, results):
    """Runs in a thread that Ctrl-C does not stop. asyncio.run waits for it."""
    save(folder, page, file.body)
    results[page] = file


def save(folder, page, body):
    file = folder / page
    unfinished = file.with_name(file.name + ".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            unfinished.write_bytes(body)
            unfinished.replace(file)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise Failure(f"cannot be saved: {error.strerror}") from None


class Server:
    """The server, which would be another program if this were not an example.

    Its connections are in memory, so the network cannot change the result.
    """

    MAX_CONNECTIONS = 4
    LATENCY = 0.05

    def __init__(self, site):
        self.site = site
        self.open = self.peak = self.requests = self.refused = 0
        self.by_page = Counter()
        self.tasks = set()

    @contextlib.asynccontextmanager
    async def connect(self):
        """Over a network, this would be asyncio.open_connection(host, port)."""
        self.open += 1
        self.peak = max(self.peak, self.open)
        self.requests += 1
        is_refused = self.open > self.MAX_CONNECTIONS
        self.refused += is_refused
        request, answer = asyncio.StreamReader(), asyncio.StreamReader()
        task = asyncio.create_task(self.answer(request, answer, is_refused))
        self.tasks.add(task)  # The event loop itself keeps only a weak reference.
        task.add_done_callback(self.tasks.discard)
        try:
            yield request, answer
        finally:
            request.feed_eof()
            self.open -= 1

    async def answer(self, request, answer, is_refused):
        head = await request.readuntil(b"\r\n\r\n")
        page = head.decode().removeprefix("GET /").split(" ")[0]
        status, location, body = "429 Too Many Requests", "", b""
        kind, argument = None, None
        if not is_refused:
            await asyncio.sleep(self.LATENCY)
            self.by_page[page] += 1
            kind, argument = self.site.faults.get(page, (None, None))
            if kind == "moved":
                status, location = "301 Moved Permanently", f"Location: /{argument}\r\n"
            elif page not in self.site.files:
                status = "404 Not Found"
            elif kind == "busy" and self.by_page[page] <= argument:
                status = "503 Service Unavailable"
            else:
                status, body = "200 OK", self.site.files[page]
        if kind == "silent":
            await request.read()  # Waits until the client closes the connection.
        head = f"HTTP/1.1 {status}\r\n{location}Content-Length: {len(body)}\r\n\r\n"
        half = len(body) // 2
        answer.feed_data(head.encode() + body[:half])
        if kind == "slow":
            await asyncio.sleep(argument / 1000)
        answer.feed_data(body[half:])
        answer.feed_eof()


class Site:
    """The pages of a server, and how it answers badly."""

    def __init__(self, root):
        self.files = {}
        self.faults = {}
        self.load_folder(root, "")
        rows = self.files.pop(FAULTS, b"")
        name = root / FAULTS
        try:
            text = rows.decode("utf-8-sig")  # Some editors begin a file with a byte-order mark.
        except UnicodeDecodeError:
            sys.exit(f"{name} is not UTF-8 text")
        rows = text.removesuffix("\n").split("\n") if text else []
        for line, row in enumerate(rows, 1):
            reason = self.add_fault(row.removesuffix("\r"))
            if reason:
                sys.exit(f"{name}:{line}: {reason}")
        if len(self.pages()) > MAX_PAGES:
            sys.exit(f"{root} has more than {MAX_PAGES} pages")

    def pages(self):
        moved = [page for page, (kind, _) in self.faults.items() if kind == "moved"]
        return sorted([*self.files, *moved])

    def load_folder(self, root, below):
        """Reads all files below a folder. Symbolic links are not followed."""
        folder = root / below
        try:
            entries = list(os.scandir(folder))
        except OSError as error:
            sys.exit(f"cannot read {folder}: {error.strerror}")
        for entry in entries:
            page = below + entry.name
            if entry.is_dir(follow_symlinks=False):
                self.load_folder(root, page + "/")
            elif entry.is_file(follow_symlinks=False):
                if not is_page(page):
                    allowed = "letters a to z, digits and . _ - in the name of a page"
                    sys.exit(
                        f"expected {allowed}, which does not end in .part, found {entry.path}"
                    )
                if len(self.files) > MAX_PAGES:
                    sys.exit(f"{root} has more than {MAX_PAGES} pages")
                try:
                    body = Path(entry.path).read_bytes()
                except OSError as error:
                    sys.exit(f"cannot read {entry.path}: {error.strerror}")
                if len(body) > MAX_PAGE_BYTES:
                    sys.exit(f"{entry.path} is larger than {MAX_PAGE_BYTES} bytes")
                self.files[page] = body

    def add_fault(self, row):
        """Returns what is wrong with the row, if anything is."""
        bad_row = f'expected a row such as page.md busy 2, found "{row}"'
        match = FAULT.fullmatch(row)
        if match is None or not is_page(match[1]):
            return bad_row
        page, (kind, _, argument) = match[1], match[2].partition(" ")
        if kind == "moved" and not is_page(argument):
            return bad_row
        if kind in ("busy", "slow"):
            argument = int(argument)
        if kind == "moved" and page in self.files:
            return f"{page} is a file, so it cannot have moved"
        if kind != "moved" and page not in self.files:
            return f"there is no file {page}"
        if page in self.faults:
            return f"a second row for {page}"
        self.faults[page] = kind, argument
        return None


def is_page(path):
    return PAGE.fullmatch(path) is not None and not path.endswith(".part")


def load(arguments):
    """The site, the folder for its pages, and whether to delete the folder at the end."""
    for argument in arguments:
        if argument.startswith("-"):
            sys.exit(f"{USAGE}, found {argument}")
    if len(arguments) > 2:
        sys.exit(f"{USAGE}, found {len(arguments)} paths")
    site = Site(Path(arguments[0]) if arguments else DEFAULT_SITE)
    if len(arguments) < 2:
        return site, Path(tempfile.mkdtemp(prefix="fetch-")), True
    folder = Path(arguments[1])
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        sys.exit(f"cannot create {folder}: {error.strerror}")
    return site, folder, False


def check_saved(site, folder, results):
    """Every page that was downloaded is there as the server has it, and there is no half file."""
    for page in site.pages():
        file = folder / page
        assert not file.with_name(file.name + ".part").exists(), f"{page}: a half file is left"
        result = results.get(page)
        if isinstance(result, Page):
            assert file.read_bytes() == site.files[result.address], f"{page} is damaged"


def print_report(pages, results, stopped, server):
    report, failures = "", ""
    saved = size = 0
    for page in pages:
        result = results.get(page)
        if isinstance(result, Failure):
            failures += f"failed: {page}, {result}\n"
        elif result is not None:
            saved += 1
            size += len(result.body)
            remarks = ""
            if result.attempts > 1:
                remarks += f", at attempt {result.attempts}"
            if result.address != page:
                remarks += f", redirected to {result.address}"
            if stopped or remarks:
                report += f"saved: {page}{remarks}\n"
    report += failures
    if stopped:
        report += "stopped by Ctrl-C\n"
    report += f"saved {saved} of {len(pages)} pages, {size} bytes\n"
    report += f"requests: {server.requests}, refused: {server.refused}\n"
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
