import pytest

from otel_evaluator.evaluate.pool import TaskLost
from otel_evaluator.metrics import SEGMENT_LABELS
from otel_evaluator.model.outcome import Scored
from otel_evaluator.testing.builders import an_export_request

LENGTH = {"name": "length", "type": "length", "min": 1}
TALK = {"name": "talk", "type": "length", "on": "conversation", "min": 1}


async def test_a_trace_becomes_a_score_and_its_entry_is_released_with_it(pipeline):
    p = pipeline()
    await p.intake.traces(an_export_request(1), "grpc")
    assert p.unfinished == 1
    await p.pass_time(1.1)
    (outcome,) = p.delivery.outcomes
    assert isinstance(outcome.verdict, Scored)
    assert outcome.sampling.probability == 1.0
    assert outcome.subject_kind == "trace"
    assert p.unfinished == 0
    assert p.engine.held_bytes == 0
    assert [(c.kind, c.key) for c in p.delivery.closed] == [("trace", outcome.trace_id)]


async def test_resending_a_request_scores_nothing_twice(pipeline):
    p = pipeline()
    body = an_export_request(2)
    await p.intake.traces(body, "grpc")
    await p.intake.traces(body, "grpc")
    await p.pass_time(1.1)
    await p.intake.traces(body, "grpc")
    await p.pass_time(5)
    assert len(p.delivery.outcomes) == 2
    assert p.unfinished == 0
    assert p.metrics.value("spans_finished_total", outcome="duplicate") > 0


@pytest.mark.fault("G2")
async def test_a_late_span_makes_a_revision_with_another_score_id(pipeline):
    p = pipeline()
    await p.intake.traces(an_export_request(1, model_calls=1), "grpc")
    await p.pass_time(1.1)
    await p.intake.traces(an_export_request(1, model_calls=2), "grpc")
    await p.pass_time(1.1)
    first, second = p.delivery.outcomes
    assert (first.subject_revision, second.subject_revision) == (0, 1)
    assert first.score_id != second.score_id
    assert first.subject_key == second.subject_key


@pytest.mark.fault("G1")
@pytest.mark.parametrize("jump_s", [3600, -3600, 10 * 365 * 86400, -10 * 365 * 86400])
async def test_a_jump_of_the_wall_clock_neither_closes_nor_holds_a_trace(pipeline, jump_s):
    p = pipeline()
    await p.intake.traces(an_export_request(1, model_calls=1), "grpc")
    p.clock.step_wall(jump_s)
    await p.pass_time(0.5)
    assert not p.delivery.outcomes
    await p.pass_time(0.6)
    assert len(p.delivery.outcomes) == 1


@pytest.mark.fault("G3")
async def test_arrival_order_does_not_change_score_ids(pipeline):
    body = an_export_request(3, model_calls=2, conversation_id="c")
    ids = []
    for descending in (False, True):
        p = pipeline()
        parts = [
            an_export_request(1, first=n, model_calls=2, descending=descending, conversation_id="c")
            for n in (2, 0, 1)
        ]
        for part in parts if descending else [body]:
            await p.intake.traces(part, "grpc")
        await p.pass_time(1.1)
        ids.append({outcome.score_id for outcome in p.delivery.outcomes})
    assert ids[0] == ids[1]
    assert len(ids[0]) == 3


async def test_sampled_out_traces_are_counted_explained_and_released(pipeline):
    p = pipeline(sampling={"base_rate": 0.0}, evaluators=[LENGTH])
    p.sampler._screen.ceiling = 2**56  # nothing dropped early: it must be ruled out here
    await p.intake.traces(an_export_request(1), "grpc")
    await p.pass_time(1.1)
    assert p.delivery.outcomes == []
    assert p.unfinished == 0
    assert p.pool.works == []
    count = p.metrics.value(
        "subjects_total", kind="trace", tier="unresolved", decision="sampled_out"
    )
    assert count == 1
    trace_id = next(iter(p.parts.ledger._sampled_out)).hex()
    assert p.parts.ledger.why(trace_id)["subjects"][0]["decision"] == "sampled_out"


async def test_tiers_boost_and_record_their_probability(pipeline):
    p = pipeline(
        sampling={
            "base_rate": 0.0,
            "tiers": [{"name": "long", "rate": 0.5, "when": "signals.output_tokens >= 0"}],
        },
    )
    for n in range(100):
        await p.intake.traces(an_export_request(1, first=n), "grpc")
    await p.pass_time(1.1)
    assert 30 < len(p.delivery.outcomes) < 70
    assert {o.sampling.tier for o in p.delivery.outcomes} == {"long"}
    assert {o.sampling.probability for o in p.delivery.outcomes} == {0.5}


async def test_conversations_wait_for_idleness_and_outlive_their_entries(pipeline):
    p = pipeline(evaluators=[LENGTH, TALK])
    for n in range(2):
        await p.intake.traces(an_export_request(1, first=n, conversation_id="c1"), "grpc")
        await p.pass_time(1.5)
    assert {o.subject_kind for o in p.delivery.outcomes} == {"trace"}
    assert p.unfinished == 0
    await p.pass_time(6)
    (talk,) = [o for o in p.delivery.outcomes if o.subject_kind == "conversation"]
    assert talk.subject_key == "c1"


async def test_feedback_on_an_open_trace_is_a_signal(pipeline):
    p = pipeline(
        sampling={
            "base_rate": 0.0,
            "tiers": [{"name": "unhappy", "rate": 1.0, "when": "signals.feedback < 0.0"}],
        }
    )
    await p.intake.traces(an_export_request(2), "grpc")
    unhappy, _ = p.parts.traces.open
    p.parts.feedback.on_trace(unhappy, -1.0)
    await p.pass_time(1.1)
    (outcome,) = p.delivery.outcomes
    assert outcome.trace_id == unhappy.hex()
    assert outcome.sampling.tier == "unhappy"


async def test_feedback_after_the_fact_makes_a_revision(pipeline):
    p = pipeline(
        sampling={
            "base_rate": 0.0,
            "tiers": [{"name": "unhappy", "rate": 1.0, "when": "signals.feedback < 0.0"}],
        }
    )
    await p.intake.traces(an_export_request(1), "grpc")
    (trace_id,) = p.parts.traces.open
    await p.pass_time(1.1)
    assert p.delivery.outcomes == []
    p.parts.feedback.on_trace(trace_id, -1.0)
    assert p.parts.traces.reopen(trace_id, p.clock.monotonic())
    await p.pass_time(1.1)
    (outcome,) = p.delivery.outcomes
    assert outcome.subject_revision == 1


async def test_weighted_counters_hold_the_estimators_sums(pipeline):
    p = pipeline(sampling={"base_rate": 0.5, "key": "trace"})
    for n in range(60):
        await p.intake.traces(an_export_request(1, first=n, reply="x" * (n + 1)), "grpc")
    await p.pass_time(1.1)
    labels = dict.fromkeys(SEGMENT_LABELS, "other") | {"evaluator": "length", "tier": "base"}
    values = [o.verdict.value for o in p.delivery.outcomes]

    def total(name):
        return p.metrics.value(f"{name}_total", **labels)

    assert len(values) > 10
    assert total("score_weight") == 2 * len(values)
    assert total("score_weight_square") == 4 * len(values)
    assert total("score_weighted_sum") == 2 * sum(values)
    assert total("verdict_weight") == total("passed_weight") == 2 * len(values)
    assert total("verdict_weight_square") == total("passed_weight_square") == 4 * len(values)
    assert total("missing_weight") == 0
    assert total("score_weight_square_square_sum") == 4 * sum(v * v for v in values)
    evaluated = p.metrics.value(
        "evaluations_total", evaluator="length", outcome="scored", reason=""
    )
    assert evaluated == len(values)


async def test_a_subject_that_takes_its_workers_along_is_counted_and_released(pipeline):
    p = pipeline()

    async def lost(work):
        raise TaskLost("its worker died twice")

    p.pool.process = lost
    await p.intake.traces(an_export_request(1), "grpc")
    await p.pass_time(1.1)
    failed = p.metrics.value("subjects_total", kind="trace", tier="unresolved", decision="failed")
    assert failed == 1
    assert p.unfinished == 0


async def test_segments_keep_their_names_up_to_the_budget(pipeline):
    labels = {"service": ["shop-1", "shop-2"], "max_segments": 2}
    p = pipeline(admin={"labels": labels})
    for n, service in enumerate(("shop-1", "shop-3", "shop-2", "shop-2")):
        await p.intake.traces(an_export_request(1, first=n, service=service), "grpc")
        await p.pass_time(1.1)
    found = {
        sample.labels["service"]: sample.value
        for family in p.metrics.registry.collect()
        for sample in family.samples
        if sample.name == "otel_evaluator_score_weight_total"
    }
    assert found == {"shop-1": 1.0, "other": 3.0}
    assert p.metrics.value("segments") == 2
    assert p.metrics.value("segments_merged_total") == 2


async def test_what_has_no_score_counts_by_its_weight(pipeline):
    silent = {"name": "silent", "type": "topicality"}
    p = pipeline(evaluators=[silent], sampling={"base_rate": 0.5, "key": "trace"})
    for n in range(20):
        await p.intake.traces(an_export_request(1, first=n, question="", reply=""), "grpc")
    await p.pass_time(1.1)
    labels = dict.fromkeys(SEGMENT_LABELS, "other") | {"evaluator": "silent", "tier": "base"}
    unscored = [o for o in p.delivery.outcomes if o.name == "unscored"]
    assert p.metrics.value("missing_weight_total", **labels) == 2 * len(unscored) > 0
