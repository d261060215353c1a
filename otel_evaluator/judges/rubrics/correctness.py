"""Whether the answer says the same facts as a reference answer known to be right."""

from otel_evaluator.judges.rubric import ExampleConfig, RubricConfig

RUBRIC = RubricConfig(
    criteria=(
        "Correctness: the facts that answer the user's request agree with the reference answer,"
        " which is right by definition. Wording, order, language and length do not count. More"
        " detail than the reference gives is no error unless it contradicts it."
    ),
    steps=(
        "List the facts of the reference that the request asks for.",
        "Find each of them in the answer: stated, missing, or contradicted.",
        "Give the score by the level that fits.",
    ),
    scale=(1, 5),
    levels={
        "1": "The main fact is contradicted or missing.",
        "2": "Some of the main facts are right; another is contradicted.",
        "3": "No main fact is contradicted, but one is missing or a side fact is wrong.",
        "4": "All main facts are right; a side fact is missing or imprecise.",
        "5": "Every fact of the reference that was asked for is stated, and none is contradicted.",
    },
    needs=("input", "output", "reference"),
    examples=(
        ExampleConfig(
            evidence={
                "input": "When does the museum open on Sundays?",
                "output": "It opens at 9 in the morning.",
                "reference": "On Sundays the museum opens at 11:00.",
            },
            score=1,
            reasoning="The one fact asked for, the hour, is contradicted.",
        ),
        ExampleConfig(
            evidence={
                "input": "When does the museum open on Sundays?",
                "output": "Sundays from eleven; the café inside opens at the same time.",
                "reference": "On Sundays the museum opens at 11:00.",
            },
            score=5,
            reasoning="Eleven is the hour of the reference; the café contradicts nothing in it.",
        ),
    ),
)
