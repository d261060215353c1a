"""Whether the answer means the same as a reference answer, no more and no less."""

from otel_evaluator.judges.rubric import ExampleConfig, RubricConfig

RUBRIC = RubricConfig(
    criteria=(
        "Semantic equivalence: whoever reads the answer learns the same as from the reference,"
        " nothing that matters more and nothing less. Wording, order, style and language do not"
        " count; numbers, names, conditions and negations do."
    ),
    steps=(
        "List the statements of the reference and those of the answer.",
        "Pair statements of the same meaning; look closely at numbers, negations and conditions.",
        "Choose by what is left unpaired.",
    ),
    choices={"equivalent": 1.0, "partly": 0.5, "different": 0.0},
    levels={
        "equivalent": "Every statement that matters has its pair on the other side.",
        "partly": "The main statement has its pair, but one side adds or lacks something.",
        "different": "The main statements differ or contradict each other.",
    },
    needs=("output", "reference"),
    shows=("input",),
    examples=(
        ExampleConfig(
            evidence={
                "output": "You may cancel free of charge until the day before.",
                "reference": "Cancellation costs nothing up to one day in advance.",
            },
            score="equivalent",
            reasoning="Same permission, same price, same deadline.",
        ),
        ExampleConfig(
            evidence={
                "output": "You may cancel free of charge.",
                "reference": "Cancellation costs nothing up to one day in advance.",
            },
            score="partly",
            reasoning="The deadline of the reference is missing.",
        ),
    ),
)
