"""``otel-evaluator demo``."""

import asyncio
import logging
import os
import secrets
import socket
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from importlib.resources import as_file
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from otel_evaluator.cli import demo_report
from otel_evaluator.cli.output import Failure, out, reported
from otel_evaluator.cli.play import play, settle
from otel_evaluator.cli.traffic import DEMO_CONFIG, load_samples
from otel_evaluator.expose import log

if TYPE_CHECKING:
    from otel_evaluator.pipeline.service import Service

DATA = Path("data/demo")
PORTS = {"grpc": 4317, "http": 4318, "admin": 9464}


@reported
def demo(
    keep: Annotated[
        bool, typer.Option("--keep/--once", help="Keep serving afterwards, or exit.")
    ] = True,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Your own configuration instead of the demo's."),
    ] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="OTLP/gRPC port.")] = None,
    http_port: Annotated[int | None, typer.Option(min=1, max=65535, help="OTLP/HTTP port.")] = None,
    admin_port: Annotated[int | None, typer.Option(min=1, max=65535, help="Admin port.")] = None,
    data: Annotated[Path, typer.Option(metavar="DIR", help="Where scores are kept.")] = DATA,
    temporary: Annotated[
        bool, typer.Option("--temporary", help="Keep scores in a folder that is deleted.")
    ] = False,
) -> None:
    """Serve with an embedded ClickHouse, play sample traffic through gRPC, show the scores.

    The traffic is real: runs of applications under a dozen published instrumentations, some
    good, some with known defects, sent as if they had just happened. Ports that are taken are
    replaced by free ones, unless you name them.
    """
    log.configure("auto", logging.WARNING)
    console = out()
    with ExitStack() as stack:
        if temporary:
            folder = tempfile.TemporaryDirectory(
                prefix="otel-evaluator-", ignore_cleanup_errors=True
            )
            data = Path(stack.enter_context(folder))
        file = config or stack.enter_context(as_file(DEMO_CONFIG))
        wanted = {"grpc": port, "http": http_port, "admin": admin_port}
        # Your own file says itself where it listens.
        ports = {**PORTS, **_given(wanted)} if config else choose_ports(wanted, console)
        code = _serve(file, environment(os.environ, ports, data), console, keep)
    raise typer.Exit(code)


def _serve(file: Path, environ: Mapping[str, str], console: Console, keep: bool) -> int:
    from otel_evaluator.pipeline import build, run

    settings = build.validate(file, environ)
    console.print(f"starting with {file.name} …")

    async def started(service: "Service") -> bool:
        await show(service, settings, console)
        if keep:
            console.print("\n[bold]still serving[/bold]; send your own traffic, or Ctrl-C to stop")
        return keep

    return run.serve(settings, file, started)


async def show(service: "Service", settings: Any, console: Console) -> None:
    """Play the samples through the service's gRPC port and print what it made of them."""
    samples = load_samples()
    seed = secrets.token_hex(8)
    admin = f"http://127.0.0.1:{service.ports['admin']}"
    token = settings.admin.bearer_tokens[0].reveal() if settings.admin.bearer_tokens else ""
    headers = {}
    if settings.receivers.otlp.auth:
        headers["authorization"] = (
            f"Bearer {settings.receivers.otlp.auth.bearer_tokens[0].reveal()}"
        )
    if "grpc" not in service.ports:
        raise Failure("receivers.otlp.grpc is off in this configuration; the demo needs it")
    await play(samples, f"127.0.0.1:{service.ports['grpc']}", headers, seed, console)
    await settle(service.metrics, console, settings.assembly.incomplete_quiet)
    rows = await asyncio.to_thread(demo_report.fetch, admin, token, samples, seed)
    demo_report.show(rows, service.metrics, samples, seed, console)
    demo_report.show_next(rows, settings, service.ports, console)
    if not rows:
        raise Failure("no scores were written within the time the demo waits; see the log above")


def environment(environ: Mapping[str, str], ports: Mapping[str, int], data: Path) -> dict[str, str]:
    """What the demo's configuration refers to."""
    return {
        **environ,
        "OTEL_EVALUATOR_GRPC_PORT": str(ports["grpc"]),
        "OTEL_EVALUATOR_HTTP_PORT": str(ports["http"]),
        "OTEL_EVALUATOR_ADMIN_PORT": str(ports["admin"]),
        "OTEL_EVALUATOR_DATA": str(data),
    }


def _given(wanted: Mapping[str, int | None]) -> dict[str, int]:
    return {name: port for name, port in wanted.items() if port is not None}


def choose_ports(wanted: Mapping[str, int | None], console: Console) -> dict[str, int]:
    """The ports asked for; without, the usual ones, or free ones where those are taken."""
    chosen = {}
    for name, usual in PORTS.items():
        port = wanted[name]
        if port is None:
            port = usual if is_free(usual) else free_port()
            if port != usual:
                console.print(f"port {usual} is taken; using {port} for {name}")
        elif not is_free(port):
            raise Failure(f"port {port} is taken; name another one for {name}, or none")
        chosen[name] = port
    return chosen


def is_free(port: int) -> bool:
    """Whether 127.0.0.1 can be listened on at this port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A port the system has free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
