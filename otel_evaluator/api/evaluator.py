"""What an evaluator is: a configuration model and a factory that returns a check.

::

    class ContainsConfig(EvaluatorConfig):
        phrases: tuple[str, ...]

    @evaluator("contains", version=1)
    def contains(config: ContainsConfig) -> Check:
        def check(subject: Subject) -> Verdict: ...
        return check

The decorated name is an EvaluatorType; an entry point in the group
``otel_evaluator.evaluators`` that resolves to one makes it usable by ``type: NAME``.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Generic, TypeVar, get_type_hints

from pydantic import Field

from otel_evaluator.api.judge import Asked
from otel_evaluator.config.base import ComponentConfig, Duration
from otel_evaluator.model.outcome import Verdict
from otel_evaluator.model.subject import Subject, SubjectKind

Check = Callable[[Subject], Verdict | Asked | Awaitable[Verdict]]
"""Judges one subject. It may raise: the runner turns that into a failed outcome."""

ALL_KINDS: tuple[SubjectKind, ...] = ("span", "trace", "conversation")


class EvaluatorConfig(ComponentConfig):
    """Settings every evaluator has."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$")]
    """Name of the scores; unique in the configuration."""

    type: str
    """Which evaluator to run; `otel-evaluator components` lists them."""

    on: SubjectKind = "trace"
    """What to evaluate: every model call and tool span, every trace, or every conversation."""

    rate: Annotated[float, Field(gt=0, le=1)] | None = None
    """Sampling rate of this evaluator; replaces the tier's rate."""

    when: str | None = None
    """CEL condition over signals, span, trace, resource and attributes; others are skipped."""

    threshold: float | None = None
    """A score passes when it is at least this value, where the evaluator itself does not say."""

    timeout: Annotated[Duration, Field(gt=0)] = 5.0
    """Deadline of one evaluation; beyond it the outcome is failed(timeout)."""

    not_in_revision: ClassVar[frozenset[str]] = frozenset(("name", "rate", "when", "timeout"))
    # Settings that decide whether and where an evaluation runs, not what it says.


C = TypeVar("C", bound=EvaluatorConfig)


@dataclass(frozen=True, slots=True)
class EvaluatorType(Generic[C]):
    """A registered evaluator: ``build(config)`` gives the check."""

    name: str
    version: int
    config_type: type[C]
    build: Callable[[C], Check]
    kinds: tuple[SubjectKind, ...] = ALL_KINDS
    """Subject kinds it can judge."""
    summary: str = field(default="", compare=False)
    deterministic: bool = True
    """The same subject always gets the same verdict."""
    quantity: bool = False
    """Values are seconds, dollars or a scale of their own, not scores from 0 to 1."""

    def __call__(self, config: C) -> Check:
        return self.build(config)


def evaluator(
    name: str,
    *,
    version: int,
    kinds: tuple[SubjectKind, ...] = ALL_KINDS,
    deterministic: bool = True,
    quantity: bool = False,
) -> Callable[[Callable[[C], Check]], EvaluatorType[C]]:
    """Turn a factory into an EvaluatorType; its one parameter's annotation is the config model."""

    def decorate(factory: Callable[[C], Check]) -> EvaluatorType[C]:
        hints = {key: hint for key, hint in get_type_hints(factory).items() if key != "return"}
        (config_type,) = hints.values()
        summary = (factory.__doc__ or "").strip().split("\n")[0]
        return EvaluatorType(
            name, version, config_type, factory, kinds, summary, deterministic, quantity
        )

    return decorate


def revision(kind: EvaluatorType[Any], config: EvaluatorConfig, model: str = "") -> str:
    """12 hexadecimal characters: hash of type, version, effective configuration and judge model."""
    effective = config.model_dump(mode="json", exclude=set(config.not_in_revision))
    parts = [kind.name, kind.version, effective, *([model] if model else [])]
    text = json.dumps(parts, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
