"""The answers use what the tools returned."""

import re

from otel_evaluator.api import Check, EvaluatorConfig, Scored, Subject, Verdict, evaluator
from otel_evaluator.evaluators._answers import answers, no_answer
from otel_evaluator.evaluators._probability import uncertain
from otel_evaluator.evaluators._steps import Step, no_step, steps
from otel_evaluator.evaluators.figures.evidence import Evidence
from otel_evaluator.evaluators.figures.quantities import quantities
from otel_evaluator.evaluators.wording.overlap import share, stems
from otel_evaluator.evaluators.wording.phrases import delegates

USED = 0.2
"""Share of an answer's words that are in the results, from which it uses them."""
MIN_RESULT = 3
"""Words with a meaning that a result needs before something could be used of it."""
_CODE = re.compile(r"[A-Za-z]{1,6}-?\d[\w-]{2,}")


class ResultUtilisationConfig(EvaluatorConfig):
    """Settings of ``result_utilisation``."""


@evaluator("result_utilisation", version=1)
def result_utilisation(config: ResultUtilisationConfig) -> Check:
    """Share of the answers after tool calls that repeat something of what the tools returned."""

    def check(subject: Subject) -> Verdict:
        taken = [step for step in steps(subject) if not delegates(step.name)]
        if not taken:
            return no_step(subject)
        found = answers(subject)
        if not found:
            return no_answer(subject) or no_step(subject)
        used = looked = since = 0
        unused: Step | None = None
        for answer in found:
            mine = [s for s in taken if since <= s.position < answer.position and not s.failed]
            since = answer.position
            telling = [step for step in mine if len(stems(step.result)) >= MIN_RESULT]
            if not telling:
                continue
            looked += 1
            if _uses(answer.text, telling):
                used += 1
            else:
                unused = unused or telling[-1]
        if not looked:
            return uncertain(0.9, "the tools returned nothing that could be repeated")
        if unused is None:
            return Scored(1.0, "used", True)
        if used:
            return Scored(used / looked, "used", True)
        return uncertain(0.6, f"no word of {unused.name[:60]!r} is in the answer")

    return check


def _uses(text: str, telling: list[Step]) -> bool:
    results = "\n".join(step.result for step in telling)
    if any(code in text for code in _CODE.findall(results)):
        return True
    evidence = Evidence()
    evidence.add(results)
    if any(evidence.says(quantity) for quantity in quantities(text)):
        return True
    return share(stems(text), stems(results)) >= USED
