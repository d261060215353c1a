import asyncio
import contextlib
import os
import sqlite3
import stat

import pytest

from otel_evaluator.api.journal import Closed, Done, Entry, Part, Row
from otel_evaluator.errors import JournalError, JournalFull, JournalLocked
from otel_evaluator.journal.committer import Committer
from otel_evaluator.journal.config import JournalConfig
from otel_evaluator.journal.memory import MemoryJournal
from otel_evaluator.journal.sqlite import SqliteJournal
from tests.fault.disk import needs_root, small_disk

MIB = 2**20
ROOM = 4 * MIB


@contextlib.asynccontextmanager
async def opened(path, durability="process", max_size=ROOM):
    journal = SqliteJournal(path, durability, max_size)
    try:
        yield journal
    finally:
        await journal.aclose()


async def entries(journal):
    """Every unfinished entry, oldest first."""
    found, after = [], 0
    while batch := await journal.read(after):
        found += batch
        after = batch[-1].sequence
    return found


async def settled(journal):
    """Whatever was asked for so far is committed."""
    await journal.finish(Done())


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data" / "journal"


@pytest.mark.parametrize("durability", ["power", "process"])
async def test_unfinished_entries_come_back_in_order(folder, durability):
    async with opened(folder, durability) as journal:
        assert journal.durability == durability
        assert (await entries(journal), journal.last_entry) == ([], 0)
        sequences = [
            await journal.append("logs" if n % 3 else "traces", b"body %d" % n, 1000 + n, f"c{n}")
            for n in range(6)
        ]
        assert sequences == sorted(set(sequences))
        journal.release([sequences[1], sequences[4]])
        await settled(journal)
        assert (journal.statistics().entries, journal.statistics().oldest_ns) == (4, 1000)
    async with opened(folder, durability) as journal:
        assert await entries(journal) == [
            Entry(sequences[n], 1000 + n, "logs" if n % 3 else "traces", f"c{n}", b"body %d" % n)
            for n in (0, 2, 3, 5)
        ]
        assert (journal.statistics().entries, journal.last_entry) == (4, sequences[5])
        journal.release([sequences[n] for n in (0, 2, 3, 5)])
        await settled(journal)
        assert (journal.statistics().entries, journal.statistics().oldest_ns) == (0, 0)
    async with opened(folder) as journal:
        assert await entries(journal) == []
        assert await journal.append("traces", b"", 1) > max(sequences), "a number used twice"


async def test_a_read_gives_a_few_entries_at_a_time(folder):
    async with opened(folder, max_size=64 * MIB) as journal:
        for n in range(12):
            await journal.append("traces", b"x" * MIB, n)
        first = await journal.read(0)
        assert 3 <= len(first) <= 5
        assert len(await entries(journal)) == 12


async def test_what_a_subject_leaves_is_kept_at_once(folder):
    async with opened(folder) as journal:
        gone, stays = [await journal.append("traces", b"x", n) for n in (1, 2)]
        done = Done(
            entries=[gone],
            rows=b"rows",
            outcomes=3,
            closed=Closed("trace", "ab" * 16, 2, b"seen", b"story"),
            part=Part("c", b"t" * 16, b"subject"),
        )
        kept = await journal.finish(done)
    async with opened(folder) as journal:
        assert [entry.sequence for entry in await entries(journal)] == [stays]
        assert list(journal.closed()) == [done.closed]
        (part,) = journal.parts()
        assert (part.body, part.sequence) == (b"subject", kept.part)
        batches, cursors, rows = await journal.outbox(["a"])
        assert (batches, cursors, rows) == ([], {"a": 0}, [Row(kept.row, 3, 4)])
        await journal.finish(Done(parts=[kept.part]))
        assert list(journal.parts()) == []


async def test_a_batch_stays_until_every_sink_has_it(folder):
    async with opened(folder) as journal:
        await journal.outbox(["a", "b"])
        rows = [(await journal.finish(Done(rows=b"%d" % n, outcomes=1))).row for n in range(4)]
        first = await journal.freeze("one", rows[1])
        second = await journal.freeze("two", rows[3])
        assert await journal.rows(first) == [b"0", b"1"]
        journal.delivered("a", second.number)
        await settled(journal)
        assert await journal.rows(second) == [b"2", b"3"]
    async with opened(folder) as journal:
        batches, cursors, left = await journal.outbox(["a", "b"])
        assert [(b.id, b.first, b.last, b.was_sent) for b in batches] == [
            ("one", 0, rows[1], True),
            ("two", rows[1], rows[3], True),
        ]
        assert (cursors, left) == ({"a": second.number, "b": 0}, [])
        journal.delivered("b", first.number)
        await settled(journal)
        assert await journal.rows(batches[0]) == []
        assert await journal.rows(batches[1]) == [b"2", b"3"]
        journal.delivered("b", second.number)
        fifth = (await journal.finish(Done(rows=b"4", outcomes=1))).row
        third = await journal.freeze("three", fifth)
        assert third.number > second.number
        assert await journal.rows(third) == [b"4"]


async def test_a_sink_that_is_gone_holds_nothing_back(folder):
    async with opened(folder) as journal:
        await journal.outbox(["a", "gone"])
        row = (await journal.finish(Done(rows=b"x", outcomes=1))).row
        batch = await journal.freeze("one", row)
        journal.delivered("a", batch.number)
    async with opened(folder) as journal:
        batches, cursors, _ = await journal.outbox(["a", "new"])
        assert cursors["a"] == batch.number
        assert [b.id for b in batches] == ["one"], "the new sink gets what is still there"
        journal.delivered("new", batch.number)
        await settled(journal)
        assert await journal.rows(batch) == []


async def test_what_is_remembered_of_closed_traces_is_bounded(folder):
    async with opened(folder) as journal:
        for n in range(500):
            await journal.finish(Done(closed=Closed("trace", f"{n:032x}", 0)))
        kept = [closed.key for closed in journal.closed()]
        assert 256 <= len(kept) <= 256 + 64
        assert kept == [f"{n:032x}" for n in range(500 - len(kept), 500)]


async def test_state_is_what_was_saved_last(folder):
    async with opened(folder) as journal:
        assert journal.load_state() == b""
        journal.save_state(b"one")
        journal.save_state(b"two\x00\xff")
    async with opened(folder) as journal:
        assert journal.load_state() == b"two\x00\xff"
        assert await entries(journal) == []


async def test_only_the_owner_may_read(folder):
    async with opened(folder) as journal:
        await journal.append("traces", b"secret", 1)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
        assert {"journal.db", "lock"} <= modes.keys()
        assert set(modes.values()) == {0o600}, modes


async def test_a_second_open_is_refused_and_the_first_goes_on(folder):
    async with opened(folder) as journal:
        with pytest.raises(JournalLocked, match=r"journal\.path: .* in use by another process"):
            SqliteJournal(folder, "process", ROOM)
        await journal.append("traces", b"x", 1)
    async with opened(folder) as journal:
        assert journal.statistics().entries == 1


async def test_a_newer_format_is_refused_and_left_alone(folder):
    async with opened(folder):
        pass
    with contextlib.closing(sqlite3.connect(folder / "journal.db")) as database:
        database.execute("PRAGMA user_version=99")
    for _ in range(2):  # the second try is not told that the folder is in use
        with pytest.raises(JournalError, match=r"newer version .format 99.; this version reads"):
            SqliteJournal(folder, "process", ROOM)
    with contextlib.closing(sqlite3.connect(folder / "journal.db")) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (99,)


async def test_a_file_that_is_no_journal_is_refused(folder):
    folder.mkdir(parents=True)
    (folder / "journal.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(JournalError, match=r"journal\.path"):
        SqliteJournal(folder, "process", ROOM)


@pytest.mark.fault("B6")
async def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(JournalError, match=r"journal\.path: .* cannot be used"):
        SqliteJournal(tmp_path / "file", "process", ROOM)


@pytest.mark.fault("B6")
@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_folder_that_may_not_be_written_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(JournalError, match=r"journal\.path: .* Permission denied"):
        SqliteJournal(tmp_path / "journal", "process", ROOM)


@pytest.mark.fault("B6")
async def test_a_folder_where_nothing_can_be_written_is_refused():
    from pathlib import Path

    with pytest.raises(JournalError, match=r"journal\.path: /proc/journal cannot be used"):
        SqliteJournal(Path("/proc/journal"), "process", ROOM)


def disk(folder):
    return sum(f.stat().st_blocks * 512 for f in folder.rglob("*") if f.is_file())


@pytest.mark.parametrize("size", [100, 5_000, 300_000])
async def test_the_folder_never_exceeds_its_maximum(folder, size):
    async with opened(folder, max_size=ROOM) as journal:
        kept, largest, full = [], 0, ""
        while not full:
            some = (journal.append("traces", b"x" * size, 1) for _ in range(1 + 20_000 // size))
            for result in await asyncio.gather(*some, return_exceptions=True):
                if isinstance(result, JournalFull):
                    full = str(result)
                else:
                    kept.append(result)
            largest = max(largest, disk(folder))
        assert "of at most" in full
        assert ROOM // 3 < largest <= ROOM
        await journal.has_room()  # what was accepted can be finished
        await journal.finish(Done(entries=kept, rows=b"o" * 1000, outcomes=1))
        await journal.append("traces", b"x" * size, 2)
        assert disk(folder) <= ROOM


async def test_the_folder_never_exceeds_its_maximum_while_entries_are_read(folder):
    async with opened(folder, max_size=ROOM) as journal:
        kept, largest, added = [], 0, 0

        async def read():
            while added < 500:
                await journal.read(0)

        readers = [asyncio.create_task(read()) for _ in range(3)]
        while added < 500:
            try:
                kept.append(await journal.append("traces", b"x" * 40_000, 1))
                added += 1
            except JournalFull:
                await journal.finish(Done(entries=(kept.pop(0),)))
            largest = max(largest, disk(folder))
        await asyncio.gather(*readers)
        assert ROOM // 2 < largest <= ROOM


async def test_outcomes_wait_while_there_is_no_room(folder):
    async with opened(folder, max_size=ROOM) as journal:
        await journal.outbox(["a"])
        while True:
            try:
                await asyncio.wait_for(journal.has_room(), 0.2)
            except TimeoutError:
                break
            row = (await journal.finish(Done(rows=b"o" * 100_000, outcomes=1))).row
        assert disk(folder) <= ROOM
        batch = await journal.freeze("all", row)
        waiting = asyncio.create_task(journal.has_room())
        journal.delivered("a", batch.number)
        await asyncio.wait_for(waiting, 10)


@needs_root
@pytest.mark.fault("B6")
async def test_a_disk_without_inodes_is_refused(tmp_path):
    with small_disk(tmp_path / "disk", "size=1m,nr_inodes=2") as disk:
        with pytest.raises(JournalError, match=r"journal\.path: .* cannot be used .No space left"):
            SqliteJournal(disk / "journal", "process", ROOM)
        assert not (disk / "journal" / "journal.db").exists()


async def test_a_folder_that_disappears_is_reported(folder, tmp_path):
    async with opened(folder) as journal:
        folder.rename(tmp_path / "elsewhere")
        with pytest.raises(JournalError, match="disappeared"):
            await journal.append("traces", b"x", 1)


@pytest.mark.parametrize("close_at_once", [False, True])
async def test_what_a_sender_gave_up_on_is_not_left_behind(folder, close_at_once):
    async with opened(folder) as journal:
        kept = await journal.append("traces", b"kept", 1)
        given_up = [asyncio.create_task(journal.append("traces", b"gone", 2)) for _ in range(20)]
        await asyncio.sleep(0)
        for task in given_up:
            task.cancel()
        await asyncio.gather(*given_up, return_exceptions=True)
        assert all(task.cancelled() for task in given_up)
        if not close_at_once:
            await journal.append("traces", b"more", 3)
    async with opened(folder) as journal:
        bodies = [entry.body for entry in await entries(journal)]
        assert bodies == [b"kept"] + [b"more"] * (not close_at_once)
        assert (await entries(journal))[0].sequence == kept


async def test_concurrent_appends_share_commits_and_keep_their_own_numbers(folder, monkeypatch):
    commits = []
    transaction = Committer._transaction
    monkeypatch.setattr(
        Committer,
        "_transaction",
        lambda self, group: (commits.append(len(group)), transaction(self, group))[1],
    )
    async with opened(folder, "power") as journal:
        count = 400
        sequences = await asyncio.gather(
            *(journal.append("traces", b"%d" % n, n) for n in range(count))
        )
        assert sequences == sorted(sequences)
        assert sum(commits) == count
        assert len(commits) < count // 10, "every append paid for a commit of its own"
    async with opened(folder) as journal:
        found = {entry.sequence: entry.body for entry in await entries(journal)}
        assert [found[sequence] for sequence in sequences] == [b"%d" % n for n in range(count)]


@pytest.mark.parametrize("finishing", [False, True])
async def test_a_failed_write_is_reported_and_nothing_else_is_lost(folder, finishing):
    async with opened(folder) as journal:
        first = await journal.append("traces", b"first", 1)
        with contextlib.closing(sqlite3.connect(folder / "journal.db", timeout=60)) as saboteur:
            saboteur.execute("ALTER TABLE entry RENAME TO elsewhere")
        journal.release([first] * finishing)
        journal.save_state(b"state")
        with pytest.raises(JournalError, match="could not be written"):
            await journal.append("traces", b"second", 2)
        # A look for the oldest entry may have failed after it.
        assert "the journal could not be" in journal.statistics().problem
        with contextlib.closing(sqlite3.connect(folder / "journal.db", timeout=60)) as saboteur:
            saboteur.execute("ALTER TABLE elsewhere RENAME TO entry")
        await settled(journal)
        await journal.append("traces", b"third", 3)
        assert journal.statistics().problem == ""
    async with opened(folder) as journal:
        bodies = [entry.body for entry in await entries(journal)]
        assert bodies == [b"first"] * (not finishing) + [b"third"]
        assert journal.load_state() == b"state"


async def test_what_no_database_takes_fails_alone(folder):
    async with opened(folder) as journal:
        impossible = Done(closed=Closed("trace", "half \ud83d", 0))
        results = await asyncio.gather(
            journal.append("traces", b"before", 1),
            journal.finish(impossible),
            journal.append("traces", b"after", 2),
            return_exceptions=True,
        )
        assert [type(result) for result in results] == [int, JournalError, int]
        await journal.append("traces", b"later", 3)
    async with opened(folder) as journal:
        assert len(await entries(journal)) == 3


async def test_memory_journal_counts_and_keeps_nothing():
    journal = MemoryJournal()
    assert journal.durability == "none"
    sequences = [await journal.append("traces", b"x" * n, 100 + n) for n in (3, 4)]
    assert sequences == [1, 2]
    assert (journal.statistics().entries, journal.statistics().bytes) == (2, 7)
    journal.release([1, 1, 99])
    assert (journal.statistics().entries, journal.statistics().oldest_ns) == (1, 104)
    journal.save_state(b"x")
    assert (await journal.read(0), journal.load_state()) == ([], b"")
    await journal.aclose()


async def test_memory_journal_gives_rows_back_until_every_sink_has_them():
    journal = MemoryJournal(max_size=100)
    await journal.outbox(["a", "b"])
    row = (await journal.finish(Done(rows=b"x" * 90, outcomes=1))).row
    batch = await journal.freeze("one", row)
    with pytest.raises(JournalFull):
        await journal.append("traces", b"y" * 20, 1)
    journal.delivered("a", batch.number)
    assert await journal.rows(batch) == [b"x" * 90]
    journal.delivered("b", batch.number)
    await journal.append("traces", b"y" * 20, 1)


@pytest.mark.parametrize("values", [{"max_size": "1KiB"}, {"durability": "disk"}, {"size": 1}])
def test_impossible_settings_are_refused(values):
    with pytest.raises(ValueError, match="validation error"):
        JournalConfig(**values)
