"""The evaluator type ``judge``: makes the question; the front process asks it."""

from itertools import islice

from otel_evaluator.api import Check, Subject, Unscored, evaluator
from otel_evaluator.api.judge import Asked, Question
from otel_evaluator.judges.evaluator_config import JudgeEvaluatorConfig
from otel_evaluator.judges.evidence import MOST, cut, part_of
from otel_evaluator.judges.rubric import Part, RubricConfig
from otel_evaluator.text.injection import injections
from otel_evaluator.text.redact import Redactor, finder, only

INSTRUCTIONS = (
    "You are a careful judge of answers by an AI application. You measure one thing, described"
    " below, on evidence from one case. You cannot ask back, and you use nothing but the evidence."
)
LEAST_LETTERS = 2
"""Letters or digits below which a reply says nothing: such replies fool judges (Zhao et al.
2025, "One token to fool LLM-as-a-judge", arXiv 2507.08794), so none is asked."""
OURS: frozenset[Part] = frozenset({"system", "reference"})
"""Parts that the application's developers write: instructions are their business."""


class Questions:
    """Makes questions by one rubric; the text is the same for all of them."""

    def __init__(self, config: JudgeEvaluatorConfig) -> None:
        rubric = config.rubric
        self._needs = rubric.needs
        first = rubric.examples[0].evidence if rubric.examples else {}
        self._example = {str(part): text for part, text in first.items()}
        self.parts = tuple(
            part
            for part in dict.fromkeys((*rubric.needs, *rubric.shows))
            if config.show is None or part in config.show
        )
        self._rubric, self._schema = text_of(rubric), rubric.answer_schema()
        patterns = config.redact_patterns
        self._finder = finder(config.regions, patterns) if config.redact else only(patterns)

    def example(self) -> Asked:
        """A question of the rubric's own, to try a judge with."""
        evidence = dict.fromkeys(map(str, self._needs), "an example of evidence") | self._example
        return Asked(Question(INSTRUCTIONS, self._rubric, evidence, self._schema))

    def of(self, evidence: dict[Part, str]) -> Asked | Unscored:
        """The question on this evidence, or why there is nothing to ask."""
        for part in self._needs:
            if not evidence.get(part, "").strip():
                return Unscored("no_content", f"the subject has no {part}, which the rubric needs")
        output = evidence.get("output")
        if output is not None and not _says_something(output):
            return Unscored("uncertain", "the answer says nothing that could be judged")
        signs = {
            kind for part, text in evidence.items() if part not in OURS for kind in injections(text)
        }
        redactor = Redactor(self._finder)
        shown: dict[str, str] = {
            part: cut(redactor.text(text), MOST) for part, text in evidence.items() if text
        }
        return Asked(
            Question(INSTRUCTIONS, self._rubric, shown, self._schema), tuple(sorted(signs))
        )


@evaluator("judge", version=1, deterministic=False)
def judge(config: JudgeEvaluatorConfig) -> Check:
    """What a model says of the subject, by a rubric."""
    questions = Questions(config)

    def check(subject: Subject) -> Unscored | Asked:
        return questions.of({part: part_of(subject, part) for part in questions.parts})

    return check


def _says_something(output: str) -> bool:
    letters = islice(filter(str.isalnum, output), LEAST_LETTERS)
    return sum(1 for _ in letters) == LEAST_LETTERS


def text_of(rubric: RubricConfig) -> str:
    """The rubric as the judge reads it; the same for every question."""
    lines = ["What is measured:", rubric.criteria]
    if rubric.steps:
        lines += ["", "Steps:"]
        lines += [f"{number}. {step}" for number, step in enumerate(rubric.steps, 1)]
    lines += ["", f"The score is {_choices(rubric)}."]
    lines += [f"- {score}: {meaning}" for score, meaning in rubric.levels.items()]
    for number, example in enumerate(rubric.examples, 1):
        lines += ["", f"Example {number}:"]
        lines += [f"{part}: {text}" for part, text in example.evidence.items()]
        lines += [f"score: {example.score}", f"reasoning: {example.reasoning}"]
    return "\n".join(lines)


def _choices(rubric: RubricConfig) -> str:
    if rubric.is_fractional:
        return "a number from 0 (worst) to 1 (best)"
    if rubric.choices is not None:
        return "one of " + ", ".join(rubric.scores)
    return f"a whole number from {rubric.scores[0]} (worst) to {rubric.scores[-1]} (best)"
