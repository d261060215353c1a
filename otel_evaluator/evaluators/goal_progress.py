"""The conversation moves towards what the user wants, and keeps to what they ruled out."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from otel_evaluator.api import Check, EvaluatorConfig, Scored, Subject, Verdict, evaluator
from otel_evaluator.evaluators._actions import claims, does, wanted
from otel_evaluator.evaluators._answers import NO_CONTENT, Answer, answers, no_answer
from otel_evaluator.evaluators._mistaken import acts_against
from otel_evaluator.evaluators._offers import above_limit, dropped_constraint, named_in
from otel_evaluator.evaluators._overlap import STEM, stems
from otel_evaluator.evaluators._probability import uncertain
from otel_evaluator.evaluators._quantities import quantities
from otel_evaluator.evaluators._steps import Step, steps
from otel_evaluator.evaluators._vocabulary import WEEKDAY_NAMES
from otel_evaluator.evaluators._wording import asks
from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.linear import compile_linear

MAX_MESSAGE = 4_000
"""Characters of a message that are read."""

_EXCLUDED = compile_linear(
    r"(?i)(?:^|[^\pL])(?:nothing with|without(?: any)?|no|not|anything but|except|free of|avoid|"
    r"allergic to|(?:do not|don't) (?:want|like|eat|need)|"
    r"(?:can't|cannot|can not) (?:have|eat|drink|drive|use|take)(?: an?)?|"
    r"keine?[mnrs]?|ohne|"
    r"nichts mit|allergisch gegen|sin|nada (?:de|con)|alérgic[oa] (?:a|al)|sans|pas de|rien avec|"
    r"allergique (?:à|aux?)|senza|niente|allergic[oa] (?:a|al)|sem|nada com|geen|zonder) "
    r"(?:the |a |an |any )?([\pL-]{4,})"
)
_NEGATED = compile_linear(
    r"(?i)(?:no|not|without|free|never|n't|nicht|ohne|kein\w*|frei|sin|sans|pas|senza|non|sem|não|"
    r"geen|zonder|isn't|aren't)(?:$|[^\pL])"
)
_DIGIT = re.compile(r"\d")
_LIMIT = compile_linear(
    r"(?i)\b(?:max(?:imum|imal|\.)?|at most|no more than|not more than|up to|under|below|"
    r"budget(?: of| is|:)?|limit(?: of| is|:)?|höchstens|bis zu|unter|budget von|limit von|"
    r"máximo(?: de)?|como mucho|hasta|límite(?: de)?|presupuesto(?: de)?|pasar de|au plus|"
    r"budget de|jusqu'à|massimo|budget di|até|maximaal|hoogstens|onder)\s+"
    r"([€£$]?\s?\d[\d.,]*\s?(?:\pL{1,6}|[€£$])?)"
)
"""How users say what they would pay at most."""
_OVER = compile_linear(
    r"(?i)\b(?:above|over|exceed\w*|more than|beyond|pricier|dearer|higher|über|teurer|mehr als|"
    r"por encima|supera\w*|más car[oa]|au-dessus|dépass\w*|plus cher|oltre|più car[oa]|acima|"
    r"mais car[oa]|boven|duurder)\b"
)
_DAY = (
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|montags?|dienstags?|mittwochs?|donnerstags?|"
    r"freitags?|samstags?|sonntags?|lunes|martes|miércoles|jueves|viernes|sábados?|domingos?|"
    r"lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|luned[iì]|marted[iì]|mercoled[iì]|"
    r"gioved[iì]|venerd[iì]|sabato|domenica"
)
_NOT_ON = compile_linear(
    r"(?i)\b(?:except|but not|not(?: on)?|never on|no|can't(?: do| make)?|cannot(?: do| make)?|"
    r"avoid|außer|nicht(?: am)?|kein\w*|excepto|menos|salvo|sauf|pas(?: le)?|tranne|non(?: di)?) "
    rf"(?:on |am |el |le |il )?(?:{_DAY})\b|\b(?:{_DAY}) (?:is (?:out|impossible)|doesn't work|"
    r"does not work|won't work|isn't possible|geht nicht|passt nicht|no puedo|no me va|"
    r"ne me va pas|n'est pas possible|non va bene)\b"
)
"""How users rule a weekday out."""


class GoalProgressConfig(EvaluatorConfig):
    """Settings of ``goal_progress``."""


@evaluator("goal_progress", version=2)
def goal_progress(config: GoalProgressConfig) -> Check:
    """What the user ruled out is not offered, and what they ask for again and again is taken up."""

    def check(subject: Subject) -> Verdict:
        found = answers(subject)
        users = [(i, m.content[:MAX_MESSAGE]) for i, m in enumerate(subject.messages)]
        users = [(i, text) for i, text in users if subject.messages[i].role == "user" and text]
        if not found or not users:
            return no_answer(subject) or NO_CONTENT
        taken = steps(subject, with_history=True)
        against = acts_against(subject)
        if against is not None:
            what = f"{against.name[:60]!r} does what the user ruled out"
            return Scored(0.0, "drift", False, what, span_id=against.span_id)
        limits, ruled_out = _limits(users), _ruled_out_days(users)
        for number, answer in enumerate(found, 1):
            dropped = dropped_constraint(answer.position, answer.text, taken)
            if dropped:
                what = f"answer {number} offers what breaks {dropped[:60]!r}, given before"
                return Scored(0.0, "drift", False, what)
            over = _too_dear(answer, limits, taken)
            if over:
                what = f"answer {number} offers {over[:60]!r}, which is above the user's limit"
                return Scored(0.0, "drift", False, what)
            day = _settles_on(answer, ruled_out)
            if day:
                what = f"answer {number} settles on {day}, which the user ruled out"
                return Scored(0.0, "drift", False, what)
            if _offers_excluded(answer.position, answer.text, users, taken):
                return Scored(
                    0.0, "drift", False, f"answer {number} offers what the user ruled out"
                )
        said = [answer.text for answer in found]
        offered = [d.name for d in subject.tool_definitions]
        is_open = asks(said[-1])
        ignored = "" if is_open else _ignored(users, said, taken, offered)
        if ignored:
            what = f"asked for {len(users)} times and not taken up: {ignored}"
            return Scored(0.0, "drift", False, what)
        if (
            len(users) > 1
            and not taken
            and not is_open
            and not _take_up(users, [a.text for a in found])
        ):
            return uncertain(0.8, "the answers share few words with the requests")
        return Scored(1.0, "pass", True)

    return check


def _limits(users: list[tuple[int, str]]) -> list[tuple[int, float]]:
    """What the user would pay at most, with the position of the message that says so."""
    return [
        (place, quantity.values[0])
        for place, said in users
        if _DIGIT.search(said)
        for match in _LIMIT.finditer(encodable(said))
        for quantity in quantities(match[1])[:1]
        if quantity.kind == "money"
    ]


def _too_dear(answer: Answer, limits: list[tuple[int, float]], taken: list[Step]) -> str:
    """What an answer offers above a limit that the user gave, without a word about that."""
    given = [limit for place, limit in limits if place < answer.position]
    if not given or _OVER.search(encodable(answer.text)):
        return ""
    return above_limit(answer.position, answer.text, max(given), taken)


def _ruled_out_days(users: list[tuple[int, str]]) -> list[tuple[int, int]]:
    """Weekdays that the user ruled out and did not come back to, each with its position."""
    return [
        (place, day)
        for place, said in users
        if _weekdays(said)
        for match in _NOT_ON.finditer(encodable(said))
        for day in _weekdays(match[0])
        if not any(at > place and day in _weekdays(later) for at, later in users)
    ]


def _settles_on(answer: Answer, ruled_out: list[tuple[int, int]]) -> str:
    """The ruled-out weekday for which an answer says that something is booked."""
    days = {day for place, day in ruled_out if place < answer.position}
    if not days or not claims(answer.text, True):
        return ""
    broken = days & _weekdays(_NOT_ON.sub(" ", encodable(answer.text)))
    return WEEKDAY_NAMES[min(broken)] if broken else ""


def _weekdays(text: str) -> set[int]:
    return {int(q.values[0]) for q in quantities(text) if q.kind == "weekday"}


def _offers_excluded(
    position: int, text: str, users: list[tuple[int, str]], taken: list[Step]
) -> bool:
    """Whether an answer names a record, of those tools returned, that has what was ruled out."""
    excluded = {
        match[1][:STEM].lower()
        for place, said in users
        if place < position
        for match in _EXCLUDED.finditer(encodable(said))
    }
    if not excluded:
        return False
    lowered = text.lower()
    for record in named_in(lowered, (step for step in taken if step.position < position)):
        others = " ".join(_texts(record.values())).lower()
        for word in excluded:
            if word in others and not _says_no(lowered, word):
                return True
    return False


def _texts(values: Iterable[Any]) -> Iterator[str]:
    """Texts among the values, and in lists among them."""
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from (item for item in value if isinstance(item, str))


def _says_no(text: str, word: str) -> bool:
    """Whether the text speaks of the word only to deny it."""
    place = text.find(word)
    return place >= 0 and _NEGATED.search(encodable(text[max(0, place - 30) : place])) is not None


def _ignored(
    users: list[tuple[int, str]], said: list[str], taken: list[Step], offered: list[str]
) -> str:
    """An action of a declared tool that is asked for twice, and no step and no answer takes up."""
    asked = [wanted(text) for _, text in users]
    for action in set().union(*asked):
        times = sum(action in wishes for wishes in asked)
        if times < 2 or 2 * times < len(users):
            continue
        if any(does(step.name, action) for step in taken):
            continue
        if not any(does(name, action) for name in offered):
            continue
        if not any(action in wanted(text) for text in said):
            return action
    return ""


def _take_up(users: list[tuple[int, str]], said: list[str]) -> bool:
    asked = set().union(*(stems(text) for _, text in users))
    return bool(asked & set().union(*(stems(text) for text in said)))
