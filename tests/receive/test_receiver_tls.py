import asyncio
import datetime
import ssl
import warnings
from pathlib import Path
from typing import Any

import aiohttp
import grpc
import pytest
import trustme

from otel_evaluator.errors import ConfigError
from otel_evaluator.receive.config import TlsConfig
from otel_evaluator.receive.tls import server_credentials, ssl_context
from tests.receive.receiving import PROTOBUF, TRACES, Running, receiving, trace_request

BODY = trace_request().SerializeToString()
EXPIRED = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)


class Certificates:
    """A server's certificate and clients of a right and a wrong authority."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority, self.other = trustme.CA(), trustme.CA()
        server = self.authority.issue_cert("localhost", "127.0.0.1")
        server.cert_chain_pems[0].write_to_path(folder / "server.pem")
        server.private_key_pem.write_to_path(folder / "server.key")
        self.authority.cert_pem.write_to_path(folder / "ca.pem")
        self.client = self.authority.issue_cert("client@example.org")
        self.stranger = self.other.issue_cert("client@example.org")
        self.expired = self.authority.issue_cert("client@example.org", not_after=EXPIRED)

    def section(self, mutual: bool = False) -> dict[str, str]:
        files = {
            "cert_file": str(self.folder / "server.pem"),
            "key_file": str(self.folder / "server.key"),
        }
        return files | ({"client_ca_file": str(self.folder / "ca.pem")} if mutual else {})


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("tls"))


async def by_grpc(running: Running, roots: trustme.CA, client: Any = None) -> bool:
    """Whether a call gets further than failing to connect."""
    credentials = grpc.ssl_channel_credentials(
        roots.cert_pem.bytes(),
        client and client.private_key_pem.bytes(),
        client and client.cert_chain_pems[0].bytes(),
    )
    address = f"localhost:{running.receiver.ports['grpc']}"
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0)]
    async with grpc.aio.secure_channel(address, credentials, options) as channel:
        try:
            await channel.unary_unary(TRACES)(BODY, timeout=5)
        except grpc.aio.AioRpcError as error:
            return error.code() != grpc.StatusCode.UNAVAILABLE
        return True


async def by_http(running: Running, roots: trustme.CA, client: Any = None, **settings: Any) -> bool:
    context = ssl.create_default_context()
    roots.configure_trust(context)
    if client is not None:
        client.configure_cert(context)
    for name, value in settings.items():
        setattr(context, name, value)
    connector = aiohttp.TCPConnector(ssl=context)
    try:
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.post(
                f"https://localhost:{running.receiver.ports['http']}/v1/traces",
                data=BODY,
                headers={"Content-Type": PROTOBUF},
            ) as answer,
        ):
            return answer.status == 200
    except aiohttp.ClientError:
        return False


@pytest.mark.asyncio(loop_scope="session")
async def test_tls(certificates: Certificates) -> None:
    async with receiving(tls=certificates.section()) as running:
        for send in (by_grpc, by_http):
            assert await send(running, certificates.authority)
            assert not await send(running, certificates.other)
        assert len(running.intake.requests) == 2


@pytest.mark.asyncio(loop_scope="session")
async def test_mutual_tls(certificates: Certificates) -> None:
    async with receiving(tls=certificates.section(mutual=True)) as running:
        for send in (by_grpc, by_http):
            for client in (None, certificates.stranger, certificates.expired):
                assert not await send(running, certificates.authority, client)
            assert await send(running, certificates.authority, certificates.client)
        assert len(running.intake.requests) == 2


@pytest.mark.asyncio(loop_scope="session")
async def test_old_protocols_are_refused(certificates: Certificates) -> None:
    async with receiving(tls=certificates.section()) as running:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            old = {
                "minimum_version": ssl.TLSVersion.TLSv1,
                "maximum_version": ssl.TLSVersion.TLSv1_1,
            }
            assert not await by_http(running, certificates.authority, **old)
        newest = {"maximum_version": ssl.TLSVersion.TLSv1_2}
        assert await by_http(running, certificates.authority, **newest)
    section = certificates.section() | {"min_version": "1.3"}
    async with receiving(tls=section, grpc=None) as running:
        assert not await by_http(running, certificates.authority, **newest)
        assert await by_http(running, certificates.authority)


@pytest.mark.asyncio(loop_scope="session")
async def test_plain_text_to_a_tls_port_is_refused_and_others_are_served(
    certificates: Certificates,
) -> None:
    async with receiving(tls=certificates.section()) as running:
        with pytest.raises(grpc.aio.AioRpcError):
            await running.channel().unary_unary(TRACES)(BODY, timeout=1)
        for port in running.receiver.ports.values():
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"POST /v1/traces HTTP/1.1\r\nHost: a\r\n\r\n")
            async with asyncio.timeout(15):
                assert b"HTTP/1.1 200" not in await reader.read()
            writer.close()
        assert await by_grpc(running, certificates.authority)
        assert await by_http(running, certificates.authority)
        assert len(running.intake.requests) == 2


def test_tls_files_that_do_not_serve_are_named(certificates: Certificates, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    other = tmp_path / "other.key"
    certificates.client.private_key_pem.write_to_path(other)
    for change, words in (
        ({"cert_file": tmp_path / "absent.pem"}, "absent.pem"),
        ({"key_file": other}, "belong together"),
        ({"cert_file": empty}, "empty.pem"),
        ({"client_ca_file": empty}, "client_ca_file"),
        ({"client_ca_file": tmp_path / "no-ca.pem"}, "No such file"),
    ):
        config = TlsConfig.model_validate(certificates.section() | change)
        for build in (ssl_context, server_credentials):
            with pytest.raises(ConfigError, match=r"receivers\.otlp\.tls") as caught:
                build(config)
            assert words in str(caught.value)
