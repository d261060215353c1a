"""Whether the steps taken form a sensible plan for the request."""

from otel_evaluator.judges.rubric import ExampleConfig, RubricConfig

RUBRIC = RubricConfig(
    criteria=(
        "Plan coherence: the steps that were taken lead to what was asked in a sensible order."
        " Each step uses what earlier ones found, none is missing, none is repeated or leads"
        " nowhere without reason. Two steps that do not depend on each other may come in any"
        " order."
    ),
    steps=(
        "State what has to be done for the request, and what depends on what.",
        "Go through the steps: needed, premature, repeated, or without use.",
        "Give the score by the level that fits.",
    ),
    scale=(1, 5),
    levels={
        "1": "The steps have nothing to do with the request, or go round in circles.",
        "2": "A step that is needed is missing or comes before what it depends on.",
        "3": "The goal is reached with several needless or repeated steps.",
        "4": "A sensible plan with one needless step.",
        "5": "Every step is needed and in its place.",
    },
    needs=("input", "tools"),
    shows=("output", "transcript"),
    examples=(
        ExampleConfig(
            evidence={
                "input": "Move my flight to the next day if that costs less than 50 euros.",
                "tools": 'rebook({"day":"+1"}) -> ok\nquote({"day":"+1"}) -> 120 EUR',
            },
            score=2,
            reasoning="It rebooked before it had asked for the price that decides.",
        ),
        ExampleConfig(
            evidence={
                "input": "Move my flight to the next day if that costs less than 50 euros.",
                "tools": 'quote({"day":"+1"}) -> 35 EUR\nrebook({"day":"+1"}) -> ok',
            },
            score=5,
            reasoning="The price is known before the step that depends on it.",
        ),
    ),
)
