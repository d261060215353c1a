"""Whether what the user asked for was done, by the evidence of tools and of the last messages."""

from collections.abc import Sequence

from otel_evaluator.api import Check, EvaluatorConfig, Scored, Subject, Verdict, evaluator
from otel_evaluator.evaluators._answers import NO_CONTENT, answers, no_answer
from otel_evaluator.evaluators._probability import uncertain
from otel_evaluator.evaluators._steps import Step, steps
from otel_evaluator.evaluators.actions.left_out import file_left_out, left_out, overlooked
from otel_evaluator.evaluators.actions.mistaken import left_aside
from otel_evaluator.evaluators.actions.verbs import does, wanted
from otel_evaluator.evaluators.user_signals import dissatisfaction
from otel_evaluator.evaluators.wording.phrases import (
    admits_failure,
    asks,
    delegates,
    hands_over,
    is_read,
    only_reads,
    parts,
)
from otel_evaluator.evaluators.wording.refusals import refuses
from otel_evaluator.model.genai import Message
from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.linear import compile_linear

MAX_MESSAGE = 4_000
"""Characters of a message that are read."""
MAX_SHOWN = 60
"""Longest item that is quoted, in characters."""
MAX_LAST = 500
"""Characters at the end among which the last sentence is looked for."""
SURE = 2
"""Words that only a tool shares with the request, from which on it was overlooked."""
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
_SENTENCE = compile_linear(r"[.!?。！？]\s+|\n+")
_ANNOUNCES = compile_linear(
    r"(?i)\b(?:i'll|i will|i'm going to|i am going to|let me) (?:now |next |then |first |just |"
    r"quickly |also )*(?:pull|check|run|re-?run|look|search|change|fix|update|fetch|start|continue|"
    r"proceed|compare|read|open|apply|write|try|query|load|investigate|verify|compute|calculate)\b"
    r"|\b(?:next|now) i(?:'ll| will|'m going to)\b"
    r"|\bi(?:'ll| will)(?: \pL+ly)? (?:come|get|report) back (?:to you )?(?:\pL+ ){0,2}(?:in|"
    r"within|shortly|soon|with)\b"
    r"|\b(?:next|now),? (?:moving|continuing|proceeding|going) (?:on )?(?:to|with)\b"
    r"|\b(?:ich|wir) (?:prüfe|suche|starte|führe|ändere|hole|schaue|rufe|vergleiche|lade)n? "
    r"(?:\w+ ){0,6}?(?:jetzt|nun|gleich|als nächstes)\b"
    r"|\b(?:jetzt|nun|als nächstes|anschließend) (?:prüfe|suche|starte|führe|ändere|hole|schaue|"
    r"rufe|vergleiche|lade) ich\b"
    r"|\bje (?:re)?(?:lance|cherche|vérifie|regarde|consulte|compare)\b"
    r"|\bje vais (?:maintenant |ensuite )?(?:lancer|chercher|vérifier|regarder|consulter|comparer|"
    r"modifier)\b"
    r"|\b(?:ahora|a continuación|luego) (?:voy a )?(?:reviso|consulto|busco|comparo|revisar|"
    r"consultar|buscar|comparar|modificar)\b|\bora (?:controllo|cerco|procedo|verifico)\b"
    r"|\bvou (?:agora )?(?:verificar|buscar|consultar|comparar)\b"
    r"|\bik (?:ga|zoek|controleer) (?:nu|eerst)\b"
)
_WAITS = compile_linear(
    r"(?i)\b(?:if|once|when|whenever|as soon as|after you|until|tomorrow|later|before you|"
    r"would you|wenn|sobald|falls|cuando|si |quand|lorsque|dès que|se |quando|als|zodra)\b|[?？]"
)
"""What is announced for later, or on a condition."""


class TaskCompletionConfig(EvaluatorConfig):
    """Settings of ``task_completion``."""


@evaluator("task_completion", version=3)
def task_completion(config: TaskCompletionConfig) -> Check:
    """What was asked for was carried out; unscored where tools and words leave it open."""

    def check(subject: Subject) -> Verdict:
        found = answers(subject)
        users = [m.content[:MAX_MESSAGE] for m in subject.messages if m.role == "user"]
        users = [text for text in users if text]
        if not found or not users:
            return no_answer(subject) or NO_CONTENT
        taken = steps(subject, with_history=True)
        last = encodable(found[-1].text[:MAX_MESSAGE])
        if "?" in last:
            last = _PLEASANTRY.sub(" ", last)
        if any(hands_over(s.name) and not delegates(s.name) and not s.failed for s in taken):
            return Scored(1.0, "handed_over", True)
        if dissatisfaction(users[-1:]) >= 1.0:
            return uncertain(0.3, "the user ends dissatisfied")
        missing = _missing(subject, taken)
        if missing and not asks(last) and not admits_failure(last) and not refuses(last):
            what = f"asked for and not done, though there is a tool for it: {missing}"
            return Scored(0.0, "not_done", False, what)
        if len(users) > 1 and _THANKS.search(encodable(users[-1])):
            return Scored(1.0, "user_satisfied", True)
        if missing or refuses(last):
            return uncertain(0.6, "what was asked for was not done, and the answer says so")
        if taken and taken[-1].failed:
            return uncertain(0.4, "the last step failed")
        if taken and admits_failure(last) and all(_found_nothing(step) for step in taken):
            return Scored(0.0, "gave_up", False, "every step came back empty, and it ends there")
        if taken and _announces(last):
            return Scored(0.0, "stopped", False, "it announces what it will do, and ends there")
        said = [answer.text for answer in found]
        forgotten = (
            "" if asks(last) else left_out(users, taken) or file_left_out(users, said, taken)
        )
        if forgotten:
            what = f"of what the user named, {forgotten[:MAX_SHOWN]!r} was left out"
            return Scored(0.0, "left_out", False, what)
        tool, shared = overlooked(users, said, taken, subject.tool_definitions)
        if tool:
            if shared < SURE or asks(last) or admits_failure(last) or not is_read(last):
                return uncertain(0.5, f"{tool[:MAX_SHOWN]!r} was not called")
            what = f"only {tool[:MAX_SHOWN]!r} does a part of what was asked for; it was not called"
            return Scored(0.0, "left_out", False, what)
        if _skipped_work(subject, users, taken):
            return Scored(0.0, "not_done", False, "asked to change something; nothing was changed")
        aside = left_aside(subject)
        if aside is not None:
            return uncertain(0.8, f"{aside[1][:MAX_SHOWN]!r} fits the request and was not called")
        return Scored(1.0, "done", True)

    return check


def _announces(text: str) -> bool:
    """Whether the last sentence says what the agent is about to do, with nothing to wait for."""
    sentences = [part for part in _SENTENCE.split(text.strip()[-MAX_LAST:]) if part.strip()]
    if not sentences:
        return False
    last = sentences[-1].replace("\u2019", "'").lower()
    # The Dutch for "if" begins the German for "next".
    waits = _WAITS.search(last.replace("als nächstes", ""))
    return _ANNOUNCES.search(last) is not None and waits is None


def _still_wanted(messages: Sequence[Message]) -> set[str]:
    """Actions that users ask for, but those that they leave for others after a no or a question."""
    found: set[str] = set()
    asked: frozenset[str] = frozenset()
    is_open = False
    for message in messages:
        text = message.content[:MAX_MESSAGE]
        if message.role == "user" and text:
            now = wanted(text)
            if is_open and now:
                found -= asked
            asked, is_open = now or asked, False
            found |= now
        elif asked and message.role == "assistant" and text:
            is_open = asks(text) or admits_failure(text) or refuses(text)
    return found


def _missing(subject: Subject, taken: list[Step]) -> str:
    """An action that the user asks for, that a declared tool does, and that none did."""
    offered = [d.name for d in subject.tool_definitions if not only_reads(d.name)]
    for action in sorted(_still_wanted(subject.messages)) if offered else ():
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
