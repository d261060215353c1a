"""Answers rest on what was retrieved and on what tools returned, as far as words can tell."""

from otel_evaluator.api import Check, EvaluatorConfig, Scored, Skipped, Subject, Verdict, evaluator
from otel_evaluator.evaluators._answers import NO_CONTENT, Answer, answers, no_answer
from otel_evaluator.evaluators._probability import uncertain
from otel_evaluator.evaluators._steps import Step, as_text, steps
from otel_evaluator.evaluators.actions.verbs import claims
from otel_evaluator.evaluators.figures.evidence import Evidence
from otel_evaluator.evaluators.figures.made_up import AMOUNTS, FEW, NUMBERS, made_up
from otel_evaluator.evaluators.figures.quantities import quantities
from otel_evaluator.evaluators.wording.overlap import share, stems, stems_of
from otel_evaluator.evaluators.wording.phrases import admits_failure, asks
from otel_evaluator.model.outcome import Unscored
from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.injection import injections
from otel_evaluator.text.linear import compile_linear

NO_SOURCE = Skipped("not_applicable", "nothing was retrieved and no tool was called")
MAX_ANSWER = 20_000
"""Characters of an answer that are read."""
LOW, HIGH = 0.3, 0.6
"""Shares of an answer's words that are in its sources: below nothing of it, above all of it is."""
MAX_SHOWN = 3

_SAYS_NOTHING = compile_linear(
    r"(?i)\b(?:n't|not|no|nothing|keine?|nicht|nichts|no|nada|ne|n'|pas|rien|non|niente|não|niet|geen)"
    r"\b[^.!?\n]{0,40}\b(?:say|says|mention|cover|contain|state|include|answer|information|about|find|"
    r"angaben?|information\w*|erwähn\w*|gefunden|menciona\w*|dice\w*|información|encuentr\w*|"
    r"mentionn\w*|information|trouv\w*|informazion\w*|informaç\w*|informatie|vermeld\w*)"
    r"|没有提到|未提及|没有相关|記載(?:が|は)(?:ありません|ない)|見つかりません"
)
"""An answer that says that its sources do not tell."""
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
    invented, doubtful = made_up(text, every, asked, kinds, results)
    if invented:
        listed = ", ".join(invented[:MAX_SHOWN])
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


def _tells(text: str, before: list[Step]) -> bool:
    """Whether an answer gives a number, date, time or reference that a tool returned."""
    evidence = Evidence()
    for step in before:
        evidence.add(step.result)
    if any(evidence.says(quantity) for quantity in quantities(text)):
        return True
    references = {word for step in before for word in _REFERENCE.findall(step.result)}
    return any(word in text for word in references)
