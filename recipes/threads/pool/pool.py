"""Make thumbnails of the pictures in a folder, on a fixed number of threads.

    python3 pool.py                                    # the pictures in input/pictures
    python3 pool.py --sheet sheet.png my-pictures      # your own folder of PNG files
    python3 pool.py --fail-fast --threads 8            # stop at a failure

Puts the thumbnails on a contact sheet and prints a line for each picture. Python's standard library
cannot decode PNG, so half of this program is a decoder. It reads pictures with 8 bits per sample
that are not interlaced.
"""

import os
import struct
import sys
import tempfile
import unicodedata
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

DEFAULT_FOLDER = Path(__file__).with_name("input") / "pictures"
USAGE = "[--fail-fast] [--threads N] [--sheet FILE] [FOLDER]"
MAX_PICTURES = 1000
MAX_PIXELS = 40_000_000
SIDE = 64  # The longer side of a thumbnail.
MARGIN = 8
COLUMNS = 4
BACKGROUND, FAILED, CROSS = b"\x30\x30\x30", b"\x50\x50\x50", b"\xa0\xa0\xa0"
SIGNATURE = b"\x89PNG\r\n\x1a\n"
TOO_SHORT = "the file ends too early"
DAMAGED = "it is not a PNG picture, or it is damaged"
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # Samples per pixel, by color type.


def main():
    threads, fail_fast, sheet, pictures = options(sys.argv[1:])
    outcomes = []
    with ThreadPoolExecutor(max_workers=threads) as pool:
        futures = [pool.submit(make_thumbnail, picture) for picture in pictures]
        for picture, future in zip(pictures, futures):
            outcome = future.result()  # Raises the job's exception, which nothing else reports.
            outcomes.append(outcome)
            show_progress(f"{len(outcomes)} of {len(pictures)}")
            if fail_fast and isinstance(outcome, str):
                pool.shutdown(cancel_futures=True)
                show_progress("")
                sys.exit(f"{name(picture)} {outcome}; stopped without a contact sheet")
    show_progress("")
    finish(sheet, pictures, outcomes)


def make_thumbnail(picture):
    """The thumbnail's width and rows and its line in the report; or the line alone if it failed."""
    try:
        width, height, rows = decode(picture.read_bytes())
    except OSError as error:
        return f"failed: cannot read it: {error.strerror} (os error {error.errno})"
    except ValueError as error:
        return f"failed: {error}"
    small_width, small_height, small_rows, color = scale_down(width, height, rows)
    line = f"{width} x {height} to {small_width} x {small_height}, average color #{color.hex()}"
    return small_width, small_rows, line


def decode(data):
    """The size of a picture, and its rows: red, green and blue for each pixel."""
    chunks = dict.fromkeys([b"IHDR", b"PLTE", b"tRNS", b"IDAT"], b"")
    if not SIGNATURE.startswith(data[:8]):
        raise ValueError(DAMAGED)
    position = 8
    kind = None
    while kind != b"IEND":
        if position + 12 > len(data):
            raise ValueError(TOO_SHORT)
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 8 + length
        if end + 4 > len(data):
            raise ValueError(TOO_SHORT)
        content = data[position + 8 : end]
        if zlib.crc32(kind + content) != int.from_bytes(data[end : end + 4], "big"):
            raise ValueError(DAMAGED)
        if kind in chunks:
            chunks[kind] += content
        position = end + 4
    if len(chunks[b"IHDR"]) != 13:
        raise ValueError(DAMAGED)
    width, height, depth, color, *_, interlaced = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    if width * height > MAX_PIXELS:
        most = MAX_PIXELS // 1_000_000
        raise ValueError(f"it has {width} x {height} pixels; the limit is {most} million")
    if depth != 8 or interlaced or color not in SAMPLES:
        raise ValueError("this program does not read this kind of PNG picture")
    try:
        raw = zlib.decompress(chunks[b"IDAT"])
    except zlib.error:
        raise ValueError(DAMAGED) from None
    step = SAMPLES[color]
    if len(raw) != height * (1 + width * step):
        raise ValueError(DAMAGED)
    rows = []
    row = bytes(width * step)
    for start in range(0, len(raw), 1 + width * step):
        row = unfilter(raw[start], bytearray(raw[start + 1 : start + 1 + width * step]), row, step)
        rows.append(to_rgb(row, color, chunks[b"PLTE"], chunks[b"tRNS"]))
    return width, height, rows


def unfilter(kind, row, above, step):
    """Undoes the filter of a row, which stores differences from neighboring bytes."""
    if kind == 1:
        for i in range(step, len(row)):
            row[i] = (row[i] + row[i - step]) & 255
    elif kind == 2:
        row = bytearray((a + b) & 255 for a, b in zip(row, above))
    elif kind == 3:
        for i in range(len(row)):
            left = row[i - step] if i >= step else 0
            row[i] = (row[i] + (left + above[i]) // 2) & 255
    elif kind == 4:
        for i in range(len(row)):
            left, corner = (row[i - step], above[i - step]) if i >= step else (0, 0)
            up = above[i]
            to_left, to_up = abs(up - corner), abs(left - corner)
            to_corner = abs(left + up - 2 * corner)
            if to_left <= to_up and to_left <= to_corner:
                row[i] = (row[i] + left) & 255
            else:
                row[i] = (row[i] + (up if to_up <= to_corner else corner)) & 255
    elif kind != 0:
        raise ValueError(DAMAGED)
    return row


def to_rgb(row, color, palette, alphas):
    """Red, green and blue of each pixel. Transparent parts are shown on white."""
    if color == 3:
        if len(palette) <= 3 * max(row) + 2:
            raise ValueError(DAMAGED)
        parts = [bytes(palette[3 * i + part] for i in row) for part in range(3)]
        alpha = bytes(alphas[i] if i < len(alphas) else 255 for i in row) if alphas else None
    else:
        step = SAMPLES[color]
        parts = [row[0::step]] * 3 if step < 3 else [row[part::step] for part in range(3)]
        alpha = row[step - 1 :: step] if step in (2, 4) else None
    rgb = bytearray(3 * len(parts[0]))
    for number, part in enumerate(parts):
        if alpha:
            part = bytes((c * a + 255 * (255 - a) + 127) // 255 for c, a in zip(part, alpha))
        rgb[number::3] = part
    return rgb


def scale_down(width, height, rows):
    """Each pixel of the thumbnail is the average of the pixels that it replaces."""
    longer = max(width, height)
    small_width, small_height = (
        side if longer <= SIDE else max((side * SIDE + longer // 2) // longer, 1)
        for side in (width, height)
    )
    edges = [3 * (width * x // small_width) for x in range(small_width + 1)]
    total = [0, 0, 0]
    small_rows = []
    for y in range(small_height):
        box = rows[height * y // small_height : height * (y + 1) // small_height]
        small = bytearray()
        for start, end in zip(edges, edges[1:]):
            pixels = (end - start) // 3 * len(box)
            for part in range(3):
                color = sum(sum(row[start + part : end : 3]) for row in box)
                small.append((color + pixels // 2) // pixels)
                total[part] += color
        small_rows.append(small)
    pixels = width * height
    return small_width, small_height, small_rows, bytes((c + pixels // 2) // pixels for c in total)


def arrange(outcomes):
    """The width of the contact sheet, and its rows."""
    columns, cell = min(COLUMNS, len(outcomes)), SIDE + MARGIN
    width = columns * cell + MARGIN
    height = -(-len(outcomes) // COLUMNS) * cell + MARGIN
    rows = [bytearray(BACKGROUND * width) for _ in range(height)]
    crossed = []
    for i in range(SIDE):
        row = bytearray(FAILED * SIDE)
        row[3 * i : 3 * i + 3] = row[3 * (SIDE - 1 - i) : 3 * (SIDE - i)] = CROSS
        crossed.append(row)
    for number, outcome in enumerate(outcomes):
        small_width, small_rows = (SIDE, crossed) if isinstance(outcome, str) else outcome[:2]
        left = number % COLUMNS * cell + MARGIN + (SIDE - small_width) // 2
        top = number // COLUMNS * cell + MARGIN + (SIDE - len(small_rows)) // 2
        for y, row in enumerate(small_rows, top):
            rows[y][3 * left : 3 * (left + small_width)] = row
    return width, rows


def finish(sheet, pictures, outcomes):
    width, rows = arrange(outcomes)
    try:
        write(sheet, width, rows)
    except OSError as error:
        sys.exit(f"cannot write {sheet}: {error.strerror}")
    name_width = max(len(name(picture)) for picture in pictures)
    report = ""
    for picture, outcome in zip(pictures, outcomes):
        line = outcome if isinstance(outcome, str) else outcome[2]
        report += f"{name(picture):<{name_width}}  {line}\n"
    done = sum(not isinstance(outcome, str) for outcome in outcomes)
    size = f"{width} x {len(rows)}, CRC-32 {zlib.crc32(b''.join(rows)):08x}"
    report += f"{done} of {len(pictures)} pictures are on the contact sheet: {size}\n"
    try:
        # The same bytes on every platform, and any error is raised here.
        with open(1, "w", encoding="utf-8", newline="\n", closefd=False) as output:
            output.write(report)
    except BrokenPipeError:
        pass  # A program that reads our output, such as head, may stop when it has seen enough.
    except OSError as error:
        sys.exit(f"cannot print the result: {error.strerror}")
    print(f"contact sheet: {sheet}", file=sys.stderr)


def write(sheet, width, rows):
    """Writes a temporary file and renames it, so the sheet is never half written."""
    chunks = {
        b"IHDR": struct.pack(">IIBBBBB", width, len(rows), 8, 2, 0, 0, 0),
        b"IDAT": zlib.compress(b"".join(b"\0" + row for row in rows)),
        b"IEND": b"",
    }
    temporary = sheet.with_name(f".{sheet.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(SIGNATURE)
            for kind, content in chunks.items():
                file.write(struct.pack(">I4s", len(content), kind) + content)
                file.write(struct.pack(">I", zlib.crc32(kind + content)))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, sheet)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def options(arguments):
    threads, fail_fast, folder = 4, False, None
    sheet = Path(tempfile.gettempdir()) / "contact-sheet.png"
    arguments = iter(arguments)
    for argument in arguments:
        if argument == "--fail-fast":
            fail_fast = True
        elif argument == "--threads":
            text = next(arguments, "")
            if not text.isdecimal() or not 1 <= int(text) <= 256:
                sys.exit(f'--threads needs a number from 1 to 256, found "{text}"')
            threads = int(text)
        elif argument == "--sheet":
            sheet = Path(next(arguments, "") or sys.exit("--sheet needs the name of a file"))
        elif argument.startswith("-"):
            sys.exit(f"unknown option {argument}; expected {USAGE}")
        elif folder is not None:
            sys.exit(f"there can be only one folder; expected {USAGE}")
        else:
            folder = argument
    if sheet.is_dir() or not sheet.name:
        sys.exit(f"cannot write {sheet}: it is not the name of a file")
    if not sheet.parent.is_dir():
        sys.exit(f"cannot write {sheet}: there is no folder {sheet.parent}")
    folder = Path(DEFAULT_FOLDER if folder is None else folder)
    try:
        pictures = sorted(path for path in folder.iterdir() if is_picture(path))
    except OSError as error:
        sys.exit(f"cannot read {folder}: {error.strerror}")
    if not pictures:
        sys.exit(f"{folder} has no PNG files")
    if len(pictures) > MAX_PICTURES:
        most = f"a contact sheet holds at most {MAX_PICTURES}"
        sys.exit(f"{folder} has {len(pictures)} PNG files; {most}")
    if sheet.resolve() in [picture.resolve() for picture in pictures]:
        sys.exit(f"cannot write {sheet}: it is one of the pictures")
    return threads, fail_fast, sheet, pictures


def is_picture(path):
    return path.suffix.lower() == ".png" and not path.is_dir()


def name(picture):
    """The name of a picture, without control characters: a newline would break the table."""
    text = os.fsencode(picture.name).decode(errors="replace")
    return "".join("\ufffd" if unicodedata.category(char) == "Cc" else char for char in text)


def show_progress(text):
    if sys.stderr.isatty():
        print(f"\r{text:<40}\r", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
