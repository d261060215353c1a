"""Steps that failed are repaired, or the user is told; none is passed over."""

from typing import Literal

from otel_evaluator.api import Check, EvaluatorConfig, Scored, Skipped, Subject, Verdict, evaluator
from otel_evaluator.evaluators._answers import NO_CONTENT, Answer, answers, passed
from otel_evaluator.evaluators._steps import Step, no_step, steps
from otel_evaluator.evaluators.actions.verb_words import ACTIONS
from otel_evaluator.evaluators.actions.verbs import claims, does
from otel_evaluator.evaluators.wording.phrases import (
    admits_failure,
    asks,
    hands_over,
    is_read,
    only_reads,
    parts,
)
from otel_evaluator.model.outcome import Unscored
from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.linear import compile_linear

NO_FAILURE = Skipped("not_applicable", "no step failed")
MAX_SHOWN = 60
"""Longest tool name that is quoted, in characters."""

_FIXABLE = compile_linear(
    r"(?i)required|missing|must (?:be|have|match|contain|not)|should be|invalid|not (?:a )?valid|"
    r"validation|expected|one of|unknown (?:field|param|arg|column|key|option|value)|"
    r"unrecogni[sz]ed|unexpected (?:keyword|arg|param|field)|type ?error|schema|malformed|"
    r"parse error|syntax|out of range|bad request|\b4(?:00|22)\b|ambiguous|more than one|"
    r"(?:did you mean|you meant|meinten sie)|too (?:long|short|many)"
)
_TRANSIENT = compile_linear(
    r"(?i)time(?:d)?[ _-]?out|deadline|unavailable|\b(?:429|50[0234])\b|rate.?limit|"
    r"too many requests|temporar|try again|connection|network|reset by peer|overload|busy|locked"
)
_LATER = compile_linear(r"(?i)\bplease (?:check|try|contact|come back|consult|reach)\b[^.!?\n]*")
"""What asks for nothing that the agent needs."""
_RETRY = compile_linear(
    r"(?i)retry|re-try|try (?:it )?again|tent(?:e|ar) (?:de )?nov|solicite|intent(?:e|ar) de nuevo|"
    r"erneut|nochmal|réessay|riprov|request a new|fetch a new|get a new|refresh"
)
"""A failure that says what to do."""


class ErrorRecoveryConfig(EvaluatorConfig):
    """Settings of ``error_recovery``."""

    reporting_is_enough: bool = False
    """Whether telling the user is enough where the failure says what to change in the call, or to
    try again."""


@evaluator("error_recovery", version=2)
def error_recovery(config: ErrorRecoveryConfig) -> Check:
    """Share of failed tool calls that were retried with success, replaced, or told to the user."""

    def check(subject: Subject) -> Verdict:
        taken = steps(subject)
        if not taken:
            return no_step(subject)
        if not subject.has_content:
            return NO_CONTENT
        failed = _last_failures(taken)
        if not failed:
            return NO_FAILURE
        said = answers(subject)
        offered = [definition.name for definition in subject.tool_definitions]
        fates = [_fate(s, taken, said, offered, config.reporting_is_enough) for s in failed]
        bad = [i for i, fate in enumerate(fates) if fate in ("ignored", "given_up")]
        if bad:
            step, fate = failed[bad[0]], fates[bad[0]]
            name = step.name[:MAX_SHOWN]
            what = {
                "ignored": f"{name!r} failed, and the answer after it does not say so",
                "given_up": f"{name!r} said what to mend or to try, and that was not done",
            }[fate]
            return Scored(1 - len(bad) / len(failed), fate, False, what, span_id=step.span_id)
        if "unknown" in fates:
            step = failed[fates.index("unknown")]
            return Unscored(
                "uncertain", f"nothing recorded tells what followed {step.name[:MAX_SHOWN]!r}"
            )
        return passed(label=fates[-1])

    return check


def _last_failures(taken: list[Step]) -> list[Step]:
    """Of each tool the last call, where it failed: earlier failures were repaired by it."""
    last = {step.name: step for step in taken}
    return [step for step in last.values() if step.failed]


Fate = Literal["handed_over", "told", "replaced", "asked", "ignored", "given_up", "unknown"]


def _replaces(other: Step, failed: Step) -> bool:
    """Whether a step may do what another was to do: both look something up, or act alike."""
    if only_reads(failed.name):
        return only_reads(other.name)
    return any(does(other.name, action) and does(failed.name, action) for action in ACTIONS)


def _passes_up(step: Step, taken: list[Step], offered: list[str]) -> bool:
    """Whether a failure says to try again or to use a tool first, and neither was done."""
    later = {other.name for other in taken[taken.index(step) + 1 :]}
    named = [name for name in offered if name != step.name and name in step.result]
    if named:
        return later.isdisjoint(named)
    once = sum(other.name == step.name for other in taken) == 1
    return once and _RETRY.search(encodable(step.result)) is not None


def _claims_it(step: Step, answer: str, later: list[Step]) -> bool:
    """Whether an answer says that what failed was done, though no later step did it."""
    actions = {claim.action for claim in claims(answer, True) if claim.action in ACTIONS}
    return any(
        does(parts(step.name)[0], action)
        and not any(not other.failed and does(other.name, action) for other in later)
        for action in actions
        if parts(step.name)
    )


def _fate(
    step: Step,
    taken: list[Step],
    said: list[Answer],
    offered: list[str],
    reporting_is_enough: bool,
) -> Fate:
    """What became of a failed step that was not repeated with success."""
    later = taken[taken.index(step) + 1 :]
    if any(not other.failed and hands_over(other.name) for other in later):
        return "handed_over"
    after = next((answer.text for answer in said if answer.position > step.position), "")
    passes_up = not reporting_is_enough and _passes_up(step, taken, offered)
    if not after:
        return "given_up" if passes_up and said else "unknown"
    if not only_reads(step.name) and _claims_it(step, after, later):
        return "ignored"
    admits = admits_failure(after)
    replaced = any(not other.failed and _replaces(other, step) for other in later)
    message = encodable(step.result)
    is_fixable = _FIXABLE.search(message) is not None and _TRANSIENT.search(message) is None
    if is_fixable and not reporting_is_enough:
        if asks(_LATER.sub(" ", encodable(after))):
            return "asked"
        if replaced:
            return "replaced"
        if not is_read(after):
            return "unknown"
        return "given_up" if admits else "ignored"
    if passes_up and admits and not replaced and not asks(after):
        return "given_up"
    if admits or asks(after):
        return "told"
    if replaced:
        return "replaced"
    return "ignored" if is_read(after) else "unknown"
