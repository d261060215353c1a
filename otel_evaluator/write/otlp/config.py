"""What the user sets under ``exporters.otlp``."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from otel_evaluator.config.base import ComponentConfig, Duration
from otel_evaluator.config.secret import Secret

Signal = Literal["traces", "logs"]


class OtlpTlsConfig(ComponentConfig):
    """Certificates of a TLS connection."""

    ca_file: str = ""
    """Certificate authority of the receiver, where the system's do not know it."""

    cert_file: str = ""
    """Our certificate, for receivers that ask for one."""

    key_file: str = ""
    """Its private key."""


class OtlpExporterConfig(ComponentConfig):
    """An OTLP receiver to send scores to."""

    endpoint: str = ""
    """``host:4317`` for grpc, ``https://host:4318`` for http/protobuf; empty sends nothing."""

    protocol: Literal["grpc", "http/protobuf"] = "grpc"
    """Transport."""

    headers: dict[str, Secret] = Field(default_factory=dict)
    """Sent with every request, such as an API key."""

    insecure: bool = False
    """No TLS, where the endpoint does not say http:// or https://."""

    tls: OtlpTlsConfig = OtlpTlsConfig()
    """Certificates."""

    signals: tuple[Signal, ...] = ("traces",)
    """``traces`` sends score spans, ``logs`` the standard evaluation events."""

    compression: Literal["gzip", "none"] = "gzip"
    """Compression of requests."""

    timeout: Annotated[Duration, Field(gt=0)] = 10.0
    """Deadline of one request."""

    @field_validator("signals")
    @classmethod
    def _check_signals(cls, signals: tuple[Signal, ...]) -> tuple[Signal, ...]:
        if not signals or len(set(signals)) != len(signals):
            raise ValueError("name traces, logs or both, each once")
        return signals

    @field_validator("endpoint")
    @classmethod
    def _check_endpoint(cls, endpoint: str) -> str:
        scheme, separator, _ = endpoint.partition("://")
        if separator and scheme not in ("http", "https"):
            raise ValueError("must start with http:// or https://, or be host:port")
        if "@" in endpoint:
            raise ValueError("must not hold a user name or password; use headers")
        return endpoint

    @property
    def secure(self) -> bool:
        """Whether the connection uses TLS: as the scheme says, else unless ``insecure``."""
        if "://" in self.endpoint:
            return self.endpoint.startswith("https://")
        return not self.insecure

    @property
    def address(self) -> str:
        """``host:port`` without a scheme and path, for gRPC."""
        return self.endpoint.rpartition("://")[2].partition("/")[0]

    def url(self, signal: Signal) -> str:
        """The HTTP address of a signal: ``/v1/<signal>`` under the endpoint (OTLP/HTTP)."""
        scheme = "https" if self.secure else "http"
        base = self.endpoint.rpartition("://")[2].rstrip("/")
        return f"{scheme}://{base}/v1/{signal}"
