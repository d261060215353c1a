"""Requests of the read API: any input is a value or a sentence."""

import contextlib
import json
import math
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from otel_evaluator.expose.reader import Feedback, ScoresQuery
from otel_evaluator.expose.requests import (
    MAX_LIMIT,
    BadRequest,
    read_feedback,
    read_query,
    read_trace_id,
)

NOW = 1_767_225_600_000_000_000
NAMES = st.sampled_from(["evaluator", "since", "below", "limit", "__class__", "limit "])
FIELDS = st.sampled_from(["trace_id", "conversation_id", "score", "comment", "source", "x"])
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text())


@given(st.dictionaries(NAMES, st.text() | st.floats().map(str) | st.integers().map(str)))
@example({"since": "1e999d"})
@example({"since": "9" * 400 + "d"})
@example({"limit": "٣"})
@example({"limit": "9" * 5000})
@example({"since": "0001-01-01T00:00:00+23:59"})
@example({"since": "9999-12-31T23:59:59-23:59"})
def test_any_query(parameters: dict[str, str]):
    with contextlib.suppress(BadRequest):
        query = read_query(parameters, NOW)
        assert isinstance(query, ScoresQuery)
        assert 1 <= query.limit <= MAX_LIMIT
        assert query.below is None or math.isfinite(query.below)
        assert query.since_ns is None or 0 <= query.since_ns < 2**63


@given(
    st.binary(max_size=200) | st.dictionaries(FIELDS, VALUES).map(lambda d: json.dumps(d).encode())
)
@example(b'{"conversation_id": "\\ud800", "score": 1}')
@example(b'{"conversation_id": "a", "score": 1, "score": 9}')
@example(b'{"conversation_id": "a", "score": -0.0}')
def test_any_feedback(body: bytes):
    with contextlib.suppress(BadRequest):
        feedback = read_feedback(body)
        assert isinstance(feedback, Feedback)
        assert -1 <= feedback.score <= 1
        assert bool(feedback.trace_id) != bool(feedback.conversation_id)
        feedback.conversation_id.encode()
        feedback.comment.encode()


@given(st.text() | st.from_regex(r"[0-9a-fA-F]{30,34}"))
def test_any_trace_id(text: str):
    with contextlib.suppress(BadRequest):
        trace_id = read_trace_id(text)
        assert len(bytes.fromhex(trace_id)) == 16


def test_text_that_looks_like_code_stays_text():
    for text in ("{{7*7}}", "'; DROP TABLE x", "$(x)", "{0.__init__}", "a\nb\x00", "<script>"):
        body: dict[str, Any] = {"conversation_id": text, "score": 0, "comment": text}
        feedback = read_feedback(json.dumps(body).encode())
        assert (feedback.conversation_id, feedback.comment) == (text, text)
