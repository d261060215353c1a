"""What an OTLP answer means for the batch (OTLP specification 1.11, retry tables); pure.

Where the specification forbids a retry but a person can help (wrong token, wrong address), the
batch is held rather than lost.
"""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import grpc
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from otel_evaluator.errors import Held, Permanent, Retryable, SinkError

RETRYABLE = frozenset(
    {
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.OUT_OF_RANGE,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DATA_LOSS,
    }
)
HELD = frozenset(
    {
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.NOT_FOUND,
    }
)
RETRYABLE_STATUS = frozenset({429, 502, 503, 504})
HELD_STATUS = frozenset({301, 302, 307, 308, 401, 403, 404, 405, 407, 415})


def from_grpc(error: grpc.RpcError, where: str) -> SinkError:
    """The SinkError for a failed gRPC call; only its code is quoted, never its text."""
    code: grpc.StatusCode = error.code()
    text = f"{where}: {code.name}"
    delay_s = retry_delay_s(error.trailing_metadata() or ())
    if code in RETRYABLE or (code is grpc.StatusCode.RESOURCE_EXHAUSTED and delay_s is not None):
        return Retryable(text, delay_s)
    return Held(text) if code in HELD else Permanent(text)


def from_http(status: int, headers: Mapping[str, str], now_s: float, where: str) -> SinkError:
    """The SinkError for an HTTP status outside 200 to 299; ``now_s`` is Unix time."""
    text = f"{where}: HTTP status {status}"
    if status in RETRYABLE_STATUS:
        return Retryable(text, retry_after_s(headers.get("Retry-After", ""), now_s))
    return Held(text) if status in HELD_STATUS else Permanent(text)


def retry_delay_s(metadata: object) -> float | None:
    """Seconds of the RetryInfo in ``grpc-status-details-bin``; None without one."""
    details = {str(key): value for key, value in metadata}  # type: ignore[attr-defined]
    encoded = details.get("grpc-status-details-bin")
    if not isinstance(encoded, bytes):
        return None
    try:
        for detail in Status.FromString(encoded).details:
            info = RetryInfo()
            if detail.Unpack(info):
                return float(info.retry_delay.seconds + info.retry_delay.nanos / 1e9)
    except DecodeError:
        pass
    return None


def retry_after_s(value: str, now_s: float) -> float | None:
    """Seconds of a ``Retry-After`` header, which holds seconds or an HTTP date (RFC 9110)."""
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now_s)
    except (TypeError, ValueError):
        return None
