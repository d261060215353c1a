"""An evaluator that is offered by itself and through its package, and judges traces only."""

from otel_evaluator.api import Check, EvaluatorConfig, Scored, Subject, Verdict, evaluator


class ExactConfig(EvaluatorConfig):
    text: str


@evaluator("exact", version=2, kinds=("trace",))
def exact(config: ExactConfig) -> Check:
    """Whether the answer is exactly this text."""

    async def check(subject: Subject) -> Verdict:
        return Scored(float(subject.output == config.text))

    return check
