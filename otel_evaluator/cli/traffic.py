"""The bundled sample traffic: real runs of many instrumentations, played as if they were now."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files

from otel_evaluator.cli.rewrite import last_time, new_id, new_text, rewrite
from otel_evaluator.cli.sender import Signal

_FOLDER = files("otel_evaluator.cli") / "samples"

DEMO_CONFIG = _FOLDER / "demo.yaml"
"""The demo's configuration; the same file as ``config/demo.yaml`` of the repository."""


@dataclass(frozen=True)
class Sample:
    """One run of an instrumented application: its spans, and its log records if it has any."""

    name: str
    instrumentation: str
    scenario: str
    collector: bool
    """The bytes came through an OpenTelemetry Collector (fields in descending order)."""
    service: str
    conversation_id: str
    traces: int
    good: bool
    defects: tuple[str, ...]
    """What is wrong with the run; also an attempted prompt injection in a good one."""
    traces_file: str
    logs_file: str | None

    @cached_property
    def bodies(self) -> dict[Signal, bytes]:
        """The stored requests, inflated."""
        stored: dict[Signal, str | None] = {"traces": self.traces_file, "logs": self.logs_file}
        return {
            signal: gzip.decompress((_FOLDER / name).read_bytes())
            for signal, name in stored.items()
            if name
        }

    def fresh(self, end_ns: int, seed: str) -> dict[Signal, bytes]:
        """The run as if its last span ended at ``end_ns``, under ids of its own."""
        shift = end_ns - last_time("traces", [self.bodies["traces"]])
        return {
            signal: rewrite(signal, body, shift_ns=shift, seed=seed, texts=[self.conversation_id])
            for signal, body in self.bodies.items()
        }

    def fresh_trace_ids(self, seed: str) -> list[str]:
        """Trace ids of ``fresh`` with this seed, in the order of the stored ones."""
        return [new_id(old, seed).hex() for old in self.trace_ids]

    def fresh_conversation(self, seed: str) -> str:
        """Conversation id of ``fresh`` with this seed."""
        return new_text(self.conversation_id, seed)

    @cached_property
    def trace_ids(self) -> list[bytes]:
        """The stored trace ids, each once, as they first appear."""
        from otel_evaluator.wire.otlp_view_pb2 import Request, SpanHead

        found: dict[bytes, None] = {}
        for resource in Request.FromString(self.bodies["traces"]).resources:
            for scope in resource.scopes:
                for item in scope.items:
                    found.setdefault(SpanHead.FromString(item).trace_id)
        return list(found)


def load_samples() -> Sequence[Sample]:
    """All bundled runs."""
    index = json.loads((_FOLDER / "index.json").read_text())
    return [Sample(**{**entry, "defects": tuple(entry["defects"])}) for entry in index]
