"""What users set about assembly."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from otel_evaluator.config.base import ComponentConfig, Duration, Size


class AssemblyConfig(ComponentConfig):
    """When a trace or conversation is closed and given to evaluators."""

    quiet: Annotated[Duration, Field(gt=0)] = 10.0
    """Idle time after which a trace with root and all parents is closed as complete."""

    incomplete_quiet: Annotated[Duration, Field(gt=0)] = 30.0
    """Idle time after which a trace whose root or parents never came is closed as incomplete."""

    max_wait: Annotated[Duration, Field(gt=0)] = 300.0
    """Age at which a trace is closed whatever is missing."""

    conversation_idle: Annotated[Duration, Field(gt=0)] = 600.0
    """Idle time after which a conversation is closed."""

    max_spans: Annotated[int, Field(gt=0)] = 5000
    """Spans of one trace at which it is closed; later ones make a new revision."""

    max_memory: Annotated[Size, Field(gt=0)] = 48 * 2**20
    """Bytes of spans held in memory. Beyond it requests are refused with UNAVAILABLE, or, where it
    is judges that are waited for and the journal is durable, kept on disk alone."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.incomplete_quiet < self.quiet:
            raise ValueError("incomplete_quiet is below quiet; make it at least as long")
        if self.max_wait < self.quiet:
            raise ValueError("max_wait is below quiet; make it at least as long")
        return self
