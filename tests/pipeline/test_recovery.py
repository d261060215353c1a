"""What an earlier run left: known again, assembled in order and in bounded memory."""

import asyncio

import pytest

from otel_evaluator.journal.sqlite import SqliteJournal
from otel_evaluator.pipeline.recovery import Recovery, remember
from otel_evaluator.testing.builders import an_export_request

LENGTH = {"name": "length", "type": "length", "min": 1}
TALK = {"name": "talk", "type": "length", "on": "conversation", "min": 1}


@pytest.fixture
def life(pipeline, tmp_path):
    """A pipeline on the same journal as the one before; the one before must be closed."""

    async def begin(max_held=2**30, **sections):
        journal = SqliteJournal(tmp_path / "journal", "process", 2**26)
        p = pipeline(journal=journal, **sections)
        remember(p.parts)
        p.engine.max_held = max_held
        p.recovery = Recovery(p.parts, p.engine, p.intake)
        await p.recovery.begin()
        return p

    return begin


def spans(p, name, **labels):
    found = p.metrics.registry.collect()
    return sum(
        sample.value
        for family in found
        for sample in family.samples
        if sample.name == f"otel_evaluator_{name}_total" and labels.items() <= sample.labels.items()
    )


def is_even(p):
    pending = p.engine.pending_spans + p.intake.waiting_spans
    accepted = spans(p, "spans_accepted") + spans(p, "spans_recovered")
    received = spans(p, "spans_received")
    taken = spans(p, "spans_accepted") + spans(p, "spans_dropped") + spans(p, "spans_refused")
    return (received, accepted) == (taken, spans(p, "spans_finished") + pending)


async def test_what_was_open_is_evaluated_and_what_was_done_is_not(life):
    p = await life()
    await p.intake.traces(an_export_request(1, first=1), "grpc")
    await p.pass_time(1.1)
    # One entry holds spans of a trace that is done and of one that is open.
    mixed = an_export_request(1, first=1) + an_export_request(1, first=2)
    await p.intake.traces(mixed, "grpc")
    (first,) = p.delivery.outcomes
    await p.journal.aclose()

    p = await life()
    assert is_even(p)
    await p.pass_time(1.1)
    (second,) = p.delivery.outcomes
    assert second.trace_id != first.trace_id
    assert is_even(p)
    await p.intake.traces(mixed, "grpc")
    await p.pass_time(5)
    assert len(p.delivery.outcomes) == 1, "both are known to be done"
    assert is_even(p)
    await p.journal.aclose()


@pytest.mark.fault("G2")
async def test_a_late_span_after_a_restart_makes_the_next_revision(life):
    p = await life()
    await p.intake.traces(an_export_request(1, model_calls=1), "grpc")
    await p.pass_time(1.1)
    (first,) = p.delivery.outcomes
    await p.journal.aclose()
    p = await life()
    await p.intake.traces(an_export_request(1, model_calls=2), "grpc")
    await p.pass_time(1.1)
    (second,) = p.delivery.outcomes
    assert (first.subject_revision, second.subject_revision) == (0, 1)
    assert first.score_id != second.score_id
    assert p.parts.ledger.why(first.trace_id)["subjects"][0]["revision"] == 0
    await p.journal.aclose()


async def test_a_conversation_goes_on_after_a_restart(life):
    p = await life(evaluators=[LENGTH, TALK])
    await p.intake.traces(an_export_request(1, first=1, conversation_id="c"), "grpc")
    await p.pass_time(1.1)
    assert p.unfinished == 0
    await p.journal.aclose()
    p = await life(evaluators=[LENGTH, TALK])
    await p.intake.traces(an_export_request(1, first=2, conversation_id="c"), "grpc")
    await p.pass_time(1.1)
    await p.pass_time(6)
    (talk,) = [o for o in p.delivery.outcomes if o.subject_kind == "conversation"]
    (work,) = [work for work in p.pool.works if work.raw is None]
    assert len(work.traces) == 2
    await p.journal.aclose()
    p = await life(evaluators=[LENGTH, TALK])
    assert list(p.journal.parts()) == []
    await p.intake.traces(an_export_request(1, first=3, conversation_id="c"), "grpc")
    await p.pass_time(1.1)
    await p.pass_time(6)
    (again,) = [o for o in p.delivery.outcomes if o.subject_kind == "conversation"]
    assert (talk.subject_revision, again.subject_revision) == (0, 1)
    await p.journal.aclose()


async def test_a_long_backlog_is_assembled_in_bounded_memory_and_in_order(life):
    p = await life()
    for n in range(300):
        await p.intake.traces(an_export_request(10, first=10 * n), "grpc")
    held = p.engine.held_bytes
    await p.journal.aclose()

    p = await life(max_held=held // 10)
    assert p.intake.behind
    await p.intake.traces(an_export_request(10, first=10 * 300), "grpc")
    assert p.intake.waiting_spans > 0, "it waits its turn on disk"
    largest = 0
    while p.intake.behind:
        assert is_even(p)
        largest = max(largest, p.engine.held_bytes)
        await p.pass_time(1.1)
        await p.intake.catch_up(p.recovery.has_room)
    assert largest < held // 2
    await p.intake.traces(an_export_request(10, first=10 * 301), "grpc")
    await p.pass_time(1.1)
    assert len({outcome.trace_id for outcome in p.delivery.outcomes}) == 3020
    assert len(p.delivery.outcomes) == 3020
    assert p.unfinished == 0
    assert is_even(p)
    await p.journal.aclose()


async def test_entries_of_another_configuration_are_finished_under_this_one(life):
    p = await life()
    await p.intake.traces(an_export_request(1), "grpc")
    fingerprint = p.generation.fingerprint
    await p.journal.aclose()
    p = await life(evaluators=[LENGTH | {"min": 7}])
    assert p.generation.fingerprint != fingerprint
    await p.pass_time(1.1)
    assert len(p.delivery.outcomes) == 1
    await p.journal.aclose()


@pytest.fixture
def judged(life):
    """As ``life``, with a judge that answers no one until ``answers`` is set."""

    async def begin(**options):
        p = await life(**options)
        p.answers = asyncio.Event()

        async def answer(processed, paces):
            await p.answers.wait()

        p.generation.judging.answer = answer
        return p

    return begin


async def fill(p, first, count):
    """Take traces in requests of ten and close each; how much was held at most."""
    largest = 0
    for n in range(first, first + count, 10):
        await p.intake.traces(an_export_request(10, first=n), "grpc")
        p.clock.advance(1.1)
        p.engine.tick()
        await asyncio.sleep(0)
        assert is_even(p)
        largest = max(largest, p.engine.held_bytes)
    return largest


async def work_off(p):
    """Let the judge answer and assemble what waits."""
    p.answers.set()
    for _ in range(1000):
        await p.pass_time(1.1)
        assert is_even(p)
        if not p.intake.behind and not p.engine.pending_spans:
            return
        await p.intake.catch_up(p.recovery.has_room)
    raise AssertionError("some traces stay on disk for ever")


async def test_subjects_of_a_silent_judge_wait_on_disk(judged):
    p = await judged(max_held=2**16)
    largest = await fill(p, 0, 1000)
    assert p.intake.behind
    assert p.intake.waiting_spans > p.engine.pending_spans, "most of them are not in memory"
    assert largest < 2 * 2**16
    await work_off(p)
    assert len({outcome.trace_id for outcome in p.delivery.outcomes}) == 1000
    assert len(p.delivery.outcomes) == 1000
    assert {outcome.subject_revision for outcome in p.delivery.outcomes} == {0}
    assert p.unfinished == 0
    await p.journal.aclose()


async def test_what_waited_for_a_silent_judge_is_found_after_a_restart(judged):
    p = await judged(max_held=2**16)
    await fill(p, 0, 500)
    await p.engine.evaluation.cancel()
    assert not p.delivery.outcomes
    await p.journal.aclose()
    p = await judged(max_held=2**16)
    await fill(p, 500, 100)
    await work_off(p)
    assert len({outcome.trace_id for outcome in p.delivery.outcomes}) == 600
    assert len(p.delivery.outcomes) == 600
    assert p.unfinished == 0
    await p.journal.aclose()


async def test_a_request_whose_answer_comes_after_a_later_ones_is_not_passed_over(judged):
    p = await judged(max_held=2**16)
    await fill(p, 0, 500)
    p.answers.set()
    append, held_back, kept = p.journal.append, asyncio.Event(), asyncio.Event()

    async def slow(*arguments):
        entry = await append(*arguments)
        kept.set()
        await held_back.wait()
        return entry

    p.journal.append = slow
    earlier = asyncio.create_task(p.intake.traces(an_export_request(1, first=7000), "grpc"))
    await kept.wait()
    p.journal.append = append
    await p.intake.traces(an_export_request(1, first=8000), "grpc")
    while p.intake.behind:
        await p.pass_time(1.1)
        await p.intake.catch_up(p.recovery.has_room)
    held_back.set()
    await earlier
    await work_off(p)
    assert len({outcome.trace_id for outcome in p.delivery.outcomes}) == 502
    assert p.unfinished == 0
    await p.journal.aclose()


async def test_a_memory_journal_holds_what_waits_for_a_judge(pipeline):
    p = pipeline()
    p.engine.max_held = 1

    async def answer(processed, paces):
        await asyncio.Event().wait()

    p.generation.judging.answer = answer
    await fill(p, 0, 20)
    assert p.engine.awaits_judges
    assert not p.intake.behind
    await p.engine.evaluation.cancel()
