"""Whether the answer treats the user with courtesy and fits the user's situation."""

from otel_evaluator.judges.rubric import ExampleConfig, RubricConfig

RUBRIC = RubricConfig(
    criteria=(
        "Tone and empathy: the answer is courteous, takes the user's situation seriously and fits"
        " its weight. Where the user is upset or in trouble, the answer acknowledges it before or"
        " while it helps. Stock phrases, praise and apologies without help are not empathy; a"
        " plain, friendly answer to a plain question is right. Whether the facts are right does"
        " not count here."
    ),
    steps=(
        "Name the state of the user: neutral, confused, upset, in distress.",
        "Look how the answer addresses that state, and for blame, sarcasm or condescension.",
        "Give the score by the level that fits.",
    ),
    scale=(1, 5),
    levels={
        "1": "Rude, mocking or blaming, or brushes off someone in distress.",
        "2": "Cold or condescending where the situation asks for care.",
        "3": "Polite, but misses the user's state or hides behind stock phrases.",
        "4": "Courteous and fitting; could be a little warmer or less wordy.",
        "5": "Courteous, fits the situation, and acknowledges the user's state where there is one.",
    },
    shows=("transcript",),
    examples=(
        ExampleConfig(
            evidence={
                "input": "My father died last week and I need to close his account.",
                "output": "Upload the death certificate under Settings, then Close account.",
            },
            score=2,
            reasoning="The steps may be right, but the loss is passed over without a word.",
        ),
        ExampleConfig(
            evidence={
                "input": "Which plug do I need in Japan?",
                "output": "Type A, two flat pins. Your German plug needs an adapter.",
            },
            score=5,
            reasoning="A plain question, a plain and friendly answer: no more is called for.",
        ),
    ),
)
