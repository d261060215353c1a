from otel_evaluator.model.outcome import Scored
from otel_evaluator.pipeline import stories
from otel_evaluator.pipeline.ledger import Ledger
from otel_evaluator.pipeline.work import Story
from otel_evaluator.testing.outcomes import an_outcome

TRACE = "5b8efff798038103d269b633813fc60c"


def a_story(**fields):
    values = {
        "kind": "trace",
        "key": TRACE,
        "revision": 0,
        "complete": True,
        "tier": "base",
        "rate": 0.1,
        "u": 0.05,
        "dialects": ("otel_genai",),
        "conversation_id": "c",
        "spans": 3,
        "notes": (),
        "signals": {},
        "skipped": {"cost": "sampled_out"},
        "outcomes": (an_outcome(Scored(0.5), 1),),
    }
    return Story(**(values | fields))


def test_a_story_tells_outcomes_and_what_did_not_run():
    ledger = Ledger()
    ledger.add(TRACE, stories.pack([a_story()]))
    (subject,) = ledger.why(TRACE)["subjects"]
    assert subject["decision"] == "selected"
    told = {each["evaluator"]: each["outcome"] for each in subject["outcomes"]}
    assert told["cost"] == "skipped"
    assert "scored" in told.values()


def test_revisions_are_told_in_order():
    ledger = Ledger()
    for revision in range(2):
        ledger.add(TRACE, stories.pack([a_story(revision=revision)]))
    assert [each["revision"] for each in ledger.why(TRACE)["subjects"]] == [0, 1]


def test_text_that_no_json_encoder_takes_is_told():
    packed = stories.pack([a_story(conversation_id="half \ud83d")])
    assert stories.unpack(packed)[0]["conversation_id"] == "half ?"


def test_memory_is_bounded_and_unknown_traces_are_unknown():
    ledger = Ledger(limit=2)
    for number in range(3):
        ledger.add(f"{number:032x}", stories.pack([a_story()]))
        ledger.sampled_out(number.to_bytes(16, "big") + b"", 0.9, "")
    assert ledger.why(f"{0:032x}") is None
    assert ledger.why(f"{2:032x}") is not None
    assert ledger.why(TRACE) is None
