"""The front process alone: receiver, admission, select, assembly and screening as in the
service; closed traces that could be selected are counted and dropped, as a nop exporter does.

``python -m tests.bench.front CONFIG`` prints ``ready`` and serves until a signal.
"""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import uvloop

from otel_evaluator.clock import SystemClock
from otel_evaluator.journal.memory import MemoryJournal
from otel_evaluator.metrics import Metrics
from otel_evaluator.pipeline import build, runtime
from otel_evaluator.pipeline.engine import Engine
from otel_evaluator.pipeline.intake import PipelineIntake
from otel_evaluator.pipeline.state import PipelineState
from otel_evaluator.pipeline.work import Processed, Work
from otel_evaluator.receive.admission import Admission
from otel_evaluator.receive.server import Receiver


class NopPool:
    """Takes every trace that a worker would get."""

    async def process(self, work: Work) -> Any:
        return Processed()


async def serve(config_file: Path) -> None:
    config = build.configure(config_file)
    metrics, clock, journal = Metrics(), SystemClock(), MemoryJournal()
    pool: Any = NopPool()
    delivery: Any = None
    parts = build.parts(config, PipelineState(), journal, pool, delivery, metrics, clock)
    engine = Engine(parts)
    selector = build.selector(config, parts.sampler)
    intake = PipelineIntake(
        selector, parts.sampler, journal, parts.entries, parts.traces, metrics, clock, lambda: False
    )
    admission = Admission(config.receivers.otlp.limits, metrics, clock)
    receiver = Receiver(config.receivers.otlp, intake, admission, metrics, clock)
    await receiver.start()
    runtime.settle()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    closing = asyncio.create_task(engine.run())
    print("ready", flush=True)
    await stop.wait()
    closing.cancel()
    await receiver.stop(1.0)


if __name__ == "__main__":
    runtime.tune()
    uvloop.run(serve(Path(sys.argv[1])))
