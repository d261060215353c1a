"""``otel-evaluator replay``."""

import asyncio
import secrets
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.filesize import decimal
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from otel_evaluator.cli.otlp_files import StoredRequest, read_file
from otel_evaluator.cli.output import Failure, err, out, reported
from otel_evaluator.cli.rewrite import last_time, rewrite
from otel_evaluator.cli.sender import Sender, Signal, Tally


@reported
def replay(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...", help="OTLP requests: protobuf or JSON lines, also gzip-compressed."
        ),
    ],
    endpoint: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="gRPC endpoint to send to.")
    ] = "127.0.0.1:4317",
    header: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Metadata to send; may be given several times."),
    ] = None,
    secure: Annotated[bool, typer.Option("--secure", help="Use TLS.")] = False,
    rate: Annotated[
        float | None, typer.Option(min=0.001, help="At most this many spans and records a second.")
    ] = None,
    shift_time: Annotated[
        bool,
        typer.Option("--shift-time", help="Move all times so that the newest span ends now."),
    ] = False,
    new_ids: Annotated[
        bool, typer.Option("--new-ids", help="Give traces and spans new ids, so none is a repeat.")
    ] = False,
) -> None:
    """Send stored OTLP traces and logs over gRPC, as a Collector would.

    A receiver that is busy or restarting is tried again for a minute, at the time it names.
    """
    requests = [request for file in files for request in read_file(file)]
    seed = secrets.token_hex(8) if new_ids else None
    shift = _shift(requests) if shift_time else 0
    if shift or seed:
        requests = [
            StoredRequest(r.signal, rewrite(r.signal, r.body, shift_ns=shift, seed=seed), r.items)
            for r in requests
        ]
    started = time.monotonic()
    tally = asyncio.run(_send(requests, Sender(endpoint, _headers(header), secure=secure), rate))
    _report(requests, tally, time.monotonic() - started)


def _headers(given: Sequence[str] | None) -> dict[str, str]:
    headers = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise typer.BadParameter("write it as NAME=VALUE", param_hint="--header")
        headers[name.strip()] = value
    return headers


def _shift(requests: Iterable[StoredRequest]) -> int:
    """Nanoseconds from the newest span, or record where there is no span, to now."""
    kept = list(requests)
    signals: tuple[Signal, ...] = ("traces", "logs")
    for signal in signals:
        latest = last_time(signal, (r.body for r in kept if r.signal == signal))
        if latest:
            return time.time_ns() - latest
    return 0


async def _send(requests: Sequence[StoredRequest], sender: Sender, rate: float | None) -> Tally:
    console = err()
    columns = (
        TextColumn("sending"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[sent]}"),
        TimeElapsedColumn(),
    )
    loop = asyncio.get_running_loop()
    due = loop.time()
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=len(requests), sent="")
        async with sender:
            for request in requests:
                await asyncio.sleep(max(0.0, due - loop.time()))
                if rate:
                    due = max(due, loop.time()) + request.items / rate
                await sender.send(request.signal, request.body)
                progress.update(task, advance=1, sent=decimal(sender.tally.bytes))
    return sender.tally


def _report(requests: Sequence[StoredRequest], tally: Tally, seconds: float) -> None:
    spans = sum(r.items for r in requests if r.signal == "traces")
    records = sum(r.items for r in requests if r.signal == "logs")
    retries = f", {tally.retries} retries" if tally.retries else ""
    out().print(
        f"sent {spans} spans and {records} log records in {tally.requests} requests, "
        f"{decimal(tally.bytes)}, {seconds:.1f} s{retries}",
        highlight=False,
    )
    if tally.rejected:
        said = "; ".join(sorted(tally.messages)) or "no reason given"
        raise Failure(f"the receiver refused {tally.rejected} of them: {said}")
