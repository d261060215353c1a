from typing import Any

import msgspec
from dialect_support import span

from otel_evaluator.decode.executions import once
from otel_evaluator.decode.spans import Source
from otel_evaluator.decode.tree import Tree

TOOL = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "weather"}


def spans(*rows: tuple[str, str, dict[str, Any]]) -> list[Source]:
    """Sources of (span id, parent span id, attributes) rows, one millisecond each apart."""
    return [
        Source(
            msgspec.structs.replace(
                span(attributes),
                span_id=span_id,
                parent_span_id=parent,
                start_ns=1_000_000 * number,
                end_ns=100_000_000,
            )
        )
        for number, (span_id, parent, attributes) in enumerate(rows, 1)
    ]


def executed(sources: list[Source]) -> list[tuple[str, Any, str | None]]:
    tree = Tree(sources)
    readings = once(tree, [s for s in tree.sources if s.reading.kind == "tool"])
    return [(r.span.span_id, r.arguments, r.result) for r in readings]


def with_content(arguments: str = "", result: str = "") -> dict[str, Any]:
    content = {"gen_ai.tool.call.arguments": arguments, "gen_ai.tool.call.result": result}
    return TOOL | {name: value for name, value in content.items() if value}


def test_nested_record_of_the_same_execution_fills_the_outer_one() -> None:
    sources = spans(("a", "", TOOL), ("b", "a", with_content('{"city": "Paris"}', "rain")))

    assert executed(sources) == [("a", {"city": "Paris"}, "rain")]


def test_three_records_make_one_execution() -> None:
    sources = spans(
        ("a", "", with_content('{"city": "Paris"}')),
        ("b", "a", TOOL),
        ("c", "b", with_content(result="rain")),
    )

    assert executed(sources) == [("a", {"city": "Paris"}, "rain")]


def test_nested_execution_with_other_arguments_is_another_one() -> None:
    sources = spans(
        ("a", "", with_content('{"city": "Paris"}')), ("b", "a", with_content('{"city": "Rome"}'))
    )

    assert [span_id for span_id, _, _ in executed(sources)] == ["a", "b"]


def test_nested_execution_of_another_tool_is_another_one() -> None:
    sources = spans(("a", "", TOOL), ("b", "a", TOOL | {"gen_ai.tool.name": "time"}))

    assert [span_id for span_id, _, _ in executed(sources)] == ["a", "b"]


def test_execution_asked_for_by_a_model_inside_a_tool_is_another_one() -> None:
    chat = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}
    sources = spans(("a", "", TOOL), ("b", "a", chat), ("c", "b", TOOL))

    assert [span_id for span_id, _, _ in executed(sources)] == ["a", "c"]


def test_siblings_are_two_executions() -> None:
    root = {"gen_ai.operation.name": "invoke_agent"}
    sources = spans(("r", "", root), ("a", "r", TOOL), ("b", "r", TOOL))

    assert [span_id for span_id, _, _ in executed(sources)] == ["a", "b"]


def test_mcp_server_answers_one_client_each() -> None:
    request = {"mcp.method.name": "tools/call", "gen_ai.tool.name": "weather"}
    sources = spans(*((name, "", request) for name in "abcd"))
    kinds = {"a": 3, "b": 3, "c": 2, "d": 2}
    for source in sources:
        reading = source.reading
        reading.span = msgspec.structs.replace(reading.span, kind=kinds[reading.span.span_id])

    assert [span_id for span_id, _, _ in executed(sources)] == ["a", "b"]


def test_mcp_server_without_its_client_is_an_execution() -> None:
    request = {"mcp.method.name": "tools/call", "gen_ai.tool.name": "weather"}
    (source,) = spans(("a", "missing", request))
    source.reading.span = msgspec.structs.replace(source.reading.span, kind=2)

    assert [span_id for span_id, _, _ in executed([source])] == ["a"]


def test_spans_that_are_their_own_ancestors_lose_nothing() -> None:
    first, second = with_content('{"city": "Paris"}'), with_content('{"city": "Rome"}')
    sources = spans(("a", "b", first), ("b", "a", second))

    assert [span_id for span_id, _, _ in executed(sources)] == ["a", "b"]
