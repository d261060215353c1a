"""Plays sample traffic into a running service, and waits until it has been evaluated."""

import asyncio
import time
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from otel_evaluator.cli.sender import Sender
from otel_evaluator.cli.traffic import Sample
from otel_evaluator.metrics import PREFIX, Metrics

SETTLE_TIMEOUT_S = 45.0
"""How long evaluation and writing may take beyond assembly."""
POLL_S = 0.25
STILL_S = 1.5
"""How long nothing may happen before the work counts as done."""

_BUSY = ("open_traces", "queue_subjects", "outbox_outcomes")


async def play(
    samples: Sequence[Sample],
    endpoint: str,
    headers: Mapping[str, str],
    seed: str,
    console: Console,
) -> None:
    """Send every sample over gRPC, its log records after its spans, as if it ended now."""
    columns = (
        TextColumn("sending [bold]{task.description}[/bold]"),
        BarColumn(),
        MofNCompleteColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=len(samples))
        async with Sender(endpoint, headers) as sender:
            for sample in samples:
                progress.update(task, description=sample.instrumentation)
                for signal, body in sample.fresh(time.time_ns(), seed).items():
                    await sender.send(signal, body)
                progress.advance(task)
    console.print(
        f"sent {len(samples)} runs of {len({s.instrumentation for s in samples})} "
        f"instrumentations in {sender.tally.requests} gRPC requests"
    )


def counts(metrics: Metrics, name: str) -> list[tuple[dict[str, str], float]]:
    """Labels and value of every child of a counter."""
    return [
        (sample.labels, sample.value)
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == f"{PREFIX}{name}_total"
    ]


def total(metrics: Metrics, name: str) -> float:
    """Sum of a counter over its labels."""
    return sum(value for _, value in counts(metrics, name))


async def settle(metrics: Metrics, console: Console, closing_s: float) -> None:
    """Return when nothing is being assembled, evaluated or written any more, or time is up.

    ``closing_s`` is how long the assembly of a trace may take.
    """
    deadline = time.monotonic() + closing_s + SETTLE_TIMEOUT_S
    seen, since = (-1.0, -1.0), time.monotonic()
    with console.status("waiting for the traces to close and be evaluated …"):
        while time.monotonic() < deadline:
            await asyncio.sleep(POLL_S)
            busy = any(metrics.value(name) for name in _BUSY)
            now = (total(metrics, "evaluations"), total(metrics, "sink_rows"))
            if busy or now != seen:
                seen, since = now, time.monotonic()
            elif time.monotonic() - since >= STILL_S:
                return
