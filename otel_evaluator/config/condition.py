"""``when`` conditions: CEL expressions over what is known of a subject."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import cel
import msgspec

from otel_evaluator.model.subject import Signals, Subject

VARIABLES = ("signals", "span", "trace", "resource", "attributes")
"""What ``when`` reads."""
VERDICT = ("score", "label", "passed")
"""What conditions on a verdict read."""
_STRING = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"")
_SIGNAL = re.compile(r"\bsignals\s*\.\s*([A-Za-z_]\w*)")
_CALL = re.compile(r"\b([A-Za-z_]\w*)\s*\(")
_FUNCTIONS = frozenset(
    (
        *("size", "contains", "startsWith", "endsWith", "matches", "lowerAscii", "upperAscii"),
        *("has", "all", "exists", "exists_one", "map", "filter", "in", "min", "max"),
        *("int", "uint", "double", "string", "bool", "bytes", "type", "duration", "timestamp"),
    )
)


class Condition:
    """A compiled expression; ``signals`` names the signals it reads.

    Raises ValueError with the reason and a suggestion when the text cannot be used.
    """

    def __init__(self, source: str, variables: Sequence[str] = VARIABLES) -> None:
        self.source = source
        self._known = variables
        try:
            self._program = cel.compile(source)
        except ValueError as error:
            raise ValueError(f"not a CEL expression: {_first_line(error)}") from None
        bare = _STRING.sub("''", source)
        self.variables = frozenset(self._program.variables())
        self.signals = frozenset(_SIGNAL.findall(bare))
        self._check(bare)

    def _check(self, bare: str) -> None:
        macros = "all(" in bare or "exists" in bare or "map(" in bare or "filter(" in bare
        for name in sorted(self.variables - set(self._known)):
            if not macros:
                raise ValueError(_unknown("variable", name, self._known))
        for name in sorted(self.signals - set(Signals.__struct_fields__)):
            raise ValueError(_unknown("signal", name, Signals.__struct_fields__))
        for name in _CALL.findall(bare):
            if name not in _FUNCTIONS:
                raise ValueError(_unknown("function", name, _FUNCTIONS))
        if "signals" in self.variables and not self.signals:
            raise ValueError("signals must be read by name, as in signals.errors > 0")

    def holds(self, context: Mapping[str, Any]) -> bool:
        """Whether the expression is true; a missing key counts as false.

        Raises ValueError when the expression cannot be applied to these values.
        """
        try:
            result = self._program.execute(dict(context))
        except KeyError:
            return False
        except Exception as error:
            raise ValueError(_first_line(error)) from None
        if not isinstance(result, bool):
            kind = type(result).__name__
            raise ValueError(f"gives {kind}, not true or false; compare it with something")
        return result


def context(subject: Subject, whole: Subject) -> dict[str, Any]:
    """The variables of a condition on ``subject``, which is ``whole`` or a span of it.

    ``signals`` and ``trace`` describe the whole; ``span``, ``resource`` and ``attributes``
    the subject.
    """
    return {
        "signals": msgspec.structs.asdict(whole.signals),
        "span": _facts(subject),
        "trace": _facts(whole),
        "resource": plain(subject.resource),
        "attributes": plain(subject.attributes),
    }


def _facts(subject: Subject) -> dict[str, Any]:
    return {
        "operation": subject.operation,
        "model": subject.model,
        "provider": subject.provider,
        "agent": subject.agent,
        "service": subject.service,
        "environment": subject.environment,
        "conversation_id": subject.conversation_id,
        "prompt_name": subject.prompt_name,
        "prompt_version": subject.prompt_version,
        "error": subject.error,
        "complete": subject.complete,
        "duration_ms": max(0.0, (subject.end_ns - subject.start_ns) / 1e6),
    }


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Only the scalar values: nothing nested reaches an expression."""
    return {k: v for k, v in values.items() if isinstance(v, str | bool | int | float)}


def _unknown(kind: str, name: str, known: Any) -> str:
    near = get_close_matches(name, list(known), n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(known))}"
    return f"no {kind} is called {name!r}; {hint}"


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error) else type(error).__name__
