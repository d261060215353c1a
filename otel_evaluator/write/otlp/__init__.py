"""Score spans, and the conventions' log records, to any OTLP receiver."""

from otel_evaluator.write.otlp.config import OtlpExporterConfig, OtlpTlsConfig
from otel_evaluator.write.otlp.sink import OtlpWriter

__all__ = ["OtlpExporterConfig", "OtlpTlsConfig", "OtlpWriter"]
