"""One POST to a judge's endpoint: bounded in time and bytes, to allowed addresses only."""

import asyncio
import ipaddress
import socket
from typing import Any, Literal
from urllib.parse import urlsplit

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver

from otel_evaluator.errors import ConfigError, JudgeError, Misconfigured, TooLong, Unavailable

Reach = Literal["public", "local", "local_only"]
"""Which addresses may be connected to: public ones, private ones as well, or only those."""

MOST_BYTES = 1 << 20
"""Longest answer that is read."""
_RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_TOO_LONG = ("context_length", "context length", "too long", "maximum context", "exceeds the")


class Rejected(JudgeError):
    """The endpoint does not take the request as it is; ``text`` says why, lower case."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"HTTP status {status}: the endpoint does not take the request")
        self.text = text


def check_url(base_url: str, reach: Reach) -> None:
    """ConfigError unless the address may be asked: https, or declared as local."""
    url = urlsplit(base_url)
    if url.scheme not in ("http", "https") or not url.hostname or url.username:
        raise ConfigError(
            [f"judges: base_url {url.scheme}://{url.hostname}: use https://host/path"]
        )
    if url.scheme == "http" and reach == "public":
        raise ConfigError(
            ["judges: base_url is http://; use https://, or set local: true for a model beside it"]
        )


def is_allowed(address: str, reach: Reach) -> bool:
    """Whether an address may be connected to.

    Link-local addresses never are: cloud metadata lives there, also behind IPv4 addresses
    embedded in IPv6 ones (RFC 4291, RFC 6052, RFC 3056).
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        embedded = found.ipv4_mapped or found.sixtofour or _nat64(found)
        if embedded is not None:
            found = embedded
    if found.is_loopback:
        return reach != "public"
    if found.is_link_local or found.is_multicast or found.is_unspecified or found.is_reserved:
        return False
    return found.is_global if reach == "public" else reach == "local" or not found.is_global


def _nat64(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in ipaddress.ip_network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


class _CheckedResolver(AbstractResolver):
    """Checks what a name resolves to at the moment of connecting."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._resolver = DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        allowed = [each for each in found if is_allowed(each["host"], self._reach)]
        if not allowed:
            raise OSError(f"{host} resolves to an address that judges may not use")
        return allowed

    async def close(self) -> None:
        await self._resolver.close()


class Transport:
    """Connections to one endpoint; no redirects, no proxies from the environment."""

    def __init__(self, base_url: str, headers: dict[str, str], most: int, reach: Reach) -> None:
        check_url(base_url, reach)
        host = urlsplit(base_url).hostname or ""
        try:
            forbidden = not is_allowed(host, reach)
        except ValueError:
            forbidden = False  # a name: checked when it is resolved
        if forbidden:
            raise ConfigError([f"judges: base_url: {host} is an address that judges may not use"])
        self._base_url = base_url.rstrip("/")
        self._headers = {"Content-Type": "application/json", **headers}
        self._most = most
        self._reach = reach
        self._session: aiohttp.ClientSession | None = None

    async def post(self, path: str, body: dict[str, Any], timeout_s: float) -> bytes:
        """The answer's bytes; a JudgeError says what else came of it, without content."""
        session = self._open()
        try:
            async with asyncio.timeout(timeout_s):
                async with session.post(
                    self._base_url + path, data=msgspec.json.encode(body), allow_redirects=False
                ) as response:
                    content = await response.content.read(MOST_BYTES + 1)
                    while len(content) <= MOST_BYTES and not response.content.at_eof():
                        content += await response.content.read(MOST_BYTES + 1)
                    if len(content) > MOST_BYTES:
                        response.close()
                        raise JudgeError(f"the answer is longer than {MOST_BYTES} bytes")
                    return _checked(response, content)
        except TimeoutError:
            raise Unavailable(f"no answer within {timeout_s:g} s") from None
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(f"no connection ({type(error).__name__})") from None

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=self._most, resolver=_CheckedResolver(self._reach), keepalive_timeout=30
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                headers=self._headers,
                trust_env=False,
                timeout=aiohttp.ClientTimeout(total=None),
                auto_decompress=True,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session


def _checked(response: aiohttp.ClientResponse, content: bytes) -> bytes:
    status = response.status
    if status == 200:
        return content
    if status in _RETRIED:
        waiting = response.headers.get("Retry-After", "")
        retry_after_s = float(waiting) if waiting.isdigit() else None
        raise Unavailable(f"HTTP status {status}", retry_after_s, is_limit=status == 429)
    # The endpoint's own words may quote the key or the content: they decide, and go no further.
    text = content[:4096].decode("utf-8", "replace").lower()
    if status == 413 or (status == 400 and any(each in text for each in _TOO_LONG)):
        raise TooLong(f"HTTP status {status}: the question is too long for the model")
    if status in (400, 422):
        raise Rejected(status, text)
    raise Misconfigured(f"HTTP status {status}; check base_url, api_key and model")
