"""A regular expression that a text must, or must not, match; in linear time."""

from typing import Annotated, Literal

from pydantic import AfterValidator

from otel_evaluator.api import Check, EvaluatorConfig, Subject, Verdict, evaluator
from otel_evaluator.evaluators._answers import TextSource, failed, passed, text_of
from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.linear import compile_linear


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
