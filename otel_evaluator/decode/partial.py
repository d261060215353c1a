"""Recovers the complete part of JSON text that was cut off by a length limit."""

from typing import Any

import msgspec

_decode = msgspec.json.Decoder().decode
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
            return _decode(candidate)
        except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
            continue
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
    else:
        found.append(text + _closing(stack))
    if cut:
        found.append(text[:cut] + _closing(cut_stack))
    return found


def _scan(text: str) -> tuple[list[str] | None, bool, int, list[str]]:
    """Open brackets, whether a string is open, and the last place where a value had ended.

    The first result is None when brackets do not match or nest deeper than any emitter does.
    """
    stack: list[str] = []
    in_string = False
    cut, cut_stack = 0, stack
    position, size = 0, len(text)
    while position < size:
        character = text[position]
        if in_string:
            if character == "\\":
                position += 1
            elif character == '"':
                in_string = False
        elif character == '"':
            in_string = True
        elif character in "{[":
            stack.append("}" if character == "{" else "]")
            cut, cut_stack = position + 1, list(stack)
        elif character in "}]":
            if not stack or stack.pop() != character:
                return None, False, 0, []
            cut, cut_stack = position + 1, list(stack)
        elif character == ",":
            cut, cut_stack = position, list(stack)
        if len(stack) > _MAX_DEPTH:
            return None, False, 0, []
        position += 1
    return stack, in_string, cut, cut_stack


def _closing(stack: list[str]) -> str:
    return "".join(reversed(stack))
