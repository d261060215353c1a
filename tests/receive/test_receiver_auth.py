import asyncio

import aiohttp
import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from otel_evaluator.errors import Unauthenticated
from otel_evaluator.receive.auth import BearerAuth
from otel_evaluator.receive.config import AuthConfig
from tests.receive.receiving import LOGS, PROTOBUF, TRACES, Running, receiving, trace_request

BODY = trace_request().SerializeToString()
AUTH = {"bearer_tokens": ["Old-Token", "New-Token"]}

ACCEPTED = ["Bearer Old-Token", "Bearer New-Token", "bearer New-Token", "BEARER  New-Token"]
REFUSED = [
    None,
    "",
    "Bearer",
    "Bearer ",
    "Bearer other",
    "Bearer new-token",
    "Bearer New-Token2",
    "Bearer New-Toke",
    "Bearer Old-Token New-Token",
    "Basic New-Token",
    "New-Token",
    "Bearer " + "x" * 8000,
]


def checked(value: str | None) -> bool:
    try:
        BearerAuth(AuthConfig.model_validate(AUTH)).check(value)
    except Unauthenticated as error:
        return "Token" in str(error)  # would give a token away
    return True


@pytest.mark.parametrize("value", ACCEPTED)
def test_either_token_is_accepted_whatever_the_case_of_the_scheme(value: str) -> None:
    assert checked(value)


@pytest.mark.parametrize("value", [*REFUSED, "Bearer New-Tok\u00e9n", "Bearer \udcff", "x" * 2**20])
def test_everything_else_is_not(value: str | None) -> None:
    assert not checked(value)


async def grpc_code(running: Running, value: str | None, method: str) -> grpc.StatusCode:
    metadata = () if value is None else (("authorization", value),)
    try:
        await running.channel().unary_unary(method)(BODY, metadata=metadata)
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


async def http_status(running: Running, value: str | None, path: str = "/v1/traces") -> int:
    headers = {"Content-Type": PROTOBUF} | ({} if value is None else {"Authorization": value})
    async with (
        aiohttp.ClientSession() as session,
        session.post(running.url(path), data=BODY, headers=headers) as answer,
    ):
        if answer.status == 401:
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        return answer.status


@pytest.mark.asyncio(loop_scope="session")
async def test_grpc_contract() -> None:
    async with receiving(auth=AUTH) as running:
        for method in (TRACES, LOGS):
            for value in REFUSED:
                code = await grpc_code(running, value, method)
                assert code == grpc.StatusCode.UNAUTHENTICATED, value
        assert running.refused("unauthenticated") == 2 * len(REFUSED)
        # Metadata this large is refused by gRPC itself, before any handler.
        code = await grpc_code(running, "Bearer " + "x" * 2**20, TRACES)
        assert code in (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE)
        assert running.intake.requests == []
        for value in ACCEPTED:
            assert await grpc_code(running, value, TRACES) == grpc.StatusCode.OK
        assert len(running.intake.requests) == len(ACCEPTED)


@pytest.mark.asyncio(loop_scope="session")
async def test_http_contract() -> None:
    async with receiving(auth=AUTH) as running:
        for path in ("/v1/traces", "/v1/logs"):
            for value in REFUSED:
                assert await http_status(running, value, path) == 401, value
        assert await http_status(running, "Bearer " + "x" * 2**20) in (400, 401, 431)
        assert running.intake.requests == []
        for value in ACCEPTED:
            assert await http_status(running, value) == 200


@pytest.mark.asyncio(loop_scope="session")
async def test_strangers_are_refused_before_their_body_is_read() -> None:
    async with receiving(auth=AUTH) as running:
        call = running.channel().stream_unary(TRACES)()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call  # no message was ever written
        assert caught.value.code() == grpc.StatusCode.UNAUTHENTICATED
        reader, writer = await asyncio.open_connection("127.0.0.1", running.receiver.ports["http"])
        head = f"POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Type: {PROTOBUF}\r\n"
        writer.write(f"{head}Content-Length: 1000000\r\n\r\n".encode())
        assert b"401" in await reader.readline()
        writer.close()
        await writer.wait_closed()


@pytest.mark.asyncio(loop_scope="session")
async def test_health_checks_need_no_token() -> None:
    async with receiving(auth=AUTH) as running:
        stub = health_pb2_grpc.HealthStub(running.channel())
        answer = await stub.Check(health_pb2.HealthCheckRequest())
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
