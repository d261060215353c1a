"""Whether the user's concern was settled by the end of the conversation."""

from otel_evaluator.judges.rubric import ExampleConfig, RubricConfig

RUBRIC = RubricConfig(
    criteria=(
        "Conversation resolution: at the end of the conversation the concern that brought the"
        " user is settled. Evidence is what happened: the answer given, the action carried out,"
        " the user's own words. A promise to act later, a hand-over to a person or a user who"
        " gives up settles nothing, however friendly the end. Where a request could rightly not"
        " be met, it is settled when the user knows that and what to do instead."
    ),
    steps=(
        "State the user's concerns, also those that came up on the way.",
        "For each find where it was settled, put off, or dropped.",
        "Choose by the concern that matters most.",
    ),
    choices={"resolved": 1.0, "partly": 0.5, "unresolved": 0.0},
    levels={
        "resolved": "Every concern that matters is settled.",
        "partly": "The main concern is settled in part, or another one was dropped.",
        "unresolved": "The main concern is open at the end, was handed over, or the user gave up.",
    },
    needs=("transcript",),
    shows=("tools",),
    examples=(
        ExampleConfig(
            evidence={
                "transcript": "user: My code does not arrive.\n\nassistant: Please try again"
                " later.\n\nuser: I have, three times. Forget it."
            },
            score="unresolved",
            reasoning="The user gives up and still has no code.",
        ),
        ExampleConfig(
            evidence={
                "transcript": "user: My code does not arrive.\n\nassistant: I have sent it to your"
                " e-mail instead. Did you get it?\n\nuser: Yes, I am in."
            },
            score="resolved",
            reasoning="The user confirms to be logged in.",
        ),
    ),
)
