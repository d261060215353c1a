"""Prices, dates, times and actions that an answer promises and nothing before it supports."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field

from otel_evaluator.api import Check, EvaluatorConfig, Scored, Subject, Verdict, evaluator
from otel_evaluator.evaluators._answers import Answer, answers, no_answer, passed
from otel_evaluator.evaluators._probability import uncertain
from otel_evaluator.evaluators._steps import as_text, steps
from otel_evaluator.evaluators.actions.verbs import Claim, attempted, claims, takes_a_tool
from otel_evaluator.evaluators.figures.calendar import denied_weekdays, may_follow
from otel_evaluator.evaluators.figures.evidence import Evidence
from otel_evaluator.evaluators.figures.quantities import Quantity, quantities
from otel_evaluator.evaluators.figures.references import durations, references
from otel_evaluator.evaluators.figures.unsupported import not_supported
from otel_evaluator.evaluators.figures.worked import CALCULATES, worked
from otel_evaluator.evaluators.wording.favours import favours, speaks_of
from otel_evaluator.model.genai import Message, ToolCall
from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.linear import compile_linear

Promise = Literal["money", "percentage", "date", "time", "duration", "reference", "action"]

MAX_ANSWER = 20_000
"""Characters of an answer that are read."""
MAX_SHOWN = 3
"""Unsupported promises that an explanation lists."""
_NO_ACCESS = compile_linear(
    r"(?i)\byou (?:can't|cannot|can not|have no|don't have|do not have|are not able|are unable)\b"
    r"|\bno access to\b|\b(?:du|sie) (?:kannst|können|hast|haben) (?:\w+ ){0,3}(?:kein\w*|nicht)\b"
    r"|\bno (?:puedes?|tienes?) (?:\w+ ){0,2}(?:acceso|reservar|ver|hacer|tramitar)\b"
    r"|\btu (?:ne peux|n'as) pas\b|\bvous (?:ne pouvez|n'avez) pas\b|\bnon (?:puoi|hai accesso)\b"
    r"|\bnão (?:podes?|tens|tem) (?:acesso|como)\b|\bje (?:kunt|hebt) (?:\w+ ){0,3}(?:niet|geen)\b"
)
"""Instructions that deny an application what its answers may claim."""


class CommitmentsConfig(EvaluatorConfig):
    """Settings of ``commitments``."""

    kinds: Annotated[tuple[Promise, ...], Field(min_length=1)] = (
        *("money", "date", "time", "reference", "action"),
    )
    """What is taken for a promise; weekdays are dates. An action: "I have booked", "our courier
    will call you", where tools are known and none that could do it was called. A reference: the
    code of an order or booking."""

    arithmetic: bool = True
    """Whether what follows from known amounts and days by simple arithmetic is supported."""


@evaluator("commitments", version=3)
def commitments(config: CommitmentsConfig) -> Check:
    """Share of promised amounts, dates, times and actions that something before it supports."""
    kinds = frozenset(config.kinds) | ({"weekday"} if "date" in config.kinds else set())

    def check(subject: Subject) -> Verdict:
        found = answers(subject)
        if not found:
            return no_answer(subject) or passed(label="none")
        evidence: Evidence | None = None
        calls: dict[str, ToolCall] = {}
        read = total = 0
        unsupported: list[str] = []
        doubtful: list[str] = []
        if "action" in kinds:
            total, unsupported = _actions(subject, found)
            promises = _favours(subject, found)
            total += len(promises)
            unsupported += promises
        for number, answer in enumerate(found, 1):
            said = quantities(answer.text[:MAX_ANSWER])
            promised = [quantity for quantity in said if quantity.kind in kinds]
            codes = references(answer.text[:MAX_ANSWER]) if "reference" in kinds else []
            lasting = list(durations(answer.text[:MAX_ANSWER])) if "duration" in kinds else []
            if not (promised or codes or lasting):
                continue
            if evidence is None:
                evidence = _shared(subject)
                calls = {c.id: c for m in subject.messages for c in m.tool_calls if c.id}
            for message in subject.messages[read : answer.position]:
                _add(evidence, message, calls)
            read = max(read, answer.position + 1)
            total += len(promised) + len(codes) + len(lasting)
            left, may_be = _left(promised, answer, said, evidence, config.arithmetic)
            doubtful += [f"{q.kind} {q} in answer {number}" for q in may_be]
            missing = [f"{q.kind} {q}" for q in left]
            missing += [f"reference {code}" for code in codes if not evidence.mentions(code)]
            lost = _missing(lasting, answer.text, said, evidence, config.arithmetic)
            missing += [f"duration {q}" for q in lost]
            evidence.add_quantities(answer.text, said)
            unsupported += [f"{what} in answer {number}" for what in missing]
        if not total:
            return passed(label="none")
        if not unsupported:
            if doubtful:
                what = f"{', '.join(doubtful[:MAX_SHOWN])} may be computed from other numbers"
                return uncertain(0.8, what)
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


def _actions(subject: Subject, found: list[Answer]) -> tuple[int, list[str]]:
    """How many actions are claimed, and those for which no tool was called before the answer.

    Without any sign of tools nothing can be told.
    """
    taken = steps(subject, with_history=True)
    has_tools = bool(taken or subject.tool_definitions)
    # The application may act by itself, unless the instructions say that it cannot.
    if not has_tools and _NO_ACCESS.search(encodable(subject.system)) is None:
        return 0, []
    claimed: list[tuple[int, Answer, Claim]] = []
    for number, answer in enumerate(found, 1):
        claimed += ((number, answer, claim) for claim in claims(answer.text[:MAX_ANSWER]))
    if not claimed:
        return 0, []
    offered = [d.name for d in subject.tool_definitions]
    claimed = [each for each in claimed if takes_a_tool(each[2], offered)]
    unsupported = [
        f"action {claim.action!r} in answer {number}"
        for number, answer, claim in claimed
        if not attempted(claim, (step for step in taken if step.position < answer.position))
    ]
    return len(claimed), unsupported


def _favours(subject: Subject, found: list[Answer]) -> list[str]:
    """Refunds and waivers that are promised, of which nothing but the user speaks."""
    promised = [
        (favour, number)
        for number, answer in enumerate(found, 1)
        for favour in favours(answer.text[:MAX_ANSWER])
    ]
    sources = _told(subject) if promised else []
    return [
        f"{favour} in answer {number}"
        for favour, number in promised
        if sources and not speaks_of(favour, sources)
    ]


def _told(subject: Subject) -> list[str]:
    """What instructions, documents, tools and their results say."""
    told = [subject.system, *(m.content for m in subject.messages if m.role in ("system", "tool"))]
    told += [document.content for r in subject.retrievals for document in r.documents]
    told += [f"{each.name} {each.result}" for each in subject.tools]
    told += [f"{tool.name} {tool.description}" for tool in subject.tool_definitions]
    return [text for text in told if text]


def _left(
    promised: list[Quantity],
    answer: Answer,
    said: tuple[Quantity, ...],
    evidence: Evidence,
    arithmetic: bool,
) -> tuple[list[Quantity], list[Quantity]]:
    """What an answer promises that nothing supports, and what may follow from what was said."""
    text = answer.text[:MAX_ANSWER]
    open_ = _missing(promised, answer.text, said, evidence, arithmetic)
    denied = denied_weekdays(text) if open_ else set()
    open_ = [q for q in open_ if not (q.kind == "weekday" and q.values[0] in denied)]
    if not open_ or not arithmetic:
        return open_, []
    found = worked(answer.text, open_, evidence.figures, evidence.shares, answer.question)
    may_be = set(found.perhaps)
    derived = evidence.derived.intersection(q.values[0] for q in said if q.values)
    if found.steps + len(derived) >= CALCULATES:
        # Whether one more of its figures is right is for who does the sum again.
        may_be.update(q for q in open_ if q.kind == "money")
    around, calendar = f"{text}\n{answer.question}", evidence.calendar
    may_be.update(q for q in open_ if may_follow(q, calendar, said, around))
    explained = found.surely | may_be
    return [q for q in open_ if q not in explained], [q for q in open_ if q in may_be]


def _missing(
    promised: Iterable[Quantity],
    text: str,
    said: Iterable[Quantity],
    evidence: Evidence,
    arithmetic: bool,
) -> list[Quantity]:
    if arithmetic:
        return not_supported(evidence, promised, said, text)
    unique = dict.fromkeys(promised)
    return [quantity for quantity in unique if not evidence.supports(quantity)]


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
            evidence.add(as_text(execution.arguments))
        if execution.result not in recorded:
            evidence.add(execution.result)
    for tool in subject.tool_definitions:
        evidence.add(tool.description)
    if subject.start_ns > 0:
        today = datetime.fromtimestamp(subject.start_ns / 1e9, UTC).date()
        evidence.add_day(today)
        # Its weekday is known where the answer says that it is tomorrow.
        evidence.add_day(today + timedelta(days=1), weekday=False)
    if not subject.messages:
        evidence.add(subject.input)
    return evidence


def _add(evidence: Evidence, message: Message, calls: dict[str, ToolCall]) -> None:
    """A message supports what follows; a tool call's arguments do once the tool accepted them."""
    evidence.add(message.content)
    call = calls.get(message.tool_call_id) if message.role == "tool" else None
    if call is not None and not message.error:
        evidence.add(as_text(call.arguments))
