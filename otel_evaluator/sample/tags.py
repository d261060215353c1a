"""Evaluators that an application asks for itself: traceAI's ``eval_tags``.

The resource attribute is a JSON array of objects with ``eval_name``, ``custom_eval_name`` and
``value``, the span kind (fi-instrumentation-otel, ``register(eval_tags=…)``).
"""

import re
from collections.abc import Collection
from typing import Any

import msgspec

from otel_evaluator.model.subject import Subject
from otel_evaluator.sample.config import SamplingConfig

_SPACES = re.compile(r"[\s\-]+")
_MAX_TAGS = 100
_KINDS = {
    "LLM": {"chat", "generate_content", "text_completion"},
    "TOOL": {"execute_tool"},
    "RETRIEVER": {"retrieval"},
}


def requested(subject: Subject, config: SamplingConfig, names: Collection[str]) -> frozenset[str]:
    """The configured evaluators that the subject's application asks for, by name.

    Names compare without case, with ``_`` for spaces and hyphens. Tags that name no
    configured evaluator, or another span kind than a span subject's, ask for nothing.
    """
    tags = subject.resource.get("eval_tags") if config.accept_eval_tags else None
    if not isinstance(tags, str):
        return frozenset()
    try:
        decoded: Any = msgspec.json.decode(tags)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return frozenset()
    known = {_plain(name): name for name in names}
    wanted = set()
    for tag in decoded[:_MAX_TAGS] if isinstance(decoded, list) else ():
        if isinstance(tag, dict) and _kind_matches(subject, tag.get("value")):
            for key in ("custom_eval_name", "eval_name"):
                wanted.add(known.get(_plain(str(tag.get(key, "")))))
    return frozenset(name for name in wanted if name is not None)


def _kind_matches(subject: Subject, kind: Any) -> bool:
    if subject.kind != "span":
        return True
    return subject.operation in _KINDS.get(str(kind).upper(), set())


def _plain(name: str) -> str:
    return _SPACES.sub("_", name.strip().casefold())
