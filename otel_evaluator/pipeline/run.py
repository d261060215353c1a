"""``otel-evaluator serve``: run a service until a signal."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from otel_evaluator.errors import EvaluatorError
from otel_evaluator.pipeline import runtime
from otel_evaluator.pipeline.schema import RootConfig
from otel_evaluator.pipeline.service import Service

GRACE_S = 10.0
_log = structlog.get_logger(__name__)

Started = Callable[[Service], Awaitable[bool]]
"""Called once the service is ready; whether to keep serving."""


def serve(config: RootConfig, path: Path | None = None, started: Started | None = None) -> int:
    """Serve until SIGTERM or SIGINT; the exit code.

    A second signal ends the process at once; the journal is intact.
    """
    runtime.tune()
    if sys.platform == "win32":
        return asyncio.run(_serve(config, started))
    import uvloop

    code: int = uvloop.run(_serve(config, started))
    return code


async def _serve(config: RootConfig, started: Started | None) -> int:
    service = Service(config)
    stopping = asyncio.Event()
    _on_signals(stopping)
    try:
        await service.start()
    except EvaluatorError as error:
        _log.error("start_failed", problem=str(error))
        await service.stop(1.0)
        return 1
    runtime.settle()
    try:
        if started is None or await _unless_stopped(started(service), stopping):
            await stopping.wait()
    finally:
        await service.stop(GRACE_S)
    _log.info("service_stopped")
    return 0


async def _unless_stopped(work: Awaitable[bool], stopping: asyncio.Event) -> bool:
    """The work's answer, or False when a signal came first."""
    task = asyncio.ensure_future(work)
    stop = asyncio.ensure_future(stopping.wait())
    await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if not task.done():
        task.cancel()
        return False
    return task.result()


def _on_signals(stopping: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if stopping.is_set():
            sys.stderr.flush()
            signal.raise_signal(signal.SIGKILL)
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
