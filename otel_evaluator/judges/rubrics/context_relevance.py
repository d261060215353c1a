"""Whether what was retrieved helps to answer the request: a measure of retrieval."""

from otel_evaluator.judges.rubric import ExampleConfig, RubricConfig

RUBRIC = RubricConfig(
    criteria=(
        "Context relevance: the retrieved context holds what is needed to answer the request."
        " This measures retrieval, not the answer. Passages that share words with the request"
        " but do not help to answer it are irrelevant."
    ),
    steps=(
        "State what one has to know to answer the request.",
        "Find it in the context; note how much of the context is of no use.",
        "Give the score by the level that fits.",
    ),
    scale=(1, 5),
    levels={
        "1": "Nothing in the context helps.",
        "2": "It is about the subject, but what is needed is not in it.",
        "3": "Part of what is needed is there.",
        "4": "All that is needed is there, among much that is of no use.",
        "5": "All that is needed is there, and most of the context is of use.",
    },
    needs=("input", "context"),
    examples=(
        ExampleConfig(
            evidence={
                "input": "Can I take my bicycle on the night train?",
                "context": "Night trains run daily between Vienna and Rome.\n\n"
                "Our bicycle shop is closed on Mondays.",
            },
            score=2,
            reasoning="Night trains are mentioned, bicycles on them are not.",
        ),
        ExampleConfig(
            evidence={
                "input": "Can I take my bicycle on the night train?",
                "context": "Bicycles travel in the multi-function coach of night trains; book a"
                " place with your ticket.",
            },
            score=5,
            reasoning="The one passage answers the question.",
        ),
    ),
)
