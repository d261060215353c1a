"""Stored OTLP as export requests of a sendable size.

Read are: one serialized request; several concatenated ones (which are one valid message); the
Collector file exporter's length-prefixed ones; OTLP/JSON, one request a line or one a file.
Each may be gzip-compressed.
"""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from otel_evaluator.cli.output import Failure
from otel_evaluator.cli.rewrite import fields
from otel_evaluator.cli.sender import Signal
from otel_evaluator.errors import Refused
from otel_evaluator.receive.json import to_protobuf
from otel_evaluator.wire.otlp_view_pb2 import Request, SpanHead

MAX_REQUEST_BYTES = 4 * 2**20
"""Requests are split at resources near this size, well under common message limits."""
MAX_FILE_BYTES = 2 * 2**30
MAX_JSON_ITEMS = 10_000_000


@dataclass(frozen=True)
class StoredRequest:
    """One request to send."""

    signal: Signal
    body: bytes
    items: int
    """Spans or log records."""


def read_file(path: Path, signal: Signal | None = None) -> Iterator[StoredRequest]:
    """Requests of one file; ``signal`` is told apart by content when None.

    Raises Failure, naming the file, when it cannot be read as OTLP.
    """
    content = _content(path)
    if content.lstrip()[:1] == b"{" and not _is_protobuf(content):
        for number, line in enumerate(_documents(content), 1):
            yield from _split(*_from_json(path, number, line, signal))
        return
    messages = list(_length_prefixed(content)) or [content]
    for message in messages:
        yield from _split(signal or _signal(path, message), message)


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise Failure(f"{path}: larger than 2 GiB; split it")
        content = path.read_bytes()
    except OSError as error:
        raise Failure(f"{path}: cannot be read: {error.strerror}") from None
    if content[:2] == b"\x1f\x8b":
        try:
            with gzip.open(path) as file:
                content = file.read(MAX_FILE_BYTES + 1)
        except (OSError, EOFError, zlib.error):
            raise Failure(f"{path}: the gzip data is damaged") from None
        if len(content) > MAX_FILE_BYTES:
            raise Failure(f"{path}: larger than 2 GiB when inflated; split it")
    if not content:
        raise Failure(f"{path}: the file is empty")
    return content


def _documents(content: bytes) -> Iterator[bytes]:
    """One JSON request a line, or one that spans all lines."""
    lines = [line for line in content.splitlines() if line.strip()]
    one_a_line = all(line.lstrip()[:1] == b"{" and line.rstrip()[-1:] == b"}" for line in lines)
    yield from lines if one_a_line else [content]


def _from_json(path: Path, number: int, line: bytes, signal: Signal | None) -> tuple[Signal, bytes]:
    if signal is None:
        signal = "logs" if b'"resourceLogs"' in line else "traces"
    try:
        body = to_protobuf(line, signal, MAX_JSON_ITEMS).body
    except Refused as error:
        raise Failure(f"{path}: request {number}: {error}") from None
    return signal, body


def _length_prefixed(content: bytes) -> Iterator[bytes]:
    """Messages after a 4-byte big-endian length each, if that accounts for every byte."""
    found, at = [], 0
    while at + 4 <= len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        if not size or at + 4 + size > len(content):
            return
        found.append(content[at + 4 : at + 4 + size])
        at += 4 + size
    if at == len(content):
        yield from found


def _is_protobuf(content: bytes) -> bool:
    """Whether content that starts with ``{`` is protobuf (field 15, which OTLP lacks) or JSON."""
    return content.lstrip()[:2] not in (b'{"', b"{ ", b"{\n", b"{\r", b"{\t", b"{}")


def _signal(path: Path, message: bytes) -> Signal:
    """Traces when items carry a 16-byte trace id as field 1, as only spans do."""
    try:
        heads = [SpanHead.FromString(item) for item in _first_items(message)]
        if any(len(head.trace_id) == 16 and len(head.span_id) == 8 for head in heads):
            return "traces"
        if heads and ExportLogsServiceRequest.FromString(message):
            return "logs"
    except DecodeError:
        pass
    raise Failure(f"{path}: neither OTLP traces nor logs; give a file of export requests")


def _first_items(message: bytes) -> list[bytes]:
    """The items of the first scope that has any."""
    for resource in Request.FromString(message).resources:
        for scope in resource.scopes:
            if scope.items:
                return list(scope.items)
    return []


def _split(signal: Signal, body: bytes) -> Iterator[StoredRequest]:
    """Requests of about MAX_REQUEST_BYTES, cut between resources; bytes stay as they were."""
    start = end = 0
    for field in fields(body, 0, len(body)):
        if field.end - start > MAX_REQUEST_BYTES and end > start:
            yield _request(signal, body[start:end])
            start = end
        end = field.end
    if end > start:
        yield _request(signal, body[start:end])


def _request(signal: Signal, body: bytes) -> StoredRequest:
    resources = Request.FromString(body).resources
    items = sum(len(scope.items) for resource in resources for scope in resource.scopes)
    return StoredRequest(signal, body, items)
