"""Metric objects of other libraries: which library one is of, how it is asked, what it says.

Nothing of those libraries is imported here: an object brings its own with it.
"""

import inspect
import os
from collections.abc import Callable
from typing import Any, NamedTuple

from otel_evaluator.evaluators._callables import verdict_of
from otel_evaluator.model.outcome import Failed, Unscored, Verdict
from otel_evaluator.model.subject import Subject

NO_REPORTS = {"DEEPEVAL_TELEMETRY_OPT_OUT": "YES", "RAGAS_DO_NOT_TRACK": "true"}
"""Set before such a library is imported: they report their use to their makers otherwise."""


class Case(NamedTuple):
    """A subject as metric libraries see it."""

    input: str
    output: str
    reference: Any
    contexts: list[str]
    """Retrieved passages, else tool results."""
    tools: list[tuple[str, Any]]
    """Names and arguments of the tools that were called."""


def case_of(subject: Subject, reference: Any) -> Case:
    """The case of a subject."""
    contexts = [d.content for r in subject.retrievals for d in r.documents if d.content]
    return Case(
        subject.input,
        subject.output,
        reference,
        contexts or [tool.result for tool in subject.tools if tool.result],
        [(tool.name, tool.arguments) for tool in subject.tools],
    )


Ask = Callable[[Any, Case], Verdict]


def _autoevals(metric: Any, case: Case) -> Verdict:
    """``Scorer.eval(output, expected, input=…)`` → ``Score`` with ``metadata['rationale']``."""
    score = metric.eval(
        output=case.output,
        expected=case.reference,
        input=case.input,
        context="\n\n".join(case.contexts),
    )
    if score.error is not None:
        return Failed("exception", type(score.error).__name__, str(score.error))
    text = str(score.metadata.get("rationale") or "")
    return _scored(score.score, explanation=text, label=str(score.metadata.get("choice") or ""))


def _openevals(metric: Any, case: Case) -> Verdict:
    """``evaluator(inputs=…, outputs=…, reference_outputs=…)`` → ``{"key", "score", "comment"}``."""
    names = inspect.signature(metric).parameters
    takes_any = any(p.kind is p.VAR_KEYWORD for p in names.values())
    given = {"inputs": case.input, "outputs": case.output}
    if case.reference is not None:
        given["reference_outputs"] = case.reference
    if case.contexts:
        given["context"] = "\n\n".join(case.contexts)
    found = metric(**{k: v for k, v in given.items() if takes_any or k in names})
    return verdict_of(found[0] if isinstance(found, list) and found else found)


def _deepeval(metric: Any, case: Case) -> Verdict:
    """``BaseMetric.measure(LLMTestCase)``; then ``score``, ``reason`` and ``success``."""
    from deepeval.test_case import LLMTestCase, ToolCall  # type: ignore[import-not-found]

    calls = [
        ToolCall(name=name, input_parameters=arguments if isinstance(arguments, dict) else None)
        for name, arguments in case.tools
    ]
    quiet = {"_show_indicator": False, "_log_metric_to_confident": False}
    names = inspect.signature(metric.measure).parameters
    metric.measure(
        LLMTestCase(
            input=case.input,
            actual_output=case.output,
            expected_output=None if case.reference is None else str(case.reference),
            retrieval_context=case.contexts or None,
            context=case.contexts or None,
            tools_called=calls,
        ),
        **{name: value for name, value in quiet.items() if name in names},
    )
    if metric.error is not None:
        return Failed("exception", "DeepEvalError", str(metric.error))
    return _scored(metric.score, passed=bool(metric.success), explanation=str(metric.reason or ""))


def _phoenix(metric: Any, case: Case) -> Verdict:
    """``Evaluator.evaluate({…})`` → scores with ``score``, ``label`` and ``explanation``."""
    context = "\n\n".join(case.contexts)
    values = {"input": case.input, "output": case.output, "context": context, "documents": context}
    if case.reference is not None:
        values |= {"reference": case.reference, "expected": case.reference}
    found = metric.evaluate(values)
    if not found:
        return Unscored("uncertain", "the metric gave no score")
    first = found[0]
    return _scored(first.score, first.label or "", explanation=first.explanation or "")


def _ragas(metric: Any, case: Case) -> Verdict:
    """``single_turn_score(sample)``, or ``score(**…)`` of ``ragas.metrics.collections``."""
    reference = None if case.reference is None else str(case.reference)
    values = {
        "user_input": case.input,
        "response": case.output,
        "retrieved_contexts": case.contexts,
        "reference": reference,
    }
    if hasattr(metric, "single_turn_score"):
        from ragas import SingleTurnSample  # type: ignore[import-not-found]

        return _scored(metric.single_turn_score(SingleTurnSample(**values)))
    names = inspect.signature(metric.ascore).parameters
    found = metric.score(**{name: value for name, value in values.items() if name in names})
    return _scored(found.value, explanation=str(getattr(found, "reason", None) or ""))


def _scored(
    value: Any, label: str = "", passed: bool | None = None, explanation: str = ""
) -> Verdict:
    """A score in the library's own words; none where the value is none."""
    if value is None and not label:
        return Unscored("uncertain", explanation or "the metric gave no score")
    fields = {"score": value, "label": label, "passed": passed, "comment": explanation}
    if isinstance(value, str):
        fields |= {"score": None, "label": label or value}
    return verdict_of(fields)


LIBRARIES: dict[str, Ask] = {
    "autoevals": _autoevals,
    "openevals": _openevals,
    "deepeval": _deepeval,
    "phoenix": _phoenix,
    "ragas": _ragas,
}
"""How to ask an object, by the top-level module that its class comes from."""


def keep_quiet() -> None:
    """Opt out of what these libraries report, unless the user has decided otherwise."""
    for name, value in NO_REPORTS.items():
        os.environ.setdefault(name, value)


def library_of(metric: Any) -> str:
    """The library that an object comes from; ValueError naming those that are known."""
    origins = [getattr(metric, "__module__", ""), *(k.__module__ for k in type(metric).__mro__)]
    for origin in origins:
        name = str(origin).partition(".")[0]
        if name in LIBRARIES:
            return name
    raise ValueError(
        f"a {type(metric).__name__} is no metric of {', '.join(LIBRARIES)}; "
        "for a function of your own use type: python"
    )
