"""Answers rest on what was retrieved and on what tools returned, as far as words can tell."""

from typing import Any

import re2

from otel_evaluator.api import Check, EvaluatorConfig, Scored, Skipped, Subject, Verdict, evaluator
from otel_evaluator.evaluators._answers import NO_CONTENT, Answer, answers, no_answer
from otel_evaluator.evaluators._probability import uncertain
from otel_evaluator.evaluators._steps import Step, as_text, steps
from otel_evaluator.evaluators.actions.verbs import claims
from otel_evaluator.evaluators.figures.equations import right_equations
from otel_evaluator.evaluators.figures.evidence import Evidence
from otel_evaluator.evaluators.figures.quantities import Quantity, quantities
from otel_evaluator.evaluators.figures.sums import sums
from otel_evaluator.evaluators.figures.units import converted, is_rescaled, is_time
from otel_evaluator.evaluators.figures.unsupported import not_supported
from otel_evaluator.evaluators.figures.vocabulary import CURRENCIES
from otel_evaluator.evaluators.figures.worked import CALCULATES, CITED, worked
from otel_evaluator.evaluators.wording.overlap import share, stems, stems_of
from otel_evaluator.evaluators.wording.phrases import admits_failure, asks
from otel_evaluator.model.outcome import Unscored
from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.injection import injections
from otel_evaluator.text.linear import compile_linear

NO_SOURCE = Skipped("not_applicable", "nothing was retrieved and no tool was called")
MAX_ANSWER = 20_000
"""Characters of an answer that are read."""
FEW = 3
"""Numbers up to it count things in passing: two sentences, one more question."""
LOW, HIGH = 0.3, 0.6
"""Shares of an answer's words that are in its sources: below nothing of it, above all of it is."""
MAX_SHOWN = 3
NUMBERS = frozenset({"number", "percentage"})
AMOUNTS = frozenset({"number", "money", "percentage"})
"""Looked for where passages were retrieved; amounts in answers from tools are promises, and
``commitments`` is about those."""

_SAYS_NOTHING = compile_linear(
    r"(?i)\b(?:n't|not|no|nothing|keine?|nicht|nichts|no|nada|ne|n'|pas|rien|non|niente|não|niet|geen)"
    r"\b[^.!?\n]{0,40}\b(?:say|says|mention|cover|contain|state|include|answer|information|about|find|"
    r"angaben?|information\w*|erwähn\w*|gefunden|menciona\w*|dice\w*|información|encuentr\w*|"
    r"mentionn\w*|information|trouv\w*|informazion\w*|informaç\w*|informatie|vermeld\w*)"
    r"|没有提到|未提及|没有相关|記載(?:が|は)(?:ありません|ない)|見つかりません"
)
"""An answer that says that its sources do not tell."""
_QUESTION = compile_linear(r"[^.!?\n]*[?？]")
_LIST_MARK = compile_linear(
    r"(?m:^\s*\d{1,3}[.)]\s)|\b24/7\b|\b100 ?%|(?i:\b(?:four|five|six|\d) of (?:you|us|them)\b)|"
    + CITED
)
_NAMED = compile_linear(r"\b([A-Z]{2,})[ -]?\d[\d.]*")
"""Numbers that tell nothing: of list items and sections, in idioms, in names such as RFC 9110."""
_ITEMS = ("{", "\n", "- ", '"id"')
"""What begins an item of a list: as many of them may be counted."""
_REFERENCE = compile_linear(r"[A-Z]{1,6}-?\d[\w-]{2,}|\b[A-Z][a-z]+(?: [A-Z][a-z]+)+")
"""Codes and names."""
_FOR_GOOD = compile_linear(
    r"(?i)unknown|not[ _-]?found|no such|does not exist|doesn't exist|denied|forbidden|"
    r"not[ _-]?allowed|not[ _-]?permitted|expired|unauthori[sz]ed|\b40[134]\b|ineligible|rejected|"
    r"declined|already[ _-]?(?:used|taken|exists)|sold[ _-]?out|out[ _-]?of[ _-]?stock"
)


class GroundednessLexicalConfig(EvaluatorConfig):
    """Settings of ``groundedness_lexical``."""


@evaluator("groundedness_lexical", version=3)
def groundedness_lexical(config: GroundednessLexicalConfig) -> Check:
    """Numbers, dates and words of the answers are in the passages and tool results before them."""

    def check(subject: Subject) -> Verdict:
        found = answers(subject)
        if not found:
            return no_answer(subject) or NO_SOURCE
        taken = steps(subject, with_history=True)
        passages = [d.content for r in subject.retrievals for d in r.documents if d.content]
        if not passages and not taken:
            return NO_SOURCE if subject.has_content else NO_CONTENT
        # What gives orders to the model is no source.
        poisoned = [text for text in passages if injections(text)]
        passages = [text for text in passages if text not in poisoned]
        said = [_without(m.content, poisoned) for m in subject.messages]
        system = _without(subject.system, poisoned)
        # Applications put passages into the user's message: their numbers are not the user's.
        own = [(i, m.content) for i, m in enumerate(subject.messages) if m.role == "user"]
        users = [(i, _without(text, passages).rpartition("\n\n")[2]) for i, text in own]
        verdicts = [
            _judge(
                answer,
                number,
                [system, *said[: answer.position]],
                passages,
                taken,
                "\n".join(text for at, text in users if at < answer.position),
            )
            for number, answer in enumerate(found)
        ]
        return next((v for v in verdicts if isinstance(v, Scored) and not v.passed), None) or next(
            (v for v in verdicts if isinstance(v, Unscored)), verdicts[-1]
        )

    return check


def _without(text: str, poisoned: list[str]) -> str:
    for passage in poisoned:
        text = text.replace(passage, " ")
    return text


def _judge(
    answer: Answer,
    number: int,
    said: list[str],
    passages: list[str],
    taken: list[Step],
    asked: str,
) -> Verdict:
    text = answer.text[:MAX_ANSWER]
    before = [step for step in taken if step.position < answer.position]
    denied = [step for step in before if step.failed and _FOR_GOOD.search(encodable(step.result))]
    if denied and before[-1].failed and not admits_failure(text) and claims(text, True):
        name = denied[-1].name[:60]
        what = f"answer {number + 1} claims what {name!r} refused"
        return Scored(0.0, "contradicted", False, what, span_id=denied[-1].span_id)
    if not passages and not before:
        return Scored(1.0, "grounded", True)
    sources = [*passages, *(step.result for step in before)]
    sources += [as_text(step.arguments) for step in before if not step.failed]
    kinds = AMOUNTS if passages else NUMBERS
    results = [] if passages else [step.result for step in before]
    every = [*sources, *said, answer.question]
    made_up, doubtful = _made_up(text, every, asked, kinds, results)
    if made_up:
        listed = ", ".join(made_up[:MAX_SHOWN])
        return Scored(0.0, "ungrounded", False, f"no source of answer {number + 1} has {listed}")
    if doubtful:
        listed = ", ".join(doubtful[:MAX_SHOWN])
        return uncertain(0.8, f"{listed} of answer {number + 1} may be computed")
    is_open = asks(text) or (admits_failure(text) and not passages)
    if not sources or is_open or _SAYS_NOTHING.search(encodable(text).replace("\u2019", "'")):
        return Scored(1.0, "grounded", True)
    words = stems(text)
    overlap = share(words, stems_of([*sources, *said]))
    if passages and overlap < LOW and not admits_failure(text):
        what = f"{overlap:.0%} of the words of answer {number + 1} are in its sources"
        return Scored(overlap, "ungrounded", False, what)
    tells = not passages and _tells(text, before)
    if overlap >= HIGH or tells or len(words) <= FEW:
        return Scored(1.0, "grounded", True)
    return uncertain(0.7, f"{overlap:.0%} of the words are in the sources")


def _made_up(
    text: str, sources: list[str], asked: str, kinds: frozenset[str], results: list[str]
) -> tuple[list[str], list[str]]:
    """Numbers and amounts of an answer that no source has, and those that may be worked out."""
    every = quantities(_telling(text))
    said = list(dict.fromkeys(q for q in every if q.kind in kinds and not _is_few(q)))
    if results:
        # What the answer asks or offers is no claim about the results.
        offered = {q for part in _QUESTION.findall(encodable(text)) for q in quantities(part)}
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

    return str(_NAMED.sub(kept, _LIST_MARK.sub(" ", encodable(text))))


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


def _tells(text: str, before: list[Step]) -> bool:
    """Whether an answer gives a number, date, time or reference that a tool returned."""
    evidence = Evidence()
    for step in before:
        evidence.add(step.result)
    if any(evidence.says(quantity) for quantity in quantities(text)):
        return True
    references = {word for step in before for word in _REFERENCE.findall(step.result)}
    return any(word in text for word in references)


def _is_few(quantity: Quantity) -> bool:
    value = quantity.values[0] if quantity.values else 0.0
    counts = value <= FEW and value == int(value)
    return quantity.kind == "number" and (counts or value < 1)
