"""What an encoded InstrumentationScope says about all items under it."""

from collections.abc import Iterable

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope

OWN_SCOPE = "otel_evaluator"
_CACHE_LIMIT = 4096


class Scopes:
    """Reads scope names once per distinct encoding."""

    def __init__(self, kept_names: Iterable[str]) -> None:
        self._kept = tuple(kept_names)
        self._names: dict[bytes, str] = {}

    def name(self, scope: bytes) -> str:
        """The scope's name; empty when it has none or does not parse."""
        name = self._names.get(scope)
        if name is None:
            try:
                name = InstrumentationScope.FromString(scope).name
            except DecodeError:
                name = ""
            if len(self._names) >= _CACHE_LIMIT:
                self._names.clear()
            self._names[scope] = name
        return name

    def is_own(self, scope: bytes) -> bool:
        """Whether the items are this product's score spans or score events."""
        return self.name(scope) == OWN_SCOPE

    def is_kept(self, scope: bytes) -> bool:
        """Whether items are kept although they may carry no marker."""
        name = self.name(scope)
        return bool(name) and any(name == k or name.startswith(k + ".") for k in self._kept)
