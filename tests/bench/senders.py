"""How the generator sends one request: plain through ``grpc.aio``, or gzip made beforehand.

Compressing costs a client ten times what inflating costs a server, so a generator that
compresses while it sends never loads the server. gRPC's core has a flag for messages that are
already compressed; its Python API has no door for it, so the operation is replaced here.
"""

import asyncio
import gzip
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any, Protocol

import grpc
import grpc.aio
from google.rpc import error_details_pb2, status_pb2
from grpc._cython import cygrpc

from tests.bench.request_pool import Encoding, Mix, Request, build

METHOD = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
MAX_MESSAGE = 64 * 2**20
OPTIONS = (("grpc.max_send_message_length", MAX_MESSAGE),)
ALREADY_COMPRESSED = -0x80000000
"""GRPC_WRITE_INTERNAL_COMPRESS as a signed 32-bit integer."""


class Sender(Protocol):
    """Sends requests to one server."""

    def next(self) -> tuple[bytes, Request] | None:
        """The bytes to send now; None when all prepared ones are sent."""
        ...

    async def send(self, body: bytes, timeout: float) -> str:
        """Send them: ``OK`` or the name of the refusal."""
        ...

    async def open(self) -> None: ...

    async def aclose(self) -> None: ...


def refusal(error: grpc.RpcError) -> str:
    """A refusal's code, and whether it says when to retry."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            for detail in status_pb2.Status.FromString(value).details:
                if detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
                    return f"{error.code().name}+RetryInfo"
    return str(error.code().name)


class PlainSender:
    """Uncompressed requests, made as they are sent."""

    def __init__(self, target: str, requests: list[Request]) -> None:
        self._target = target
        self._requests = requests
        self._used = 0

    def next(self) -> tuple[bytes, Request]:
        self._used += 1
        request = self._requests[self._used % len(self._requests)]
        return request.renew(), request

    async def open(self) -> None:
        self._channel = grpc.aio.insecure_channel(self._target, options=OPTIONS)
        await asyncio.wait_for(self._channel.channel_ready(), 20)
        self._call = self._channel.unary_unary(METHOD)

    async def send(self, body: bytes, timeout: float) -> str:
        try:
            await self._call(body, timeout=timeout)
        except grpc.aio.AioRpcError as error:
            return refusal(error)
        return "OK"

    async def aclose(self) -> None:
        await self._channel.close()


class FreshSender(PlainSender):
    """Requests encoded at the moment they are sent, whose spans end then; for low rates."""

    def __init__(self, target: str, how: Encoding) -> None:
        super().__init__(target, [])
        self._how = how
        self._random = Random(0)
        self._mix = Mix()

    def next(self) -> tuple[bytes, Request]:
        request = build(self._random, self._mix, time.time_ns(), self._how)
        return request.renew(), request


class GzipSender:
    """Requests compressed before the clock starts; each is sent once."""

    def __init__(self, target: str, requests: list[Request], prepared: int, lanes: int) -> None:
        self._target = target
        self._bodies: Iterator[tuple[bytes, Request]] = iter(
            [
                (gzip.compress(request.renew(), 6, mtime=0), request)
                for request in (requests[at % len(requests)] for at in range(prepared))
            ]
        )
        self._threads = ThreadPoolExecutor(lanes)

    def next(self) -> tuple[bytes, Request] | None:
        return next(self._bodies, None)

    async def open(self) -> None:
        self._channel = grpc.insecure_channel(self._target, options=OPTIONS)
        grpc.channel_ready_future(self._channel).result(20)
        self._call = already_compressed(self._channel)

    async def send(self, body: bytes, timeout: float) -> str:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._send, body, timeout)

    def _send(self, body: bytes, timeout: float) -> str:
        try:
            self._call(body, timeout=timeout, compression=grpc.Compression.Gzip)
        except grpc.RpcError as error:
            return refusal(error)
        return "OK"

    async def aclose(self) -> None:
        self._threads.shutdown()
        self._channel.close()


def already_compressed(channel: grpc.Channel) -> Any:
    """A blocking call of ``channel`` that takes gzip bytes and says so to the server."""
    call: Any = channel.unary_unary(METHOD)
    prepare = call._prepare

    def prepared(request: bytes, *rest: Any) -> Any:
        state, operations, deadline, failure = prepare(request, *rest)
        message = cygrpc.SendMessageOperation(request, ALREADY_COMPRESSED)
        return state, (operations[0], message, *operations[2:]), deadline, failure

    call._prepare = prepared
    return call
