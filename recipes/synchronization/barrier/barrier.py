"""Play Conway's Game of Life with four threads that own a band of rows and meet every generation.

    python3 barrier.py [FILE]    # without a file: input/gosper-glider-gun.cells

A line is a row of `.` dead and `O` living cells, or a comment that begins with `!`. A living cell
on the edge before generation 120 is an error. You see how many cells live, then the last board.
"""

import sys
import threading
from pathlib import Path

GENERATIONS = 120


def main():
    path, board = load()
    living, end = play(path, board, 4)
    assert (living, end) == play(path, board, 1), "four threads and one disagree"
    sys.stdout.reconfigure(newline="\n")  # The same bytes on every platform.
    for generation in range(0, GENERATIONS + 1, 30):
        print(f"generation {generation:3}: {living[generation]} cells")
    print("\n".join("".join(".O"[cell] for cell in row) for row in end))


def play(path, board, parties):
    boards, living, failures = [list(board), list(board)], [], []

    def survey():  # In one thread, before any goes on: it has the boards to itself.
        number, now = len(living), boards[len(living) % 2]
        living.append(sum(map(sum, now)))
        for y, row in enumerate(now if number < GENERATIONS else []):
            if any(row if y in (0, len(now) - 1) else row[:1] + row[-1:]):
                sys.exit(f"{path}: generation {number} reaches the edge in row {y + 1}, leave room")

    survey()
    meeting = threading.Barrier(parties, action=survey)
    cuts = [band * len(board) // parties for band in range(parties + 1)]
    shares = [(boards, range(*band), meeting, failures) for band in zip(cuts, cuts[1:])]
    # Daemons: if one cannot be started, the others wait for it, and the program ends anyway.
    threads = [threading.Thread(target=evolve, args=share, daemon=True) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return living, boards[GENERATIONS % 2]


def evolve(boards, band, meeting, failures):
    try:
        for generation in range(GENERATIONS):
            now, following = boards[generation % 2], boards[(generation + 1) % 2]
            for y in band:
                following[y] = next_row(now, y)
            meeting.wait()
    except threading.BrokenBarrierError:
        pass  # Another thread has left, and says why itself.
    except BaseException as failure:  # SystemExit too: in a thread it would end the thread only.
        failures.append(failure)
        meeting.abort()


def next_row(now, y):
    """Three living neighbours give life, two keep it. The nine cells include the one itself."""
    columns = [0, *map(sum, zip(*now[max(y - 1, 0):y + 2])), 0]
    around = map(sum, zip(columns, columns[1:], columns[2:]))
    return [living == 3 or living == 4 and cell for living, cell in zip(around, now[y])]


def load():
    path, *more = sys.argv[1:] or [Path(__file__).with_name("input") / "gosper-glider-gun.cells"]
    if more:
        sys.exit(f"cannot play {more[0]} as well: name one file")
    try:
        with open(path, encoding="utf-8", newline="\n") as file:
            lines = [line.rstrip("\r\n") for line in file]
    except (OSError, UnicodeDecodeError) as error:
        sys.exit(f"cannot read {path}: {error}; name a file that exists")
    for number, row in enumerate(lines, 1):
        if not row.startswith("!") and not set(row) <= set(".O"):
            sys.exit(f"{path}:{number}: expected a row such as ..O.OO, found {row!r}")
    rows = [row for row in lines if not row.startswith("!")]
    width = max(map(len, rows), default=0)
    return path, [[cell == "O" for cell in row.ljust(width, ".")] for row in rows]


if __name__ == "__main__":
    main()
