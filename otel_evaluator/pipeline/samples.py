"""The stored transcript of a selected subject."""

import msgspec

from otel_evaluator.api.writer import Sample
from otel_evaluator.model.outcome import Sampling
from otel_evaluator.model.subject import Subject

_MAX_TRANSCRIPT = 1 << 20
_encoder = msgspec.json.Encoder()


def sample_of(subject: Subject, sampling: Sampling) -> Sample:
    """What review, harvest and re-scoring read of one subject."""
    transcript = _encoder.encode(
        {
            "messages": subject.messages,
            "tool_definitions": subject.tool_definitions,
            "retrievals": subject.retrievals,
        }
    )
    if len(transcript) > _MAX_TRANSCRIPT:
        transcript = _encoder.encode({"messages": subject.messages[-20:], "truncated": True})
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
        input=subject.input,
        output=subject.output,
        transcript=transcript.decode(),
        signals=msgspec.structs.asdict(subject.signals),
    )
