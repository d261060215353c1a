"""``otel-evaluator steps``."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer
import yaml

from otel_evaluator.cli.options import ConfigFile
from otel_evaluator.cli.output import Failure, err, reported
from otel_evaluator.errors import ConfigError, JudgeError

if TYPE_CHECKING:
    from otel_evaluator.pipeline.schema import RootConfig


@reported
def steps(
    config: ConfigFile,
    evaluator: Annotated[str, typer.Argument(help="An evaluator that asks a judge.")],
) -> None:
    """Have a judge write the steps of a rubric from its criteria, once.

    The steps are printed as YAML for the rubric in the configuration, where they are part of
    the evaluator's revision; nothing is changed.
    """
    from otel_evaluator.pipeline import build

    found = asyncio.run(_written(build.configure(config), evaluator))
    text = yaml.safe_dump({"steps": list(found)}, sort_keys=False, width=100, allow_unicode=True)
    typer.echo(text.rstrip())
    err().print("read them, then put them under the evaluator's rubric")


async def _written(config: "RootConfig", evaluator: str) -> tuple[str, ...]:
    from otel_evaluator.clock import SystemClock
    from otel_evaluator.judges.client import Asking
    from otel_evaluator.judges.steps import question, steps_of
    from otel_evaluator.metrics import Metrics
    from otel_evaluator.pipeline import build

    judging = build.judging(config, Metrics(), SystemClock())
    try:
        panel = judging.panels.get(evaluator)
        if panel is None:
            known = ", ".join(judging.panels) or "none"
            raise ConfigError([f"no evaluator {evaluator!r} asks a judge ({known})"])
        asking = Asking(evaluator, panel.budget)
        return steps_of(await panel.first.ask(question(panel.config.rubric), asking))
    except JudgeError as error:
        raise Failure(f"judge {panel.first.name}: {error}" if panel else str(error)) from None
    finally:
        await judging.aclose()
