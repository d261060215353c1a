"""Finding personal data in text: types and normalised values, which never leave this room."""

import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any, Literal, NamedTuple

import phonenumbers
from stdnum import iban, luhn

PersonalType = Literal["email", "phone", "card", "iban", "national_id"]

MAX_TEXT = 20_000
"""Characters of a text that are searched."""


class Finding(NamedTuple):
    """One piece of personal data."""

    kind: str
    """A PersonalType, ``key``, or the name of a pattern of the user's."""
    value: str
    """Normalised, for comparison only: never log, store or show it."""
    start: int
    end: int


_EMAIL = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\b")
_MASKS = ("*", "\u2022", "\u2026", "\u25cf", "\u00d7")
"""Before what is left of an address that is hidden: ``k•••••d@mail.example``."""
_LONG_NUMBER = re.compile(r"\d(?:[ ()./\u00a0-]{0,3}\d){6}")
"""Seven digits with little between them: without any there is no phone or card number."""
_IN_A_CODE = re.compile(r"[A-Za-z]-$|[A-Za-z]$")
"""Before the digits of a reference such as FGR-2026-118840."""
_CARD = re.compile(r"(?<![\d.-])[2-6]\d{3}([ -]?)\d{4}\1\d{4}\1\d{1,7}(?![\d-])|"
                   r"(?<![\d.-])3[47]\d{2}([ -]?)\d{6}\2\d{5}(?![\d-])")  # fmt: skip
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?\b")
_CODE = re.compile(r"\d[A-Za-z0-9]{6}")
"""Where even identifiers with letters cannot be without."""

NATIONAL_IDS: dict[str, str] = {
    "be.nn": r"\d\d\.\d\d\.\d\d-\d{3}\.\d\d",
    "br.cpf": r"\d{3}\.\d{3}\.\d{3}-\d\d",
    "ch.ssn": r"756\.\d{4}\.\d{4}\.\d\d",
    "cn.ric": r"\d{17}[\dXx]",
    "dk.cpr": r"\d{6}-\d{4}",
    "es.dni": r"\d{8}-?[A-Z]",
    "es.nie": r"[XYZ]-?\d{7}-?[A-Z]",
    "fi.hetu": r"\d{6}[-+A-F]\d{3}[0-9A-Y]",
    "fr.nir": r"[1-478] ?\d\d ?\d\d ?\d[\dAB] ?\d{3} ?\d{3} ?\d\d",
    "in_.aadhaar": r"\d{4} \d{4} \d{4}",
    "it.codicefiscale": r"[A-Z]{6}\d\d[A-Z]\d\d[A-Z]\d{3}[A-Z]",
    "kr.rrn": r"\d{6}-\d{7}",
    "mx.curp": r"[A-Z]{4}\d{6}[HM][A-Z]{5}[0-9A-Z]\d",
    "se.personnummer": r"(?:\d{2})?\d{6}[-+]\d{4}",
    "us.ssn": r"\d{3}-\d\d-\d{4}",
}
"""Written form by python-stdnum module; its check digits decide. Identifiers that are plain
digits with a weak check, such as the German tax number, would be found in order numbers."""


class Finder:
    """Finds the configured types; built once for each evaluator."""

    def __init__(
        self, types: Sequence[PersonalType], regions: Sequence[str], national_ids: Sequence[str]
    ) -> None:
        self._types = frozenset(types)
        self._regions: tuple[str | None, ...] = (*regions,) or (None,)
        chosen = national_ids if "national_id" in self._types else ()
        self._ids: list[tuple[re.Pattern[str], Any]] = [
            (
                re.compile(rf"(?<![\w.-]){NATIONAL_IDS[name]}(?![\w-])"),
                import_module("stdnum." + name),
            )
            for name in chosen
        ]

    def find(self, text: str) -> list[Finding]:
        """Findings in the text, each place once: the more specific type wins."""
        text = text[:MAX_TEXT]
        found: list[Finding] = []
        for finding in self._candidates(text):
            if all(finding.end <= f.start or finding.start >= f.end for f in found):
                found.append(finding)
        return found

    def _candidates(self, text: str) -> Iterator[Finding]:
        if "@" in text and "email" in self._types:
            for match in _EMAIL.finditer(text):
                if text[match.start() - 1 : match.start()] in _MASKS:
                    continue
                yield Finding("email", match[0].casefold(), *match.span())
        long_number = _LONG_NUMBER.search(text) is not None
        if not long_number and _CODE.search(text) is None:
            return
        if "iban" in self._types:
            for match in _IBAN.finditer(text):
                value = _compact(match[0])
                if iban.is_valid(value):
                    yield Finding("iban", value, *match.span())
        if long_number and "card" in self._types:
            for match in _CARD.finditer(text):
                value = _compact(match[0])
                if 13 <= len(value) <= 19 and luhn.is_valid(value):
                    yield Finding("card", value, *match.span())
        for pattern, module in self._ids:
            for match in pattern.finditer(text):
                if module.is_valid(match[0]):
                    yield Finding("national_id", _compact(match[0]), *match.span())
        if long_number and "phone" in self._types:
            yield from self._phones(text)

    def _phones(self, text: str) -> Iterator[Finding]:
        for region in self._regions:
            if region is None and "+" not in text and "\uff0b" not in text:
                continue
            for match in phonenumbers.PhoneNumberMatcher(text, region):
                raw = match.raw_string
                if _IN_A_CODE.search(text[max(0, match.start - 2) : match.start]):
                    continue
                # Digits alone are an order number more often than a national phone number.
                if raw.startswith(("+", "\uff0b")) or not raw.isdigit():
                    number = phonenumbers.national_significant_number(match.number)
                    yield Finding("phone", number, match.start, match.end)


def compact(text: str) -> str:
    """Letters and digits alone, in upper case: the form identifiers are compared in."""
    return _compact(text)


def _compact(text: str) -> str:
    return "".join(c for c in text if c.isalnum()).upper()
