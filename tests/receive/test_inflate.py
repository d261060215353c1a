import gzip
import random
import zlib
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_evaluator.errors import Malformed, Refused, TooLarge
from otel_evaluator.receive.inflate import MAX_MEMBERS, RATIO_FREE, STEP, Inflater

MIB = 2**20


def inflate(pieces: Iterable[bytes], limit: int = 64 * MIB) -> bytes:
    inflater = Inflater(limit)
    out = b"".join(step for piece in pieces for step in inflater.feed(piece))
    inflater.finish()
    return out


def inflate_until(problem: str, body: bytes, limit: int = MIB) -> list[int]:
    """Sizes of the steps that came before TooLarge."""
    steps: list[int] = []
    with pytest.raises(TooLarge, match=problem):
        steps.extend(len(step) for step in Inflater(limit).feed(body))
    return steps


def split(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


@given(st.binary(max_size=2000), st.integers(1, 300))
def test_round_trip_in_pieces(data: bytes, size: int) -> None:
    assert inflate(split(gzip.compress(data), size)) == data


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_concatenated_members_are_one_body(size: int) -> None:
    assert inflate(split(gzip.compress(b"one ") + gzip.compress(b"two"), size)) == b"one two"


def test_zero_padding_is_ignored() -> None:
    assert inflate([gzip.compress(b"data") + b"\0" * 512, b"\0\0"]) == b"data"


@pytest.mark.parametrize("junk", [b"junk", b"\0\0junk", b"\x1f\x8bjunk", b"\x1f"])
def test_trailing_junk_is_refused(junk: bytes) -> None:
    with pytest.raises(Malformed):
        inflate([gzip.compress(b"data") + junk])


@pytest.mark.parametrize("kept", [0, 1, 9, 10, 15, -9, -1])
def test_truncated_bodies_are_refused(kept: int) -> None:
    with pytest.raises(Malformed):
        inflate([gzip.compress(b"data" * 100)[:kept]])


@pytest.mark.parametrize("body", [b"plain", zlib.compress(b"zlib"), b"\x1f\x8b\x07" + b"\0" * 20])
def test_what_is_not_gzip_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed, match="gzip"):
        inflate([body])


def test_a_wrong_checksum_is_refused() -> None:
    body = bytearray(gzip.compress(b"data"))
    body[-6] ^= 1
    with pytest.raises(Malformed):
        inflate([bytes(body)])


def test_the_limit_holds_while_inflating() -> None:
    steps = inflate_until("max_message_size", gzip.compress(random.Random(3).randbytes(2 * MIB), 1))
    assert max(steps) <= STEP
    assert sum(steps) <= MIB


def test_bombs_are_stopped_by_their_ratio_long_before_the_limit() -> None:
    body = gzip.compress(bytes(60 * MIB))
    steps = inflate_until("times its size", body, 64 * MIB)
    assert sum(steps) <= RATIO_FREE


def test_small_repetitive_bodies_are_no_bombs() -> None:
    data = bytes(RATIO_FREE)
    assert inflate([gzip.compress(data)]) == data


def test_many_empty_members_are_refused() -> None:
    member = gzip.compress(b"")
    assert inflate([member * MAX_MEMBERS]) == b""
    with pytest.raises(Malformed, match="members"):
        inflate([member * (MAX_MEMBERS + 1)])


@given(st.binary(max_size=400), st.integers(1, 50))
def test_any_bytes_are_inflated_or_refused(body: bytes, size: int) -> None:
    try:
        inflate(split(b"\x1f\x8b\x08\0" + body, size), 1000)
    except Refused:
        return
