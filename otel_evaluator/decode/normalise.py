"""Everything that arrived of one trace into subjects: the trace and its operations."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec

from otel_evaluator.decode import calls as model_calls
from otel_evaluator.decode import identity
from otel_evaluator.decode.executions import once
from otel_evaluator.decode.operations import span_subjects
from otel_evaluator.decode.reader import Items
from otel_evaluator.decode.reading import Reading
from otel_evaluator.decode.signals import trace_signals
from otel_evaluator.decode.spans import Source
from otel_evaluator.decode.speech import speech
from otel_evaluator.decode.tools import ESCALATION_TOOLS, execution, link, with_results
from otel_evaluator.decode.transcript import Transcript
from otel_evaluator.decode.tree import Tree
from otel_evaluator.decode.turn import final_answer, own_input
from otel_evaluator.model.genai import Message, ModelCall, Retrieval, ToolExecution, Usage
from otel_evaluator.model.raw import RawTrace
from otel_evaluator.model.subject import Subject

_NESTING = ("tool", "guardrail", "evaluator")


class Normalised(msgspec.Struct, frozen=True):
    """What a trace turned into, and what was met on the way."""

    trace: Subject | None
    """None when the trace holds no GenAI operation and no user feedback."""
    spans: tuple[Subject, ...] = ()
    """One for each leaf model call, tool execution and retrieval, by start."""
    dialects: dict[str, int] = {}
    """Spans by primary dialect."""
    unmapped: dict[str, int] = {}
    """``unmapped:`` notes by primary dialect."""
    repaired: int = 0
    """Items with invalid text that were decoded with replacement characters."""
    undecodable: int = 0
    """Items that are not spans or log records at all."""


def normalise(
    raw: RawTrace,
    *,
    with_spans: bool = True,
    escalation_tools: Sequence[str] = ESCALATION_TOOLS,
) -> Normalised:
    """Decode and normalise a trace; never raises, whatever the bytes are.

    ``with_spans=False`` leaves span subjects out, which saves their cost where no evaluator
    looks at spans. ``escalation_tools`` are parts of the names of tools that hand the user
    to a person.
    """
    items = Items(raw)
    found = _normalised(raw, items, with_spans, escalation_tools)
    if items.skipped and (found.trace is None or not found.trace.input):
        # The model calls do not tell the conversation: the steps around them may.
        return _normalised(raw, Items(raw, steps=True), with_spans, escalation_tools)
    return found


def _normalised(
    raw: RawTrace, items: Items, with_spans: bool, escalation_tools: Sequence[str]
) -> Normalised:
    tree = items.tree
    genai = [s for s in tree.sources if s.reading.dialects]
    dialects: dict[str, int] = defaultdict(int, items.skipped)
    for source in genai:
        dialects[source.reading.dialects[0]] += 1
    if not any(s.reading.kind not in ("", "evaluator") for s in genai):
        return Normalised(None, (), dict(dialects), {}, items.repaired, items.undecodable)
    assembled = _Assembly(raw, tree, genai, escalation_tools)
    notes = list(assembled.notes)
    if tree.duplicates:
        notes.append("duplicate_span_ids")
    if items.undecodable:
        notes.append("undecodable")
    if items.repaired:
        notes.append("repaired")
    trace = assembled.subject(tuple(notes))
    return Normalised(
        trace=trace,
        spans=span_subjects(trace, assembled.records) if with_spans else (),
        dialects=dict(dialects),
        unmapped=_unmapped(genai),
        repaired=items.repaired,
        undecodable=items.undecodable,
    )


def _unmapped(sources: Sequence[Source]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for source in sources:
        count = sum(1 for note in source.reading.notes if note.startswith("unmapped:"))
        if count:
            found[source.reading.dialects[0]] += count
    return dict(found)


class _Assembly:
    """One trace while its parts are put together."""

    def __init__(
        self,
        raw: RawTrace,
        tree: Tree,
        genai: Sequence[Source],
        escalation_tools: Sequence[str],
    ) -> None:
        self.raw = raw
        self.tree = tree
        self.genai = genai
        self.escalation_tools = escalation_tools
        self.records: list[tuple[Reading, ModelCall | ToolExecution | Retrieval]] = []
        self.calls = self._calls()
        self.retrievals: list[Retrieval] = []
        for source in genai:
            if source.reading.kind == "retriever":
                self._add_retrieval(source.content())
        self.messages, self.history, self.tools = self._messages()
        self.notes = self._notes()

    def _calls(self) -> list[tuple[Source, ModelCall]]:
        found = []
        for source in model_calls.leaf_calls(self.tree):
            reading = source.content()
            call = model_calls.model_call(reading, identity.agent_of(self.tree, source))
            found.append((source, call))
            self.records.append((reading, call))
        return found

    def _add_retrieval(self, reading: Reading) -> None:
        retrieval = Retrieval(
            span_id=reading.span.span_id,
            query=reading.query,
            documents=reading.documents,
            start_ns=reading.span.start_ns,
        )
        self.retrievals.append(retrieval)
        if reading.kind == "retriever":
            self.records.append((reading, retrieval))

    def _messages(self) -> tuple[tuple[Message, ...], int, tuple[ToolExecution, ...]]:
        transcript = Transcript()
        for call in self._conversing():
            transcript.add_call(call)
        asked = any(m.role == "user" for m in transcript.messages)
        if not asked or not any(m.role == "assistant" for m in transcript.messages):
            self._from_enclosing(transcript, asked)
        requested = {call.name for m in transcript.messages for call in m.tool_calls}
        readings = once(self.tree, [s for s in self.genai if s.reading.kind == "tool"])
        for reading in readings:
            if reading.documents:
                self._add_retrieval(reading)
        # A retrieval that no model asked for is a step of the application, not a tool.
        readings = [r for r in readings if not r.documents or r.tool_name in requested]
        executions = link(transcript.messages, [execution(r) for r in readings])
        self.records.extend(zip(readings, executions, strict=True))
        messages, added = with_results(transcript.messages, executions)
        history = transcript.history + sum(1 for at in added if at <= transcript.history)
        if not any(m.content for m in messages):
            # Content is not recorded: what is left are empty shells and names of tools.
            history = sum(1 for m in messages[:history] if m.tool_calls or m.media)
            messages = [m for m in messages if m.tool_calls or m.media]
        return tuple(messages), history, executions

    def _conversing(self) -> list[ModelCall]:
        """Calls whose messages make the conversation: not those inside tools or guardrails."""

        def nests(source: Source) -> bool:
            return source.reading.kind in _NESTING

        generating = [(s, c) for s, c in self.calls if s.reading.kind == "llm"]
        outer = [c for s, c in generating if self.tree.ancestor(s, nests) is None]
        return outer or [c for _, c in generating]

    def _from_enclosing(self, transcript: Transcript, asked: bool) -> None:
        """Take messages from agent and chain spans where the model calls carry none.

        The first that has any tells them all, but for spans of turns: each tells its own.
        """
        for source in self.genai:
            if source.reading.kind not in ("agent", "chain"):
                continue
            reading = source.content()
            sent: tuple[Message, ...] = reading.input
            if not sent and reading.input_text:
                sent = (Message(role="user", content=reading.input_text),)
            received = reading.output
            if not received and reading.output_text:
                received = (Message(role="assistant", content=reading.output_text),)
            if not sent and not received:
                continue
            if reading.is_turn:
                transcript.add([*([] if asked else sent), *received])
                continue
            if not asked:
                transcript.align(model_calls.with_system(reading) if reading.input else sent)
            transcript.align(received)
            return

    def _notes(self) -> list[str]:
        notes: dict[str, None] = {}
        for source in self.genai:
            for note in source.reading.notes:
                notes[note] = None
            if source.reading.span.dropped_attributes:
                notes["evicted"] = None
        return list(notes)

    def subject(self, notes: tuple[str, ...]) -> Subject:
        """The trace subject."""
        calls = [call for _, call in self.calls]
        usage = Usage()
        for call in calls:
            usage = usage.plus(call.usage)
        root = self.tree.root()
        who = identity.identify(self.raw, self.tree, self.genai, [s for s, _ in self.calls])
        last = identity.last_call(calls)
        start, end = _times(self.tree, root)
        own = self.messages[self.history :]
        answer = final_answer(own, self.genai, self.tree)
        return Subject(
            kind="trace",
            key=self.raw.trace_id.hex(),
            trace_id=self.raw.trace_id.hex(),
            span_id=root.reading.span.span_id if root is not None else "",
            revision=self.raw.revision,
            complete=self.raw.complete,
            conversation_id=who.conversation_id,
            user_id=who.user_id,
            service=who.service,
            environment=who.environment,
            agent=who.agent,
            provider=last.provider if last else "",
            model=last.model if last else "",
            request_model=last.request_model if last else "",
            response_id=last.response_id if last else "",
            prompt_name=who.prompt_name,
            prompt_version=who.prompt_version,
            start_ns=start,
            end_ns=end,
            messages=self.messages,
            history=self.history,
            input=own_input(own, self.genai, self.tree),
            output=answer,
            system="\n".join(m.content for m in self.messages if m.role == "system"),
            tool_definitions=_definitions(calls),
            calls=tuple(calls),
            tools=self.tools,
            retrievals=tuple(self.retrievals),
            speech=speech(s.reading for s in self.genai),
            usage=usage,
            signals=trace_signals(
                [s.reading for s in self.tree.sources],
                own,
                calls,
                self.tools,
                usage,
                (end - start) / 1e6,
                self.escalation_tools,
            ),
            finish_reasons=tuple(r for c in calls for r in c.finish_reasons),
            error=identity.error(root, self.genai, last),
            dialects=tuple(dict.fromkeys(d for s in self.genai for d in s.reading.dialects)),
            notes=notes,
            resource=who.resource,
            attributes=root.reading.span.attributes if root is not None else _first(self.genai),
        )


def _definitions(calls: Sequence[ModelCall]) -> tuple[Any, ...]:
    """Every tool that was offered, by name; the first definition counts."""
    found: dict[str, Any] = {}
    for call in calls:
        for definition in call.tool_definitions:
            found.setdefault(definition.name, definition)
    return tuple(found.values())


def _times(tree: Tree, root: Source | None) -> tuple[int, int]:
    spans = [s.reading.span for s in tree.sources]
    start = min(span.start_ns for span in spans)
    if root is not None and root.reading.span.end_ns >= root.reading.span.start_ns:
        start = min(start, root.reading.span.start_ns)
    end = max(max(span.end_ns, span.start_ns) for span in spans)
    return start, max(start, end)


def _first(genai: Sequence[Source]) -> dict[str, Any]:
    return genai[0].reading.span.attributes if genai else {}
