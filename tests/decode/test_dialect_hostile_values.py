"""Whatever an attribute holds, reading a span neither raises nor takes long."""

from typing import Any

import msgspec
import pytest
from dialect_support import DATA, read, traces

from otel_evaluator.decode.wire import decode_span
from otel_evaluator.model.span import Span

DEEP: Any = []
for _ in range(40):
    DEEP = [DEEP]

HOSTILE: tuple[Any, ...] = (
    None,
    True,
    -1,
    2**63 - 1,
    1.5,
    float("nan"),
    b"\xff\xfe",
    "",
    "x",
    "{",
    "null",
    '"null"',
    '[{"role": 5, "content": {"a": []}}]',
    '[{"role": "user", "parts": "none", "content": [{"type": 7}]}]',
    '{"choices": [null, {"message": 3}], "usage": [], "content": {"parts": [1]}}',
    '{"messages": {"role": []}, "config": 3, "contents": "x", "tools": {"a": 1}}',
    '[[[["a"]]]]',
    "[" * 5_000,
    [],
    [None, 1, "a", {}],
    {},
    {"role": {}, "content": 1, "function": {"name": []}},
    DEEP,
    "\ud800",
)

FOLDERS = sorted(path.name for path in DATA.iterdir() if path.is_dir())


def captured(folder: str) -> list[Span]:
    return [
        decode_span(item)
        for path in sorted((DATA / folder).glob("*.binpb"))
        if not path.name.endswith(".logs.binpb")
        for raw in traces(folder, path.stem)
        for item in raw.spans
    ]


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_attribute_may_hold_anything(folder: str) -> None:
    seen: set[tuple[str, str]] = set()
    for span in captured(folder):
        for name in span.attributes:
            if (span.name, name) in seen:
                continue
            seen.add((span.name, name))
            for value in HOSTILE:
                changed = msgspec.structs.replace(span, attributes={**span.attributes, name: value})

                read(changed)

    assert seen


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_event_attribute_may_hold_anything(folder: str) -> None:
    for span in captured(folder):
        for position, event in enumerate(span.events):
            for name in event.attributes:
                for value in HOSTILE:
                    other = msgspec.structs.replace(
                        event, attributes={**event.attributes, name: value}
                    )
                    events = (*span.events[:position], other, *span.events[position + 1 :])

                    read(msgspec.structs.replace(span, events=events))


@pytest.mark.parametrize("folder", FOLDERS)
def test_everything_may_be_missing_but_one_attribute(folder: str) -> None:
    for span in captured(folder):
        for name, value in span.attributes.items():
            read(msgspec.structs.replace(span, attributes={name: value}))
