"""Recovers the complete part of JSON text that was cut off by a length limit."""

import re
from typing import Any

import msgspec

_decode = msgspec.json.Decoder().decode
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\],"]', re.DOTALL)
"""A complete string, a structural character, or the quote of a string that does not end."""

_MAX_SIZE = 4 * 1024 * 1024
_MAX_DEPTH = 200


def recover(text: str) -> Any:
    """The longest prefix of ``text`` that is JSON once its open brackets are closed.

    Returns None when nothing can be recovered. The last, incomplete string is kept as far
    as it goes; an incomplete key or literal is dropped. Linear in the length of the text.
    """
    if len(text) > _MAX_SIZE:
        return None
    for candidate in _candidates(text):
        try:
            found = _decode(candidate)
        except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
            continue
        return found or None
    return None


def _candidates(text: str) -> list[str]:
    """Texts to try, the longest first."""
    stack, in_string, cut, cut_stack = _scan(text)
    if stack is None:
        return []
    found = []
    if in_string:
        found.append(text.rstrip("\\") + '"' + _closing(stack))
        # An escape such as \u00 may be cut in the middle; at most five characters go.
        position = text.rfind("\\", len(text) - 6)
        if position >= 0:
            found.append(text[:position] + '"' + _closing(stack))
    elif text.rstrip()[-1:] in ("}", "]", '"'):
        # A number or a literal at the end may have lost its last characters.
        found.append(text + _closing(stack))
    if cut:
        found.append(text[:cut] + _closing(cut_stack))
    return found


def _scan(text: str) -> tuple[list[str] | None, bool, int, list[str]]:
    """Open brackets, whether a string is open, and the last place where a value had ended.

    The first result is None when brackets do not match or nest deeper than any emitter does.
    """
    stack: list[str] = []
    cut, cut_stack = 0, stack
    for match in _TOKEN.finditer(text):
        mark = match.group()
        if mark == '"':
            return stack, True, cut, cut_stack
        if mark in ("{", "["):
            stack.append("}" if mark == "{" else "]")
            cut, cut_stack = match.end(), list(stack)
        elif mark in ("}", "]"):
            if not stack or stack.pop() != mark:
                return None, False, 0, []
            cut, cut_stack = match.end(), list(stack)
        elif mark == ",":
            cut, cut_stack = match.start(), list(stack)
        if len(stack) > _MAX_DEPTH:
            return None, False, 0, []
    return stack, False, cut, cut_stack


def _closing(stack: list[str]) -> str:
    return "".join(reversed(stack))
