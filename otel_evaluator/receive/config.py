"""The ``receivers.otlp`` section: where to listen, who may send, and how much."""

import ipaddress
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from otel_evaluator.config.base import ComponentConfig, Duration, Size
from otel_evaluator.config.secret import Secret

MESSAGE_SIZE: Final = 64 * 2**20
"""Recommended limit of a request before and after inflation (OTLP specification 1.11)."""


def split_endpoint(endpoint: str) -> tuple[str, int]:
    """Host and port of ``host:port``, ``[v6]:port`` or ``:port`` (all interfaces: empty host).

    Raises ValueError with what would be right.
    """
    host, colon, port = endpoint.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{endpoint!r} is not host:port; write something like 127.0.0.1:4317")
    if "://" in endpoint or "/" in endpoint or (":" in bare and bare == host):
        raise ValueError(
            f"{endpoint!r} is not host:port; leave the scheme out, put IPv6 addresses in brackets"
        )
    return bare, int(port)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a listener on ``host``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _checked(endpoint: str) -> str:
    split_endpoint(endpoint)
    return endpoint


Endpoint = Annotated[str, AfterValidator(_checked)]
MessageSize = Annotated[Size, Field(ge=1024, le=2**31 - 1)]


class GrpcConfig(ComponentConfig):
    """The gRPC listener."""

    endpoint: Endpoint = "127.0.0.1:4317"
    """Address and port; port 0 takes a free one."""

    max_message_size: MessageSize = MESSAGE_SIZE
    """Largest request, before and after inflation; a larger one is RESOURCE_EXHAUSTED."""

    reuse_port: bool = False
    """Let several processes listen on the same port; the kernel spreads connections over them."""


class HttpConfig(ComponentConfig):
    """The HTTP listener: /v1/traces and /v1/logs, protobuf and JSON."""

    endpoint: Endpoint = "127.0.0.1:4318"
    """Address and port; port 0 takes a free one."""

    max_message_size: MessageSize = MESSAGE_SIZE
    """Largest request, before and after inflation; a larger one is answered 413."""

    reuse_port: bool = False
    """Let several processes listen on the same port."""


class AuthConfig(ComponentConfig):
    """Who may send."""

    bearer_tokens: Annotated[tuple[Secret, ...], Field(min_length=1)]
    """Any of these is accepted; list two while changing from one to the next."""

    @field_validator("bearer_tokens")
    @classmethod
    def _usable(cls, tokens: tuple[Secret, ...]) -> tuple[Secret, ...]:
        for token in tokens:
            text = token.reveal()
            if not text or not text.isascii() or not text.isprintable() or " " in text:
                raise ValueError(
                    "a bearer token is empty or holds spaces or unprintable characters; "
                    "is the environment variable set?"
                )
        return tokens


class TlsConfig(ComponentConfig):
    """Certificates of both listeners, PEM files."""

    cert_file: Path
    """This server's certificate, followed by intermediate ones."""

    key_file: Path
    """The private key of cert_file."""

    client_ca_file: Path | None = None
    """Only clients with a certificate of this authority may connect (mTLS)."""

    min_version: Literal["1.2", "1.3"] = "1.2"
    """Oldest TLS version spoken; 1.3 is for HTTP alone, as gRPC has no such setting."""


class LimitsConfig(ComponentConfig):
    """How much may be taken in at a time."""

    max_spans_per_request: Annotated[int, Field(ge=1, le=10_000_000)] = 200_000
    """Spans or log records of one request; more is refused, not retried."""

    max_resources_per_request: Annotated[int, Field(ge=1, le=10_000_000)] = 20_000
    """Resources and scopes of one request, together."""

    max_attributes_per_span: Annotated[int, Field(ge=128, le=10_000_000)] = 50_000
    """Attributes, events, links and nested values of one span or log record; only counted where
    they are of a few bytes each, as in requests made to exhaust memory."""

    max_in_flight: Annotated[Size, Field(ge=2**20)] = 128 * 2**20
    """Bytes of requests being handled at a time; beyond, senders are told to come back."""

    max_memory: Annotated[Size, Field(ge=64 * 2**20)] | None = None
    """Resident memory above which senders are told to come back; 75 % of what this process
    may use when left out."""

    max_connections: Annotated[int, Field(ge=1, le=1_000_000)] = 1024
    """Open connections of each listener."""

    read_timeout: Annotated[Duration, Field(gt=0)] = 30.0
    """Time a sender has to deliver one request's body."""


class OtlpReceiverConfig(ComponentConfig):
    """The OTLP receiver."""

    grpc: GrpcConfig | None = GrpcConfig()
    """null turns gRPC off."""

    http: HttpConfig | None = HttpConfig()
    """null turns HTTP off."""

    auth: AuthConfig | None = None
    tls: TlsConfig | None = None

    insecure: bool = False
    """Listen beyond this machine without auth and TLS; for networks where others guard the door."""

    limits: LimitsConfig = LimitsConfig()

    @model_validator(mode="after")
    def _consistent(self) -> "OtlpReceiverConfig":
        if self.grpc is None and self.http is None:
            raise ValueError("grpc and http are both null: nothing would be received")
        if self.tls is not None and self.tls.min_version == "1.3" and self.grpc is not None:
            raise ValueError(
                "tls.min_version 1.3 cannot be enforced for gRPC; set it to 1.2 or grpc to null"
            )
        for name, listener in (("grpc", self.grpc), ("http", self.http)):
            if listener is None:
                continue
            if listener.max_message_size > self.limits.max_in_flight:
                raise ValueError(
                    f"{name}.max_message_size is larger than limits.max_in_flight: such a request "
                    "could never be taken; lower the first or raise the second"
                )
            self._guarded(name, listener.endpoint)
        return self

    def _guarded(self, name: str, endpoint: str) -> None:
        host, _ = split_endpoint(endpoint)
        if is_loopback(host) or self.auth or self.tls or self.insecure:
            return
        raise ValueError(
            f"{name}.endpoint {endpoint} can be reached from other machines, and neither auth nor "
            "tls is set: anyone could send spans; set auth.bearer_tokens or tls, listen on "
            "127.0.0.1, or write insecure: true"
        )
