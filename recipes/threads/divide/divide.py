"""Find the two closest cities of a list by divide and conquer.

    python3 divide.py             # the cities in input/
    python3 divide.py mine.csv    # your own list

The list is sorted from south to north and cut in the middle. The first cuts hand one half to
another thread. In CPython's default build, threads take turns, so this is no faster than one
thread. With ProcessPoolExecutor instead of ThreadPoolExecutor, a process gets a copy of its half.

A line is a city: its name, its country, and where it is in degrees north and east.

    Reykjavík,IS,64.13548,-21.89541
"""

import math
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

DEFAULT_FILE = Path(__file__).with_name("input") / "cities.csv"
RADIUS = 6371.0088  # The mean radius of the earth, in kilometers.
CUTS_WITH_THREADS = 2  # So at most four threads search at the same time.
FEW = 16
NUMBER = re.compile(r"-?([0-9]+\.?[0-9]*|\.[0-9]+)")


class City(NamedTuple):
    """A city, as a point on a globe with the radius 1. Cities are in order from south to north."""

    z: float
    x: float
    y: float
    place: str


def main():
    cities = load(sys.argv[1:] or [DEFAULT_FILE])
    cities.sort()
    print_pair(len(cities), closest_pair(cities, CUTS_WITH_THREADS))


def closest_pair(cities, cuts):
    """The closest pair: (the square of its distance, two places in alphabetical order)."""
    if len(cities) <= FEW:
        return min(pair(one, other) for i, one in enumerate(cities) for other in cities[i + 1 :])
    middle = len(cities) // 2
    south, north = cities[:middle], cities[middle:]
    if cuts == 0:
        in_south, in_north = closest_pair(south, 0), closest_pair(north, 0)
    else:
        # A pool for each cut. In one pool, tasks that wait for tasks could take up all threads.
        with ThreadPoolExecutor(max_workers=1) as pool:
            other = pool.submit(closest_pair, north, cuts - 1)
            in_south = closest_pair(south, cuts - 1)
            in_north = other.result()
    return closest_across(south, north, min(in_south, in_north))


def closest_across(south, north, best):
    """The same pair, or a closer one with one city in the south and one in the north."""
    border = north[0].z  # The southernmost city of the north.
    strip = [city for city in south + north if (city.z - border) ** 2 <= best[0]]
    strip.sort(key=lambda city: (city.x, city.y, city.z, city.place))
    for i, one in enumerate(strip):
        for j in range(i + 1, len(strip)):
            other = strip[j]
            if (other.x - one.x) ** 2 > best[0]:
                break  # The next ones are even farther away.
            best = min(best, pair(one, other))
            if best[0] == 0:
                break  # No pair is closer, and thousands of cities may be at the same place.
    return best


def pair(one, other):
    x, y, z = one.x - other.x, one.y - other.y, one.z - other.z
    return x * x + y * y + z * z, *sorted((one.place, other.place))


def parse(line):
    """The city in a line, or None."""
    fields = line.rstrip("\r").rsplit(",", 3)
    if len(fields) < 4 or not all(field.strip() for field in fields[:2]):
        return None
    if not (NUMBER.fullmatch(fields[2]) and NUMBER.fullmatch(fields[3])):
        return None
    latitude, longitude = float(fields[2]), float(fields[3])
    if abs(latitude) > 90 or abs(longitude) > 180:
        return None
    # Adding 0 makes 0 of -0.
    latitude, longitude = math.radians(latitude + 0.0), math.radians(longitude + 0.0)
    x = math.cos(latitude) * math.cos(longitude)
    y = math.cos(latitude) * math.sin(longitude)
    return City(math.sin(latitude), x, y, f"{fields[0]},{fields[1]}")


def load(paths):
    cities = []
    for path in paths:
        try:
            # Other line ends than \n and \r\n are a part of the line.
            with open(path, encoding="utf-8-sig", newline="\n") as file:
                lines = [line.removesuffix("\n") for line in file]
        except OSError as error:
            sys.exit(f"cannot read {path}: {error.strerror}")
        except UnicodeDecodeError:
            sys.exit(f"{path} is not UTF-8 text")
        for number, line in enumerate(lines, start=1):
            city = parse(line)
            if city is None:
                expected = "a line such as Reykjavík,IS,64.13548,-21.89541"
                sys.exit(f"{path}:{number}: expected {expected}, found {line!r}")
            cities.append(city)
    if len(cities) < 2:
        names = ", ".join(map(str, paths))
        sys.exit(f"{names}: expected at least two cities, found {len(cities)}")
    return cities


def print_pair(count, best):
    squared, *places = best
    # Opposite points may be a little more than 2 apart, because of rounding.
    kilometers = 2 * RADIUS * math.asin(min(math.sqrt(squared) / 2, 1))
    one, other = ("{} ({})".format(*place.rsplit(",", 1)) for place in places)
    report = f"cities: {count}\nclosest: {one} and {other}, {kilometers:.1f} km\n"
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
