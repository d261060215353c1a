"""Prices, refunds, dates and times that an answer promises and nothing before it contains."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from otel_evaluator.api import Check, EvaluatorConfig, Scored, Subject, Verdict, evaluator
from otel_evaluator.evaluators._answers import answers, no_answer, passed
from otel_evaluator.evaluators._evidence import Evidence
from otel_evaluator.evaluators._quantities import Quantity, quantities
from otel_evaluator.model.genai import Message, ToolCall

Promise = Literal["money", "percentage", "date", "time"]

MAX_ANSWER = 20_000
"""Characters of an answer that are read."""
MAX_SHOWN = 3
"""Unsupported promises that an explanation lists."""


class CommitmentsConfig(EvaluatorConfig):
    """Settings of ``commitments``."""

    kinds: Annotated[tuple[Promise, ...], Field(min_length=1)] = ("money", "date", "time")
    """What is taken for a promise; weekdays are dates."""

    arithmetic: bool = True
    """Whether what follows from known amounts and days by simple arithmetic is supported."""


@evaluator("commitments", version=1)
def commitments(config: CommitmentsConfig) -> Check:
    """Share of promised amounts, dates and times that something before the answer supports."""
    kinds = frozenset(config.kinds) | ({"weekday"} if "date" in config.kinds else set())

    def check(subject: Subject) -> Verdict:
        found = answers(subject)
        if not found:
            return no_answer(subject) or passed(label="none")
        evidence: Evidence | None = None
        calls: dict[str, ToolCall] = {}
        read = total = 0
        unsupported: list[str] = []
        for number, answer in enumerate(found, 1):
            said = quantities(answer.text[:MAX_ANSWER])
            promised = [quantity for quantity in said if quantity.kind in kinds]
            if not promised:
                continue
            if evidence is None:
                evidence = _shared(subject)
                calls = {c.id: c for m in subject.messages for c in m.tool_calls if c.id}
            for message in subject.messages[read : answer.position]:
                _add(evidence, message, calls)
            read = max(read, answer.position + 1)
            total += len(promised)
            missing = _missing(promised, evidence, config.arithmetic)
            evidence.add_quantities(answer.text, said)
            unsupported += [f"{q.kind} {q} in answer {number}" for q in missing]
        if not total:
            return passed(label="none")
        if not unsupported:
            return passed()
        listed = ", ".join(unsupported[:MAX_SHOWN])
        more = len(unsupported) - MAX_SHOWN
        return Scored(
            max(0.0, 1.0 - len(unsupported) / total),
            "fail",
            False,
            f"nothing before it supports {listed}" + (f" and {more} more" if more > 0 else ""),
        )

    return check


def _missing(promised: Iterable[Quantity], evidence: Evidence, arithmetic: bool) -> list[Quantity]:
    unique = dict.fromkeys(promised)
    return [quantity for quantity in unique if not evidence.supports(quantity, arithmetic)]


def _shared(subject: Subject) -> Evidence:
    """What supports every answer: instructions, documents, tools, and the day it happened."""
    evidence = Evidence()
    evidence.add(subject.system)
    for retrieval in subject.retrievals:
        for document in retrieval.documents:
            evidence.add(document.content)
    recorded = {m.content for m in subject.messages if m.role == "tool"}
    for execution in subject.tools:
        if not execution.error:
            evidence.add(_text(execution.arguments))
        if execution.result not in recorded:
            evidence.add(execution.result)
    for tool in subject.tool_definitions:
        evidence.add(tool.description)
    if subject.start_ns > 0:
        today = datetime.fromtimestamp(subject.start_ns / 1e9, UTC).date()
        evidence.add_day(today)
        evidence.add_day(today + timedelta(days=1))
    if not subject.messages:
        evidence.add(subject.input)
    return evidence


def _add(evidence: Evidence, message: Message, calls: dict[str, ToolCall]) -> None:
    """A message supports what follows; a tool call's arguments do once the tool accepted them."""
    evidence.add(message.content)
    call = calls.get(message.tool_call_id) if message.role == "tool" else None
    if call is not None and not message.error:
        evidence.add(_text(call.arguments))


def _text(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False, default=str)
