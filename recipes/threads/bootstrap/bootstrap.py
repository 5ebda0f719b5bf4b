"""Find the confidence interval of the mean of a series by the bootstrap.

    python3 bootstrap.py                          # the series in input/, in threads
    python3 bootstrap.py --processes              # in processes
    python3 bootstrap.py --one-thread             # in a loop
    python3 bootstrap.py series.csv --resamples 20000 --seed 7

A resample is made of values drawn from the series at random, as many as the series has. The
resamples are drawn in chunks of 100, and each chunk has its own seed. So threads, processes and
the loop print the same. In CPython's default build, threads take turns, so they are no faster
than a loop.

The generator is the one that the Rust program uses, xoshiro256++, so that both print the same.
In your own program, give each chunk a random.Random(seed).

Prints the mean and its interval. Standard error says how long it took.
"""

import math
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import islice, repeat
from pathlib import Path

DEFAULT_FILE = Path(__file__).with_name("input") / "nile.csv"
CHUNK = 100
LARGEST_VALUE = 1_000_000_000
MOST_VALUES = 1_000_000
RESAMPLES = range(40, 10_000_001)
SEEDS = range(2**64)
MOST_DRAWS = 100_000_000_000
WAYS = ["--one-thread", "--threads", "--processes"]


def main():
    series, resamples, seed, way = read_arguments(sys.argv[1:])
    start = time.perf_counter()
    chunks = math.ceil(resamples / CHUNK)
    seeds = list(islice(numbers(seed), chunks))
    if way == "--one-thread":
        drawn = list(map(draw, repeat(series), seeds))
    else:
        make_pool = ProcessPoolExecutor if way == "--processes" else ThreadPoolExecutor
        with make_pool() as pool:
            drawn = list(pool.map(draw, repeat(series), seeds, chunksize=10))
    sums = [total for chunk in drawn for total in chunk][:resamples]
    print(f"{way[2:]}: {time.perf_counter() - start:.2f} s", file=sys.stderr)
    print_interval(series, sums, seed)


def draw(series, seed):
    """The sums of the resamples of one chunk."""
    random = numbers(seed)
    sums = []
    for _ in range(CHUNK):
        total = 0
        for _ in range(len(series)):
            total += series[index_below(len(series), random)]
        sums.append(total)
    return sums


def numbers(seed):
    """The 64-bit numbers of a xoshiro256++ generator."""
    mask = 2**64 - 1
    state = []
    for step in range(1, 5):  # SplitMix64 makes four numbers from the seed.
        z = (seed + step * 0x9E3779B97F4A7C15) & mask
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        state.append(z ^ (z >> 31))
    s0, s1, s2, s3 = state
    while True:
        total = (s0 + s3) & mask
        yield ((((total << 23) & mask) | (total >> 41)) + s0) & mask
        shifted = (s1 << 17) & mask
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= shifted
        s3 = ((s3 << 45) & mask) | (s3 >> 19)


def index_below(count, random):
    """An index, computed as random_range does in rand 0.10."""
    product = (next(random) >> 32) * count
    index, rest = product >> 32, product & 0xFFFFFFFF
    if rest > 2**32 - count:
        correction = (next(random) >> 32) * count >> 32
        index += rest + correction >> 32
    return index


def read_arguments(arguments):
    path, resamples, seed, way = None, 10_000, 1899, "--threads"
    arguments = iter(arguments)
    for argument in arguments:
        if argument == "--resamples":
            resamples = number_in(RESAMPLES, argument, next(arguments, None))
        elif argument == "--seed":
            seed = number_in(SEEDS, argument, next(arguments, None))
        elif argument in WAYS:
            way = argument
        elif argument.startswith("--"):
            options = ["--resamples NUMBER", "--seed NUMBER", *WAYS]
            sys.exit(f"there is no option {argument}; there are {', '.join(options)}")
        elif path is not None:
            sys.exit(f"{argument} is a second file; name one")
        else:
            path = argument
    series = read(DEFAULT_FILE if path is None else path)
    draws = len(series) * resamples
    if draws > MOST_DRAWS:
        work = f"{resamples} resamples of {len(series)} values are {draws} draws"
        sys.exit(f"{work}; at most {MOST_DRAWS} are allowed")
    return series, resamples, seed, way


def number_in(allowed, option, text):
    if text is not None and text.isascii() and text.isdigit() and int(text) in allowed:
        return int(text)
    found = "nothing" if text is None else f'"{text}"'
    sys.exit(f"{option} needs a number from {allowed[0]} to {allowed[-1]} after it, found {found}")


def read(path):
    try:
        # Only \n and \r\n end a row.
        with open(path, encoding="utf-8-sig", newline="\n") as file:
            rows = [row.removesuffix("\n").removesuffix("\r") for row in file]
    except OSError as error:
        sys.exit(f"cannot read {path}: {error.strerror}")
    except UnicodeDecodeError:
        sys.exit(f"{path} is not UTF-8 text")
    series = []
    for line, row in enumerate(rows, start=1):
        value = value_of(row)
        if value is None:
            number = f"a whole number from -{LARGEST_VALUE} to {LARGEST_VALUE}"
            expected = f"expected a label and {number}, such as 1899,774"
            sys.exit(f'{path}:{line}: {expected}, found "{row}"')
        series.append(value)
    if not series:
        sys.exit(f"{path} has no values; a mean needs at least one")
    if len(series) > MOST_VALUES:
        sys.exit(f"{path} has {len(series)} values; at most {MOST_VALUES} are allowed")
    return series


def value_of(row):
    _label, comma, text = row.partition(",")
    digits = text.removeprefix("-")
    if not comma or not digits.isascii() or not digits.isdigit():
        return None
    value = int(text)
    return value if abs(value) <= LARGEST_VALUE else None


def print_interval(series, sums, seed):
    sums.sort()
    outside = len(sums) // 40
    mean = with_two_decimals(sum(series), len(series))
    low = with_two_decimals(sums[outside], len(series))
    high = with_two_decimals(sums[-1 - outside], len(series))
    noun = "value" if len(series) == 1 else "values"
    report = f"{len(series)} {noun}, {len(sums)} resamples, seed {seed}\n"
    report += f"mean {mean}, 95 % interval {low} to {high}\n"
    try:
        # The same bytes on every platform, and any error is raised here.
        with open(1, "w", encoding="utf-8", newline="\n", closefd=False) as output:
            output.write(report)
    except BrokenPipeError:
        pass  # A program that reads our output, such as head, may stop when it has seen enough.
    except OSError as error:
        sys.exit(f"cannot print the result: {error.strerror}")


def with_two_decimals(numerator, denominator):
    """Divides, and rounds to the nearest hundredth. A half is rounded away from zero."""
    hundredths = (200 * abs(numerator) + denominator) // (2 * denominator)
    sign = "-" if numerator < 0 and hundredths > 0 else ""
    return f"{sign}{hundredths // 100}.{hundredths % 100:02}"


if __name__ == "__main__":
    main()
