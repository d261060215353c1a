"""Memory of a real receiver process under requests made to exhaust it (E2, E3, E4, E9)."""

import asyncio
import gzip
import json
import subprocess
import sys
import urllib.error
import urllib.request
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio

from tests.receive.receiving import BOMBS, JSON, PROTOBUF, TRACES, message, trace_request

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc"),
]
ROOT = Path(__file__).parents[2]
MIB = 2**20
SPARE = 64 * MIB
BODY = trace_request().SerializeToString()


class Child:
    """A receiver process."""

    def __init__(self, **sections: Any) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.receive.child_receiver", json.dumps(sections)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        line = next(line for line in self.process.stdout if line.startswith("{"))
        self.ports: dict[str, int] = json.loads(line)

    def stop(self) -> None:
        self.process.communicate(timeout=20)
        assert self.process.returncode == 0

    def status(self, name: str) -> int:
        """Bytes of VmHWM or VmRSS."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in text.splitlines() if line.startswith(name))
        return int(line.split()[1]) * 1024

    def forget_peak(self) -> None:
        """Let VmHWM start from the present resident memory (proc_pid_clear_refs(5))."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def descriptors(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    async def grpc(self, body: bytes, **call: Any) -> grpc.StatusCode:
        address = f"127.0.0.1:{self.ports['grpc']}"
        options = [("grpc.max_send_message_length", -1), ("grpc.use_local_subchannel_pool", 1)]
        async with grpc.aio.insecure_channel(address, options) as channel:
            try:
                await channel.unary_unary(TRACES)(body, timeout=60, **call)
            except grpc.aio.AioRpcError as error:
                return error.code()
            return grpc.StatusCode.OK

    async def http(self, body: bytes, **headers: str) -> int:
        return await asyncio.to_thread(self._post, body, headers)

    def _post(self, body: bytes, headers: dict[str, str]) -> int:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        names.setdefault("Content-Type", PROTOBUF)
        url = f"http://127.0.0.1:{self.ports['http']}/v1/traces"
        request = urllib.request.Request(url, body, names)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    async def warm(self) -> None:
        assert await self.grpc(BODY) == grpc.StatusCode.OK
        assert await self.http(BODY) == 200


@pytest.fixture(scope="module")
def shared() -> Iterator[Child]:
    child = Child()
    yield child
    child.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def child(shared: Child) -> AsyncIterator[Child]:
    await shared.warm()
    shared.forget_peak()
    yield shared
    await shared.warm()


def zeros(size: int) -> Iterator[bytes]:
    """A gzip body of zeros, without ever holding them all."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    for _ in range(size // MIB):
        yield packer.compress(bytes(MIB))
    yield packer.flush()


@pytest.mark.fault("E2")
async def test_gzip_bombs(child: Child) -> None:
    bomb = b"".join(zeros(512 * MIB))
    before = child.status("VmHWM")
    assert await child.http(bomb, Content_Encoding="gzip") == 413
    assert await child.http(gzip.compress(bomb), Content_Encoding="gzip") == 400
    assert await child.http(bomb[:-8], Content_Encoding="gzip") == 413
    assert await child.http(bomb + b"junk", Content_Encoding="gzip") == 413
    assert await child.http(gzip.compress(b"") * 100_000, Content_Encoding="gzip") == 400
    assert child.status("VmHWM") - before <= SPARE


@pytest.mark.fault("E2")
async def test_gzip_bombs_by_grpc() -> None:
    """gRPC inflates up to max_message_size, whatever the ratio, and then stops."""
    child = Child(grpc={"endpoint": "127.0.0.1:0", "max_message_size": "32MiB"})
    try:
        await child.warm()
        before = child.status("VmHWM")
        code = await child.grpc(bytes(128 * MIB), compression=grpc.Compression.Gzip)
        assert code == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert child.status("VmHWM") - before <= SPARE
        await child.warm()
    finally:
        child.stop()


@pytest.mark.fault("E3")
async def test_decode_bombs(child: Child) -> None:
    before = child.status("VmHWM")
    for name in ("2 M empty spans", "2 M attributes", "1 M events", "1 M links", "100 k resources"):
        body = BOMBS[name]()
        assert await child.grpc(body) == grpc.StatusCode.RESOURCE_EXHAUSTED, name
        assert await child.http(body) == 413, name
        assert await child.http(gzip.compress(body), Content_Encoding="gzip") == 413, name
    assert child.status("VmHWM") - before <= SPARE


@pytest.mark.fault("E3")
async def test_json_bombs(child: Child) -> None:
    before = child.status("VmHWM")
    spans = b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + b"{}," * 2_000_000 + b"{}]}]}]}"
    assert await child.http(spans, Content_Type=JSON) == 413
    unknown = b'{"x":[' + b"[]," * 300_000 + b"[]]}"
    assert await child.http(unknown, Content_Type=JSON) == 200
    assert child.status("VmHWM") - before <= SPARE


@pytest.mark.fault("E4")
async def test_large_attributes(child: Child) -> None:
    value = message(2, message(1, b"x" * (60 * MIB)))
    span = BODY[6:] + message(9, message(1, b"gen_ai.prompt") + value)
    request = message(1, message(2, message(2, span)))
    before = child.status("VmHWM")
    assert await child.grpc(request) == grpc.StatusCode.OK
    assert await child.http(request) == 200
    # One copy by the transport, one as bytes, one in the intake's view of it.
    assert child.status("VmHWM") - before <= 4 * 60 * MIB + SPARE


@pytest.mark.fault("E9")
async def test_connections_that_hold_on() -> None:
    child = Child(limits={"max_connections": 150})
    try:
        await child.warm()
        others = grpc.aio.insecure_channel(f"127.0.0.1:{child.ports['grpc']}")
        assert await others.unary_unary(TRACES)(BODY) == b""
        memory, descriptors = child.status("VmRSS"), child.descriptors()
        head = f"POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Type: {PROTOBUF}\r\n"
        openings = [b"", b"POST /v1/tr", f"{head}Content-Length: 9999\r\n\r\nx".encode(), b"PRI * "]
        writers = []
        for number in range(400):
            port = child.ports["http" if number % 2 else "grpc"]
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(openings[number % 4])
            writers.append(writer)
        async with asyncio.timeout(10):
            while child.descriptors() - descriptors > 2 * 150 + 10:
                await asyncio.sleep(0.02)
        assert child.status("VmRSS") - memory <= 32 * MIB
        assert await others.unary_unary(TRACES)(BODY) == b"", "who is connected is served"
        for writer in writers[:300]:
            writer.close()
        await asyncio.sleep(0.2)
        await child.warm()
        for writer in writers[300:]:
            writer.close()
        await others.close()
    finally:
        child.stop()


@pytest.mark.fault("E9")
async def test_streams_opened_and_reset(child: Child) -> None:
    address = f"127.0.0.1:{child.ports['grpc']}"
    memory = child.status("VmRSS")
    async with grpc.aio.insecure_channel(address) as channel:
        for _ in range(20):
            calls = [channel.stream_unary(TRACES)() for _ in range(50)]
            for call in calls:
                await call.write(BODY)
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
        assert await channel.unary_unary(TRACES)(BODY) == b""
    assert child.status("VmRSS") - memory <= 32 * MIB
