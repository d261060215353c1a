import asyncio
import socket

import aiohttp
import grpc
import pytest

from otel_evaluator.clock import SystemClock
from otel_evaluator.errors import ConfigError
from otel_evaluator.metrics import Metrics
from otel_evaluator.receive.admission import Admission
from otel_evaluator.receive.config import OtlpReceiverConfig
from otel_evaluator.receive.server import Receiver
from tests.receive.receiving import (
    FREE,
    PROTOBUF,
    TRACES,
    RecordingIntake,
    receiving,
    trace_request,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")
BODY = trace_request().SerializeToString()


def a_receiver(**sections: object) -> Receiver:
    config = OtlpReceiverConfig.model_validate(FREE | sections)
    metrics, clock = Metrics(), SystemClock()
    return Receiver(
        config, RecordingIntake(), Admission(config.limits, metrics, clock), metrics, clock
    )


def can_connect(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def test_ports_are_those_in_use() -> None:
    async with receiving() as running:
        assert set(running.receiver.ports) == {"grpc", "http"}
        assert all(can_connect(port) for port in running.receiver.ports.values())
    assert not any(can_connect(port) for port in running.receiver.ports.values())


@pytest.mark.parametrize("missing", ["grpc", "http"])
async def test_either_transport_can_be_off(missing: str) -> None:
    async with receiving(**{missing: None}) as running:
        assert set(running.receiver.ports) == {"grpc", "http"} - {missing}


@pytest.mark.parametrize("transport", ["grpc", "http"])
async def test_a_taken_port_is_an_error_with_the_setting_and_nothing_stays_open(
    transport: str,
) -> None:
    async with receiving() as running:
        endpoint = f"127.0.0.1:{running.receiver.ports[transport]}"
        second = a_receiver(**{transport: {"endpoint": endpoint}})
        with pytest.raises(ConfigError, match=f"receivers.otlp.{transport}.endpoint: {endpoint}"):
            await second.start()
        for name, port in second.ports.items():
            if name != transport and port:
                assert not can_connect(port)


async def test_addresses_that_do_not_exist_are_an_error() -> None:
    for transport in ("grpc", "http"):
        receiver = a_receiver(**{transport: {"endpoint": "192.0.2.1:0"}}, insecure=True)
        with pytest.raises(ConfigError, match=f"{transport}.endpoint"):
            await receiver.start()


async def test_ipv6() -> None:
    listeners = {name: {"endpoint": "[::1]:0"} for name in ("grpc", "http")}
    receiver = a_receiver(**listeners)
    try:
        await receiver.start()
    except ConfigError:
        pytest.skip("this machine has no IPv6 loopback")
    async with grpc.aio.insecure_channel(f"[::1]:{receiver.ports['grpc']}") as channel:
        assert await channel.unary_unary(TRACES)(BODY) == b""
    await receiver.stop(0)


async def test_stopping_twice_or_unstarted_is_harmless() -> None:
    receiver = a_receiver()
    await receiver.stop(0)
    await receiver.start()
    await receiver.stop(0)
    await receiver.stop(0)


async def test_running_requests_finish_within_the_grace_and_new_ones_are_not_taken() -> None:
    async with receiving() as running, aiohttp.ClientSession() as session:
        running.intake.gate = asyncio.Event()
        headers = {"Content-Type": PROTOBUF}

        async def post() -> int:
            async with session.post(running.url(), data=BODY, headers=headers) as answer:
                return answer.status

        call = running.channel().unary_unary(TRACES)(BODY)
        web = asyncio.create_task(post())
        while running.admission.in_flight < 2 * len(BODY):
            await asyncio.sleep(0.001)
        stopping = asyncio.create_task(running.receiver.stop(5.0))
        while any(can_connect(port) for port in running.receiver.ports.values()):
            await asyncio.sleep(0.001)
        running.intake.gate.set()
        assert await call == b""
        assert await web == 200
        async with asyncio.timeout(4):
            await stopping
        assert len(running.intake.requests) == 2


async def test_requests_that_outlast_the_grace_are_cancelled() -> None:
    async with receiving() as running, aiohttp.ClientSession() as session:
        running.intake.gate = asyncio.Event()
        headers = {"Content-Type": PROTOBUF}
        call = running.channel().unary_unary(TRACES)(BODY)
        web = asyncio.create_task(session.post(running.url(), data=BODY, headers=headers))
        while running.admission.in_flight < 2 * len(BODY):
            await asyncio.sleep(0.001)
        await running.receiver.stop(0.1)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        assert caught.value.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
        with pytest.raises(aiohttp.ClientError):
            await web
        assert running.admission.in_flight == 0
