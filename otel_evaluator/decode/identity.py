"""Who and what a trace belongs to: conversation, user, service, agent, prompt, error."""

from collections.abc import Sequence
from typing import Any

import msgspec

from otel_evaluator.decode import spans
from otel_evaluator.decode.reading import Reading
from otel_evaluator.decode.spans import Source
from otel_evaluator.decode.tree import Tree
from otel_evaluator.decode.values import first_text, text
from otel_evaluator.model.genai import ModelCall
from otel_evaluator.model.raw import RawTrace

_SERVICE = ("service.name", "project_name", "openinference.project.name")
_ENVIRONMENT = ("deployment.environment.name", "deployment.environment", "langfuse.environment")


class Identity(msgspec.Struct, frozen=True):
    """Names that a trace carries; empty where it carries none."""

    conversation_id: str = ""
    user_id: str = ""
    service: str = ""
    environment: str = ""
    agent: str = ""
    prompt_name: str = ""
    prompt_version: str = ""
    resource: dict[str, Any] = {}


def identify(
    raw: RawTrace, tree: Tree, genai: Sequence[Source], calls: Sequence[Source]
) -> Identity:
    """Names from all spans: GenAI spans first, by start, then the spans around them.

    The conversation that the wire walk found counts, because sampling decided on it.
    """
    rank, conversation = 99, raw.conversation_id
    user = prompt_name = prompt_version = ""
    readings = [s.reading for s in genai]
    for reading in readings:
        user = user or reading.user_id
        prompt_name = prompt_name or reading.prompt_name
        prompt_version = prompt_version or reading.prompt_version
    for source in tree.sources:
        attributes = source.reading.span.attributes
        if not raw.conversation_id:
            found, value = spans.conversation(attributes)
            if found < rank:
                rank, conversation = found, value
        user = user or spans.user(attributes)
        if not (prompt_name and prompt_version):
            name, version = spans.prompt(attributes)
            prompt_name, prompt_version = prompt_name or name, prompt_version or version
    if not conversation:
        conversation = next((r.conversation_id for r in readings if r.conversation_id), "")
    if not prompt_name and "@" in prompt_version:
        prompt_name, _, prompt_version = prompt_version.rpartition("@")
    resource = _resource(tree, genai)
    return Identity(
        conversation_id=conversation,
        user_id=user,
        service=first_text(resource, _SERVICE),
        environment=first_text(resource, _ENVIRONMENT)
        or next((text(r.span.attributes.get("langfuse.environment")) for r in readings), ""),
        agent=_agent(tree, readings, calls),
        prompt_name=prompt_name,
        prompt_version=prompt_version,
        resource=resource,
    )


def _agent(tree: Tree, readings: Sequence[Reading], calls: Sequence[Source]) -> str:
    """The agent of the first model call, else the first that any span names."""
    if calls and (named := agent_of(tree, calls[0])):
        return named
    named = next((r.agent for r in readings if r.agent), "")
    return named or next((r.agent_hint for r in readings if r.agent_hint), "")


def agent_of(tree: Tree, source: Source) -> str:
    """The agent that a span belongs to: its own name for it, or the nearest one above."""
    reading = source.reading
    if reading.agent:
        return reading.agent
    above = tree.ancestor(source, lambda s: bool(s.reading.agent))
    if above is None:
        above = tree.ancestor(source, lambda s: bool(s.reading.agent_hint))
    return (above.reading.agent or above.reading.agent_hint) if above is not None else ""


def _resource(tree: Tree, genai: Sequence[Source]) -> dict[str, Any]:
    """The resource of the first GenAI span: in a distributed trace the agent's service."""
    if genai:
        return genai[0].reading.span.resource
    return tree.sources[0].reading.span.resource if tree.sources else {}


def last_call(calls: Sequence[ModelCall]) -> ModelCall | None:
    """The last generating call that gave an answer, else the last call."""
    for call in reversed(calls):
        if call.output and not call.error:
            return call
    generating = [c for c in calls if c.operation not in ("embeddings", "rerank")]
    if generating:
        return generating[-1]
    return calls[-1] if calls else None


def error(root: Source | None, genai: Sequence[Source], last: ModelCall | None) -> str:
    """The error that the trace ended with: of its root, its outermost span or its last call."""
    if root is not None and root.reading.error:
        return root.reading.error
    outer = next((s.reading for s in genai if s.reading.kind in ("agent", "chain")), None)
    if outer is not None and outer.error:
        return outer.error
    generating = last is not None and not last.output
    return last.error if last is not None and generating else ""
