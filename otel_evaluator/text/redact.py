"""Personal data and keys out of text: typed placeholders, the same for the same value."""

from collections.abc import Iterator, Mapping
from typing import Any

import re2

from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.linear import compile_linear
from otel_evaluator.text.personal import MAX_TEXT, NATIONAL_IDS, Finder, Finding, PersonalType

_TYPES: tuple[PersonalType, ...] = ("email", "phone", "card", "iban", "national_id")
_MAX_DEPTH = 32
_KEY = re2.compile(
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?"
    r"|\bsk-[A-Za-z0-9_-]{16,250}"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\b(?:ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{36,255}|\bgithub_pat_[A-Za-z0-9_]{22,255}"
    r"|\bglpat-[A-Za-z0-9_-]{20,}|\bxox[abeprs]-[A-Za-z0-9-]{10,250}"
    r"|\bAIza[0-9A-Za-z_-]{35}|\bya29\.[0-9A-Za-z_-]{20,}"
    r"|\b(?:sk|rk|pk)_(?:live|test)_[0-9A-Za-z]{16,250}|\bwhsec_[0-9A-Za-z]{16,}"
    r"|\bhf_[A-Za-z0-9]{30,}|\bnpm_[A-Za-z0-9]{36}|\bSG\.[\w-]{16,64}\.[\w-]{16,64}"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"
    r"|(?i:\bbearer )[A-Za-z0-9._~+/=-]{20,}"
)
"""Keys by their published prefixes: private keys, tokens of cloud and code hosts, JWT."""


class Patterns:
    """A finder of personal data, and of what compiled patterns match, by name."""

    def __init__(self, finder: Finder, patterns: Mapping[str, Any]) -> None:
        self._finder = finder
        self._patterns = patterns

    def find(self, text: str) -> list[Finding]:
        """Findings in the text, each place once: what patterns match comes first."""
        text = encodable(text)
        found = [*self._matches(text)]
        if not found:
            return self._finder.find(text)
        for each in self._finder.find(text):
            if all(each.end <= f.start or each.start >= f.end for f in found):
                found.append(each)
        return found

    def _matches(self, text: str) -> Iterator[Finding]:
        end = 0
        places = [
            (match.start(), -match.end(), name)
            for name, pattern in self._patterns.items()
            for match in pattern.finditer(text)
        ]
        for start, minus_end, name in sorted(places):
            if start >= end and -minus_end > start:
                end = -minus_end
                yield Finding(name, text[start:end], start, end)


class Redactor:
    """Replaces what the finder finds in one subject; ``<EMAIL_1>`` is one address throughout.

    The limits of the ``pii`` evaluator apply: no names or addresses are found, and national
    telephone numbers only of the configured regions.
    """

    def __init__(self, finder: Patterns) -> None:
        self._finder = finder
        self._known: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}

    def text(self, text: str) -> str:
        """The text with placeholders."""
        if len(text) <= MAX_TEXT:
            return self._piece(text)
        pieces = []
        while text:
            cut = len(text) if len(text) <= MAX_TEXT else text.rfind(" ", 1, MAX_TEXT)
            cut = MAX_TEXT if cut <= 0 else cut
            pieces.append(self._piece(text[:cut]))
            text = text[cut:]
        return "".join(pieces)

    def value(self, value: Any, depth: int = 0) -> Any:
        """Plain values with every text in them redacted; deeper than 32 levels they are cut."""
        if isinstance(value, str):
            return self.text(value)
        if depth >= _MAX_DEPTH:
            return None
        if isinstance(value, dict):
            return {self.text(str(key)): self.value(each, depth + 1) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(each, depth + 1) for each in value]
        return value

    def _piece(self, text: str) -> str:
        text = encodable(text)
        found = sorted(self._finder.find(text), key=lambda finding: finding.start)
        parts = []
        position = 0
        for finding in found:
            placeholder = self._placeholder(finding.kind, finding.value)
            parts += [text[position : finding.start], placeholder]
            position = finding.end
        return "".join((*parts, text[position:])) if found else text

    def _placeholder(self, kind: str, value: str) -> str:
        placeholder = self._known.get((kind, value))
        if placeholder is None:
            number = self._counts[kind] = self._counts.get(kind, 0) + 1
            placeholder = self._known[kind, value] = f"<{kind.upper()}_{number}>"
        return placeholder


def finder(regions: tuple[str, ...], patterns: Mapping[str, str] | None = None) -> Patterns:
    """A finder of all that the product knows, and of the user's patterns by name."""
    own = {name: compile_linear(pattern) for name, pattern in (patterns or {}).items()}
    return Patterns(Finder(_TYPES, regions, tuple(NATIONAL_IDS)), {"key": _KEY, **own})


def only(patterns: Mapping[str, str]) -> Patterns:
    """A finder of the user's patterns alone."""
    own = {name: compile_linear(pattern) for name, pattern in patterns.items()}
    return Patterns(Finder((), (), ()), own)
