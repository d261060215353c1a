"""``otel-evaluator serve``: run a service until a signal."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from otel_evaluator.errors import EvaluatorError
from otel_evaluator.pipeline import build, runtime
from otel_evaluator.pipeline.schema import RootConfig
from otel_evaluator.pipeline.service import Service

_log = structlog.get_logger(__name__)

Started = Callable[[Service], Awaitable[bool]]
"""Called once the service is ready; whether to keep serving."""


def serve(config: RootConfig, path: Path | None = None, started: Started | None = None) -> int:
    """Serve until SIGTERM or SIGINT; the exit code.

    A second signal ends the process at once; the journal is intact. SIGHUP reads ``path`` again.
    """
    runtime.tune()
    if sys.platform == "win32":
        return asyncio.run(_serve(config, path, started))
    import uvloop

    code: int = uvloop.run(_serve(config, path, started))
    return code


async def _serve(config: RootConfig, path: Path | None, started: Started | None) -> int:
    service = Service(config)
    stopping = asyncio.Event()
    reloads = asyncio.Queue[None](1)
    _on_signals(stopping, reloads)
    try:
        await service.start()
    except EvaluatorError as error:
        _log.error("start_failed", problem=str(error))
        await service.stop(1.0)
        return 1
    runtime.settle()
    reloading = asyncio.create_task(_reload_when_told(service, path, reloads))
    try:
        if started is None or await _unless_stopped(started(service), stopping):
            await stopping.wait()
    finally:
        reloading.cancel()
        await asyncio.gather(reloading, return_exceptions=True)
        await service.stop(service.config.grace)
    _log.info("service_stopped")
    return 0


async def _reload_when_told(
    service: Service, path: Path | None, reloads: "asyncio.Queue[None]"
) -> None:
    while True:
        await reloads.get()
        if path is None:
            _log.warning("reload_failed", problem="the service was started without a file")
            continue
        try:
            config = await asyncio.to_thread(build.validate, path)
            await service.reload(config)
        except Exception as error:
            service.metrics.child("reloads", "failed").inc()
            problem = str(error) if isinstance(error, EvaluatorError) else type(error).__name__
            _log.error("reload_failed", file=str(path), problem=problem)
        else:
            service.metrics.child("reloads", "done").inc()
            _log.info("reloaded", file=str(path))


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


def _on_signals(stopping: asyncio.Event, reloads: "asyncio.Queue[None]") -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if stopping.is_set():
            sys.stderr.flush()
            signal.raise_signal(signal.SIGKILL)
        stopping.set()

    def reload() -> None:
        # One more behind the one under way is enough: it reads the file of its time.
        if not stopping.is_set() and not reloads.full():
            reloads.put_nowait(None)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    if sys.platform != "win32":
        loop.add_signal_handler(signal.SIGHUP, reload)
