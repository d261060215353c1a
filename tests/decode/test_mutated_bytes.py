"""Captured bytes with random damage: normalisation ends and never raises."""

import random

import pytest

from otel_evaluator.decode.conversation import conversation
from otel_evaluator.decode.normalise import normalise
from otel_evaluator.model.raw import RawItem, RawTrace
from tests.decode.corpus_support import SMALL, labels, load


def damaged(encoded: bytes, chance: random.Random) -> bytes:
    """A few bytes changed, removed or inserted."""
    found = bytearray(encoded or b"\0")
    for _ in range(chance.choice((1, 2, 5, 20))):
        place = chance.randrange(len(found))
        how = chance.random()
        if how < 0.6:
            found[place] = chance.randrange(256)
        elif how < 0.8 and len(found) > 10:
            del found[place : place + chance.randrange(1, 8)]
        else:
            found[place:place] = chance.randbytes(chance.randrange(1, 8))
    return bytes(found)


def damage(items: list[RawItem], chance: random.Random) -> list[RawItem]:
    return [
        (
            resource if chance.random() < 0.9 else damaged(resource, chance),
            scope if chance.random() < 0.9 else damaged(scope, chance),
            item if chance.random() < 0.5 else damaged(item, chance),
        )
        for resource, scope, item in items
    ]


@pytest.mark.parametrize("seed", range(8))
def test_damaged_traces_are_survived(seed: int) -> None:
    chance = random.Random(seed)
    whole = [trace for label in labels(SMALL) for trace in load(SMALL, label)]
    for trace in chance.sample(whole, 25):
        broken = RawTrace(
            trace.trace_id,
            damage(trace.spans, chance),
            damage(trace.context, chance),
            damage(trace.logs, chance),
        )
        found = normalise(broken)
        items = len(trace.spans) + len(trace.context) + len(trace.logs)
        assert found.undecodable <= items
        if found.trace is not None:
            assert conversation([found.trace]).trace_id == found.trace.trace_id
