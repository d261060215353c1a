"""Random and mutated requests through both transports (E1, E12, E13)."""

import asyncio
import random

import aiohttp
import grpc
import pytest

from tests.receive.receiving import (
    JSON,
    LOGS,
    PROTOBUF,
    TRACES,
    WireIntake,
    log_request,
    receiving,
    trace_request,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")
SEED = 20_261
CODES = {
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 413,
}


def mutated(body: bytes, generator: random.Random) -> bytes:
    """The body with a few bytes changed, cut out, doubled or inserted."""
    data = bytearray(body)
    for _ in range(generator.randint(1, 6)):
        if not data:
            break
        at, end = sorted(generator.randrange(len(data) + 1) for _ in range(2))
        match generator.randrange(5):
            case 0:
                data[at : at + 1] = bytes([generator.randrange(256)])
            case 1:
                del data[at:end]
            case 2:
                data[at:at] = data[at:end]
            case 3:
                data[at:at] = generator.randbytes(generator.randint(1, 12))
            case _:
                data[at : at + 1] = generator.choice([b"\xff", b"\x80", b"\x0b", b"\x12", b"\n"])
    return bytes(data)


def requests(count: int) -> list[tuple[str, bytes]]:
    generator = random.Random(SEED)
    traces = trace_request(5).SerializeToString()
    logs = log_request().SerializeToString()
    made = []
    for number in range(count):
        signal, body = (("traces", traces), ("logs", logs))[number % 2]
        made.append((signal, mutated(body, generator)))
    made += [("traces", generator.randbytes(generator.randrange(200))) for _ in range(count // 5)]
    return made


async def test_every_request_gets_the_same_clear_answer_from_both_transports() -> None:
    async with receiving(WireIntake()) as running, aiohttp.ClientSession() as session:
        channel = running.channel()
        methods = {"traces": channel.unary_unary(TRACES), "logs": channel.unary_unary(LOGS)}

        async def by_grpc(signal: str, body: bytes) -> int:
            try:
                await methods[signal](body, timeout=5)
            except grpc.aio.AioRpcError as error:
                return CODES[error.code()]
            return 200

        async def by_http(signal: str, body: bytes, content_type: str) -> int:
            async with session.post(
                running.url(f"/v1/{signal}"), data=body, headers={"Content-Type": content_type}
            ) as answer:
                await answer.read()
                return answer.status

        seen = set()
        for signal, body in requests(600):
            first, second, third = await asyncio.gather(
                by_grpc(signal, body), by_http(signal, body, PROTOBUF), by_http(signal, body, JSON)
            )
            assert first == second, (signal, body)
            assert third in (200, 400, 413), (signal, body)
            seen.add(first)
        assert seen == {200, 400}
        assert running.admission.in_flight == 0
        assert running.refused("internal") == 0


KEYS = [
    "__class__",
    "__proto__",
    "a.b",
    "a",
    ";DROP",
    "{0.__init__}",
    "{{7*7}}",
    "$(x)",
    "\n",
    "\0",
]


async def test_odd_keys_and_times_come_out_as_they_went_in() -> None:
    request = trace_request(2)
    span = request.resource_spans[0].scope_spans[0].spans[0]
    for key in KEYS:
        span.attributes.add(key=key).value.string_value = key
    span.start_time_unix_nano, span.end_time_unix_nano = 2**64 - 1, 1
    body = request.SerializeToString()
    async with receiving(WireIntake()) as running:
        assert await running.channel().unary_unary(TRACES)(body) == b""
        assert running.intake.requests[0][2] == body
