"""Play Conway's Game of Life with four threads that own a band of rows each and meet every generation.

    python3 barrier.py             # input/gosper-glider-gun.cells
    python3 barrier.py my.cells    # your board

A line is a row of the board, `.` a dead cell and `O` a living one; a row that ends early ends in dead
cells, and a line that begins with `!` is a comment. A cell that lives on the edge before generation
120 ends the run with an error. You see how many cells live every 30 generations, then the last board.
"""

import sys
import threading
from pathlib import Path

GENERATIONS = 120


class AtEdge(Exception):
    """What comes next depends on cells outside the board."""


def main():
    path, board = load()
    try:
        game = play(board, 4)
    except AtEdge as reason:
        sys.exit(f"{path}: {reason}; leave more room")
    assert game == play(board, 1), "four threads and one disagree"  # One alone waits for nobody.
    living, board = game
    sys.stdout.reconfigure(newline="\n")  # The same bytes on every platform.
    for generation in range(0, GENERATIONS + 1, 30):
        print(f"generation {generation:3}: {living[generation]} cells")
    print("\n".join("".join(".O"[cell] for cell in row) for row in board))


def play(board, parties):
    """The number of living cells in each generation, and the last board."""
    boards, living, failures = [list(board), list(board)], [], []

    def survey():
        """Run by one thread, when all have met and before any goes on: it has the boards to itself."""
        generation = len(living)
        now = boards[generation % 2]
        living.append(sum(map(sum, now)))
        for y, row in enumerate(now):
            edge = row if y in (0, len(now) - 1) else row[:1] + row[-1:]
            if any(edge) and generation < GENERATIONS:
                raise AtEdge(f"generation {generation} reaches the edge in row {y + 1}")

    survey()
    threading.excepthook = failures.append  # Python would print what a thread raises, and go on.
    meeting = threading.Barrier(parties, action=survey)
    cuts = [band * len(board) // parties for band in range(parties + 1)]
    bands = [range(*cut) for cut in zip(cuts, cuts[1:])]
    threads = [threading.Thread(target=evolve, args=(boards, band, meeting)) for band in bands]
    try:
        for thread in threads:
            thread.start()
    except BaseException:
        meeting.abort()  # Those that are started must not wait for ever for those that are not.
        raise
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0].exc_value
    return living, boards[GENERATIONS % 2]


def evolve(boards, band, meeting):
    try:
        for generation in range(GENERATIONS):
            now, following = boards[generation % 2], boards[(generation + 1) % 2]
            for y in band:
                following[y] = next_row(now, y)
            meeting.wait()
    except threading.BrokenBarrierError:
        pass  # Another thread has left, and says why itself.
    except BaseException:
        meeting.abort()
        raise


def next_row(now, y):
    """Three living neighbours give life, two keep it. The nine cells added include the one itself."""
    columns = [False, *map(sum, zip(*now[max(y - 1, 0) : y + 2])), False]
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
    rows = [(number, row) for number, row in enumerate(lines, 1) if not row.startswith("!")]
    for number, row in rows:
        if not set(row) <= set(".O"):
            sys.exit(f"{path}:{number}: expected a row such as ..O.OO, found {row!r}")
    width = max((len(row) for _, row in rows), default=0)
    return path, [[cell == "O" for cell in row.ljust(width, ".")] for _, row in rows]


if __name__ == "__main__":
    main()
