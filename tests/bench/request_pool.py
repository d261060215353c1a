"""A pool of encoded export requests whose trace ids are replaced on every use.

Each request is kept as a list of byte strings in which every second entry is a trace id, so
that a new request costs one slice assignment and one join, and the generator is no bottleneck.
"""

import hashlib
import os
import pickle
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from random import Random
from typing import Any

from tests.bench.encode import Order, Value, delimited, resource_spans, span
from tests.bench.templates import DIALECTS, Dialect, Template, genai_trace, plain_trace

SPANS_PER_REQUEST = 512
SPANS_PER_TRACE = 8
GENAI_SHARE = 0.30
GENAI_PER_TRACE = 4
MARK = b"\xffTRACE\xfeID\xfd\xfc\xfb\xfa\xf9"
"""Starts the placeholder of a trace id; invalid UTF-8, so no text contains it."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How requests are made."""

    order: Order
    errors: float
    """Share of spans with an error status."""
    spans: int = SPANS_PER_REQUEST


@dataclass(slots=True)
class Request:
    """One encoded request and where its trace ids are."""

    pieces: list[bytes]
    pick: Any
    traces: int
    spans: int
    genai_spans: int

    def renew(self) -> bytes:
        """The request with trace ids never used before."""
        random = os.urandom(16 * self.traces)
        ids = [random[at : at + 16] for at in range(0, len(random), 16)]
        self.pieces[1::2] = self.pick(ids)
        return b"".join(self.pieces)


@dataclass(frozen=True, slots=True)
class Service:
    """A service and the dialect it speaks; None where it calls no model."""

    name: str
    dialect: Dialect | None


class Mix:
    """Hands out services so that the shares hold for the traces handed out so far."""

    def __init__(self) -> None:
        self.traces = 0
        self.by_dialect: dict[str, int] = {dialect.name: 0 for dialect in DIALECTS}

    def next(self, traces: int) -> Service:
        """A service for this many traces: the kind that is furthest below its share."""
        self.traces += traces
        wanted = GENAI_SHARE * SPANS_PER_TRACE / GENAI_PER_TRACE * self.traces
        if wanted - sum(self.by_dialect.values()) < traces / 2:
            return Service("orders", None)
        short = {
            dialect: dialect.share * wanted - self.by_dialect[dialect.name] for dialect in DIALECTS
        }
        dialect = max(short, key=short.__getitem__)
        self.by_dialect[dialect.name] += traces
        return Service(f"assistant-{dialect.name}", dialect)


def resource(service: Service, random: Random) -> dict[str, Value]:
    """Resource attributes as a cluster's Collector adds them."""
    return {
        "service.name": service.name,
        "service.version": "2.14.1",
        "deployment.environment.name": "production",
        "k8s.namespace.name": "shop",
        "k8s.pod.name": f"{service.name}-{random.getrandbits(40):010x}",
        "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "opentelemetry",
        "telemetry.sdk.version": "1.45.1",
    }


def placeholder(index: int) -> bytes:
    """16 bytes that stand for the trace with this index in the request."""
    return MARK + index.to_bytes(16 - len(MARK), "big")


def encode_trace(
    templates: list[Template], index: int, random: Random, now_ns: int, how: Encoding
) -> list[tuple[str, bytes]]:
    """(scope, encoded span) of one trace; a span ends before its parent."""
    root = random.randbytes(8)
    out = []
    for position, template in enumerate(templates):
        start = now_ns - 2_000_000_000 + position * 10_000_000
        encoded = span(
            trace_id=placeholder(index),
            span_id=root if position == 0 else random.randbytes(8),
            parent_id=b"" if position == 0 else root,
            name=template.name,
            kind=template.kind,
            start_ns=start,
            end_ns=now_ns if position == 0 else start + random.randint(1, 900) * 1_000_000,
            attributes=template.attributes,
            error="upstream timed out" if random.random() < how.errors else "",
            order=how.order,
        )
        out.append((template.scope, encoded))
    return out


def build(random: Random, mix: Mix, now_ns: int, how: Encoding) -> Request:
    """One request: one service as an SDK sends it, or several as a Collector batches them."""
    traces = how.spans // SPANS_PER_TRACE
    count = random.choice((1, 2, 4))
    chosen = [mix.next(traces // count) for _ in range(count)]
    resources = []
    genai = 0
    for number, service in enumerate(chosen):
        by_scope: dict[str, list[bytes]] = defaultdict(list)
        for index in range(number, traces, len(chosen)):
            if service.dialect:
                templates = genai_trace(random, service.dialect)
            else:
                templates = plain_trace(random)
            genai += sum(template.genai for template in templates)
            for scope, encoded in encode_trace(templates, index, random, now_ns, how):
                by_scope[scope].append(encoded)
        scopes = [(scope, "1.0.0", spans) for scope, spans in by_scope.items()]
        resources.append(delimited(1, resource_spans(resource(service, random), scopes, how.order)))
    return split(b"".join(resources), traces, genai)


def split(body: bytes, traces: int, genai: int) -> Request:
    """Cut a request at the placeholders of its trace ids."""
    first, *rest = body.split(MARK)
    pieces = [first]
    order = []
    for piece in rest:
        order.append(int.from_bytes(piece[: 16 - len(MARK)], "big"))
        pieces += [b"", piece[16 - len(MARK) :]]
    return Request(pieces, itemgetter(*order), traces, len(order), genai)


def pool(size: int, order: str, errors: float, seed: int = 0) -> list[Request]:
    """Requests in the given field order (``mixed`` alternates both), kept for the next run."""
    key = hashlib.blake2b(repr((size, order, errors, seed)).encode(), digest_size=6)
    for source in ("request_pool.py", "templates.py", "encode.py"):
        key.update(Path(__file__).with_name(source).read_bytes())
    file = Path(tempfile.gettempdir()) / f"otel-evaluator-requests-{os.getuid()}-{key.hexdigest()}"
    # Only a file of our own is unpickled.
    if file.exists() and file.stat().st_uid == os.getuid():
        kept: list[Request] = pickle.loads(file.read_bytes())
        return kept
    made = make_pool(size, order, errors, seed)
    scratch = file.with_suffix(f".{os.getpid()}")
    scratch.write_bytes(pickle.dumps(made))
    scratch.replace(file)
    return made


def make_pool(size: int, order: str, errors: float, seed: int) -> list[Request]:
    """Encode a pool."""
    random, mix, now_ns = Random(seed), Mix(), time.time_ns()
    orders: list[Order] = ["ascending", "descending"]
    if order != "mixed":
        orders = [each for each in orders if each == order]
    return [
        build(random, mix, now_ns, Encoding(orders[number % len(orders)], errors))
        for number in range(size)
    ]
