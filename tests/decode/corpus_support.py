"""Captured telemetry with known transcripts: loading, and comparing what was recovered."""

import json
from collections import OrderedDict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from otel_evaluator.decode.conversation import conversation
from otel_evaluator.decode.normalise import Normalised, normalise
from otel_evaluator.decode.wire import Wire
from otel_evaluator.model.genai import Message
from otel_evaluator.model.markers import CONVERSATION_KEYS, CORE_MARKERS
from otel_evaluator.model.raw import RawItem, RawTrace
from otel_evaluator.model.subject import Subject
from otel_evaluator.wire.otlp_view_pb2 import LogHead, Request, SpanHead

FULL = Path(__file__).parents[3] / "shared" / "corpus"
SMALL = Path(__file__).parents[1] / "data" / "corpus"

Label = dict[str, Any]


@cache
def labels(root: Path) -> list[Label]:
    lines = (root / "labels.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def items(path: Path) -> list[RawItem]:
    request = Request.FromString(path.read_bytes())
    return [
        (resource.resource, scope.scope, item)
        for resource in request.resources
        for scope in resource.scopes
        for item in scope.items
    ]


def raw_traces(spans: Path, logs: Path | None) -> list[RawTrace]:
    """Traces of a file, holding what the wire walk keeps."""
    traces: OrderedDict[bytes, RawTrace] = OrderedDict()
    heads = [(SpanHead.FromString(item[2]), item) for item in items(spans)]
    for head, item in heads:
        if any(marker in item[2] for marker in CORE_MARKERS):
            fresh = RawTrace(head.trace_id, [], [], [])
            traces.setdefault(head.trace_id, fresh).spans.append(item)
    for head, item in heads:
        if head.trace_id in traces and not any(m in item[2] for m in CORE_MARKERS):
            named = any(key in item[2] for key in CONVERSATION_KEYS)
            if named or not head.parent_span_id:
                traces[head.trace_id].context.append(item)
    for item in items(logs) if logs is not None else ():
        trace_id = LogHead.FromString(item[2]).trace_id
        if trace_id in traces and any(marker in item[2] for marker in CORE_MARKERS):
            traces[trace_id].logs.append(item)
    return list(traces.values())


def load(root: Path, label: Label) -> list[RawTrace]:
    logs = root / label["logs_path"] if label["logs_path"] else None
    return raw_traces(root / label["path"], logs)


class Recovered:
    """The normalised traces of one file and the conversation they make."""

    def __init__(self, raw: list[RawTrace]) -> None:
        self.normalised: list[Normalised] = [normalise(trace) for trace in raw]
        self.traces: list[Subject] = [n.trace for n in self.normalised if n.trace is not None]
        self.conversation = conversation(self.traces)
        self.carried = Carried(raw)


class Carried:
    """Every text in a file's attributes, bodies and events, JSON inside texts included."""

    def __init__(self, raw: list[RawTrace]) -> None:
        wire = Wire()
        leaves: list[str] = []
        self.values: set[str] = set()
        for trace in raw:
            for item in (*trace.spans, *trace.context):
                span = wire.span(item)
                events = [e.attributes for e in span.events]
                for value in (span.attributes, events, span.status_message):
                    self._collect(value, leaves, 0)
            for item in trace.logs:
                record = wire.log(item)
                self._collect([record.attributes, record.body], leaves, 0)
        self.text = "\n".join(leaves)
        self.leaves = frozenset(leaves)

    def _collect(self, value: Any, leaves: list[str], depth: int) -> None:
        if isinstance(value, str):
            leaves.append(value)
            if value[:1] in ("{", "[", '"') and depth < 12:
                try:
                    decoded = json.loads(value)
                except ValueError:
                    return
                self._collect(decoded, leaves, depth + 1)
        elif isinstance(value, dict):
            self.values.add(canonical(value))
            for key, inner in value.items():
                leaves.append(str(key))
                self._collect(inner, leaves, depth + 1)
        elif isinstance(value, list):
            self.values.add(canonical(value))
            for inner in value:
                self._collect(inner, leaves, depth + 1)

    def text_of(self, text: str) -> bool:
        return text in self.text or self.value_of(text)

    def value_of(self, text: str) -> bool:
        try:
            return canonical(json.loads(text)) in self.values
        except ValueError:
            return False


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=repr)


def same_text(found: str, expected: str) -> bool:
    """Equal as text or as JSON."""
    if found == expected:
        return True
    try:
        return canonical(json.loads(found)) == canonical(json.loads(expected))
    except ValueError:
        return False


def differences(label: Label, recovered: Recovered) -> Iterator[str]:
    """What the conversation lacks or has too much, compared with the labelled transcript."""
    actual = [m for m in recovered.conversation.messages if not _is_handover_result(m, recovered)]
    position = 0
    ids: dict[str, str] = {}
    for expected in label["transcript"]:
        role = expected["role"]
        if role in ("retrieval", "model_error", "user_feedback"):
            continue
        if not _is_carried(expected, recovered.carried):
            position += _is_empty_answer(expected, actual, position)
            continue
        found = actual[position] if position < len(actual) else None
        problem = _compare(expected, found, recovered, ids) if found else "missing"
        if not problem:
            position += 1
            continue
        later = next(
            (
                i
                for i in range(position, len(actual))
                if not _compare(expected, actual[i], recovered, dict(ids))
            ),
            None,
        )
        if later is None:
            yield f"{role}: {problem}: {_short(expected)}; found {_short_message(found)}"
            if found is not None and found.role == role:
                position += 1
        else:
            for extra in actual[position:later]:
                yield f"extra before {role} {_short(expected)}: {_short_message(extra)}"
            position = later + 1
    for extra in actual[position:]:
        yield f"extra at end: {_short_message(extra)}"


def _is_empty_answer(expected: dict[str, Any], actual: list[Message], position: int) -> bool:
    """Whether both sides have an answer without text in this place."""
    if expected["role"] != "assistant" or expected["content"] or expected.get("tool_calls"):
        return False
    found = actual[position] if position < len(actual) else None
    return found is not None and found.role == "assistant" and not found.content


def _is_carried(expected: dict[str, Any], carried: Carried) -> bool:
    content = expected["content"]
    if expected["role"] == "assistant":
        calls = expected.get("tool_calls") or []
        if calls:
            return any(c["name"] in carried.leaves for c in calls) and bool(carried.values)
        if expected.get("handoff_to"):
            return f"transfer_to_{expected['handoff_to']}" in carried.text
        return carried.text_of(content) if content else False
    return carried.text_of(content)


def _compare(
    expected: dict[str, Any], found: Message, recovered: Recovered, ids: dict[str, str]
) -> str:
    """What differs; empty when nothing does."""
    if expected["role"] != found.role:
        return f"role {found.role}"
    if found.role == "assistant":
        return _compare_assistant(expected, found, recovered, ids)
    content = expected["content"]
    if found.role == "tool":
        if found.name and found.name != expected["name"]:
            return f"tool name {found.name}"
        wanted = ids.get(expected["tool_call_id"], found.tool_call_id)
        if found.tool_call_id != wanted:
            return f"call id {found.tool_call_id} is not {wanted}"
        if not (same_text(found.content, content) or content in found.content):
            inner = found.content.replace('\\"', '"')
            if content not in inner:
                return "content"
        return "" if found.error == expected["error"] else f"error {found.error}"
    if same_text(found.content, content):
        return ""
    embedded = found.role == "user" and content in found.content
    return "" if embedded else "content"


def _compare_assistant(
    expected: dict[str, Any], found: Message, recovered: Recovered, ids: dict[str, str]
) -> str:
    calls = expected.get("tool_calls") or []
    if target := expected.get("handoff_to"):
        named = [c.name for c in found.tool_calls]
        return "" if named == [f"transfer_to_{target}"] else f"hand-over {named}"
    if (expected["content"] or "") != found.content and recovered.carried.text_of(
        expected["content"] or "-"
    ):
        return "content"
    if [c["name"] for c in calls] != [c.name for c in found.tool_calls]:
        return f"tool calls {[c.name for c in found.tool_calls]}"
    for wanted, call in zip(calls, found.tool_calls, strict=True):
        ids[wanted["id"]] = call.id
        recorded = canonical(wanted["arguments"]) in recovered.carried.values
        same = canonical(call.arguments) == canonical(wanted["arguments"])
        # Some emitters leave empty arguments out.
        none = call.arguments is None and wanted["arguments"] == {}
        if recorded and not same and not none:
            return f"arguments {call.arguments}"
    return ""


def _is_handover_result(message: Message, recovered: Recovered) -> bool:
    if message.role != "tool" or not message.tool_call_id:
        return False
    return any(
        call.id == message.tool_call_id
        and call.name.startswith("transfer_to_")
        and call.name != "transfer_to_human"
        for m in recovered.conversation.messages
        for call in m.tool_calls
    )


def _short(expected: dict[str, Any]) -> str:
    return json.dumps({k: v for k, v in expected.items() if k in ("content", "tool_calls")})[:150]


def _short_message(found: Message | None) -> str:
    if found is None:
        return "nothing"
    calls = [(c.name, c.arguments) for c in found.tool_calls]
    return f"{found.role} {found.content[:90]!r} {calls if calls else ''}"
