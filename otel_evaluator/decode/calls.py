"""Leaf model calls: each request to a model once, however many spans recorded it."""

from typing import Any

from otel_evaluator.decode.reading import Reading
from otel_evaluator.decode.spans import Source
from otel_evaluator.decode.tree import Tree
from otel_evaluator.model.genai import Message, ModelCall, Usage

_OPERATIONS = {"llm": "chat", "embedding": "embeddings", "reranker": "rerank"}
_FILLED = (
    "provider",
    "request_model",
    "response_model",
    "response_id",
    "finish_reasons",
    "system",
    "input",
    "output",
    "tool_definitions",
    "agent",
    "prompt_name",
    "prompt_version",
)
_FILLED_NUMBERS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "cost_usd",
    "time_to_first_chunk_s",
)


def is_call(source: Source) -> bool:
    """Whether the span records a request to a model."""
    return source.reading.kind in _OPERATIONS


def leaf_calls(tree: Tree) -> list[Source]:
    """One source for each model call, by start, with its content.

    Dropped are calls that aggregate or repeat calls below them, and second records of the
    same call; what only the dropped one knew is filled into the one that stays.
    """
    calls = [s for s in tree.sources if is_call(s)]
    below: dict[int, list[Source]] = {}
    for call in calls:
        above = tree.ancestor(call, is_call)
        while above is not None:
            below.setdefault(id(above), []).append(call)
            above = tree.ancestor(above, is_call)
    kept = [c for c in calls if id(c) not in below or not _repeats(c, below[id(c)])]
    return _once(kept)


def _repeats(call: Source, inner: list[Source]) -> bool:
    """Whether a call that encloses others is not a call of its own."""
    outer = call.content()
    own = _answers(outer)
    same = []
    for source in inner:
        reading = source.content()
        if outer.kind != reading.kind:
            continue
        known = outer.response_id and outer.response_id == reading.response_id
        if known or (own and own & _answers(reading)):
            same.append(reading)
    if same:
        if len(same) == 1:
            fill(same[0], outer)
        return True
    if not own:
        first = inner[0].content()
        if len(inner) == 1 and outer.kind == first.kind:
            fill(first, outer)
        return True
    return False


def _answers(reading: Reading) -> set[Any]:
    return {message_key(m) for m in reading.output if m.content or m.tool_calls}


def _once(calls: list[Source]) -> list[Source]:
    """Merge sibling records of one response.

    Emulators answer every request with one constant id, so the id alone does not decide:
    the records must overlap in time, or agree on the answer, or one must lack an answer.
    """
    by_id: dict[str, Source] = {}
    kept = []
    for call in calls:
        reading = call.content()
        first = by_id.get(reading.response_id) if reading.response_id else None
        if first is not None and _same_call(first.reading, reading):
            fill(first.reading, reading)
            continue
        if reading.response_id:
            by_id[reading.response_id] = call
        kept.append(call)
    return kept


def _same_call(first: Reading, second: Reading) -> bool:
    one, other = _answers(first), _answers(second)
    if one and other:
        return bool(one & other)
    return bool(one or other) or second.span.start_ns < first.span.end_ns


def fill(kept: Reading, other: Reading) -> None:
    """Fill what ``kept`` lacks from another record of the same call."""
    for name in _FILLED:
        if not getattr(kept, name):
            setattr(kept, name, getattr(other, name))
    for name in _FILLED_NUMBERS:
        if getattr(kept, name) is None:
            setattr(kept, name, getattr(other, name))
    kept.streaming = kept.streaming or other.streaming
    known = set(kept.dialects)
    kept.dialects += tuple(d for d in other.dialects if d not in known)


def message_key(message: Message) -> Any:
    """What makes two records of a message the same message."""
    if message.role == "tool" and message.tool_call_id:
        return ("tool", message.tool_call_id)
    calls = message.tool_calls
    if calls:
        named = tuple(c.id or (c.name, repr(c.arguments)) for c in calls)
        return (message.role, message.content, named)
    if message.media and not message.content:
        return (message.role, message.media)
    return (message.role, message.content)


def usage(reading: Reading) -> Usage:
    """Tokens of one call; absent counters are 0."""
    return Usage(
        reading.input_tokens or 0,
        reading.output_tokens or 0,
        reading.cache_read_tokens or 0,
        reading.cache_write_tokens or 0,
        reading.reasoning_tokens or 0,
    )


def model_call(reading: Reading, agent: str) -> ModelCall:
    """The model call that a reading with content records."""
    span = reading.span
    reasons = reading.finish_reasons
    if not reasons:
        reasons = tuple(m.finish_reason for m in reading.output if m.finish_reason)
    operation = reading.operation
    if not operation or operation in ("llm", "tool"):
        operation = _OPERATIONS.get(reading.kind, "chat")
    return ModelCall(
        span_id=span.span_id,
        operation=operation,
        provider=reading.provider,
        model=reading.response_model or reading.request_model,
        request_model=reading.request_model or reading.response_model,
        input=with_system(reading),
        output=reading.output,
        tool_definitions=reading.tool_definitions,
        usage=usage(reading),
        cost_usd=reading.cost_usd,
        finish_reasons=reasons,
        response_id=reading.response_id,
        error=reading.error,
        agent=agent,
        start_ns=span.start_ns,
        end_ns=max(span.end_ns, span.start_ns),
        streaming=reading.streaming,
        time_to_first_chunk_s=reading.time_to_first_chunk_s,
    )


def with_system(reading: Reading) -> tuple[Message, ...]:
    """Input messages, the system instructions first unless they are among them already."""
    if not reading.system:
        return reading.input
    for message in reading.input:
        if message.role == "system" and message.content == reading.system:
            return reading.input
    return (Message(role="system", content=reading.system), *reading.input)
