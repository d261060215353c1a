"""Whether the application's turns fit together and remember what was said."""

from otel_evaluator.judges.rubric import ExampleConfig, RubricConfig

RUBRIC = RubricConfig(
    criteria=(
        "Conversation coherence: each turn of the application follows from the conversation so"
        " far. It remembers what the user has said, does not contradict itself, does not ask"
        " again for what it was told, and follows changes of subject. Corrections that it makes"
        " openly are coherent."
    ),
    steps=(
        "Go through the turns in order and note what has been established.",
        "For each turn of the application look for contradictions, forgotten facts, repeated"
        " questions and replies to something else than was said.",
        "Give the score by the level that fits.",
    ),
    scale=(1, 5),
    levels={
        "1": "Turns do not belong together; the conversation cannot be followed.",
        "2": "It contradicts itself or forgets something that matters.",
        "3": "It asks again for something known, or misses a change of subject once.",
        "4": "Coherent but for a small slip without effect.",
        "5": "Every turn follows from what went before.",
    },
    needs=("transcript",),
    examples=(
        ExampleConfig(
            evidence={
                "transcript": "user: A table for four, please.\n\nassistant: For what time?\n\n"
                "user: 7 pm.\n\nassistant: Gladly. For how many people?"
            },
            score=3,
            reasoning="The number of people had been given in the first turn.",
        ),
        ExampleConfig(
            evidence={
                "transcript": "user: A table for four, please.\n\nassistant: For what time?\n\n"
                "user: 7 pm. No, make it 8.\n\nassistant: Four people at 8 pm. May I have a name?"
            },
            score=5,
            reasoning="Number and corrected time are both kept.",
        ),
    ),
)
