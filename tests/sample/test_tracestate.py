import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_evaluator.model.raw import RawTrace
from otel_evaluator.sample.tracestate import Upstream, encode_threshold, is_consistent, parse
from otel_evaluator.sample.upstream import upstream_of
from otel_evaluator.testing import a_span, in_descending_order

FULL = 2**56
HIGH = bytes(9) + b"\xff" * 7
"""A trace id whose randomness R is the highest."""
LOW = b"\x01" + bytes(15)


@pytest.mark.parametrize(
    ("state", "probability"),
    [
        # OpenTelemetry specification, "TraceState: Probability Sampling".
        ("ot=th:0", 1.0),
        ("ot=th:8", 0.5),
        ("ot=th:c", 0.25),
        ("ot=th:08", 0.96875),
        ("ot=th:fd70a4", (FULL - 0xFD70A400000000) / FULL),  # 1 %
        ("ot=th:fffff", 2.0**-20),
        ("ot=th:ffffffffffffff", 2.0**-56),
        ("ot=th:00000000000001", (FULL - 1) / FULL),
        ("ot=th:80000000000000", 0.5),
        ("ot=rv:6e6d1a75832a2f;th:8", 0.5),
        ("ot=th:8;rv:6e6d1a75832a2f", 0.5),
        ("ot=p:3;r:5;th:c;x_y:Zz-9", 0.25),
        ("vendor=th:0,ot=th:c,rojo=00f067aa0ba902b7", 0.25),
        ("  ot=th:c  ,a=b", 0.25),
        ("a=b , ot=th:8", 0.5),
    ],
)
def test_probability_of_a_threshold(state, probability):
    assert parse(state).probability == probability


@pytest.mark.parametrize(
    "state",
    [
        "",
        ",",
        "ot",
        "ot=",
        "ot=th",
        "ot=th:",
        "ot=th:;rv:",
        "ot=p:8",
        "ot=th:C",
        "ot=th:FD70A4",
        "ot=th:0x8",
        "ot=th:-8",
        "ot=th: 8",
        "ot=th:8g",
        "ot=th:100000000000000",  # 15 digits
        "ot=TH:8",
        "OT=th:8",
        "notot=th:8",
        "xot=th:8",
        "ot=rv:6e6d1a75832a2f",
        "vendor=ot:th:8",
        "ot=th:٨",  # a digit, but not of ASCII
    ],
)
def test_unknown_where_no_valid_threshold_stands(state):
    assert parse(state).probability is None


def test_a_member_beyond_256_characters_is_not_read():
    fits = "th:8;" + "x:" + "a" * 249
    assert len(fits) == 256
    assert parse(f"ot={fits}").probability == 0.5
    assert parse(f"ot={fits}a").probability is None


def test_only_the_first_member_of_ours_counts():
    assert parse("ot=th:c,ot=th:8").probability == 0.25


@pytest.mark.parametrize(
    ("state", "randomness"),
    [
        ("ot=rv:6e6d1a75832a2f", 0x6E6D1A75832A2F),
        ("ot=rv:00000000000000", 0),
        ("ot=rv:6e6d1a75832a2", None),
        ("ot=rv:6e6d1a75832a2ff", None),
        ("ot=rv:6E6D1A75832A2F", None),
    ],
)
def test_explicit_randomness_has_fourteen_digits(state, randomness):
    assert parse(state).randomness == randomness


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (1.0, "0"),
        (0.5, "8"),
        (0.25, "c"),
        (0.96875, "08"),
        (0.99, "028f5c28f5c29"),
        (2.0**-56, "ffffffffffffff"),
    ],
)
def test_encoding_keeps_leading_zeros(probability, text):
    assert encode_threshold(probability) == text


@given(st.floats(15 / 16, 1))
def test_probabilities_above_fifteen_sixteenths_survive_a_round_trip(probability):
    back = parse(f"ot=th:{encode_threshold(probability)}").probability
    assert back == pytest.approx(probability, abs=2.0**-56)


@given(st.integers(0, FULL - 1))
@settings(max_examples=500)
def test_every_threshold_that_a_float_can_name_survives_a_round_trip(threshold):
    probability = Upstream(threshold, None).probability
    back = parse(f"ot=th:{encode_threshold(probability)}")
    assert back.probability == probability


@given(st.floats(2.0**-56, 1))
def test_an_encoded_threshold_is_valid_and_as_short_as_can_be(probability):
    text = encode_threshold(probability)
    assert 1 <= len(text) <= 14
    assert text == "0" or not text.endswith("0")
    assert parse(f"ot=th:{text}").probability == pytest.approx(probability, abs=2.0**-56)


@given(st.text())
def test_no_text_is_too_odd(state):
    upstream = parse(state)
    assert upstream.probability is None or 0 < upstream.probability <= 1


def test_a_threshold_agrees_with_randomness_at_or_above_it():
    half = FULL // 2
    at = half.to_bytes(16, "big")
    assert is_consistent(Upstream(half, None), at)
    assert not is_consistent(Upstream(half, None), (half - 1).to_bytes(16, "big"))
    assert is_consistent(Upstream(half, half), LOW)
    assert not is_consistent(Upstream(half, half - 1), HIGH)
    assert is_consistent(Upstream(None, 0), LOW)


def raw(*states, trace_id=HIGH, descending=False):
    spans = [a_span(trace_id=trace_id.hex(), trace_state=state) for state in states]
    bodies = [in_descending_order(s) if descending else s.SerializeToString() for s in spans]
    return RawTrace(trace_id, [(b"", b"", body) for body in bodies], [], [])


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(
    ("states", "probability"),
    [
        ([], None),
        ([""], None),
        (["a=b"], None),
        (["ot=th:8"], 0.5),
        (["", "ot=th:c", ""], 0.25),
        (["ot=th:8", "ot=th:c", "ot=th:0"], 0.25),
        (["ot=th:0", "ot=th:none"], 1.0),
    ],
)
def test_upstream_is_the_smallest_probability_a_span_names(states, probability, descending):
    assert upstream_of(raw(*states, descending=descending)) == probability


def test_thresholds_that_contradict_the_trace_id_are_passed_over():
    assert upstream_of(raw("ot=th:8", trace_id=LOW)) is None
    assert upstream_of(raw("ot=th:8", "ot=th:0", trace_id=LOW)) == 1.0
    assert upstream_of(raw("ot=th:8;rv:ffffffffffffff", trace_id=LOW)) == 0.5
    assert upstream_of(raw("ot=th:8;rv:00000000000000", trace_id=HIGH)) is None


def test_text_that_looks_like_a_trace_state_is_none():
    span = a_span("ot=th:8", {"gen_ai.prompt": "ot=th:8", "x": "vendor=1,ot=th:c"})
    trace = RawTrace(HIGH, [(b"", b"", span.SerializeToString())], [], [])
    assert upstream_of(trace) is None


def test_spans_that_do_not_parse_are_passed_over():
    trace = raw("ot=th:8")
    trace.spans.append((b"", b"", b"\x1a\xffot=th:c"))
    trace.spans.append(
        (b"", b"", a_span(trace_id=HIGH.hex()).SerializeToString() + b"\x1a\x09\xff\xfeot=th:8")
    )
    assert upstream_of(trace) == 0.5
