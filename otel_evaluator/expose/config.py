"""Settings of the administration endpoint."""

import ipaddress
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from otel_evaluator.config.base import ComponentConfig
from otel_evaluator.config.secret import Secret


class LabelsConfig(ComponentConfig):
    """Values from traffic that may become metric labels; all others become `other`."""

    service: tuple[str, ...] = ()
    """Values of `service.name` that get a time series of their own."""

    environment: tuple[str, ...] = ()
    """Values of `deployment.environment.name` that get a time series of their own."""

    agent: tuple[str, ...] = ()
    """Agent names that get a time series of their own."""

    model: tuple[str, ...] = ()
    """Models that get a time series of their own."""

    prompt_version: tuple[str, ...] = ()
    """Prompt versions that get a time series of their own."""

    max_segments: Annotated[int, Field(gt=0)] = 2000
    """Combinations of score labels, tiers included, at most; further ones become `other`. Each
    takes some thirty time series."""


class AdminConfig(ComponentConfig):
    """Where metrics, health and the read API are served."""

    endpoint: str = "127.0.0.1:9464"
    """Address and port to listen on; port 0 takes a free one."""

    bearer_tokens: tuple[Secret, ...] = ()
    """Tokens that `/api` accepts; without any, `/api` is open to whoever reaches the endpoint."""

    insecure: bool = False
    """Allow an endpoint that other machines reach although no token is set."""

    labels: LabelsConfig = LabelsConfig()
    """Allow-lists of metric labels."""

    @field_validator("endpoint")
    @classmethod
    def _address(cls, endpoint: str) -> str:
        split(endpoint)
        return endpoint

    @field_validator("bearer_tokens")
    @classmethod
    def _long_enough(cls, tokens: tuple[Secret, ...]) -> tuple[Secret, ...]:
        if any(not token.reveal().strip() for token in tokens):
            raise ValueError("a token is empty; remove it or set the variable it refers to")
        return tokens

    @model_validator(mode="after")
    def _guarded(self) -> "AdminConfig":
        if not is_loopback(split(self.endpoint)[0]) and not (self.bearer_tokens or self.insecure):
            raise ValueError(
                f"other machines reach {self.endpoint} and no token guards /api; set "
                "bearer_tokens, or insecure: true, or listen on 127.0.0.1"
            )
        return self


def split(endpoint: str) -> tuple[str, int]:
    """Host and port of ``host:port``, ``[v6]:port`` or ``:port`` (all interfaces: empty host).

    Raises ValueError with what would be right.
    """
    host, colon, port = endpoint.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError(
            f"{endpoint!r} is not an address and port; write one, as in 127.0.0.1:9464"
        )
    if ":" in bare and not host.startswith("["):
        raise ValueError(
            f"{endpoint!r} is ambiguous; put the IPv6 address in brackets, as in [::1]"
        )
    return bare, int(port)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
