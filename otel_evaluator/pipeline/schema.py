"""The root configuration: one field per room, every model from beside its component."""

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from otel_evaluator.assemble.config import AssemblyConfig
from otel_evaluator.config.base import ComponentConfig, Duration
from otel_evaluator.expose.config import AdminConfig
from otel_evaluator.journal.config import JournalConfig
from otel_evaluator.judges.config import JudgeConfig
from otel_evaluator.operate.config import AlertsConfig
from otel_evaluator.pipeline.monitoring_config import MonitoringConfig
from otel_evaluator.receive.config import OtlpReceiverConfig
from otel_evaluator.receive.kafka_config import KafkaReceiverConfig
from otel_evaluator.sample.config import SamplingConfig
from otel_evaluator.select.config import SelectConfig
from otel_evaluator.write.clickhouse.config import ClickHouseConfig
from otel_evaluator.write.otlp import OtlpExporterConfig


class ReceiversConfig(ComponentConfig):
    """Where telemetry comes in."""

    otlp: OtlpReceiverConfig = OtlpReceiverConfig()
    """OTLP over gRPC and HTTP."""

    kafka: KafkaReceiverConfig | None = None
    """OTLP from Kafka; needs `otel-evaluator[kafka]`."""


class SamplesConfig(ComponentConfig):
    """The transcripts kept for review, harvest and re-scoring."""

    enabled: bool = True
    """Keep the normalised transcript of selected traces and conversations."""

    redact: bool = True
    """Replace e-mail addresses, telephone numbers, cards, IBANs and national ids before they
    are stored."""

    regions: tuple[str, ...] = ("US",)
    """Countries (ISO 3166 alpha-2) whose national telephone numbers are recognised."""


class StorageConfig(ComponentConfig):
    """Where scores are kept."""

    samples: SamplesConfig = SamplesConfig()
    """The transcripts kept for review, harvest and re-scoring."""

    calibrations: Path | None = None
    """The file that ``otel-evaluator calibrate --save`` appends to; pass rates are corrected by
    what it says of the evaluator's revision."""

    clickhouse: ClickHouseConfig | None = None
    """A ClickHouse server, or the engine embedded in this process."""


class ExportersConfig(ComponentConfig):
    """Where scores are sent besides the storage."""

    otlp: OtlpExporterConfig | None = None
    """Score spans, and on request score events, to a Collector."""


class RootConfig(ComponentConfig):
    """A complete configuration file."""

    receivers: ReceiversConfig = ReceiversConfig()
    """Where telemetry comes in."""

    select: SelectConfig = SelectConfig()
    """Which spans count as GenAI spans."""

    journal: JournalConfig = JournalConfig()
    """Where acknowledged spans are kept until their scores are written."""

    assembly: AssemblyConfig = AssemblyConfig()
    """When a trace or conversation is closed and given to evaluators."""

    sampling: SamplingConfig = SamplingConfig()
    """Which subjects are evaluated."""

    judges: dict[str, JudgeConfig] = Field(default_factory=dict)
    """Model endpoints by name, which evaluators of type `judge` ask."""

    evaluators: tuple[dict[str, Any], ...] = Field(min_length=1)
    """The evaluators to run; `type` chooses one, the other keys are its settings."""

    storage: StorageConfig = StorageConfig()
    """Where scores are kept."""

    exporters: ExportersConfig = ExportersConfig()
    """Where scores are sent besides the storage."""

    admin: AdminConfig = AdminConfig()
    """Metrics, health and the read API."""

    monitoring: MonitoringConfig = MonitoringConfig()
    """Bounds of means that hold at all times, and regressions."""

    alerts: AlertsConfig = AlertsConfig()
    """What `otel-evaluator rules` writes alerts about; the service itself does not use it."""

    grace: Annotated[Duration, Field(gt=0)] = 10.0
    """Time that work in hand has to finish after SIGTERM; what is left stays in the journal."""

    workers: Annotated[int, Field(ge=0, le=256)] = 1
    """Evaluator processes; 0 runs evaluators in a thread of the one process."""

    @model_validator(mode="after")
    def _has_sink(self) -> Self:
        exporter = self.exporters.otlp
        if self.storage.clickhouse is None and (exporter is None or not exporter.endpoint):
            raise ValueError(
                "scores have nowhere to go; set storage.clickhouse (dsn: chdb://./data/clickhouse"
                " needs no server) or exporters.otlp"
            )
        return self

    @model_validator(mode="after")
    def _conversations_are_whole(self) -> Self:
        by_conversation = any(e.get("on") == "conversation" for e in self.evaluators)
        if by_conversation and self.sampling.key != "conversation":
            raise ValueError(
                "an evaluator works on conversations, but sampling.key: trace would keep only"
                " parts of them; set sampling.key: conversation"
            )
        return self
