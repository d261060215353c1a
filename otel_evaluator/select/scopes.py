"""What an encoded InstrumentationScope says about all items under it."""

from collections.abc import Iterable
from typing import NamedTuple

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope

OWN_SCOPE = "otel_evaluator"
_CACHE_LIMIT = 4096


class _Scope(NamedTuple):
    own: bool
    kept: bool


class Scopes:
    """Judges scopes by their name, once per distinct encoding."""

    def __init__(self, kept_names: Iterable[str]) -> None:
        self._kept = tuple(kept_names)
        self._known: dict[bytes, _Scope] = {}

    def is_own(self, scope: bytes) -> bool:
        """Whether the items are this product's score spans or score events."""
        known = self._known.get(scope)
        return (known or self._read(scope)).own

    def is_kept(self, scope: bytes) -> bool:
        """Whether items are kept although they may carry no marker."""
        known = self._known.get(scope)
        return (known or self._read(scope)).kept

    def _read(self, scope: bytes) -> _Scope:
        try:
            name = InstrumentationScope.FromString(scope).name
        except DecodeError:
            name = ""
        kept = any(name == k or name.startswith(k + ".") for k in self._kept)
        if len(self._known) >= _CACHE_LIMIT:
            self._known.clear()
        known = self._known[scope] = _Scope(name == OWN_SCOPE, kept)
        return known
