"""Users' patterns in RE2: no input makes them slow."""

import re
from typing import Any

import re2

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
