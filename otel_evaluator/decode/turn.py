"""What this trace is about: the user's words and the final answer."""

from collections.abc import Sequence

from otel_evaluator.decode.reading import Reading
from otel_evaluator.decode.spans import Source
from otel_evaluator.decode.tree import Tree
from otel_evaluator.model.genai import Message


def _questions(genai: Sequence[Source], tree: Tree) -> list[str]:
    """What was asked of the outermost agent and chain spans, by start."""
    asked = (r.input_text.strip() or _last_user(r.input) for r in _outermost(genai, tree))
    return [text for text in asked if text]


def _last_user(messages: Sequence[Message]) -> str:
    return next((m.content for m in reversed(messages) if m.role == "user" and m.content), "")


def own_input(own: Sequence[Message], genai: Sequence[Source], tree: Tree) -> str:
    """The user's last words.

    A prompt often embeds them, together with retrieved passages, in one user message;
    where the enclosing span recorded the bare words, these are taken.
    """
    last = _last_user(own)
    if last and "\n" not in last:
        return last
    asked = _questions(genai, tree)
    for text in reversed(asked):
        if text in last:
            return text
    return last or (asked[-1] if asked else "")


def final_answer(own: Sequence[Message], genai: Sequence[Source], tree: Tree) -> str:
    """The last text that the assistant said to the user.

    Where an outermost span returns exactly one of the assistant's texts, that one is the
    answer: a model call after it (a title, a summary) is not. An assistant that says
    nothing at the end has answered with nothing.
    """
    texts = [m for m in own if m.role == "assistant" and not (m.tool_calls and not m.content)]
    if not texts:
        return ""
    said = {m.content for m in texts if m.content}
    if len(said) < 2:
        return texts[-1].content
    for reading in reversed(_outermost(genai, tree)):
        text = reading.output_text
        if text and text in said:
            return text
    return texts[-1].content


def _outermost(genai: Sequence[Source], tree: Tree) -> list[Reading]:
    """Readings with content of agents and chains that no other agent or chain encloses."""

    def encloses(source: Source) -> bool:
        return source.reading.kind in ("agent", "chain")

    return [
        s.content()
        for s in genai
        if s.reading.kind in ("agent", "chain") and tree.ancestor(s, encloses) is None
    ]
