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
from otel_evaluator.metrics import Metrics
from otel_evaluator.pipeline import build, runtime
from otel_evaluator.pipeline.engine import Engine
from otel_evaluator.pipeline.intake import PipelineIntake
from otel_evaluator.pipeline.state import PipelineState
from otel_evaluator.pipeline.work import Processed, Work
from otel_evaluator.receive.admission import Admission
from otel_evaluator.receive.server import Receiver
from otel_evaluator.write.deliver import Delivery


class NopPool:
    """Takes every trace that a worker would get."""

    async def process(self, work: Work) -> Any:
        return Processed()


async def serve(config_file: Path) -> None:
    config = build.configure(config_file)
    metrics, clock, journal = Metrics(), SystemClock(), build.journal(config.journal)
    generation = build.generation(config, PipelineState(), metrics, SystemClock())
    pool: Any = NopPool()
    generation.pool = pool
    delivery = Delivery([], journal, clock, metrics)
    parts = build.parts(config, journal, delivery, metrics, clock)
    engine = Engine(parts, generation, config.assembly.max_memory)
    intake = PipelineIntake(parts, engine, lambda: False)
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
    await journal.aclose()


if __name__ == "__main__":
    runtime.tune()
    uvloop.run(serve(Path(sys.argv[1])))
