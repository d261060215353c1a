"""A regular expression that a text must, or must not, match; in linear time."""

import re
from typing import Annotated, Any, Literal

import re2
from pydantic import AfterValidator

from otel_evaluator.api import Check, EvaluatorConfig, Subject, Verdict, evaluator
from otel_evaluator.evaluators._answers import TextSource, failed, passed, text_of
from otel_evaluator.text.encodable import encodable

MAX_MEMORY = 8 * 2**20
"""Bytes RE2 may use for one compiled pattern and its automaton."""


def compile_linear(pattern: str, *, ignore_case: bool = False, dot_all: bool = False) -> Any:
    """An RE2 pattern; ValueError with the position of the problem."""
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not ignore_case
    options.dot_nl = dot_all
    options.max_mem = MAX_MEMORY
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        problem = error.args[0]
        text = problem.decode(errors="replace") if isinstance(problem, bytes) else str(problem)
        raise ValueError(_explain(pattern, text)) from None


def _explain(pattern: str, problem: str) -> str:
    """RE2 repeats the offending part behind a colon; Python's parser knows some positions."""
    what, _, part = problem.partition(": ")
    position = pattern.find(part) if part and part != pattern else -1
    if position < 0:
        try:
            re.compile(pattern)
            position = 0
        except (re.error, RecursionError, OverflowError) as error:
            position = getattr(error, "pos", None) or 0
    return (
        f"not a valid pattern at position {position}: {what}; write RE2 syntax, which has no "
        "look-around and no back-references"
    )


def _valid(pattern: str) -> str:
    compile_linear(pattern)
    return pattern


class RegexConfig(EvaluatorConfig):
    """Settings of ``regex``."""

    pattern: Annotated[str, AfterValidator(_valid)]
    """The expression in RE2 syntax; it may match anywhere in the text."""

    expect: Literal["match", "no_match"] = "match"
    """Whether a match passes or fails."""

    ignore_case: bool = False
    """Whether upper and lower case are the same."""

    dot_all: bool = False
    """Whether . matches a line break as well."""

    text: TextSource = "output"
    """Where to look: the final answer, the last user message, or all messages."""


@evaluator("regex", version=1)
def regex(config: RegexConfig) -> Check:
    """A regular expression that a text must, or must not, match; in linear time."""
    pattern = compile_linear(config.pattern, ignore_case=config.ignore_case, dot_all=config.dot_all)
    wanted = config.expect == "match"

    def check(subject: Subject) -> Verdict:
        text = text_of(subject, config.text)
        if not isinstance(text, str):
            return text
        match = pattern.search(encodable(text))
        where = "no match" if match is None else f"match at character {match.start()}"
        return passed(where) if (match is not None) == wanted else failed(where)

    return check
