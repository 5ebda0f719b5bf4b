"""Limit how many threads do something at once: twelve clients use a server that serves three.

    python3 semaphore.py [FILE ...]    # without a file: input/requests.txt

A row is the name of a client, a space, and a number from 2 to 1000000000000. The server answers
with the largest prime factor of the number. It serves three connections at a time and answers
"busy" to a fourth, so each client takes a permit before it connects. Prints each client's answers
and how many requests were refused.
"""

import re
import socket
import sys
import threading
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

LIMIT = 3  # connections
PATIENCE = 10  # seconds
MAX_CLIENTS = 1000
MAX_NUMBER = 10**12


def main():
    clients, failures = load(), []
    threading.excepthook = failures.append  # Python would print what a thread raises and go on.
    permits = threading.BoundedSemaphore(LIMIT)
    server = start_server()
    answers = {name: [] for name in clients}
    threads = [
        threading.Thread(target=ask_all, args=(clients[name], answers[name], permits, server))
        for name in clients
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        failure = failures[0].exc_value
        if isinstance(failure, NoAnswer):
            sys.exit(str(failure))
        raise failure
    print_result(report(clients, answers))


class NoAnswer(Exception):
    pass


def ask_all(numbers, answers, permits, server):
    for number in numbers:
        with permits:
            try:
                answers.append(int(request(number, server)))
            except (OSError, ValueError) as error:  # A ValueError if the server is busy.
                raise NoAnswer(f"no answer for {number}: {error}") from error


def request(number, server):
    with socket.create_connection(server, PATIENCE) as stream:
        stream.sendall(b"%d" % number)
        stream.shutdown(socket.SHUT_WR)
        with stream.makefile() as file:
            return file.read()  # Ends when the server has closed the connection.


def start_server():
    try:
        server = ThreadingTCPServer(("127.0.0.1", 0), Handler)
    except OSError as error:
        sys.exit(f"cannot start the server: {error.strerror}")
    threading.Thread(target=server.serve_forever, daemon=True).start()  # Until the program ends.
    return server.server_address


class Handler(StreamRequestHandler):
    timeout = PATIENCE
    lock = threading.Lock()
    open = 0
    refused = 0

    def handle(self):
        with Handler.lock:  # `+=` reads and writes, and another thread may come in between.
            Handler.open += 1
            refuse = Handler.open > LIMIT
            Handler.refused += refuse
        try:
            number = int(self.rfile.read())
            self.wfile.write(b"busy" if refuse else b"%d" % largest_prime_factor(number))
        finally:
            with Handler.lock:  # Count first. The connection is closed after `handle`.
                Handler.open -= 1


def largest_prime_factor(number):
    factor = 2
    while factor * factor <= number:
        if number % factor == 0:
            number //= factor
        else:
            factor += 1
    return number


def load():
    clients = {}
    for path in sys.argv[1:] or [Path(__file__).with_name("input") / "requests.txt"]:
        try:
            # A file may begin with a byte-order mark.
            with open(path, encoding="utf-8-sig", newline="\n") as file:
                rows = file.read().split("\n")
        except OSError as error:
            sys.exit(f"cannot read {path}: {error.strerror}")
        except UnicodeDecodeError:
            sys.exit(f"{path} is not UTF-8 text")
        if rows[-1] == "":
            rows.pop()
        for index, row in enumerate(rows):
            add_row(clients, row.removesuffix("\r"), f"{path}:{index + 1}")
    return dict(sorted(clients.items()))


def add_row(clients, row, place):
    match = re.fullmatch(r"(\S+) \+?0*([0-9]{1,20})", row)
    if not match:
        sys.exit(f"{place}: expected a row such as fermat 4294967297, found {row!r}")
    name, number = match[1], int(match[2])
    if not 2 <= number <= MAX_NUMBER:
        sys.exit(f'{place}: expected a number from 2 to {MAX_NUMBER}, found "{number}"')
    if name not in clients and len(clients) == MAX_CLIENTS:
        sys.exit(
            f"{place}: {name!r} is one client too many: each is a thread, "
            f"and {MAX_CLIENTS} are allowed"
        )
    clients.setdefault(name, []).append(number)


def report(clients, answers):
    name_width = max([10, *map(len, clients)])
    lines = []
    for name, numbers in answers.items():
        lines.append(f"{name:{name_width}}" + "".join(f"{number:14}" for number in numbers))
    asked = sum(map(len, clients.values()))
    answered = sum(map(len, answers.values()))
    lines.append(f"requests: {asked}, answers: {answered}, refused: {Handler.refused}")
    return "\n".join(lines) + "\n"


def print_result(text):
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
