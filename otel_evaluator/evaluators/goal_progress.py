"""The conversation moves towards what the user wants, and keeps to what they ruled out."""

from collections.abc import Iterable, Iterator
from typing import Any

from otel_evaluator.api import Check, EvaluatorConfig, Scored, Subject, Verdict, evaluator
from otel_evaluator.evaluators._answers import NO_CONTENT, Answer, answers, no_answer
from otel_evaluator.evaluators._probability import uncertain
from otel_evaluator.evaluators._steps import Step, steps
from otel_evaluator.evaluators.actions.conditions import (
    earliest,
    excluded,
    is_told,
    latest,
    limits,
    ruled_out_days,
    sets_others,
    weekdays,
    without_ruled_out_days,
)
from otel_evaluator.evaluators.actions.mistaken import acts_against
from otel_evaluator.evaluators.actions.offers import above_limit, dropped_constraint, named_in
from otel_evaluator.evaluators.actions.verbs import claims, does, wanted
from otel_evaluator.evaluators.figures.quantities import quantities
from otel_evaluator.evaluators.figures.vocabulary import WEEKDAY_NAMES
from otel_evaluator.evaluators.wording.overlap import stems
from otel_evaluator.evaluators.wording.phrases import asks, only_reads
from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.linear import compile_linear

MAX_MESSAGE = 4_000
"""Characters of a message that are read."""

_NEGATED = compile_linear(
    r"(?i)(?:no|not|without|free|never|n't|nicht|ohne|kein\w*|frei|sin|sans|pas|senza|non|sem|não|"
    r"geen|zonder|isn't|aren't)(?:$|[^\pL])"
)
_OVER = compile_linear(
    r"(?i)\b(?:above|over|exceed\w*|more than|beyond|pricier|dearer|higher|über|teurer|mehr als|"
    r"por encima|supera\w*|más car[oa]|au-dessus|dépass\w*|plus cher|oltre|più car[oa]|acima|"
    r"mais car[oa]|boven|duurder)\b"
)


class GoalProgressConfig(EvaluatorConfig):
    """Settings of ``goal_progress``."""


@evaluator("goal_progress", version=3)
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
        ruled_out = ruled_out_days(users)
        limited, without = (limits(users), excluded(users)) if taken else ([], [])
        booked = [step for step in taken if does(step.name, "book") and not only_reads(step.name)]
        early, late = (earliest(users), latest(users)) if booked else ([], [])
        for number, answer in enumerate(found, 1):
            broken = (
                _dropped(answer, taken)
                or _too_dear(answer, limited, taken)
                or _settles_on(answer, ruled_out)
            )
            if broken:
                return Scored(0.0, "drift", False, f"answer {number} {broken}")
            time, place = _settles_outside(answer, booked, early, late)
            if time:
                what = f"answer {number} settles on {time}, outside the hours that the user set"
                if any(place < at < answer.position for at, _ in users):
                    # What was asked for since may be something else.
                    return uncertain(0.5, what)
                return Scored(0.0, "drift", False, what)
            if _offers_excluded(answer.position, answer.text, without, taken):
                what = f"answer {number} offers what the user ruled out"
                return Scored(0.0, "drift", False, what)
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
        if taken and sets_others(users):
            return uncertain(0.8, "words do not tell whether the user's conditions are kept")
        return Scored(1.0, "pass", True)

    return check


def _dropped(answer: Answer, taken: list[Step]) -> str:
    """How an answer breaks a condition that an earlier call had."""
    dropped = dropped_constraint(answer.position, answer.text, taken)
    return f"offers what breaks {dropped[:60]!r}, given before" if dropped else ""


def _too_dear(answer: Answer, limited: list[tuple[int, float]], taken: list[Step]) -> str:
    """How an answer offers what is above a limit that the user gave, without a word about that."""
    given = [limit for place, limit in limited if place < answer.position]
    if not given or _OVER.search(encodable(answer.text)):
        return ""
    over = above_limit(answer.position, answer.text, max(given), taken)
    return f"offers {over[:60]!r}, which is above the user's limit" if over else ""


def _settles_on(answer: Answer, ruled_out: list[tuple[int, int]]) -> str:
    """How an answer says that something is booked for a weekday that the user ruled out."""
    days = {day for place, day in ruled_out if place < answer.position}
    if not days or not claims(answer.text, True):
        return ""
    broken = days & weekdays(without_ruled_out_days(answer.text))
    return f"settles on {WEEKDAY_NAMES[min(broken)]}, which the user ruled out" if broken else ""


def _settles_outside(
    answer: Answer,
    booked: list[Step],
    early: list[tuple[int, float]],
    late: list[tuple[int, float]],
) -> tuple[str, int]:
    """A time of an answer after a booking, where all its times are too early, or all too late.

    With the position of the message that says so.
    """
    if not (early or late):
        return "", 0
    times = [q for q in quantities(answer.text) if q.kind == "time"]
    if not times or not all(map(is_told, times)):
        return "", 0
    values = [q.values[0] for q in times]
    low = [bound for bound in early if bound[0] < answer.position][-1:]
    high = [bound for bound in late if bound[0] < answer.position][-1:]
    broken = [place for place, bound in low if max(values) < bound]
    broken += [place for place, bound in high if min(values) > bound]
    places = (step.position for step in booked if not step.failed)
    if broken and any(broken[0] < place < answer.position for place in places):
        return str(times[0]), broken[0]
    return "", 0


def _offers_excluded(
    position: int, text: str, without: list[tuple[int, str]], taken: list[Step]
) -> bool:
    """Whether an answer names a record, of those tools returned, that has what was ruled out."""
    words = {word for place, word in without if place < position}
    if not words:
        return False
    lowered = text.lower()
    for record in named_in(lowered, (step for step in taken if step.position < position)):
        others = " ".join(_texts(record.values())).lower()
        for word in words:
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
