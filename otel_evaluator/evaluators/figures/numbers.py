"""Numbers as people write them: spelled out in English, and with the separators of any country."""

import re
from collections.abc import Iterator, Set


def _count(words: str, first: int = 0, step: int = 1) -> dict[str, int]:
    return {word: step * value for value, word in enumerate(words.split(), first)}


_UNITS = _count(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_TENS = _count("twenty thirty forty fifty sixty seventy eighty ninety", 2, 10)
_ORDINALS = _count(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
    "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth",
    1,
) | {"twentieth": 20, "thirtieth": 30}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_WORDS = {**_UNITS, **_TENS, **_ORDINALS, **_SCALES}

DIGITS = {word: value for word, value in _UNITS.items() if value < 10} | {"oh": 0, "nought": 0}
"""Names of digits, as they are dictated."""
_NAMES = frozenset(_WORDS)
_EACH = {word: re.compile(rf"\b{word}\b") for word in _WORDS}
_JOINTS = frozenset({" ", "-", " and ", ", and ", " oh "})
"""What may stand between two words of one number."""
_CLOCK_WORDS = frozenset({"past", "quarter", "minutes", "noon", "midday", "midnight"})
_CLOCK = re.compile(
    r"\b(?:(half|quarter|\d{1,2})(?: minutes)? past (\d{1,2})"
    r"|(?:(quarter)|(\d{1,2}) minutes) to (\d{1,2})|(noon|midday)|(midnight))\b",
    re.IGNORECASE,
)


def spelled_to_digits(text: str, lowered: str, words: Set[str]) -> str:
    """English number words as digits.

    ``lowered`` is the text in lower case, of the same length; ``words`` are the words in it.

    ``six hundred and forty`` → ``640``, ``twenty-third`` → ``23rd``, ``three forty`` →
    ``3:40``, ``half past ten`` → ``10:30``, ``twenty twenty-six`` → ``2026``.
    """
    present = _NAMES & words
    if present:
        text = _replace_runs(text, lowered, present)
    if not _CLOCK_WORDS.isdisjoint(words):
        text = _CLOCK.sub(_clock, text)
    return text


def _replace_runs(text: str, lowered: str, present: Set[str]) -> str:
    """The text with every run of number words as digits."""
    runs: list[tuple[int, int]] = []
    for start, end in sorted(m.span() for word in present for m in _EACH[word].finditer(lowered)):
        if runs and _joins(lowered[runs[-1][1] : start], lowered[: runs[-1][1]]):
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    parts: list[str] = []
    done = 0
    for start, end in runs:
        parts += [text[done:start], _digits(lowered[start:end])]
        done = end
    return "".join([*parts, text[done:]])


def _joins(between: str, before: str) -> bool:
    """Whether two number words are one number: ``and`` only after hundred, thousand, million."""
    if between not in _JOINTS:
        return False
    return "and" not in between or before.endswith(tuple(_SCALES))


def _digits(run: str) -> str:
    numbers = list(_numbers(re.findall(r"[a-z]+", run)))
    if len(numbers) == 2:
        (hour, _), (minute, ordinal) = numbers
        if hour in (19, 20) and minute >= 10 and not ordinal:
            return f"{hour}{minute}"
        oh = " oh " in run and minute < 10
        if 1 <= hour <= 24 and (10 <= minute <= 59 or oh) and not ordinal and " and " not in run:
            return f"{hour}:{minute:02d}"
    return " ".join(f"{value}{_suffix(value) if ordinal else ''}" for value, ordinal in numbers)


def _numbers(words: list[str]) -> Iterator[tuple[int, bool]]:
    """Cardinals and ordinals of a run of number words, one after the other."""
    total = group = 0
    room = 10**9
    """What may still be added: after ``twenty`` a unit, after ``hundred`` anything below 100."""
    started = False
    for word in words:
        if word not in _WORDS:
            continue
        value = _WORDS[word]
        if word in _SCALES:
            if word == "hundred":
                group, room = max(group, 1) * value, 100
            else:
                total, group, room = total + max(group, 1) * value, 0, value
            started = True
            continue
        if started and value >= room:
            yield total + group, False
            total = group = 0
        group += value
        room = 10 if word in _TENS else 1
        started = True
        if word in _ORDINALS:
            yield total + group, True
            total, group, room, started = 0, 0, 10**9, False
    if started:
        yield total + group, False


def _suffix(value: int) -> str:
    if value % 100 in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")


def _clock(match: re.Match[str]) -> str:
    if match[6] or match[7]:
        return "12:00" if match[6] else "00:00"
    written = (match[1] or match[3] or match[4]).lower()
    minutes = {"half": 30, "quarter": 15}.get(written) or int(written)
    hour = int(match[2] or match[5])
    if not 1 <= hour <= 24 or minutes > 59:
        return match[0]
    if match[5]:
        hour, minutes = (hour - 1) or 12, (60 - minutes) % 60
    return f"{hour}:{minutes:02d}"


def readings(text: str) -> tuple[float, ...]:
    """Values a written number can have: ``1.234,50`` one, ``1.234`` two (1234 and 1.234)."""
    if text.isdigit():
        return (float(text),)
    text = text.replace(" ", "").replace("\u202f", "").replace("'", "").replace("\u2019", "")
    dot, comma = text.rfind("."), text.rfind(",")
    if dot < 0 and comma < 0:
        return (float(text),)
    if dot >= 0 and comma >= 0:
        decimal, thousands = (".", ",") if dot > comma else (",", ".")
        return (float(text.replace(thousands, "").replace(decimal, ".")),)
    mark = "." if dot >= 0 else ","
    whole, *groups = text.split(mark)
    if len(groups) > 1:
        return (float(text.replace(mark, "")),)
    as_decimal = float(f"{whole}.{groups[0]}")
    if len(groups[0]) == 3 and 1 <= len(whole) <= 3 and whole.strip("0"):
        return (float(whole + groups[0]), as_decimal)
    return (as_decimal,)
