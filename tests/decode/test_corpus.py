"""Every captured file: what it carries is recovered, in order and once."""

from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from otel_evaluator.model.subject import Subject
from tests.decode.corpus_support import (
    FULL,
    SMALL,
    Label,
    Recovered,
    differences,
    labels,
    load,
    raw_traces,
)

needs_corpus = pytest.mark.skipif(
    not (FULL / "labels.jsonl").exists(), reason="the captured corpus is not beside the checkout"
)
ESCALATIONS = ("transfer_to_human", "escalate_to_human")
NO_FINISH_REASON = ("traceai-openai", "openinference-openai-agents")
"""The first never records one, the second says ``stop`` for everything."""
NO_ENVIRONMENT = ("traceai-openai",)


@cache
def recovered(root: Path, path: str) -> Recovered:
    label = next(entry for entry in labels(root) if entry["path"] == path)
    return Recovered(load(root, label))


def names(root: Path) -> list[str]:
    return sorted({entry["instrumentation"] for entry in labels(root)}) if root.exists() else []


def of(root: Path, instrumentation: str) -> list[tuple[Label, Recovered]]:
    return [
        (entry, recovered(root, entry["path"]))
        for entry in labels(root)
        if entry["instrumentation"] == instrumentation
    ]


def check_transcripts(root: Path, instrumentation: str) -> None:
    problems = []
    count = 0
    for label, found in of(root, instrumentation):
        count += 1
        problems += [f"{label['scenario']}: {line}" for line in differences(label, found)]
    print(f"{instrumentation:28} {count:3} files, {len(problems)} differences")
    assert not problems, "\n".join(problems[:20])


def check_facts(root: Path, instrumentation: str) -> None:
    matched: Counter[str] = Counter()
    problems: dict[str, list[str]] = defaultdict(list)
    for label, found in of(root, instrumentation):
        for name, actual, expected in facts(label, found):
            matched[name] += 1
            if actual != expected:
                problems[name].append(f"{label['scenario']}: {actual!r} is not {expected!r}")
    table = "  ".join(f"{n} {c - len(problems[n])}/{c}" for n, c in sorted(matched.items()))
    print(f"{instrumentation:28} {table}")
    wrong = {name: found[:3] for name, found in problems.items() if found}
    assert not wrong, wrong


@pytest.mark.parametrize("instrumentation", names(SMALL))
def test_transcripts_of_the_sample(instrumentation: str) -> None:
    check_transcripts(SMALL, instrumentation)


@pytest.mark.parametrize("instrumentation", names(SMALL))
def test_facts_of_the_sample(instrumentation: str) -> None:
    check_facts(SMALL, instrumentation)


@needs_corpus
@pytest.mark.parametrize("instrumentation", names(FULL))
def test_transcripts_of_the_corpus(instrumentation: str) -> None:
    check_transcripts(FULL, instrumentation)


@needs_corpus
@pytest.mark.parametrize("instrumentation", names(FULL))
def test_facts_of_the_corpus(instrumentation: str) -> None:
    check_facts(FULL, instrumentation)


@pytest.mark.parametrize("root", [SMALL, pytest.param(FULL, marks=needs_corpus)])
def test_a_collector_in_between_changes_nothing(root: Path) -> None:
    compared = 0
    for label in labels(root):
        spans = root / "collector" / label["path"]
        if not spans.exists():
            continue
        logs = root / "collector" / label["logs_path"] if label["logs_path"] else None
        passed_on = Recovered(raw_traces(spans, logs))
        direct = recovered(root, label["path"])
        by_id = {t.trace_id: t for t in passed_on.traces}
        for trace in direct.traces:
            assert comparable(by_id[trace.trace_id]) == comparable(trace), label["path"]
        compared += 1
    print(f"{root.name}: {compared} files passed on by a Collector")
    assert compared


def comparable(subject: Subject) -> dict[str, Any]:
    """What must not depend on field order or on how spans are batched."""
    return {
        "messages": subject.messages,
        "history": subject.history,
        "input": subject.input,
        "output": subject.output,
        "usage": subject.usage,
        "signals": subject.signals,
        "conversation_id": subject.conversation_id,
        "calls": subject.calls,
        "tools": subject.tools,
        "retrievals": subject.retrievals,
        "span_id": subject.span_id,
    }


def facts(label: Label, found: Recovered) -> list[tuple[str, Any, Any]]:
    """Name, recovered value and labelled value of everything beside the transcript."""
    instrumentation = label["instrumentation"]
    whole, carried = found.conversation, found.carried
    rows: list[tuple[str, Any, Any]] = [
        ("conversation", {t.conversation_id for t in found.traces}, {label["conversation_id"]}),
        ("service", whole.service, label["service"]),
        ("model", whole.request_model, label["request_model"] or label["model"]),
        ("notes", whole.notes, ()),
        ("root", [bool(t.span_id) for t in found.traces], [True] * len(found.traces)),
    ]
    if instrumentation not in NO_ENVIRONMENT:
        rows.append(("environment", whole.environment in ("production", "staging"), True))
    if label["user_id"] in carried.leaves:
        rows.append(("user", whole.user_id, label["user_id"]))
    if label["prompt"]["version"] in carried.text:
        rows.append(("prompt_version", whole.prompt_version, label["prompt"]["version"]))
    if label["prompt"]["name"] in carried.leaves:
        rows.append(("prompt_name", whole.prompt_name, label["prompt"]["name"]))
    rows += usage_facts(found)
    rows += signal_facts(label, found)
    rows += answer_facts(label, found)
    rows += retrieval_facts(label, found)
    return rows


def usage_facts(found: Recovered) -> list[tuple[str, Any, Any]]:
    """Each call once: response ids are distinct, sums are those of the calls."""
    calls = found.conversation.calls
    ids = [c.response_id for c in calls if c.response_id]
    total = sum(c.usage.input_tokens for t in found.traces for c in t.calls)
    return [
        ("distinct_calls", len(set(ids)), len(ids)),
        ("input_tokens", found.conversation.usage.input_tokens, total),
    ]


def signal_facts(label: Label, found: Recovered) -> list[tuple[str, Any, Any]]:
    signals = found.conversation.signals
    transcript = label["transcript"]
    calls = [c["name"] for m in transcript for c in m.get("tool_calls", ())]
    handovers = sum(1 for m in transcript if m.get("handoff_to"))
    errors = [
        m
        for m in transcript
        if m["role"] == "tool" and m["error"] and found.carried.text_of(m["content"])
    ]
    answers = sum(1 for m in transcript if m["role"] == "assistant")
    failures = [m for m in transcript if m["role"] == "model_error" and m["fatal"]]
    reasons = {m.get("finish_reason") for m in transcript}
    rows: list[tuple[str, Any, Any]] = [
        ("model_calls", signals.model_calls, answers + len(failures)),
        ("tool_errors", signals.tool_errors, len(errors)),
        ("escalated", signals.escalated, any(name in ESCALATIONS for name in calls)),
        ("handoffs", bool(signals.handoffs), bool(handovers)),
        ("tool_calls", signals.tool_calls in (len(calls), len(calls) + handovers), True),
    ]
    if any(m.content for m in found.conversation.messages):
        rows.append(("turns", signals.turns, label["turns"]))
    if label["instrumentation"] not in NO_FINISH_REASON:
        rows.append(("truncated", signals.truncated, "length" in reasons))
        rows.append(("blocked", signals.blocked, "content_filter" in reasons))
    for failure in failures:
        if found.carried.text_of(failure["message"]):
            told = any(failure["message"] in c.error for c in found.conversation.calls)
            rows.append(("model_error", told, True))
            rows.append(("trace_error", bool(found.conversation.error), True))
    ratings = [m for m in transcript if m["role"] == "user_feedback"]
    rows += [
        ("feedback", signals.feedback, m["rating"])
        for m in ratings
        if found.carried.text_of(m["comment"])
    ]
    return rows


def answer_facts(label: Label, found: Recovered) -> list[tuple[str, Any, Any]]:
    """Input and output of each turn's trace, and finish reasons."""
    rows: list[tuple[str, Any, Any]] = []
    transcript = label["transcript"]
    messages = found.conversation.messages
    if not any(m.content for m in messages):
        return rows
    if label["instrumentation"] not in NO_FINISH_REASON:
        given = [m.finish_reason for m in messages if m.role == "assistant" and not m.tool_calls]
        wanted = [m["finish_reason"] for m in transcript if "finish_reason" in m]
        rows.append(("finish_reasons", given, wanted))
    if label["trace_mode"] != "turn":
        return rows
    for turn, trace_id in enumerate(label["turn_trace_ids"], 1):
        trace = next((t for t in found.traces if t.trace_id == trace_id), None)
        said = [m for m in transcript if m.get("turn") == turn]
        asked = [m["content"] for m in said if m["role"] == "user"]
        answered = [m["content"] or "" for m in said if m["role"] == "assistant"]
        if trace is not None and asked and asked[-1] in found.carried.leaves:
            rows.append(("input", trace.input, asked[-1]))
        if trace is not None and answered:
            rows.append(("output", trace.output, answered[-1]))
    return rows


def retrieval_facts(label: Label, found: Recovered) -> list[tuple[str, Any, Any]]:
    rows: list[tuple[str, Any, Any]] = []
    whole, carried = found.conversation, found.carried
    documents = [d for r in whole.retrievals for d in r.documents]
    for step in (m for m in label["transcript"] if m["role"] == "retrieval"):
        if step["query"] in carried.leaves:
            asked = any(r.query == step["query"] for r in whole.retrievals)
            rows.append(("query", asked, True))
        for document in step["documents"]:
            if document["text"] in carried.leaves:
                known = [d for d in documents if d.content == document["text"]]
                rows.append(("document", bool(known), True))
                if document["id"] in carried.leaves and known:
                    rows.append(("document_id", known[0].id, document["id"]))
            elif carried.text_of(document["text"]):
                quoted = any(document["text"] in m.content for m in whole.messages)
                rows.append(("quoted_document", quoted, True))
    return rows


@pytest.mark.parametrize("root", [SMALL, pytest.param(FULL, marks=needs_corpus)])
def test_tool_definitions_have_the_offered_schemas(root: Path) -> None:
    compared = 0
    for label in labels(root):
        offered = {t["name"]: t["parameters"] for t in label["tool_schemas"] or ()}
        for definition in recovered(root, label["path"]).conversation.tool_definitions:
            if definition.name in offered and definition.parameters is not None:
                assert (definition.parameters.get("properties", {}).keys()) == (
                    offered[definition.name].get("properties", {}).keys()
                ), label["path"]
                compared += 1
    assert compared > 20


@pytest.mark.parametrize("root", [SMALL, pytest.param(FULL, marks=needs_corpus)])
def test_span_subjects_are_leaf_operations(root: Path) -> None:
    for label in labels(root):
        for normalised in recovered(root, label["path"]).normalised:
            keys = [s.key for s in normalised.spans]
            assert len(keys) == len(set(keys))
            for span in normalised.spans:
                assert len(span.calls) + len(span.tools) + len(span.retrievals) == 1
