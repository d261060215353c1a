"""Finds the items of a request that contain a marker, with few searches.

Each marker is searched once over the whole request with SIMD; most occur in none. Only
those that occur are looked for item by item.
"""

from collections.abc import Sequence

import stringzilla

_COMMON = (b".span", b".documents")
"""Parts that several markers share: one search tells that all of them are absent."""

Probes = tuple[tuple[bytes, tuple[bytes, ...]], ...]
"""What is searched for over the whole request, and the markers it may be part of."""


def probes(markers: Sequence[bytes]) -> Probes:
    """Group markers under a common part, or each under itself."""
    groups: dict[bytes, list[bytes]] = {}
    for marker in markers:
        part = next((common for common in _COMMON if common in marker), marker)
        groups.setdefault(part, []).append(marker)
    return tuple((part, tuple(group)) for part, group in groups.items())


def stems(keys: Sequence[bytes]) -> tuple[bytes, ...]:
    """The few words of which every conversation key contains one."""
    words = (b"conversation", b"session", b"thread")
    found = {next((word for word in words if word in key), key): None for key in keys}
    return tuple(found)


def marked(body: bytes, items: Sequence[bytes], searches: Probes) -> list[int]:
    """Indices of the items that contain a marker, ascending; items are slices of ``body``."""
    contains = stringzilla.contains
    present = [
        marker
        for part, markers in searches
        if contains(body, part)
        for marker in markers
        if marker is part or contains(body, marker)
    ]
    if not present:
        return []
    first = present[0]
    found = [i for i, item in enumerate(items) if contains(item, first)]
    for marker in present[1:]:
        found += [i for i, item in enumerate(items) if contains(item, marker)]
    return found if len(present) == 1 else sorted(set(found))
