"""One conversation out of many model calls that each repeat what was said before."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from otel_evaluator.decode.calls import message_key
from otel_evaluator.model.genai import Message, ModelCall


class Transcript:
    """Messages in order, each once.

    A model call's input is aligned with what is known: its messages are looked for in
    order, those not found are new. So a replayed history adds nothing, a message that is
    really said twice is there twice, and agents that see different parts of the
    conversation are woven into one.
    """

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.history = 0
        self._positions: dict[Any, list[int]] = {}

    def add_call(self, call: ModelCall) -> None:
        """Add one call; calls come in order of start."""
        first = not self.messages
        self.align(call.input)
        if first:
            self.history = history_length(self.messages)
        self._answer(call)

    def align(self, messages: Sequence[Message]) -> None:
        """Add those of ``messages`` that are not known yet."""
        position = 0
        start = len(self.messages)
        for message in messages:
            key = message_key(message)
            known = self._positions.get(key)
            if message.role in ("system", "tool"):
                # Unique by their text or call: they say nothing about the place.
                if known is None:
                    self._append(key, message)
                continue
            found = self._find(known, position, start)
            if found is None and message.role == "user":
                found = self._embedding(message, position, start)
            if found is None:
                self._append(key, message)
            else:
                position = found + 1

    def add(self, messages: Sequence[Message]) -> None:
        """Add messages that are new, except tool calls and results that are known."""
        for message in messages:
            key = message_key(message)
            repeatable = message.role in ("user", "assistant") and not message.tool_calls
            if repeatable or key not in self._positions:
                self._append(key, message)

    @staticmethod
    def _find(known: list[int] | None, position: int, end: int) -> int | None:
        if known is None:
            return None
        index = bisect_left(known, position)
        return known[index] if index < len(known) and known[index] < end else None

    def _embedding(self, message: Message, position: int, end: int) -> int | None:
        """A known user message that contains this one: a prompt built around the words."""
        if not message.content:
            return None
        for index in range(position, end):
            known = self.messages[index]
            if known.role == "user" and message.content in known.content:
                return index
        return None

    def _answer(self, call: ModelCall) -> None:
        """Add the output behind the input of its own call."""
        for message in call.output:
            if message.role == "assistant":
                message = _completed(message, call)
            key = message_key(message)
            if message.tool_calls and key in self._positions:
                continue
            self._append(key, message)

    def _append(self, key: Any, message: Message) -> None:
        self._positions.setdefault(key, []).append(len(self.messages))
        self.messages.append(message)


def _completed(message: Message, call: ModelCall) -> Message:
    """The message with its agent and finish reason, as far as the call knows them."""
    reason = message.finish_reason
    if not reason and len(call.output) == 1 and call.finish_reasons:
        reason = call.finish_reasons[0]
    agent = message.agent or call.agent
    if agent == message.agent and reason == message.finish_reason:
        return message
    return Message(
        role=message.role,
        content=message.content,
        tool_calls=message.tool_calls,
        tool_call_id=message.tool_call_id,
        name=message.name,
        error=message.error,
        reasoning=message.reasoning,
        media=message.media,
        finish_reason=reason,
        agent=agent,
    )


def history_length(messages: Sequence[Message]) -> int:
    """How many messages of a first input were said before: all up to the last user message."""
    last = next((i for i in range(len(messages) - 1, -1, -1) if messages[i].role == "user"), 0)
    return last if any(m.role != "system" for m in messages[:last]) else 0
