"""Damaged bytes cost what they hold and nothing else; a copy of the damaged files is kept."""

import asyncio
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from test_sqlite_journal import entries

from otel_evaluator.api.journal import Closed, Done
from otel_evaluator.errors import JournalError
from otel_evaluator.journal.pages import Pages
from otel_evaluator.journal.schema import PAGE
from otel_evaluator.journal.sqlite import SqliteJournal

pytestmark = pytest.mark.fault("B5")
ROOT = Path(__file__).parents[2]
FLIPS, CUTS = 150, 60

FILL = """
import asyncio, os, signal, sys
from pathlib import Path
from tests.journal.test_damage import fill
asyncio.run(fill(Path(sys.argv[1])))
os.kill(os.getpid(), signal.SIGKILL)
"""
"""Leaves a write-ahead log behind, as a crash does."""


def content(number: int) -> bytes:
    return b"%d:" % number + random.Random(number).randbytes(number * 613 % 7000)


async def fill(folder: Path) -> None:
    """Thirty entries, five outcomes; some in the database, some only in its log."""
    journal = SqliteJournal(folder, "power", 2**28)
    await journal.outbox(["sink"])
    for number in range(30):
        await journal.append("traces", content(number), number, "c")
    for number in range(5):
        closed = Closed("trace", f"{number:032x}", 0)
        await journal.finish(Done(rows=content(100 + number), outcomes=1, closed=closed))


@pytest.fixture(scope="module")
def crashed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("crashed") / "journal"
    subprocess.run(
        [sys.executable, "-c", FILL, folder],
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests' / 'journal'}"},
    )
    assert (folder / "journal.db-wal").stat().st_size > 50_000
    return folder


@pytest.fixture(scope="module")
def settled(crashed, tmp_path_factory):
    """The same, closed in order: everything is in the database file."""
    folder = tmp_path_factory.mktemp("settled") / "journal"
    shutil.copytree(crashed, folder)

    async def close():
        await SqliteJournal(folder, "power", 2**24).aclose()

    asyncio.run(close())
    assert not (folder / "journal.db-wal").exists()
    return folder


async def opened_after(source, folder, name, damage):
    """Bodies found after damaging one file of a copy; None when the start was refused."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder)
    file = folder / name
    before = file.read_bytes()
    file.write_bytes(damage(before))
    try:
        journal = SqliteJournal(folder, "power", 2**24)
    except JournalError as error:
        if str(file.parent) not in str(error):
            raise
        copies = [path.read_bytes() for path in folder.rglob(name)]
        assert damage(before) in copies, "the damaged file is kept"
        return None
    found = {int(e.body.partition(b":")[0]): e.body for e in await entries(journal)}
    batches, _, rows = await journal.outbox(["sink"])
    lost = 30 - len(found)
    damaged = journal.statistics().damaged
    await journal.aclose()
    assert all(body == content(number) for number, body in found.items()), "altered"
    return lost, 5 - len(rows) - len(batches), damaged, folder


def flipped(data, position):
    return data[:position] + bytes([data[position] ^ 1 << position % 8]) + data[position + 1 :]


@pytest.mark.parametrize("name", ["journal.db", "journal.db-wal"])
async def test_a_flipped_bit_costs_at_most_the_record_it_is_in(crashed, settled, tmp_path, name):
    source = crashed if name.endswith("wal") else settled
    size = (source / name).stat().st_size
    refused = worst = total = 0
    for number in range(FLIPS):
        position = number * size // FLIPS + number % 7
        result = await opened_after(
            source, tmp_path / "j", name, lambda data, at=position: flipped(data, at)
        )
        if result is None:
            refused += 1
            continue
        lost, rows_lost, damaged, folder = result
        worst = max(worst, lost + rows_lost)
        total += lost + rows_lost
        if lost:
            copies = list((folder / "quarantine").rglob("journal.db*"))
            assert copies or damaged, "what is lost is counted, and a copy is kept"
    # A flipped bit in a header of pages or in a page's cell list may cost that page's records.
    assert worst <= 8, (worst, total, refused)
    assert total <= FLIPS
    assert refused <= 3


@pytest.mark.parametrize("name", ["journal.db", "journal.db-wal"])
async def test_cuts_and_zeroes_cost_what_is_gone(crashed, settled, tmp_path, name):
    source = crashed if name.endswith("wal") else settled
    draw = random.Random(3)
    for _ in range(CUTS):
        size = (source / name).stat().st_size
        at, length, cut = draw.randrange(size), draw.choice((1, 512, 4096)), draw.random() < 0.5

        def damage(data, at=at, length=length, cut=cut):
            if cut:
                return data[:at]
            return data[:at] + bytes(min(length, len(data) - at)) + data[at + length :]

        await opened_after(source, tmp_path / "j", name, damage)


async def test_a_database_that_is_gone_is_made_anew_from_its_log(crashed, tmp_path):
    folder = tmp_path / "j"
    shutil.copytree(crashed, folder)
    (folder / "journal.db").unlink()
    journal = SqliteJournal(folder, "power", 2**24)
    assert len(await entries(journal)) == 30
    await journal.aclose()


async def test_stray_and_empty_files_are_passed_over(settled, tmp_path):
    folder = tmp_path / "j"
    shutil.copytree(settled, folder)
    (folder / "stray").write_bytes(b"?")
    (folder / "journal.db-wal").write_bytes(b"")
    journal = SqliteJournal(folder, "power", 2**24)
    assert len(await entries(journal)) == 30
    assert (folder / "stray").read_bytes() == b"?"
    await journal.aclose()


def test_a_free_list_that_leads_past_the_end_of_the_file_ends_there(tmp_path):
    """The log that had grown the file is torn: a page within its count is in neither."""
    path, salt = tmp_path / "journal.db", b"saltsalt"
    first = bytearray(2 * PAGE)
    first[32:36] = (5).to_bytes(4, "big")
    path.write_bytes(first)
    frame = (9).to_bytes(4, "big") + bytes(4) + salt + bytes(8) + bytes(PAGE)
    path.with_name("journal.db-wal").write_bytes(bytes(16) + salt + bytes(8) + frame)
    pages = Pages(path)
    assert pages.count == 9
    assert pages.free() == {5}
    pages.close()
