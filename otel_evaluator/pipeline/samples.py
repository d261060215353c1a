"""The stored transcript of a selected subject."""

from typing import Any

import msgspec

from otel_evaluator.api.writer import Sample
from otel_evaluator.model.outcome import Sampling
from otel_evaluator.model.subject import Subject
from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.redact import Patterns, Redactor

_MAX_TRANSCRIPT = 1 << 20
_LAST_MESSAGES = 20


def sample_of(subject: Subject, sampling: Sampling, finder: Patterns | None) -> Sample:
    """What review, harvest and re-scoring read; redacted where there is a finder."""
    redactor = None if finder is None else Redactor(finder)

    def text(value: str) -> str:
        return encodable(value if redactor is None else redactor.text(value))

    return Sample(
        subject_kind=subject.kind,
        subject_key=subject.key,
        subject_revision=subject.revision,
        trace_id=subject.trace_id,
        conversation_id=subject.conversation_id,
        service=subject.service,
        environment=subject.environment,
        agent=subject.agent,
        model=subject.model or subject.request_model,
        prompt_name=subject.prompt_name,
        prompt_version=subject.prompt_version,
        tier=sampling.tier,
        probability=sampling.probability,
        start_ns=subject.start_ns,
        end_ns=subject.end_ns,
        complete=subject.complete,
        dialects=subject.dialects,
        input=text(subject.input),
        output=text(subject.output),
        transcript=_transcript(subject, redactor),
        signals=msgspec.structs.asdict(subject.signals),
    )


def _transcript(subject: Subject, redactor: Redactor | None) -> str:
    """JSON of messages, tool definitions and retrievals; of long ones the last messages."""
    whole: dict[str, Any] = {
        "messages": subject.messages,
        "tool_definitions": subject.tool_definitions,
        "retrievals": subject.retrievals,
    }
    encoded = _encode(whole, redactor)
    if len(encoded) > _MAX_TRANSCRIPT:
        last = subject.messages[-_LAST_MESSAGES:]
        encoded = _encode({"messages": last, "truncated": True}, redactor)
    return encoded[:_MAX_TRANSCRIPT]


def _encode(value: dict[str, Any], redactor: Redactor | None) -> str:
    plain = msgspec.to_builtins(value, builtin_types=(bytes,), str_keys=True)
    if redactor is not None:
        plain = redactor.value(plain)
    return msgspec.json.encode(_encodable(plain)).decode()


def _encodable(value: Any) -> Any:
    """Text without lone surrogates, which escaped JSON in telemetry can bring in."""
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, dict):
        return {_encodable(key): _encodable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(each) for each in value]
    return value
