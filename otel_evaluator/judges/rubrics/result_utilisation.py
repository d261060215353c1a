"""Whether the answer makes right use of what the tools returned."""

from otel_evaluator.judges.rubric import ExampleConfig, RubricConfig

RUBRIC = RubricConfig(
    criteria=(
        "Result utilisation: the answer uses what the tools returned. What the user needs of the"
        " results is passed on, unchanged and for the right thing; nothing important in them is"
        " ignored; an empty or failed result is reported as that and not filled in from"
        " elsewhere."
    ),
    steps=(
        "For each tool call note what it returned and what of it the request needs.",
        "Find it in the answer: used rightly, changed, mixed up, or ignored.",
        "Give the score by the level that fits.",
    ),
    scale=(1, 5),
    levels={
        "1": "The results are ignored or contradicted.",
        "2": "A result that matters is ignored, mixed up or invented.",
        "3": "The main result is used; something else that the user needs is left out.",
        "4": "All that matters is used, with a harmless imprecision.",
        "5": "All that the user needs of the results is used, and rightly.",
    },
    needs=("output", "tools"),
    shows=("input",),
    examples=(
        ExampleConfig(
            evidence={
                "input": "Is the blue one in stock?",
                "tools": 'stock({"sku":"B-7"}) -> {"available":0,"restock":"2026-03-02"}',
                "output": "Yes, the blue one is in stock.",
            },
            score=1,
            reasoning="The tool returned 0 available; the answer says the opposite.",
        ),
        ExampleConfig(
            evidence={
                "input": "Is the blue one in stock?",
                "tools": 'stock({"sku":"B-7"}) -> {"available":0,"restock":"2026-03-02"}',
                "output": "Not at the moment; it is expected back on 2 March.",
            },
            score=5,
            reasoning="Both the missing stock and the date are passed on.",
        ),
    ),
)
