"""Whether the answer says only what the retrieved passages and tool results say."""

from otel_evaluator.judges.rubric import ExampleConfig, RubricConfig

RUBRIC = RubricConfig(
    criteria=(
        "Faithfulness: every factual claim of the answer follows from the context. The context is"
        " all that counts: a claim that is true in the world but not in the context is"
        " unsupported. Greetings, offers of help, refusals and statements that the context does"
        " not say something are no claims."
    ),
    steps=(
        "List the factual claims of the answer, one by one.",
        "For each claim find the part of the context that supports it, contradicts it, or neither.",
        "Give the score by the level that fits the worst claims.",
    ),
    scale=(1, 5),
    levels={
        "1": "Its main claims contradict the context or are invented.",
        "2": "A claim that matters to the user contradicts the context or is invented.",
        "3": "The main claims are supported; a side claim is not.",
        "4": "All claims are supported but for harmless imprecision.",
        "5": "Every claim is supported, or the answer makes none.",
    },
    needs=("output", "context"),
    shows=("input",),
    examples=(
        ExampleConfig(
            evidence={
                "context": "Parcels up to 20 kg can be returned within 30 days.",
                "output": "You can return it within 60 days.",
            },
            score=1,
            reasoning="The one claim, 60 days, contradicts the 30 days of the context.",
        ),
        ExampleConfig(
            evidence={
                "context": "Parcels up to 20 kg can be returned within 30 days.",
                "output": "You have 30 days to return it. The passage names no return fee.",
            },
            score=5,
            reasoning="30 days is stated, and that no fee is named is true of the context.",
        ),
    ),
)
