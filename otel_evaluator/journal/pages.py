"""Reads rows from a damaged database without SQLite: every page that can be read is read.

Formats: https://www.sqlite.org/fileformat2.html, "B-tree Pages", "Record Format", "Cell Payload
Overflow Pages" and "The Write-Ahead Log". A row counts only when its checksum holds.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from otel_evaluator.journal.schema import CHECKED, PAGE, checksum

_LEAF = 13
_HEADER = 100
"""Bytes of the database header on page 1."""
_WAL_HEADER, _FRAME_HEADER = 32, 24
_MAX_PAYLOAD = 2**30


class Found(NamedTuple):
    """A whole row of a checked table."""

    table: str
    sequence: int
    values: tuple[Any, ...]
    """The columns that the checksum covers."""


class Damaged(Exception):
    """Bytes that are no row."""


class Foreign(Exception):
    """A row of a table without checksums."""


class Pages:
    """All images of all pages: of the database file, and newer ones of its write-ahead log."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDONLY) if path.exists() else -1
        self.count = os.fstat(self._file).st_size // PAGE if self._file >= 0 else 0
        self._newer: dict[int, list[bytes]] = {}
        """By page number, newest first."""
        for number, image, _ in log_frames(path.with_name(path.name + "-wal")):
            self._newer.setdefault(number, []).insert(0, image)
        self.count = max([self.count, *self._newer])

    def close(self) -> None:
        """Close the file."""
        if self._file >= 0:
            os.close(self._file)

    def images(self, number: int) -> list[bytes]:
        """The page as last written, then as before."""
        images = list(self._newer.get(number, ()))
        if self._file >= 0:
            stored = os.pread(self._file, PAGE, (number - 1) * PAGE)
            if len(stored) == PAGE:
                images.append(stored)
        return images

    def free(self) -> set[int]:
        """Pages of the free list: what they hold was deleted."""
        free: set[int] = set()
        first = self.images(1)
        trunk = _int(first[0], 32) if first else 0
        while 0 < trunk <= self.count and trunk not in free:
            free.add(trunk)
            images = self.images(trunk)
            if not images:
                # The file ends before it, and the log that had it is lost.
                break
            image = images[0]
            used = min(_int(image, 4), PAGE // 4 - 2)
            free.update(_int(image, 8 + 4 * index) for index in range(used))
            trunk = _int(image, 0)
        return free


def log_frames(path: Path) -> Iterator[tuple[int, bytes, bool]]:
    """Frames since the log was last begun: page number, image, whether it ends a transaction."""
    try:
        log = path.open("rb")
    except OSError:
        return
    with log:
        head = log.read(_WAL_HEADER)
        salt = head[16:24]
        while True:
            frame = log.read(_FRAME_HEADER + PAGE)
            if len(frame) < _FRAME_HEADER + PAGE:
                return
            if frame[8:16] == salt:
                yield _int(frame, 0), frame[_FRAME_HEADER:], _int(frame, 4) > 0


def rows(path: Path) -> Iterator[Found]:
    """Every whole row of the checked tables, in the order of pages."""
    pages = Pages(path)
    try:
        free = pages.free()
        seen: set[tuple[str, int]] = set()
        for number in range(1, pages.count + 1):
            if number not in free:
                for found in _rows_of_page(pages, number):
                    if (found.table, found.sequence) not in seen:
                        seen.add((found.table, found.sequence))
                        yield found
    finally:
        pages.close()


def _rows_of_page(pages: Pages, number: int) -> Iterator[Found]:
    """Rows of the newest image; of older ones only where it is damaged."""
    for image in pages.images(number):
        start = _HEADER if number == 1 else 0
        if image[start] != _LEAF:
            return
        whole = True
        for index in range(min(_short(image, start + 3), PAGE // 4)):
            position = _short(image, start + 8 + 2 * index)
            try:
                yield _row(pages, image, position)
            except (Damaged, IndexError, UnicodeDecodeError, OverflowError):
                whole = False
            except Foreign:
                pass
        if whole:
            return


def _row(pages: Pages, image: bytes, position: int) -> Found:
    size, position = _varint(image, position)
    sequence, position = _varint(image, position)
    if size > _MAX_PAYLOAD:
        raise Damaged
    for version in (0, 1):
        record = _record(_payload(pages, image, position, size, version))
        for table, columns in CHECKED.items():
            if len(record) != len(columns) + 2 or not isinstance(record[1], int):
                continue
            if checksum(table, *record[2:]) == record[1]:
                return Found(table, sequence, tuple(record[2:]))
    if len(record) in {len(columns) + 2 for columns in CHECKED.values()}:
        raise Damaged
    raise Foreign


def _payload(pages: Pages, image: bytes, position: int, size: int, version: int) -> bytes:
    """The bytes of a record, overflow pages included; ``version`` counts back from the newest."""
    most = PAGE - 35
    if size <= most:
        return image[position : position + size]
    least = (PAGE - 12) * 32 // 255 - 23
    local = least + (size - least) % (PAGE - 4)
    local = local if local <= most else least
    pieces = [image[position : position + local]]
    following, left = _int(image, position + local), size - local
    while left > 0:
        images = pages.images(following) if 0 < following <= pages.count else []
        if not images:
            raise Damaged
        page = images[min(version, len(images) - 1)]
        pieces.append(page[4 : 4 + min(left, PAGE - 4)])
        following, left = _int(page, 0), left - (PAGE - 4)
    return b"".join(pieces)


def _record(payload: bytes) -> list[Any]:
    end, position = _varint(payload, 0)
    kinds = []
    while position < end:
        kind, position = _varint(payload, position)
        kinds.append(kind)
    values: list[Any] = []
    position = end
    for kind in kinds:
        size = _size(kind)
        body = payload[position : position + size]
        if len(body) != size:
            raise Damaged
        values.append(_value(kind, body))
        position += size
    return values


def _size(kind: int) -> int:
    if kind >= 12:
        return (kind - 12) // 2
    return (0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0)[kind]


def _value(kind: int, body: bytes) -> Any:
    if kind == 0:
        return None
    if kind in (8, 9):
        return kind - 8
    if kind < 7:
        return int.from_bytes(body, "big", signed=True)
    if kind >= 12:
        return bytes(body) if kind % 2 == 0 else body.decode()
    raise Damaged


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = 0
    for index in range(9):
        byte = data[position + index]
        if index == 8:
            return value << 8 | byte, position + 9
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, position + index + 1
    raise Damaged


def _int(data: bytes, position: int) -> int:
    return int.from_bytes(data[position : position + 4], "big")


def _short(data: bytes, position: int) -> int:
    return int.from_bytes(data[position : position + 2], "big")
