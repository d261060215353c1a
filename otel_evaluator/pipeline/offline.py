"""Stored OTLP to subjects, without a service: what assembly would hand on, normalised."""

from pathlib import Path

from otel_evaluator.decode.conversation import conversation
from otel_evaluator.decode.normalise import normalise
from otel_evaluator.model.markers import (
    CONVERSATION_KEYS,
    CORE_MARKERS,
    EXTENDED_MARKERS,
    KEPT_SCOPES,
)
from otel_evaluator.model.raw import RawTrace
from otel_evaluator.model.subject import Subject, SubjectKind
from otel_evaluator.select.selector import Selector


class _Everything:
    """Rates that exclude nothing."""

    excludes_any = False

    def excluded_traces(self, trace_ids: set[bytes]) -> set[bytes]:
        return set()

    def excludes_conversation(self, conversation_id: str) -> bool:
        return False


class Stored:
    """Reads files that each hold one serialized export request."""

    def __init__(self) -> None:
        markers = (*CORE_MARKERS, *EXTENDED_MARKERS)
        self._selector = Selector(_Everything(), markers, CONVERSATION_KEYS, KEPT_SCOPES)

    def traces(self, spans: Path, logs: Path | None = None) -> list[RawTrace]:
        """The traces of a file, with the log records that carry their content.

        Raises Malformed when a file is not such a request, OSError when it cannot be read.
        """
        found: dict[bytes, RawTrace] = {}
        selection = self._selector.spans(spans.read_bytes(), found.keys())
        for span in selection.spans:
            trace = found.setdefault(span.trace_id, RawTrace(span.trace_id, [], [], []))
            trace.spans.append(span.item)
        for span in selection.context:
            if span.trace_id in found:
                found[span.trace_id].context.append(span.item)
        if logs is not None:
            for log in self._selector.logs(logs.read_bytes()).logs:
                if log.trace_id in found:
                    found[log.trace_id].logs.append(log.item)
        return list(found.values())


def subjects(traces: list[RawTrace]) -> dict[SubjectKind, list[Subject]]:
    """Subjects by kind; the traces count as one conversation."""
    found: dict[SubjectKind, list[Subject]] = {"span": [], "trace": [], "conversation": []}
    for trace in traces:
        normalised = normalise(trace)
        if normalised.trace is not None:
            found["trace"].append(normalised.trace)
            found["span"] += normalised.spans
    if found["trace"]:
        found["conversation"].append(conversation(found["trace"]))
    return found
