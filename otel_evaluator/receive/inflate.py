"""Gzip with limits that hold while inflating, not after."""

import zlib
from collections.abc import Iterator
from typing import Final

from otel_evaluator.errors import Malformed, TooLarge

RATIO: Final = 100
"""Inflated to compressed size above which, beyond ``RATIO_FREE`` bytes, it is a bomb.

OTLP compresses 5 to 20 times; DEFLATE cannot exceed 1032 times."""

RATIO_FREE: Final = 4 * 2**20
STEP: Final = 256 * 1024
"""Bytes produced at a time, so that the caller can stop or yield between steps."""

MAX_MEMBERS: Final = 64
"""Concatenated gzip members (RFC 1952 §2.2); each costs a window of 32 KiB to set up."""

_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS


class Inflater:
    """Inflates one gzip body that arrives in pieces, never past ``limit`` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._member = zlib.decompressobj(_GZIP_WINDOW)
        self._members = 1
        self._read = 0
        self._written = 0
        self._in_member = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Inflate one piece, in steps of at most 256 KiB.

        Raises TooLarge at the limit or at a suspicious ratio, Malformed for anything that is
        not gzip.
        """
        self._read += len(data)
        while data:
            if self._member.eof:
                data = self._next_member(data)
                if not data:
                    return
            try:
                piece = self._member.decompress(data, STEP)
            except zlib.error:
                raise Malformed("the body is not valid gzip") from None
            self._in_member = not self._member.eof
            data = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            if piece:
                self._count(len(piece), self._read - len(data))
                yield piece

    def finish(self) -> None:
        """Raise Malformed when the body ended early."""
        if self._in_member or self._read == 0:
            raise Malformed("the gzip body is truncated")

    def _next_member(self, data: bytes) -> bytes:
        data = data.lstrip(b"\0")  # padding, which gzip itself ignores too
        if not data:
            return b""
        if data[:1] != b"\x1f":
            raise Malformed("bytes follow the end of the gzip body")
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise Malformed(f"the gzip body has more than {MAX_MEMBERS} members")
        self._member = zlib.decompressobj(_GZIP_WINDOW)
        return data

    def _count(self, size: int, consumed: int) -> None:
        self._written += size
        if self._written > self._limit:
            raise TooLarge(
                f"the inflated request is larger than {self._limit} bytes "
                "(max_message_size); send smaller batches"
            )
        if self._written > RATIO_FREE and self._written > RATIO * consumed:
            raise TooLarge(f"the body inflates to more than {RATIO} times its size")
