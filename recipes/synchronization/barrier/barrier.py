"""Play the Game of Life with threads that wait for each other after every generation.

    python3 barrier.py               # the board in input/gosper-glider-gun.cells
    python3 barrier.py my.cells      # your own board; src/cli.rs describes the format

Prints the number of living cells in every 30th generation, then the last board.
"""

import sys
import threading
from pathlib import Path

DEFAULT_FILE = Path(__file__).with_name("input") / "gosper-glider-gun.cells"
GENERATIONS = 120
MAX_CELLS = 1_000_000


class EdgeReached(Exception):
    """In this generation a cell in this row lives on the edge."""

    def __init__(self, generation, row):
        super().__init__(f"generation {generation} reaches the edge in row {row + 1}")
        self.row = row


def main():
    path, board = load()
    try:
        population, last_board = play(board, 4)
    except EdgeReached as reason:
        sys.exit(f"{path}: {reason}; leave more room")
    assert (population, last_board) == play(board, 1), "four threads and one disagree"
    print_game(population, last_board)


def play(first_board, parties):
    # In each generation, all threads read one of the boards and write the other.
    boards = [list(first_board), list(first_board)]
    population = [count(first_board)]

    def count_cells():
        # The last thread to arrive runs this, while the others still wait: nobody writes now.
        population.append(count(boards[len(population) % 2]))

    barrier = threading.Barrier(parties, action=count_cells)
    failures = []
    threads = []
    for number in range(parties):
        start = number * len(first_board) // parties
        end = (number + 1) * len(first_board) // parties
        arguments = boards, range(start, end), barrier, failures
        # A daemon: if a thread cannot be started, the others wait for it, but the program ends.
        threads.append(threading.Thread(target=evolve, args=arguments, daemon=True))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # If several threads fail, the one with the topmost rows says why.
    for failure in sorted(failures, key=lambda failure: getattr(failure, "row", -1)):
        raise failure
    return population, boards[GENERATIONS % 2]


def evolve(boards, rows, barrier, failures):
    """Computes some rows of every generation."""
    try:
        for generation in range(GENERATIONS):
            now = boards[generation % 2]
            following = boards[(generation + 1) % 2]
            for row in rows:
                if reaches_edge(now, row):
                    raise EdgeReached(generation, row)
                following[row] = next_row(now, row)
            barrier.wait()
    except threading.BrokenBarrierError:
        pass  # Another thread has left the game, and reports why.
    except BaseException as failure:
        failures.append(failure)
        barrier.abort()  # Otherwise the other threads would wait forever.


def count(board):
    return sum(map(sum, board))


def reaches_edge(board, row):
    cells = board[row]
    if row == 0 or row == len(board) - 1:
        return any(cells)
    return any(cells[:1] + cells[-1:])


def next_row(board, row):
    """Three living neighbors make a cell live, and two keep it alive."""
    # The living cells in each column of three rows, with an empty column on both sides.
    columns = [0, *map(sum, zip(*board[max(row - 1, 0):row + 2])), 0]
    cells = []
    for column, alive in enumerate(board[row]):
        living = sum(columns[column:column + 3])  # Counts the cell itself as well.
        cells.append(living == 3 or (living == 4 and alive))
    return cells


def print_game(population, last_board):
    lines = []
    for generation in range(0, GENERATIONS + 1, 30):
        lines.append(f"generation {generation:3}: {population[generation]} cells\n")
    for row in last_board:
        lines.append("".join("O" if alive else "." for alive in row) + "\n")
    try:
        # The same bytes on every platform.
        with open(1, "w", encoding="utf-8", newline="\n", closefd=False) as output:
            output.writelines(lines)
    except BrokenPipeError:
        pass  # A program that reads our output, such as `head`, may stop when it has seen enough.
    except OSError as error:
        sys.exit(f"cannot print the result: {error.strerror}")


def load():
    path, *more = sys.argv[1:] or [DEFAULT_FILE]
    if more:
        sys.exit(f"cannot play {more[0]} as well: name one file")
    try:
        with open(path, encoding="utf-8-sig", newline="\n") as file:
            rows = file.read().split("\n")
    except OSError as error:
        sys.exit(f"cannot read {path}: {error.strerror}")
    except UnicodeDecodeError:
        sys.exit(f"{path} is not UTF-8 text")
    if rows[-1] == "":
        rows.pop()

    board = []
    for number, row in enumerate(rows, 1):
        row = row.removesuffix("\r")
        if row.startswith("!"):
            continue
        if not set(row) <= set(".O"):
            sys.exit(f"{path}:{number}: expected a row such as ..O.OO, found {row!r}")
        board.append([cell == "O" for cell in row])

    height = len(board)
    width = max(map(len, board), default=0)
    if height * width > MAX_CELLS:
        size = f"{height} rows and {width} columns"
        sys.exit(f"{path}: a board of {size} has more than {MAX_CELLS} cells")
    for row in board:
        row += [False] * (width - len(row))
    return path, board


if __name__ == "__main__":
    main()
