"""Cases with a score that a person gave: for few-shot examples, canaries and calibration."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from otel_evaluator.config.base import ComponentConfig
from otel_evaluator.errors import ConfigError
from otel_evaluator.judges.rubric import Part, RubricConfig


class Label(ComponentConfig):
    """One line of a file of labels, which is JSON Lines."""

    score: float | str
    """The right score or choice, on the rubric's scale."""

    evidence: dict[Part, Annotated[str, Field(max_length=200_000)]] = Field(default_factory=dict)
    """What the judge is shown; without it ``trace_id`` finds a stored score."""

    trace_id: str = ""
    """The trace whose stored score is compared; with ``span_id`` or ``conversation_id`` that
    of the span or the conversation."""

    span_id: str = ""
    """See ``trace_id``."""

    conversation_id: str = ""
    """See ``trace_id``."""

    evaluator: str = ""
    """The evaluator meant; empty: any."""

    reasoning: str = ""
    """Why it is right; needed where the label becomes an example."""


def load(path: Path, rubric: RubricConfig | None = None, evaluator: str = "") -> list[Label]:
    """The labels of a file for one evaluator; ConfigError names every bad line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"labels: {path}: {error}"]) from None
    labels, problems = [], []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            label = Label.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "line"
            problems.append(f"{path}:{number}: {where}: {first['msg']}")
            continue
        if label.evaluator not in ("", evaluator) and evaluator:
            continue
        if rubric is not None and rubric.value(label.score) is None:
            problems.append(f"{path}:{number}: score: {label.score!r} is none that the rubric has")
        labels.append(label)
    if problems:
        raise ConfigError(problems)
    return labels
