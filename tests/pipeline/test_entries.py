from otel_evaluator.journal.memory import MemoryJournal
from otel_evaluator.pipeline.entries import Entries


async def entries_with(count):
    journal = MemoryJournal()
    numbers = [await journal.append("traces", b"x", 1) for _ in range(count)]
    return journal, Entries(journal), numbers


async def test_an_entry_is_released_when_its_last_trace_is_done():
    journal, entries, (entry,) = await entries_with(1)
    entries.opened(entry, 2)
    entries.done({entry})
    assert journal.statistics().entries == 1
    entries.done({entry})
    assert journal.statistics().entries == 0


async def test_an_entry_that_no_trace_holds_is_released_at_once():
    journal, entries, (entry,) = await entries_with(1)
    entries.opened(entry, 0)
    assert journal.statistics().entries == 0


async def test_a_conversation_outlives_its_traces():
    journal, entries, (entry,) = await entries_with(1)
    entries.opened(entry, 1)
    entries.kept({entry})
    entries.done({entry})
    assert journal.statistics().entries == 1
    entries.done({entry})
    assert journal.statistics().entries == 0


async def test_an_unknown_entry_is_passed_over():
    journal, entries, (entry,) = await entries_with(1)
    entries.done({entry + 7})
    assert journal.statistics().entries == 1
