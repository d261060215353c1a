"""Contracts as functions: a plugin's tests call them on the plugin's own components."""

import asyncio
import inspect
import math
import time
from collections.abc import Awaitable, Callable, Collection, Iterator
from typing import Any

import msgspec

from otel_evaluator.api.evaluator import Check, EvaluatorConfig, EvaluatorType, revision
from otel_evaluator.api.judge import Asked
from otel_evaluator.api.writer import Batch, Writer
from otel_evaluator.model.genai import Document, Retrieval, ToolDefinition, ToolExecution, Usage
from otel_evaluator.model.outcome import (
    REASONS,
    Failed,
    Scored,
    Skipped,
    Unscored,
    Verdict,
)
from otel_evaluator.model.subject import Subject, SubjectKind
from otel_evaluator.testing.builders import (
    SPAN_ID,
    TRACE_ID,
    a_message,
    a_model_call,
    a_subject,
    a_tool_call,
)
from otel_evaluator.testing.doubles import EPOCH_NS
from otel_evaluator.testing.outcomes import a_sample, an_outcome

HUGE = 300_000
"""Characters of the huge reply: beyond what any model writes."""
MAX_EXPLANATION = 4_000
"""Longest explanation, in characters: it is written with every score."""

ODD = (
    "\x00\u200b\u202e\ufeff\U0001f469\u200d\U0001f4bb e\u0301 \u0130\u00df\ufb03 "
    "١٢٣ १२３ ½ ² Ⅷ \ud800 \U000e0041 {{7*7}} __class__ %s ${x} `rm` <b> ```json\n[1,2\n"
)
"""Unicode that breaks naive code; a lone surrogate comes out of escaped JSON."""


def subjects(kind: SubjectKind) -> Iterator[tuple[str, Subject]]:
    """Named subjects of one kind that every evaluator must survive."""
    key = f"{TRACE_ID}/{SPAN_ID}" if kind == "span" else TRACE_ID
    common: dict[str, Any] = {"kind": kind, "key": key}
    if kind == "span":
        common["operation"] = "chat"
    yield "usual", a_subject(**common)
    yield "empty reply", a_subject(reply="", **common)
    yield "blank reply", a_subject(reply=" \n\t", **common)
    yield "huge reply", a_subject(reply="All work and no play. 17:30 " * (HUGE // 28), **common)
    yield "huge word", a_subject(reply="a1" * (HUGE // 2), question="x" * HUGE, **common)
    yield "odd Unicode", a_subject(reply=ODD, question=ODD, **common)
    yield "no content", a_subject(messages=(), calls=(a_model_call("", ""),), **common)
    yield "nothing but ids", Subject(kind=kind, key=key, trace_id=TRACE_ID, span_id="")
    yield "failed call", a_subject("", error="timeout", finish_reasons=(), **common)
    yield "times missing", a_subject(start_ns=0, end_ns=0, **common)
    yield "end before start", a_subject(start_ns=EPOCH_NS, end_ns=EPOCH_NS - 1, **common)
    yield "no usage", a_subject(calls=(a_model_call(usage=Usage()),), **common)
    yield "tool calls", _with_tools(common)


def _with_tools(common: dict[str, Any]) -> Subject:
    deep: Any = "x"
    for _ in range(200):
        deep = [deep]
    calls = (
        a_tool_call(),
        a_tool_call("unknown_tool", "{not json", id="call_2", malformed=True),
        a_tool_call("find_order", {"order": deep, "__class__": ODD}, id="call_3"),
    )
    messages = (
        a_message("system", "Prices are in EUR."),
        a_message(),
        a_message("assistant", "", tool_calls=calls),
        a_message("tool", '{"price": 12.5, "day": "2026-11-23"}', tool_call_id="call_1"),
        a_message("assistant", "It costs 12.50 EUR on 23 November."),
    )
    schema = {"type": "object", "properties": {"order": {"type": "string", "pattern": "(a+)+$"}}}
    return a_subject(
        messages=messages,
        calls=(a_model_call(output=messages[2:3]), a_model_call(output=messages[4:])),
        tool_definitions=(
            ToolDefinition("find_order", "Find it.", schema),
            ToolDefinition("broken", "", {"type": 7}),
        ),
        tools=(ToolExecution(SPAN_ID, "find_order", "call_1", {"order": "1"}, "ok"),),
        retrievals=(Retrieval(SPAN_ID, "q", (Document("1", "Shipping is free."), Document("2"))),),
        **common,
    )


async def check_evaluator(kind: EvaluatorType[Any], config: EvaluatorConfig) -> None:
    """Assert that an evaluator keeps the contract, on every subject kind it claims to judge.

    It must give a sound verdict on missing, empty, huge and odd content, within its timeout;
    the same one again where it says it is deterministic, also from a second instance and when
    called twice at once. Its revision must not depend on its name.
    """
    check, again = kind.build(config), kind.build(config)
    renamed = config.model_copy(update={"name": "renamed"})
    assert revision(kind, config) == revision(kind, renamed), "the name changes the revision"
    for subject_kind in kind.kinds:
        for what, subject in subjects(subject_kind):
            where = f"{kind.name} on {what} ({subject_kind})"
            started = time.monotonic()
            verdict = await _call(check, subject)
            took = time.monotonic() - started
            assert took < config.timeout, f"{where}: took {took:.1f} s, more than its timeout"
            check_verdict(verdict, where)
            at_once = await asyncio.gather(
                asyncio.to_thread(_first_part, check, subject),
                asyncio.to_thread(_first_part, check, subject),
            )
            others = [await _rest(part) for part in at_once] + [await _call(again, subject)]
            for other in others:
                check_verdict(other, where)
                if kind.deterministic:
                    assert other == verdict, f"{where}: {verdict} and then {other}"


async def _call(check: Check, subject: Subject) -> Verdict | Asked:
    return await _rest(check(subject))


def _first_part(check: Check, subject: Subject) -> Verdict | Asked | Awaitable[Verdict]:
    return check(subject)


async def _rest(result: Verdict | Asked | Awaitable[Verdict]) -> Verdict | Asked:
    if inspect.isawaitable(result):
        return await result
    return result


def check_verdict(verdict: Any, where: str = "verdict") -> None:
    """Assert that a verdict can be written: type, finite values, a known reason, plain text.

    A question for a judge is as good as a verdict.
    """
    if isinstance(verdict, Asked):
        return
    assert isinstance(verdict, Scored | Unscored | Skipped | Failed), f"{where}: {verdict!r}"
    assert isinstance(verdict.explanation, str), f"{where}: the explanation is no text"
    assert len(verdict.explanation) <= MAX_EXPLANATION, f"{where}: the explanation is too long"
    msgspec.msgpack.encode(verdict)  # raises on text that is not valid Unicode
    if not isinstance(verdict, Scored):
        assert verdict.reason in REASONS, f"{where}: unknown reason {verdict.reason!r}"
        return
    assert verdict.value is not None or verdict.label, f"{where}: neither a value nor a label"
    if verdict.value is not None:
        assert isinstance(verdict.value, float), f"{where}: the value is no float"
        assert math.isfinite(verdict.value), f"{where}: {verdict.value} is not finite"
    assert verdict.passed in (None, True, False), f"{where}: passed is {verdict.passed!r}"


async def check_writer(
    writer: Writer, visible: Callable[[], Awaitable[Collection[str]]] | None = None
) -> None:
    """Assert that a writer keeps the contract: every verdict, batches twice, empty ones, closing.

    ``visible`` reads back the score ids that a user sees; with it, scored and failed outcomes
    must each be there once, however often their batch was written.
    """
    verdicts: tuple[Verdict, ...] = (
        Scored(1.0, "pass", True, "text with ' \" \\ \t\n and \U0001f600"),
        Scored(None, "category"),
        Failed("timeout", "TimeoutError", "too slow"),
        Unscored("no_content"),
        Skipped("not_applicable"),
    )
    outcomes = tuple(an_outcome(verdict, number) for number, verdict in enumerate(verdicts))
    batch = Batch("batch-1", outcomes, (a_sample(),))
    await writer.start()
    try:
        await writer.write(batch)
        await writer.write(batch)
        await writer.write(Batch("batch-2", ()))
        # The same outcome in another batch: a crash between writing and noting that it was.
        await writer.write(Batch("batch-3", outcomes[:1]))
        if visible is not None:
            seen = sorted(await visible())
            wanted = sorted(o.score_id for o in outcomes if o.name in ("scored", "failed"))
            mine = [score for score in seen if score in {o.score_id for o in outcomes}]
            counted = [score for score in mine if score in wanted]
            assert counted == wanted, f"{writer.name}: score ids {counted}, expected {wanted}"
    finally:
        await writer.aclose()
    await writer.aclose()
