"""What the model was given to read tries to instruct it."""

from collections.abc import Iterator

from otel_evaluator.api import Check, EvaluatorConfig, Subject, Verdict, evaluator
from otel_evaluator.evaluators._answers import NO_CONTENT, failed, passed
from otel_evaluator.text.injection import MAX_TEXT, injections


class InjectionSignalConfig(EvaluatorConfig):
    """Settings of ``injection_signal``."""

    users: bool = True
    """Whether users' messages are searched as well as tool results and documents."""


@evaluator("injection_signal", version=1)
def injection_signal(config: InjectionSignalConfig) -> Check:
    """What the model was given to read tries to instruct it."""

    def check(subject: Subject) -> Verdict:
        if not subject.has_content and not subject.input:
            return NO_CONTENT
        found = signs(subject, config.users)
        if not found:
            return passed()
        return failed("; ".join(f"{kind} in the {', '.join(found[kind])}" for kind in found))

    return check


def signs(subject: Subject, users: bool = True) -> dict[str, list[str]]:
    """Kinds of signs in what the model was given to read, and in which of it."""
    found: dict[str, set[str]] = {}
    texts = [(where, text) for where, text in _texts(subject, users) if text]
    # Most subjects have no sign at all: one search of all texts tells.
    whole = "\n".join(text for _, text in texts)
    if len(whole) <= MAX_TEXT and not injections(whole):
        return {}
    for where, text in texts:
        for kind in injections(text):
            found.setdefault(kind, set()).add(where)
    return {kind: sorted(found[kind]) for kind in sorted(found)}


def _texts(subject: Subject, users: bool) -> Iterator[tuple[str, str]]:
    if users:
        yield "user's message", subject.input
    for message in subject.messages[subject.history :]:
        if message.role == "tool":
            yield "tool result", message.content
        elif message.role == "user" and users:
            yield "user's message", message.content
    for tool in subject.tools:
        yield "tool result", tool.result
    for retrieval in subject.retrievals:
        for document in retrieval.documents:
            yield "document", document.content
