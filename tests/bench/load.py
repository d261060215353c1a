"""The load generator, a process of its own: ``python -m tests.bench.load --target HOST:PORT``.

Closed loop by default: ``--in-flight`` requests are always under way. With ``--rate`` requests
start on a schedule, and latency counts from the scheduled time, so that a stalled server is
not flattered. Prints one JSON object; with ``--pid`` it holds what the server's process tree
used between the first and the last measured request.
"""

import argparse
import asyncio
import json
import time
from collections import Counter
from dataclasses import asdict, dataclass, field

import uvloop

from tests.bench import procfs
from tests.bench.request_pool import SPANS_PER_REQUEST, Encoding, pool
from tests.bench.senders import FreshSender, GzipSender, PlainSender, Sender


@dataclass(slots=True)
class Result:
    """What was sent, how it was answered and what it cost the server."""

    seconds: float = 0.0
    requests: int = 0
    spans: int = 0
    genai_spans: int = 0
    bytes: int = 0
    answers: dict[str, int] = field(default_factory=dict)
    """Requests by gRPC status; UNAVAILABLE+RetryInfo is counted apart from UNAVAILABLE."""
    accepted_spans: int = 0
    latency_ms: dict[str, float] = field(default_factory=dict)
    """Of accepted requests."""
    client_cpu_seconds: float = 0.0
    server_cpu_seconds: float = 0.0
    """Of the process and its living descendants."""
    front_cpu_seconds: float = 0.0
    """Of the process alone."""
    server_rss: int = 0
    server_peak_rss: int = 0
    server_processes: int = 0
    front_peak_rss: int = 0


def percentiles(values: list[float]) -> dict[str, float]:
    """p50, p90, p99, p99.9 and the maximum, in milliseconds."""
    if not values:
        return {}
    ordered = sorted(values)
    at = {"p50": 0.50, "p90": 0.90, "p99": 0.99, "p999": 0.999, "max": 1.0}
    return {
        name: round(ordered[int(part * (len(ordered) - 1))] * 1000, 3) for name, part in at.items()
    }


class Generator:
    """Sends requests to one server and keeps count."""

    def __init__(self, args: argparse.Namespace, sender: Sender) -> None:
        self.args = args
        self.sender = sender
        self.reset()

    def reset(self) -> None:
        """Forget what was sent during warm-up."""
        self.answers: Counter[str] = Counter()
        self.latencies: list[float] = []
        self.result = Result()

    async def send(self, since: float | None) -> bool:
        """Send one request; latency counts from ``since``, where given. False: none is left."""
        if (prepared := self.sender.next()) is None:
            return False
        body, request = prepared
        started = time.perf_counter() if since is None else since
        name = await self.sender.send(body, self.args.timeout)
        if name == "OK":
            self.latencies.append(time.perf_counter() - started)
            self.result.accepted_spans += request.spans
        self.answers[name] += 1
        self.result.requests += 1
        self.result.spans += request.spans
        self.result.genai_spans += request.genai_spans
        self.result.bytes += len(body)
        return True

    async def closed(self, until: float) -> None:
        """Keep ``--in-flight`` requests under way, until the time or the requests are over."""

        async def lane() -> None:
            while time.perf_counter() < until and await self.send(None):
                pass

        await asyncio.gather(*(lane() for _ in range(self.args.in_flight)))

    async def scheduled(self, until: float) -> None:
        """Start requests at ``--rate`` spans a second, whatever becomes of earlier ones."""
        interval = self.args.spans / self.args.rate
        due = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            while due < until:
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                group.create_task(self.send(due))
                due += interval

    async def phase(self, seconds: float) -> None:
        """Send for so many seconds, and wait for the answers."""
        until = time.perf_counter() + seconds
        await (self.scheduled if self.args.rate else self.closed)(until)

    async def run(self) -> Result:
        """Warm up, then measure."""
        args = self.args
        await self.sender.open()
        await self.phase(args.warmup / 4 if args.gzip else args.warmup)
        self.reset()
        if args.pid:
            procfs.reset_peak(args.pid)
            before = procfs.usage(args.pid)
            front = procfs.usage(args.pid, descendants=False)
        begun, cpu = time.perf_counter(), time.process_time()
        await self.phase(args.seconds)
        result = self.result
        result.seconds = time.perf_counter() - begun
        result.client_cpu_seconds = time.process_time() - cpu
        if args.pid:
            after = procfs.usage(args.pid)
            result.server_cpu_seconds = after.cpu_seconds - before.cpu_seconds
            alone = procfs.usage(args.pid, descendants=False)
            result.front_cpu_seconds = alone.cpu_seconds - front.cpu_seconds
            result.front_peak_rss = alone.peak_rss
            result.server_rss, result.server_peak_rss = after.rss, after.peak_rss
            result.server_processes = after.processes
        await self.sender.aclose()
        result.answers = dict(self.answers)
        result.latency_ms = percentiles(self.latencies)
        return result


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.load", description=__doc__)
    parser.add_argument("--target", required=True, help="HOST:PORT of an OTLP/gRPC server")
    parser.add_argument("--pid", type=int, default=0, help="the server's process")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--warmup", type=float, default=1.0, help="seconds before measuring")
    parser.add_argument("--in-flight", type=int, default=8)
    parser.add_argument("--rate", type=float, default=0.0, help="spans a second; 0: closed loop")
    parser.add_argument(
        "--order", choices=("ascending", "descending", "mixed"), default="ascending"
    )
    parser.add_argument("--gzip", action="store_true", help="gzip made before the clock starts")
    parser.add_argument("--prepared", type=int, default=800, help="how many, with --gzip")
    parser.add_argument("--fresh", action="store_true", help="spans that end when they are sent")
    parser.add_argument("--spans", type=int, default=SPANS_PER_REQUEST, help="in a request")
    parser.add_argument("--pool", type=int, default=60, help="distinct requests")
    parser.add_argument("--errors", type=float, default=0.01, help="share of spans that failed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--timeout", type=float, default=30.0)
    return parser.parse_args()


def main() -> None:
    """Run and print the result."""
    args = arguments()
    sender: Sender
    if args.fresh:
        sender = FreshSender(args.target, Encoding("descending", args.errors, args.spans))
    else:
        requests = pool(args.pool, args.order, args.errors, args.seed)
        sender = PlainSender(args.target, requests)
        if args.gzip:
            sender = GzipSender(args.target, requests, args.prepared, args.in_flight)
    print(json.dumps(asdict(uvloop.run(Generator(args, sender).run()))))


if __name__ == "__main__":
    main()
