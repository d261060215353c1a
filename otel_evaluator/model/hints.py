"""Byte patterns without which a signal is at its default.

Whenever a signal of a trace differs from its default, at least one of its patterns occurs in
the encoded bytes of a span, context span or log record of the trace.
"""

from collections.abc import Mapping

HINTS: Mapping[str, tuple[bytes, ...]] = {}
"""Patterns by name of the signal; signals that are not listed cannot be ruled out."""
