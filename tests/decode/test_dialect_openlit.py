import pytest
from dialect_support import cases, dialect_names, read, said, span

from otel_evaluator.decode.dialects.openlit import transcript
from otel_evaluator.model.genai import ToolCall
from otel_evaluator.model.span import Event

SCOPE = "openlit.instrumentation.openai"


@cases("openlit")
def test_captured_traces_say_what_was_said(case: str) -> None:
    found, wanted = said("openlit", case)

    assert found == wanted


@pytest.mark.parametrize("scope", ["openlit", "openlit.otel.tracing", SCOPE])
def test_scopes(scope: str) -> None:
    assert dialect_names(span({}, scope=scope)) == ["openlit"]


def test_other_scopes_that_begin_alike() -> None:
    assert dialect_names(span({}, scope="openlitter")) == []


def test_tool_name_on_a_chat_span_makes_no_tool() -> None:
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.tool.name": "get_price",
        "gen_ai.tool.call.id": "c1",
        "gen_ai.tool.args": '{"bike": "cargo"}',
    }

    found = read(span(attributes, scope=SCOPE))

    assert found.kind == "llm"
    assert found.output[0].tool_calls == (ToolCall("get_price", {"bike": "cargo"}, "c1"),)


@pytest.mark.parametrize(("action", "blocked"), [("deny", True), ("allow", False), ("warn", False)])
def test_guard_that_denies(action: str, blocked: bool) -> None:
    events = (Event("guard.evaluation", 0, {"guard.action": action, "guard.score": 0.9}),)

    found = read(span({"gen_ai.operation.name": "guard"}, scope="openlit", events=events))

    assert found.blocked is blocked


def test_time_to_first_token_is_in_seconds() -> None:
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.server.time_to_first_token": 0.5}

    assert read(span(attributes, scope=SCOPE)).time_to_first_chunk_s == 0.5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("user: Hello", [("user", "Hello")]),
        ("user: one\ntwo\n\nthree", [("user", "one\ntwo\n\nthree")]),
        ("user: a\nassistant: None\ntool: {}", [("user", "a"), ("tool", "{}")]),
        ("developer: Be brief.", [("system", "Be brief.")]),
        ("Hello: world", [("user", "Hello: world")]),
        ("", []),
    ],
)
def test_transcript_of_role_and_text_lines(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(m.role, m.content) for m in transcript(text)] == expected


def test_answer_that_was_not_recorded_is_counted() -> None:
    event = Event(
        "gen_ai.content.completion", 0, {"gen_ai.completion": "Function called with tools"}
    )

    found = read(
        span({"gen_ai.operation.name": "chat"}, scope="openlit.otel.tracing", events=(event,))
    )

    assert found.output == ()
    assert found.notes == ["unmapped:gen_ai.completion"]


@pytest.mark.parametrize(("score", "expected"), [(0.0, -1.0), (1.0, 1.0), (0.5, 0.0)])
def test_score_that_a_user_gave(score: float, expected: float) -> None:
    fields = {
        "gen_ai.evaluation.name": "user_feedback",
        "gen_ai.evaluation.score.value": score,
        "gen_ai.evaluation.explanation": "Wrong price.",
    }
    events = (Event("gen_ai.evaluation.result", 0, fields),)

    found = read(span({"gen_ai.operation.name": "chat"}, scope=SCOPE, events=events))

    assert (found.feedback, found.feedback_comment) == (expected, "Wrong price.")
