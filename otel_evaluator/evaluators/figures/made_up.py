"""Numbers and amounts of an answer that its sources do not have."""

import re
from typing import Any

import re2

from otel_evaluator.evaluators.figures.equations import right_equations
from otel_evaluator.evaluators.figures.evidence import Evidence
from otel_evaluator.evaluators.figures.quantities import Quantity, quantities
from otel_evaluator.evaluators.figures.sums import sums
from otel_evaluator.evaluators.figures.units import converted, is_rescaled, is_time
from otel_evaluator.evaluators.figures.unsupported import not_supported
from otel_evaluator.evaluators.figures.vocabulary import CURRENCIES
from otel_evaluator.evaluators.figures.worked import CALCULATES, CITED, worked
from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.linear import compile_linear

FEW = 3
"""Numbers up to it count things in passing: two sentences, one more question."""
NUMBERS = frozenset({"number", "percentage"})
AMOUNTS = frozenset({"number", "money", "percentage"})
"""Looked for where passages were retrieved; amounts in answers from tools are promises, and
``commitments`` is about those."""
_DIGIT = re.compile(r"\d")
_QUESTION = compile_linear(r"[^.!?\n]*[?？]")
_LIST_MARK = compile_linear(
    r"(?m:^\s*\d{1,3}[.)]\s)|\b24/7\b|\b100 ?%|(?i:\b(?:four|five|six|\d) of (?:you|us|them)\b)|"
    + CITED
)
_NAMED = compile_linear(r"\b([A-Z]{2,})[ -]?\d[\d.]*")
"""Numbers that tell nothing: of list items and sections, in idioms, in names such as RFC 9110."""
_ITEMS = ("{", "\n", "- ", '"id"')
"""What begins an item of a list: as many of them may be counted."""


def made_up(
    text: str, sources: list[str], asked: str, kinds: frozenset[str], results: list[str]
) -> tuple[list[str], list[str]]:
    """Numbers and amounts of an answer that no source has, and those that may be worked out."""
    every = quantities(_telling(text))
    said = list(dict.fromkeys(q for q in every if q.kind in kinds and not _is_few(q)))
    if results:
        # What the answer asks or offers is no claim about the results.
        questions = _QUESTION.findall(encodable(text)) if "?" in text or "？" in text else ()
        offered = {q for part in questions for q in quantities(part)}
        said = [q for q in said if q not in offered]
    if not said:
        return [], []
    evidence = Evidence()
    for source in sources:
        evidence.add(source)
    evidence.read()
    for quantity in every:
        if quantity.kind == "date":
            evidence.add_quantities("", [quantity])
    left = [
        q for q in said if not _has(evidence, q, sources) and not _follows(q, evidence, results)
    ]
    amounts = {q for q in left if q.kind == "money" and not evidence.supports(q)}
    if amounts:
        amounts.difference_update(not_supported(evidence, amounts, every, text))
        left = [q for q in left if q not in amounts]
    if not left:
        return [], []
    found_out = worked(text, left, evidence.figures, evidence.shares, asked, bool(results))
    # Who answers from passages quotes: what only follows from their numbers may be misquoted.
    surely = found_out.surely if results or right_equations(text) else frozenset()
    left = [q for q in left if q not in surely]
    if left:
        measured = converted(text, [n for n in evidence.numbers if n > FEW])
        left = [q for q in left if not (q.kind == "number" and q.values[0] in measured)]
    open_ = found_out.perhaps | found_out.surely
    if found_out.steps >= CALCULATES:
        # Whether one more of its figures is right is for who does the sum again.
        open_ |= {q for q in left if q.kind != "percentage"}
    return (
        [f"{q.kind} {q}" for q in left if q not in open_],
        [f"{q.kind} {q}" for q in left if q in open_],
    )


def _telling(text: str) -> str:
    """The text without numbers that tell nothing; a currency's code is no name."""

    def kept(match: Any) -> str:
        return str(match[0]) if match[1].lower() in CURRENCIES else " "

    text = encodable(text)
    if _DIGIT.search(text) is None and " of " not in text:
        return text
    return str(_NAMED.sub(kept, _LIST_MARK.sub(" ", text)))


def _has(evidence: Evidence, quantity: Quantity, sources: list[str]) -> bool:
    if not evidence.supports(quantity):
        value = quantity.values[0] if quantity.values else 0.0
        return (
            evidence.has_part(quantity)
            or evidence.is_length(quantity)
            # A school year or season ends in the next one.
            or (_is_year(value) and value - 1 in evidence.years)
            or (quantity.kind == "number" and _in_a_word(quantity.values[0], sources))
        )
    return evidence.is_amount(quantity) or not _counts_other_things(quantity, sources)


def _in_a_word(number: float, sources: list[str]) -> bool:
    """Whether a number is part of a key or a code, such as ``lesson_50min``."""
    if number != int(number):
        return False
    pattern = compile_linear(rf"[A-Za-z_]{int(number)}(?:[A-Za-z_]|\b)|\b{int(number)}[A-Za-z_]")
    return any(pattern.search(encodable(text)) for text in sources)


def _follows(quantity: Quantity, evidence: Evidence, results: list[str]) -> bool:
    """Whether a number follows from tool results: another unit, rounded, a sum, a count."""
    if quantity.kind != "number":
        return False
    if not results:
        return False
    known = [n for n in evidence.numbers if n > FEW]
    for value in quantity.values:
        if _is_year(value) or any(value in (n // 60, n % 60) for n in known if n > 60):
            return True
        if is_rescaled(value, known) or is_time(value, evidence.numbers):
            return True
        if value in evidence.between_times:
            return True
        if any(text.count(mark) == value for text in results for mark in _ITEMS):
            return True
        for found in map(sums, results):
            if any(_near(value, figure) for figure in (*found.lengths, *found.totals)):
                return True
    return False


def _is_year(value: float) -> bool:
    return 1990 <= value <= 2100 and value == int(value)


def _near(one: float, two: float) -> bool:
    return abs(one - two) < 0.005


def _counts_other_things(amount: Quantity, sources: list[str]) -> bool:
    """Whether the sources have an amount's number only with another unit: 30 days, section 30."""
    if amount.kind != "money":
        return False
    number = re2.escape(f"{amount.values[0]:g}")
    alone = compile_linear(
        rf"(?:^|[^\d.,]){number}(?:[.,]0+)?\s*(?:$|[|;)}}\]\"'\n€$£¥]|[,.](?:\D|$))"
    )
    return not any(alone.search(encodable(text)) for text in sources)


def _is_few(quantity: Quantity) -> bool:
    value = quantity.values[0] if quantity.values else 0.0
    counts = value <= FEW and value == int(value)
    return quantity.kind == "number" and (counts or value < 1)
