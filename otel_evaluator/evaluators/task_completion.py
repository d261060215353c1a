"""Whether what the user asked for was done, by the evidence of tools and of the last messages."""

from otel_evaluator.api import Check, EvaluatorConfig, Scored, Subject, Verdict, evaluator
from otel_evaluator.evaluators._actions import does, wanted
from otel_evaluator.evaluators._answers import NO_CONTENT, answers, no_answer
from otel_evaluator.evaluators._left_out import left_out
from otel_evaluator.evaluators._probability import uncertain
from otel_evaluator.evaluators._refusals import refuses
from otel_evaluator.evaluators._steps import Step, steps
from otel_evaluator.evaluators._wording import (
    admits_failure,
    asks,
    delegates,
    hands_over,
    only_reads,
    parts,
)
from otel_evaluator.evaluators.user_signals import dissatisfaction
from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.linear import compile_linear

MAX_MESSAGE = 4_000
"""Characters of a message that are read."""
MAX_SHOWN = 60
"""Longest item that is quoted, in characters."""
MAX_NOTICE = 200
"""Longer results say more than that nothing was found; in characters."""
EMPTY = ("", "[]", "{}", "null", "none")
NOTHING_FOUND = ("no match", "not found", "no result", "0 result", '"matches": 0', "nothing")
_THANKS = compile_linear(
    r"(?i)\b(?:thank|thanks|thx|perfect|great|awesome|wonderful|excellent|brilliant|works now|"
    r"that helps|got it|lovely|danke|super|prima|gracias|perfecto|genial|merci|parfait|grazie|"
    r"perfetto|obrigad|perfeito|bedankt|dank je|top)|谢谢|太好了|完美|ありがとう|助かり|감사"
)
_PLEASANTRY = compile_linear(
    r"(?i)(?:is there |can i (?:help|do) )?(?:anything|something) (?:else|more)[^.!?\n]{0,40}\?|"
    r"kann ich (?:sonst|noch)[^.!?\n]{0,40}\?|¿?algo más[^.!?\n]{0,40}\?|autre "
    r"chose[^.!?\n]{0,40}\?"
)
"""A question that asks for nothing."""
_DO = compile_linear(
    r"(?i)\b(?:fix|change|repair|mend|correct|implement|add|write|update|find out|reparier\w*|"
    r"behebe\w*|ändere|arregla|corrige|corrig\w+|répare\w*)\b"
)


class TaskCompletionConfig(EvaluatorConfig):
    """Settings of ``task_completion``."""


@evaluator("task_completion", version=2)
def task_completion(config: TaskCompletionConfig) -> Check:
    """What was asked for was carried out; unscored where tools and words leave it open."""

    def check(subject: Subject) -> Verdict:
        found = answers(subject)
        users = [m.content[:MAX_MESSAGE] for m in subject.messages if m.role == "user"]
        users = [text for text in users if text]
        if not found or not users:
            return no_answer(subject) or NO_CONTENT
        taken = steps(subject, with_history=True)
        last = _PLEASANTRY.sub(" ", encodable(found[-1].text[:MAX_MESSAGE]))
        if any(hands_over(s.name) and not delegates(s.name) and not s.failed for s in taken):
            return Scored(1.0, "handed_over", True)
        if dissatisfaction(users[-1:]) >= 1.0:
            return uncertain(0.3, "the user ends dissatisfied")
        missing = _missing(subject, users, taken)
        if missing and not asks(last) and not admits_failure(last) and not refuses(last):
            what = f"asked for and not done, though there is a tool for it: {missing}"
            return Scored(0.0, "not_done", False, what)
        if _THANKS.search(encodable(users[-1])) and len(users) > 1:
            return Scored(1.0, "user_satisfied", True)
        if missing or refuses(last):
            return uncertain(0.6, "what was asked for was not done, and the answer says so")
        if taken and taken[-1].failed:
            return uncertain(0.4, "the last step failed")
        if taken and admits_failure(last) and all(_found_nothing(step) for step in taken):
            return Scored(0.0, "gave_up", False, "every step came back empty, and it ends there")
        forgotten = "" if asks(last) else left_out(users, taken)
        if forgotten:
            what = f"of a list that the user gave, {forgotten[:MAX_SHOWN]!r} was left out"
            return Scored(0.0, "left_out", False, what)
        if _skipped_work(subject, users, taken):
            return Scored(0.0, "not_done", False, "asked to change something; nothing was changed")
        return Scored(1.0, "done", True)

    return check


def _missing(subject: Subject, users: list[str], taken: list[Step]) -> str:
    """An action that the user asks for, that a declared tool does, and that none did."""
    offered = [d.name for d in subject.tool_definitions if not only_reads(d.name)]
    for action in sorted(set().union(*map(wanted, users))):
        tools = [name for name in offered if does(name, action)]
        # Where a tool's name begins with the verb, one that only names its object is another.
        named = {name for name in tools if does(parts(name)[0], action)}
        tried = [
            step
            for step in taken
            if does(step.name, action)
            and not only_reads(step.name)
            and (not named or step.name in named)
        ]
        if tools and not any(not step.failed for step in tried):
            return action
    return ""


def _skipped_work(subject: Subject, users: list[str], taken: list[Step]) -> bool:
    """Whether a change was asked for, with tools to look with, and no step looked at anything."""
    if not _DO.search(encodable(users[0])) or not taken:
        return False
    can_look = any(only_reads(d.name) for d in subject.tool_definitions)
    return can_look and not any(only_reads(step.name) for step in taken)


def _found_nothing(step: Step) -> bool:
    text = step.result.strip().lower()
    if step.failed or text in EMPTY:
        return True
    return len(text) < MAX_NOTICE and any(sign in text for sign in NOTHING_FOUND)
