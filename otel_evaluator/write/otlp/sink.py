"""The OTLP sink: encodes a batch, sends each signal once, reads partial successes."""

import structlog
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from otel_evaluator.api.writer import Batch, written
from otel_evaluator.clock import Clock, SystemClock
from otel_evaluator.metrics import Metrics
from otel_evaluator.write.judge_spans import spans_of
from otel_evaluator.write.otlp.config import OtlpExporterConfig, Signal
from otel_evaluator.write.otlp.encode import logs_request, traces_request
from otel_evaluator.write.otlp.send import GrpcTransport, HttpTransport, Transport
from otel_evaluator.write.progress import Progress
from otel_evaluator.write.spans import score_record

log = structlog.get_logger(__name__)


class OtlpWriter:
    """Exports score spans and evaluation events; implements ``api.writer.Writer``.

    OTLP has no deduplication: a batch whose answer was lost is sent again with the same span
    ids. A partial success is never sent again; what the receiver rejected is counted as
    ``sink_writes_total{outcome="rejected"}`` and in ``rejected``.
    """

    name = "otlp"

    def __init__(
        self,
        config: OtlpExporterConfig,
        clock: Clock | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self._config = config
        self._clock = clock or SystemClock()
        self._metrics = metrics
        self._transport: Transport | None = None
        self._progress = Progress()
        self.rejected = 0
        """Spans and records that receivers rejected in partial successes."""

    async def start(self) -> None:
        """Prepare the connection; ConfigError for unreadable certificates."""
        if self._transport is None and self._config.endpoint:
            http = self._config.protocol == "http/protobuf"
            self._transport = (
                HttpTransport(self._config, self._clock) if http else GrpcTransport(self._config)
            )

    async def write(self, batch: Batch) -> None:
        """Send one batch; what one signal confirmed is not sent again when the other failed."""
        if not self._config.endpoint:
            return
        if self._transport is None:
            await self.start()
        outcomes = written(batch.outcomes)
        for signal in self._config.signals:
            if self._progress.done(batch.id, signal):
                continue
            if signal == "traces":
                spans = spans_of(batch.outcomes)
                await self._send(signal, traces_request(spans) if spans else b"")
            else:
                records = [record for o in outcomes if (record := score_record(o))]
                await self._send(signal, logs_request(records) if records else b"")
            self._progress.note(batch.id, signal)
        self._progress.forget(batch.id)

    async def aclose(self) -> None:
        """Close the connection; safe without ``start``."""
        transport, self._transport = self._transport, None
        if transport is not None:
            await transport.aclose()

    async def _send(self, signal: Signal, request: bytes) -> None:
        if not request:
            return
        assert self._transport is not None
        answer = await self._transport.send(signal, request)
        rejected = _rejected(signal, answer)
        if rejected:
            self.rejected += rejected
            if self._metrics is not None:
                self._metrics.child("sink_writes", self.name, "rejected").inc()
            log.warning("receiver rejected a part", sink=self.name, signal=signal, rows=rejected)


def _rejected(signal: Signal, answer: bytes) -> int:
    try:
        if signal == "traces":
            traces = ExportTraceServiceResponse.FromString(answer)
            return int(traces.partial_success.rejected_spans)
        logs = ExportLogsServiceResponse.FromString(answer)
        return int(logs.partial_success.rejected_log_records)
    except DecodeError:
        return 0
