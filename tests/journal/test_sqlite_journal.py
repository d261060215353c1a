import asyncio
import contextlib
import os
import sqlite3
import stat

import pytest

from otel_evaluator.api.journal import Entry, JournalStatistics
from otel_evaluator.errors import JournalError, JournalFull, JournalLocked
from otel_evaluator.journal.config import JournalConfig
from otel_evaluator.journal.memory import MemoryJournal
from otel_evaluator.journal.sqlite import SqliteJournal

MIB = 2**20


@contextlib.asynccontextmanager
async def opened(path, durability="process", max_size=MIB):
    journal = SqliteJournal(path, durability, max_size)
    try:
        yield journal
    finally:
        await journal.aclose()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data" / "journal"


@pytest.mark.parametrize("durability", ["power", "process"])
async def test_unfinished_entries_come_back_in_order(folder, durability):
    async with opened(folder, durability) as journal:
        assert journal.durability == durability
        assert list(journal.recover()) == []
        sequences = [
            await journal.append("logs" if n % 3 else "traces", b"body %d" % n, 1000 + n)
            for n in range(6)
        ]
        assert sequences == sorted(set(sequences))
        journal.finish([sequences[1], sequences[4]])
        assert journal.statistics() == JournalStatistics(4, 4 * 6, 1000)
    async with opened(folder, durability) as journal:
        assert list(journal.recover()) == [
            Entry(sequences[n], 1000 + n, "logs" if n % 3 else "traces", b"body %d" % n)
            for n in (0, 2, 3, 5)
        ]
        assert journal.statistics() == JournalStatistics(4, 4 * 6, 1000)
        journal.finish(sequences)
        assert journal.statistics() == JournalStatistics()
    async with opened(folder) as journal:
        assert list(journal.recover()) == []
        assert await journal.append("traces", b"", 1) > max(sequences), "a number used twice"


async def test_recovery_may_be_interleaved_with_new_entries(folder):
    async with opened(folder) as journal:
        old = [await journal.append("traces", b"old", n) for n in range(3)]
    async with opened(folder) as journal:
        recovery = journal.recover()
        seen = [next(recovery).sequence]
        journal.finish(seen)
        await journal.append("traces", b"new", 9)
        seen += [entry.sequence for entry in recovery]
        assert seen == old
        assert journal.statistics().entries == 3


async def test_state_is_what_was_saved_last(folder):
    async with opened(folder) as journal:
        assert journal.load_state() == b""
        journal.save_state(b"one")
        journal.save_state(b"two\x00\xff")
    async with opened(folder) as journal:
        assert journal.load_state() == b"two\x00\xff"
        assert list(journal.recover()) == []


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
            SqliteJournal(folder, "process", MIB)
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
            SqliteJournal(folder, "process", MIB)
    with contextlib.closing(sqlite3.connect(folder / "journal.db")) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (99,)


async def test_a_file_that_is_no_journal_is_refused(folder):
    folder.mkdir(parents=True)
    (folder / "journal.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(JournalError, match=r"journal\.path"):
        SqliteJournal(folder, "process", MIB)


async def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(JournalError, match=r"journal\.path: .* cannot be used"):
        SqliteJournal(tmp_path / "file", "process", MIB)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_folder_that_may_not_be_written_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(JournalError, match=r"journal\.path: .* Permission denied"):
        SqliteJournal(tmp_path / "journal", "process", MIB)


async def test_a_folder_where_nothing_can_be_written_is_refused():
    from pathlib import Path

    with pytest.raises(JournalError, match=r"journal\.path: /proc/journal cannot be used"):
        SqliteJournal(Path("/proc/journal"), "process", MIB)


async def test_full_refuses_until_entries_finish(folder):
    async with opened(folder, max_size=1000) as journal:
        first = await journal.append("traces", b"x" * 600, 1)
        second = await journal.append("traces", b"x" * 400, 2)
        with pytest.raises(JournalFull, match="holds 1000 bytes of at most 1000"):
            await journal.append("traces", b"x", 3)
        journal.finish([second])
        await journal.append("traces", b"x" * 400, 4)
        journal.finish([first])
        assert journal.statistics().bytes == 400
    async with opened(folder, max_size=1000) as journal:
        await journal.append("traces", b"x" * 600, 5)
        with pytest.raises(JournalFull):
            await journal.append("traces", b"x", 6)


async def test_entries_still_waiting_to_be_written_count_as_held(folder):
    async with opened(folder, max_size=1000) as journal:
        results = await asyncio.gather(
            *(journal.append("traces", b"x" * 300, n) for n in range(5)), return_exceptions=True
        )
        assert [type(result) for result in results] == [int] * 3 + [JournalFull] * 2
        assert journal.statistics().bytes == 900


async def test_entries_larger_than_the_journal_are_refused_for_ever(folder):
    async with opened(folder, max_size=1000) as journal:
        with pytest.raises(JournalFull):
            await journal.append("traces", b"x" * 1001, 1)


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
        assert journal.statistics().entries == 2 - close_at_once
    async with opened(folder) as journal:
        bodies = [entry.body for entry in journal.recover()]
        assert bodies == [b"kept"] + [b"more"] * (not close_at_once)
        assert next(iter(journal.recover())).sequence == kept


async def test_concurrent_appends_share_commits_and_keep_their_own_numbers(folder):
    async with opened(folder, "power") as journal:
        count = 400
        started = asyncio.get_running_loop().time()
        sequences = await asyncio.gather(
            *(journal.append("traces", b"%d" % n, n) for n in range(count))
        )
        together = asyncio.get_running_loop().time() - started
        started = asyncio.get_running_loop().time()
        for n in range(count // 10):
            await journal.append("traces", b"%d" % (count + n), count + n)
        alone = (asyncio.get_running_loop().time() - started) * 10
        assert sequences == sorted(sequences)
        assert together < alone / 2, "every append paid for a commit of its own"
    async with opened(folder) as journal:
        found = {entry.sequence: entry.body for entry in journal.recover()}
        assert [found[sequence] for sequence in sequences] == [b"%d" % n for n in range(count)]


@pytest.mark.parametrize("finishing", [False, True])
async def test_a_failed_write_is_reported_and_nothing_else_is_lost(folder, finishing):
    async with opened(folder) as journal:
        first = await journal.append("traces", b"first", 1)
        with contextlib.closing(sqlite3.connect(folder / "journal.db")) as saboteur:
            saboteur.execute("ALTER TABLE entry RENAME TO elsewhere")
        journal.finish([first] * finishing)
        journal.save_state(b"state")
        with pytest.raises(JournalError, match="could not be written"):
            await journal.append("traces", b"second", 2)
        assert journal.statistics().entries == 1 - finishing
        with contextlib.closing(sqlite3.connect(folder / "journal.db")) as saboteur:
            saboteur.execute("ALTER TABLE elsewhere RENAME TO entry")
        await journal.append("traces", b"third", 3)
    async with opened(folder) as journal:
        assert [e.body for e in journal.recover()] == [b"first"] * (not finishing) + [b"third"]
        assert journal.load_state() == b"state"


async def test_finishing_unknown_entries_changes_nothing(folder):
    async with opened(folder) as journal:
        await journal.append("traces", b"x", 1)
        journal.finish([77, 78])
        assert journal.statistics() == JournalStatistics(1, 1, 1)


async def test_memory_journal_counts_and_keeps_nothing():
    journal = MemoryJournal()
    assert journal.durability == "none"
    sequences = [await journal.append("traces", b"x" * n, 100 + n) for n in (3, 4)]
    assert sequences == [1, 2]
    assert journal.statistics() == JournalStatistics(2, 7, 103)
    journal.finish([1, 1, 99])
    assert journal.statistics() == JournalStatistics(1, 4, 104)
    journal.save_state(b"x")
    assert (list(journal.recover()), journal.load_state()) == ([], b"")
    await journal.aclose()


@pytest.mark.parametrize("values", [{"max_size": "1KiB"}, {"durability": "disk"}, {"size": 1}])
def test_impossible_settings_are_refused(values):
    with pytest.raises(ValueError, match="validation error"):
        JournalConfig(**values)
