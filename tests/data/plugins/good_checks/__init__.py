"""A well-behaved plugin: one evaluator here, one in a module that it imports."""

from good_checks import exact as exact_module
from otel_evaluator.api import Check, EvaluatorConfig, Scored, Subject, Unscored, Verdict, evaluator

__all__ = ["exact_module", "polite"]


class PoliteConfig(EvaluatorConfig):
    words: tuple[str, ...] = ("please", "thank you")


@evaluator("polite", version=1)
def polite(config: PoliteConfig) -> Check:
    """Whether the answer is polite."""

    def check(subject: Subject) -> Verdict:
        if not subject.output:
            return Unscored("no_content")
        found = any(word in subject.output.lower() for word in config.words)
        return Scored(float(found), "pass" if found else "fail", found)

    return check
