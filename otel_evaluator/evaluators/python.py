"""A function of your own."""

import inspect
from collections.abc import Awaitable
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from otel_evaluator.api import Check, EvaluatorConfig, Subject, Verdict, evaluator
from otel_evaluator.evaluators._answers import no_output
from otel_evaluator.evaluators._callables import bind, load, verdict_of


def _importable(path: str) -> str:
    load(path)
    return path


class PythonConfig(EvaluatorConfig):
    """Settings of ``python``."""

    callable: Annotated[str, AfterValidator(_importable)]
    """The function, as package.module:function."""

    arguments: dict[str, Any] = Field(default_factory=dict)
    """Values for further parameters of the function, by name."""

    reference_outputs: Any = None
    """What the parameter reference_outputs gets."""

    outputs: Literal["text", "messages"] = "text"
    """Whether outputs is the final answer's text or the list of all messages."""

    version: str = ""
    """Change it when the function changes: scores of different versions are told apart."""

    @model_validator(mode="after")
    def _callable_with_what_we_have(self) -> Self:
        try:
            _bound(self)
        except ValueError as error:
            raise ValueError(f"callable {self.callable!r}: {error}") from None
        return self


def _bound(config: PythonConfig) -> tuple[Any, bool]:
    return bind(
        load(config.callable),
        reference=config.reference_outputs,
        arguments=config.arguments,
        as_messages=config.outputs == "messages",
    )


@evaluator("python", version=1, deterministic=False)
def python(config: PythonConfig) -> Check:
    """A function of your own: it gets a subject or texts, and returns a score in any usual form."""
    call, needs_output = _bound(config)

    def check(subject: Subject) -> Verdict | Awaitable[Verdict]:
        missing = no_output(subject) if needs_output else None
        if missing is not None:
            return missing
        result = call(subject)
        return _awaited(result) if inspect.isawaitable(result) else verdict_of(result)

    return check


async def _awaited(result: Awaitable[Any]) -> Verdict:
    return verdict_of(await result)
