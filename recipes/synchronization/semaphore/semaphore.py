"""Ask a server that serves three at a time, from a dozen clients at once, and never be turned away.

    python3 semaphore.py [FILE ...]    # without a file: input/requests.txt

A line is a client and a number from 2 to 1000000000000 whose largest prime factor it wants. Each
request is a connection of its own to a server in this program, which tells a fourth it is busy. You
see each client's answers in the order of its requests, the clients in byte order, then the counts.
"""

import re
import socket
import sys
import threading
from math import isqrt
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

PLACES, PATIENCE = 3, 10  # connections, seconds


def main():
    requests, failures, permits = load(), [], threading.BoundedSemaphore(PLACES)
    threading.excepthook = failures.append  # Python would print what a thread raises, and go on.
    server = ThreadingTCPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()  # Until the program ends.
    answers = {client: [] for client in sorted(requests)}
    jobs = [(requests[name], answers[name], permits, server.server_address) for name in answers]
    clients = [threading.Thread(target=ask_in_turn, args=job) for job in jobs]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    if failures:
        raise failures[0].exc_value
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # The same bytes on every platform.
    for name, numbers in answers.items():
        print(f"{name:10}" + "".join(f"{number:14}" for number in numbers))
    asked, answered = (sum(map(len, table.values())) for table in (requests, answers))
    print(f"requests: {asked}, answers: {answered}, refused: {Answer.refused}")


def ask_in_turn(numbers, answers, permits, address):
    for number in numbers:
        with permits, socket.create_connection(address, PATIENCE) as stream:
            stream.sendall(b"%d" % number)
            stream.shutdown(socket.SHUT_WR)
            with stream.makefile() as file:
                answers.append(int(file.read()))  # Raises ValueError if the server is busy.


class Answer(StreamRequestHandler):
    timeout, lock, connected, refused = PATIENCE, threading.Lock(), 0, 0

    def handle(self):
        with Answer.lock:  # `+=` reads and writes, and another thread may come in between.
            Answer.connected += 1
            welcome = Answer.connected <= PLACES
            Answer.refused += not welcome
        try:
            number = int(self.rfile.read())
            self.wfile.write(b"%d" % largest_prime_factor(number) if welcome else b"busy")
        finally:
            with Answer.lock:  # First make room, then end the stream: that happens after `handle`.
                Answer.connected -= 1


def largest_prime_factor(number):
    for factor in range(2, isqrt(number) + 1):
        if number % factor == 0:
            return largest_prime_factor(number // factor)
    return number


def load():
    requests = {}
    for path in sys.argv[1:] or [Path(__file__).with_name("input") / "requests.txt"]:
        try:
            with open(path, encoding="utf-8", newline="\n") as file:
                for number, line in enumerate(file, 1):
                    match = re.fullmatch(r"([^ ]+) \+?0*([0-9]{1,13})\r?\n?", line)
                    if not match or not 2 <= int(match[2]) <= 10**12:
                        sys.exit(f"{path}:{number}: not such as fermat 4294967297: {line!r}")
                    requests.setdefault(match[1], []).append(int(match[2]))
        except (OSError, UnicodeDecodeError) as error:
            sys.exit(f"cannot read {path}: {error}; name files that exist")
    return requests


if __name__ == "__main__":
    main()
