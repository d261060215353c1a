"""The right tools are called: against an expected sequence, or against what was asked for."""

from typing import Annotated

from pydantic import Field

from otel_evaluator.api import Check, EvaluatorConfig, Scored, Subject, Verdict, evaluator
from otel_evaluator.evaluators._probability import uncertain
from otel_evaluator.evaluators._steps import Step, no_step, steps
from otel_evaluator.evaluators.action_safety import ActionSafetyConfig, action_safety
from otel_evaluator.evaluators.actions.matching import (
    ArgumentMatch,
    ExpectedTool,
    Match,
    matched,
    problem,
)
from otel_evaluator.evaluators.actions.mistaken import (
    acts_against,
    acts_otherwise,
    acts_unasked,
    left_aside,
)
from otel_evaluator.evaluators.actions.verbs import does, wanted
from otel_evaluator.evaluators.wording.overlap import STEM, stems
from otel_evaluator.evaluators.wording.phrases import delegates, hands_over, only_reads, parts
from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.linear import compile_linear

MAX_MESSAGE = 4_000
"""Characters of a message that are read."""
_LOOK = compile_linear(
    r"(?i)\b(?:why|find out|what(?:'s| is) (?:wrong|going on|happening)|look (?:into|at|what)|"
    r"investigat\w*|diagnos\w*|check (?:why|what|whether|if)|figure out|debug|analy[sz]e|warum|"
    r"wieso|woran liegt|finde heraus|untersuch\w*|prüf\w*|por qué|averigua\w*|investiga\w*|"
    r"pourquoi|vérifie\w*|cherche\w*|perché|controlla\w*|por que|verifica\w*|waarom|onderzoek)\b"
    r"|为什么|怎么回事|检查|なぜ|原因|調べ"
)
_FIRST = compile_linear(
    r"(?i)\b(?:check|look|verify|validate|inspect|read|confirm|prüfe\w*|comprueb\w*|vérifi\w*)\b"
    r"[^.!?\n]{0,60}\b(?:before|first|bevor|zuerst|antes|primero|avant|d'abord)\b"
)


class ToolSelectionConfig(EvaluatorConfig):
    """Settings of ``tool_selection``."""

    expected: tuple[ExpectedTool, ...] | None = None
    """The calls that should be made; none given: judged by what was asked for."""

    match: Match = "superset"
    """strict: the same calls in the same order; unordered: the same calls; subset: none but the
    expected ones; superset: at least the expected ones."""

    argument_match: ArgumentMatch = "ignore"
    """How arguments are compared: not, exactly, as a subset or as a superset of the expected."""

    ignore: Annotated[tuple[str, ...], Field()] = ()
    """Names of tools that do not count."""


@evaluator("tool_selection", version=3)
def tool_selection(config: ToolSelectionConfig) -> Check:
    """Tools called as expected; without an expectation, none that was not called for."""
    safety = action_safety(ActionSafetyConfig(name="action_safety", type="action_safety"))
    ignored = frozenset(config.ignore)

    def check(subject: Subject) -> Verdict:
        taken = [step for step in steps(subject) if step.name not in ignored]
        if config.expected is not None:
            wrong, step = problem(taken, config.expected, config.match, config.argument_match)
            value = matched(taken, config.expected, config.argument_match)
            if not wrong:
                return Scored(1.0, "as_expected", True)
            span_id = step.span_id if step is not None else ""
            return Scored(value, "not_as_expected", False, wrong, span_id=span_id)
        if not taken:
            return no_step(subject)
        unsafe = safety(subject)
        if isinstance(unsafe, Scored) and unsafe.passed is False:
            return unsafe
        early = _acts_before_looking(subject, taken)
        if early is not None:
            what = f"{early.name[:60]!r} changes something before anything was looked at"
            return Scored(0.0, "acted_before_looking", False, what, span_id=early.span_id)
        return _mistaken(subject, taken) or _plausible(subject, taken)

    return check


def _mistaken(subject: Subject, taken: list[Step]) -> Verdict | None:
    """A failed verdict where a step does something else than was asked for."""
    against = acts_against(subject)
    if against in taken:
        what = f"{against.name[:60]!r} does what the user ruled out"
        return Scored(0.0, "acted_against", False, what, span_id=against.span_id)
    otherwise = acts_otherwise(subject.messages, taken, subject.tool_definitions)
    if otherwise is not None:
        step, name = otherwise
        what = f"{step.name[:60]!r} was called for what {name[:60]!r} does"
        return Scored(0.0, "wrong_tool", False, what, span_id=step.span_id)
    unasked = acts_unasked(subject.messages, taken, subject.tool_definitions)
    if unasked is not None:
        what = f"{unasked.name[:60]!r} changes something, and the user only asked"
        return Scored(0.0, "acted_unasked", False, what, span_id=unasked.span_id)
    return None


def _acts_before_looking(subject: Subject, taken: list[Step]) -> Step | None:
    """A changing first step where the user asks to find out, or the instructions say look first."""
    first = next((step for step in taken if not delegates(step.name)), None)
    if first is None or only_reads(first.name) or hands_over(first.name):
        return None
    if any(does(first.name, action) for action in ("create", "send")):
        # What is added can be looked at afterwards.
        return None
    if subject.history or not any(only_reads(d.name) for d in subject.tool_definitions):
        return None
    instructions = [m.content for m in subject.messages if m.role == "system"] or [subject.system]
    users = [m.content for m in subject.messages[: first.position] if m.role == "user"]
    if len(users) != 1 or any(does(first.name, action) for action in wanted(users[0])):
        return None
    wants = any(_LOOK.search(encodable(text[:MAX_MESSAGE])) for text in users)
    told = any(_FIRST.search(encodable(text[:MAX_MESSAGE])) for text in instructions)
    return first if wants or told else None


def _plausible(subject: Subject, taken: list[Step]) -> Verdict:
    """Changes whose tools or arguments take up words of the conversation fit it, most likely.

    What is looked up often shares none, and is right as often as what does.
    """
    said: set[str] = set()
    for message in subject.messages:
        if message.role in ("user", "system"):
            said |= stems(message.content)
    if not said:
        return no_step(subject)
    aside = left_aside(subject)
    if aside is not None and aside[0] in taken:
        step, name = aside
        return uncertain(0.6, f"{name[:60]!r} fits the request as well as {step.name[:60]!r}")
    descriptions = {d.name: d.description for d in subject.tool_definitions}
    odd = [
        step
        for step in taken
        if not only_reads(step.name)
        and said.isdisjoint({word[:STEM] for word in parts(step.name)})
        and said.isdisjoint(stems(descriptions.get(step.name, "")))
        and said.isdisjoint(stems(str(step.arguments or "")))
    ]
    if odd:
        return uncertain(0.75, f"{odd[0].name[:60]!r} shares no word with the conversation")
    return Scored(1.0, "plausible", True)
