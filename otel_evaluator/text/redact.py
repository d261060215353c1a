"""Personal data out of stored transcripts: typed placeholders, the same for the same value."""

from typing import Any

from otel_evaluator.text.personal import MAX_TEXT, NATIONAL_IDS, Finder, PersonalType

_TYPES: tuple[PersonalType, ...] = ("email", "phone", "card", "iban", "national_id")
_MAX_DEPTH = 32


class Redactor:
    """Replaces what the finder finds in one subject; ``<EMAIL_1>`` is one address throughout.

    The limits of the ``pii`` evaluator apply: no names or addresses are found, and national
    telephone numbers only of the configured regions.
    """

    def __init__(self, finder: Finder) -> None:
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


def finder(regions: tuple[str, ...]) -> Finder:
    """A finder of every type of personal data the product knows."""
    return Finder(_TYPES, regions, tuple(NATIONAL_IDS))
