"""What an existing table looks like, told by its columns and never by a version.

The Collector's exporter creates its tables once and never migrates them, so every generation,
in a Map and in a JSON variant, is found in the field.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from otel_evaluator.errors import Held

_REQUIRED_TRACES = ("Timestamp", "TraceId", "SpanId", "ParentSpanId", "SpanName", "SpanAttributes")
_REQUIRED_LOGS = ("Timestamp", "TraceId", "SpanId", "LogAttributes")
_NOT_WRITABLE = {"ALIAS", "MATERIALIZED"}
_PRECISION = re.compile(r"DateTime64\((\d)")
_WINDOW = re.compile(r"non_replicated_deduplication_window\s*=\s*(\d+)")


class TableColumn(NamedTuple):
    """One row of ``system.columns``."""

    name: str
    type: str
    default_kind: str = ""


class Table(NamedTuple):
    """A table that can be written to."""

    name: str
    columns: dict[str, str]
    """Writable columns: name to type."""
    deduplicates: bool
    """The table remembers insert tokens, so a repeated insert leaves no second row."""

    @property
    def json(self) -> bool:
        """Whether attributes are JSON columns rather than maps."""
        kind = self.columns.get("SpanAttributes") or self.columns.get("LogAttributes") or ""
        return not kind.startswith("Map(")

    @property
    def generation(self) -> int:
        """Of ``otel_traces``: 1 has no scope columns; 2 and 3 take the same inserts."""
        return 2 if "ScopeName" in self.columns else 1

    def ticks_per_ns(self, column: str) -> int:
        """By what nanoseconds are divided for this DateTime or DateTime64 column."""
        kind = self.columns[column]
        match = _PRECISION.search(kind)
        return int(10 ** (9 - (int(match[1]) if match else 0)))


def describe(name: str, columns: Sequence[TableColumn], engine: str, engine_full: str) -> Table:
    """A Table from the rows of ``system.columns`` and the engine of ``system.tables``."""
    window = _WINDOW.search(engine_full)
    shared = engine.startswith(("Replicated", "Shared"))
    return Table(
        name=name,
        columns={c.name: c.type for c in columns if c.default_kind not in _NOT_WRITABLE},
        deduplicates=shared or bool(window and int(window[1])),
    )


def check_traces(table: Table) -> None:
    """Held when the table is not the Collector exporter's."""
    _require(table, _REQUIRED_TRACES, "the Collector exporter's otel_traces")


def check_logs(table: Table) -> None:
    """Held when the table is not the Collector exporter's."""
    _require(table, _REQUIRED_LOGS, "the Collector exporter's otel_logs")


def _require(table: Table, required: tuple[str, ...], model: str) -> None:
    missing = [name for name in required if name not in table.columns]
    if missing:
        raise Held(
            f"table {table.name} lacks {', '.join(missing)} and is not {model}; "
            "name another table in storage.clickhouse"
        )
