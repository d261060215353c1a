"""What users set about receiving from Kafka."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from otel_evaluator.config.base import ComponentConfig, Size
from otel_evaluator.config.secret import Secret


class KafkaTlsConfig(ComponentConfig):
    """TLS to the brokers."""

    ca_file: Path | None = None
    """Authorities to trust; the system's when left out."""

    cert_file: Path | None = None
    """Certificate of this client."""

    key_file: Path | None = None
    """Its key."""


class KafkaSaslConfig(ComponentConfig):
    """Who we are to the brokers."""

    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    """How the password is proven."""

    username: str
    """User."""

    password: Secret
    """Password."""


class KafkaReceiverConfig(ComponentConfig):
    """OTLP in Kafka messages (`otlp_proto`), as the Collector's kafka exporter writes them."""

    brokers: Annotated[tuple[str, ...], Field(min_length=1)]
    """Addresses of some brokers, `host:port`."""

    traces_topic: str = "otlp_spans"
    """Topic of traces; empty reads none."""

    logs_topic: str = ""
    """Topic of log records; empty reads none."""

    group_id: Annotated[str, Field(min_length=1)] = "otel-evaluator"
    """Consumer group; its members share the partitions."""

    initial_offset: Literal["earliest", "latest"] = "latest"
    """Where a group begins that has committed nothing."""

    max_message_size: Annotated[Size, Field(gt=0)] = 64 * 2**20
    """Largest message that is read; larger ones are counted and passed over."""

    tls: KafkaTlsConfig | None = None
    """TLS to the brokers; none without it."""

    sasl: KafkaSaslConfig | None = None
    """Who we are to the brokers."""

    @model_validator(mode="after")
    def _reads_something(self) -> Self:
        if not self.traces_topic and not self.logs_topic:
            raise ValueError("set traces_topic or logs_topic")
        return self
