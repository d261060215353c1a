"""A validation error as lines of the form ``path (line n): what is wrong; what would be right``.

Values are quoted only where they cannot be a secret: not below a Secret, not under a name that
sounds like one, and never when they came in through a reference.
"""

import re
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from otel_evaluator.config.document import Lines, Path, show
from otel_evaluator.config.fields import Place, names, resolve
from otel_evaluator.errors import ConfigError

_SENSITIVE = re.compile(r"api.?key|token|secret|passw|credential|auth|dsn|header", re.I)
_MAX_SHOWN = 60

_WANTED = {
    "int": "a whole number, such as 8",
    "float": "a number, such as 0.5",
    "bool": "true or false",
    "string": "text",
    "list": "a list, such as [a, b]",
    "tuple": "a list, such as [a, b]",
    "set": "a list, such as [a, b]",
    "frozen_set": "a list, such as [a, b]",
    "dict": "a mapping of keys to values",
    "model": "a mapping of keys to values",
    "model_attributes": "a mapping of keys to values",
    "none_required": "nothing",
}
_BOUNDS = {
    "greater_than": ("gt", "must be greater than"),
    "greater_than_equal": ("ge", "must be at least"),
    "less_than": ("lt", "must be less than"),
    "less_than_equal": ("le", "must be at most"),
}


def explain(
    error: ValidationError,
    model: type[BaseModel],
    lines: Lines | None = None,
    prefix: Path = (),
) -> ConfigError:
    """The error in the user's words, one line a problem, in the order of the file.

    ``prefix`` is the path of the validated value where it is a part of the file, such as
    ``("evaluators", 3)``. Lines are named when ``lines`` knows them.
    """
    lines = lines or Lines()
    found: dict[str, int] = {}
    for details in error.errors(include_url=False):
        place = resolve(model, details["loc"])
        path = (*prefix, *place.path)
        line = lines.line(path)
        where = show(path) + (f" (line {line})" if line else "")
        found.setdefault(f"{where}: {_sentence(details, place, path, lines)}", line or 0)
    start = f"{lines.file}: " if lines.file else ""
    return ConfigError([start + text for text in sorted(found, key=lambda text: found[text])])


def _sentence(details: ErrorDetails, place: Place, path: Path, lines: Lines) -> str:
    kind = details["type"]
    context = details.get("ctx", {})
    value = _shown(details["input"], place, path, lines)
    if kind == "extra_forbidden":
        return _unknown_key(place)
    if kind == "missing":
        return "is missing; " + _purpose(place)
    if kind in _BOUNDS:
        bound, words = _BOUNDS[kind]
        limit = f"{context[bound]:g}" if isinstance(context[bound], float) else context[bound]
        return f"{value}{words} {limit}; try {'more' if bound in ('gt', 'ge') else 'less'}"
    if kind in ("literal_error", "enum"):
        return _choice(value, details["input"], str(context.get("expected", "")))
    if kind in ("value_error", "assertion_error"):
        return _own_words(context.get("error"), details, path, lines)
    if kind == "string_pattern_mismatch":
        return f"{value}does not have the form {context['pattern']}; use letters, digits, _ . -"
    if kind in ("too_short", "string_too_short"):
        return f"is too short; give at least {context['min_length']}"
    if kind in ("too_long", "string_too_long"):
        return f"is too long; give at most {context['max_length']}"
    if kind.startswith("union_tag"):
        expected = context.get("expected_tags", "")
        return f"does not say which kind it is; set {context['discriminator']} to {expected}"
    wanted = _WANTED.get(re.sub(r"_(type|parsing|from_float|parsing_size|sub_type)$", "", kind))
    if wanted == _WANTED["float"] and (share := _percentage(details["input"])):
        return f"{value}is not a number; write {share}"
    if wanted:
        return f"{value}is not {wanted.split(',')[0]}; write {wanted}"
    message = details["msg"][:1].lower() + details["msg"][1:]
    return f"{value}{message}; see docs/configuration.md"


def _percentage(value: Any) -> str:
    match = re.fullmatch(r"(\d{1,6}(?:\.\d{1,6})?)\s*%", value) if isinstance(value, str) else None
    return f"{float(match[1]) / 100:g}" if match else ""


def _unknown_key(place: Place) -> str:
    key = str(place.path[-1]) if place.path else ""
    known = names(place.owner) if place.owner else []
    near = get_close_matches(key, known, n=1, cutoff=0.6)
    if near:
        return f"there is no such setting; did you mean {near[0]!r}?"
    return "there is no such setting; " + (
        f"known here: {', '.join(known)}" if known else "remove it"
    )


def _purpose(place: Place) -> str:
    description = place.description.split("\n")[0].strip().rstrip(".")
    return f"set it: {description[:1].lower()}{description[1:]}" if description else "set it"


def _choice(value: str, given: Any, expected: str) -> str:
    choices = re.findall(r"'([^']*)'", expected)
    near = get_close_matches(str(given), choices, n=1) if isinstance(given, str) else []
    if near:
        return f"{value}is not known; did you mean {near[0]!r}?"
    return f"{value}is not known; try {' or '.join(choices) or expected}"


def _own_words(error: Any, details: ErrorDetails, path: Path, lines: Lines) -> str:
    """The message of our own validators, unless it repeats a value that came from a reference."""
    text = " ".join(str(error if error is not None else details["msg"]).split())
    reference = next((lines.references[p] for p in _below(path, lines)), None)
    if reference is not None:
        text = f"what {reference} stands for is not valid here" + (
            f"; {text.split('; ', 1)[1]}" if _is_safe_hint(text, details["input"]) else ""
        )
    return text if "; " in text else f"{text}; see docs/configuration.md"


def _below(path: Path, lines: Lines) -> list[Path]:
    return [p for p in lines.references if p[: len(path)] == path]


def _is_safe_hint(text: str, value: Any) -> bool:
    _, found, hint = text.partition("; ")
    return bool(found) and isinstance(value, str) and value not in hint


def _shown(value: Any, place: Place, path: Path, lines: Lines) -> str:
    """The value, quoted, with a space; empty when it might be a secret or is no scalar."""
    if isinstance(value, dict | list) or value is None:
        return ""
    if path in lines.references:
        return f"what {lines.references[path]} stands for "
    named = any(isinstance(part, str) and _SENSITIVE.search(part) for part in path)
    if named or place.secret or len(repr(value)) > _MAX_SHOWN:
        return ""
    return f"{value!r} "
