"""Finds the items of a request that contain a marker, by few searches over all of it.

Each marker is searched once over the whole request with SIMD; most occur in none. Only
those that occur are looked for item by item, jumping from a hit to the end of its item.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

import stringzilla


def marked(body: bytes, items: Sequence[bytes], markers: Sequence[bytes]) -> list[int]:
    """Indices of the items that contain a marker, ascending; items are slices of ``body``."""
    present = [marker for marker in markers if stringzilla.find(body, marker) >= 0]
    if not present:
        return []
    joined = b"".join(items)
    ends = list(accumulate(map(len, items)))
    found = _jump(joined, ends, present[0])
    for marker in present[1:]:
        found = _fill(joined, ends, found, marker)
    return found


def _jump(joined: bytes, ends: list[int], marker: bytes) -> list[int]:
    """Items with one marker, jumping over the rest of each item that has it."""
    found = []
    size = len(marker)
    position = joined.find(marker)
    while position >= 0:
        index = bisect_right(ends, position)
        end = ends[index]
        if position + size <= end:
            found.append(index)
            position = joined.find(marker, end)
        else:
            position = joined.find(marker, position + 1)
    return found


def _fill(joined: bytes, ends: list[int], found: list[int], marker: bytes) -> list[int]:
    """Add the items between the found ones that contain another marker."""
    merged: list[int] = []
    size = len(marker)
    start = 0
    for stop in (*found, len(ends)):
        limit = ends[stop - 1] if stop else 0
        position = joined.find(marker, start, limit)
        while position >= 0:
            index = bisect_right(ends, position)
            end = ends[index]
            if position + size <= end:
                merged.append(index)
                position = joined.find(marker, end, limit)
            else:
                position = joined.find(marker, position + 1, limit)
        if stop < len(ends):
            merged.append(stop)
            start = ends[stop]
    return merged
