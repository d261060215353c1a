"""Byte patterns without which a signal is at its default.

Whenever a signal of a trace differs from its default, at least one of its patterns occurs in
the encoded bytes of a span, context span or log record of the trace. The reverse does not
hold: patterns are few and broad, because each is searched in every closed trace.
"""

from collections.abc import Mapping

STATUS_ERROR = b"\x18\x02"
"""``Status.code`` (field 3, varint) with ``STATUS_CODE_ERROR`` (OTLP ``trace.proto``)."""

_FAILURES = (STATUS_ERROR, b"rror", b"RROR", b"failure")
"""A status, ``error.type``, an error in a result's text, ``gen_ai.task.status=failure``."""

HINTS: Mapping[str, tuple[bytes, ...]] = {
    "errors": _FAILURES,
    "tool_errors": _FAILURES,
    "retries": (*_FAILURES, b".retry"),
    "tool_calls": (b"tool", b"Tool", b"TOOL", b"unction"),
    "handoffs": (b"transfer_to_", b"hand", b"delegate_to_", b"goto"),
    "escalated": (b"uman", b"UMAN", b"scalat", b"SCALAT", b"ive_agent", b"ive-agent"),
    "feedback": (b"feedback", b"gen_ai.evaluation"),
    "truncated": (
        b"ength",
        b"ENGTH",
        b"ax_token",
        b"ax-token",
        b"AX_TOKEN",
        b"ax_output_token",
        b"AX_OUTPUT_TOKEN",
        b"ncomplete",
        b"NCOMPLETE",
        b"oken_limit",
        b"OKEN_LIMIT",
    ),
    "blocked": (
        b"filter",
        b"Filter",
        b"FILTER",
        b"afety",
        b"AFETY",
        b"ecitation",
        b"ECITATION",
        b"locklist",
        b"LOCKLIST",
        b"rohibited",
        b"ROHIBITED",
        b"efusal",
        b"EFUSAL",
        b"uard",
        b"UARD",
        b"pii",
        b"PII",
    ),
}
"""Patterns by name of the signal; signals that are not listed cannot be ruled out."""
