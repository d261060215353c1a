"""Arguments that the tool itself refused, by what its result says."""

import json
from typing import Any

from otel_evaluator.evaluators._steps import MAX_RESULT, steps
from otel_evaluator.model.subject import Subject
from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.linear import compile_linear

_TYPE = r"(?:string|str|number|integer|int|float|boolean|bool|array|list|object|dict)"
_REJECTION = compile_linear(
    r"(?i)\binvalid[_ ](?:type|enum)\b|\binvalid_(?:enum_value|arguments?|parameters?)\b|"
    r"\bunexpected (?:keyword )?argument|\bunrecognized[_ ]keys?\b|"
    r"\b(?:field|argument|parameter)s?(?: [\"'`]?\w+[\"'`]?)?(?: is| are)? (?:missing|required)\b|"
    r"\bmissing (?:\d+ )?required (?:positional |keyword-only )?(?:arg|param|field|propert)|"
    r"\b(?:missing|required)[ _](?:argument|parameter|field|property)\b|"
    r"is a required property|\binput should be (?:an? )|\binput should be '|value is not a valid|"
    r"\badditional properties are not|\bextra (?:fields|inputs) (?:are )?not|"
    r"\b(?:must be|is not|should be) one of:? ?[\[({\"'`]|"
    r"\b(?:must be|is not|should be) one of:? \w+(?:, ?\w+)+|"
    rf"is not of type|\bexpected \"?{_TYPE}\"?,? (?:but )?(?:got|received|found)\b|"
    rf"\b(?:must be|should be|is not)(?: of type)? an? {_TYPE}\b|"
    rf"\"expected\" ?: ?\"{_TYPE}\""
)
"""What validators and functions say of arguments that they do not take; not of their meaning."""


def answered(subject: Subject) -> dict[str, bool]:
    """By ``identity``, whether a tool refused the form of a call's arguments every time.

    Empty unless some tool did; without calls that failed for other reasons.
    """
    refused: list[str] = []
    taken: list[str] = []
    for step in steps(subject):
        if not step.failed:
            taken.append(identity(step.name, step.arguments))
        elif _REJECTION.search(encodable(step.result[:MAX_RESULT])):
            refused.append(identity(step.name, step.arguments))
    return dict.fromkeys(refused, True) | dict.fromkeys(taken, False) if refused else {}


def identity(name: str, arguments: Any) -> str:
    """The same for calls of the same tool with equal arguments."""
    try:
        return name + json.dumps(arguments, sort_keys=True, default=str)
    except (RecursionError, TypeError, ValueError):
        return name
