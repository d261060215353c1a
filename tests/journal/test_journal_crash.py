"""What was acknowledged survives kill -9, and a folder has one owner at a time."""

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import pytest
from appender import body

from otel_evaluator.errors import JournalLocked
from otel_evaluator.journal.sqlite import SqliteJournal

APPENDER = Path(__file__).parent / "appender.py"
KILLS = 10


def start(folder, durability="process", mode="append"):
    return subprocess.Popen(
        [sys.executable, APPENDER, folder, durability, mode],
        stdout=subprocess.PIPE,
        text=True,
        cwd=APPENDER.parent.parent.parent,
    )


def end(process):
    """SIGKILL; every line it had printed. A line cut in half is no acknowledgement."""
    process.kill()
    rest = process.stdout.read()
    process.stdout.close()
    process.wait(20)
    return [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]


async def entries_in(folder, durability):
    journal = SqliteJournal(folder, durability, 2**30)
    found, after = {}, 0
    while batch := await journal.read(after):
        found.update((entry.sequence, entry) for entry in batch)
        after = batch[-1].sequence
    await journal.aclose()
    return found


def kill_again_and_again(folder, durability):
    """Kill an appending process ten times, each after another number of answers."""
    source = random.Random(durability)
    acknowledged, finished = {}, set()
    for _ in range(KILLS):
        process = start(folder, durability)
        lines = [process.stdout.readline() for _ in range(1 + source.randrange(150))]
        for line in lines + end(process):
            word, _, rest = line.strip().partition(" ")
            if word == "finished":
                finished.add(int(rest))
            elif word.isdigit():
                assert int(word) not in acknowledged, "a number used twice"
                acknowledged[int(word)] = int(rest)
        found = asyncio.run(entries_in(folder, durability))
        for sequence, number in acknowledged.items():
            if sequence not in found:
                assert sequence in finished, f"entry {sequence} was acknowledged and is lost"
                continue
            entry = found[sequence]
            assert (entry.body, entry.arrived_ns) == (body(number), number)
            assert entry.signal == ("traces" if number % 2 else "logs")
    assert len(acknowledged) > 10 * KILLS


async def test_every_acknowledged_entry_survives_being_killed(tmp_path):
    await asyncio.gather(
        asyncio.to_thread(kill_again_and_again, tmp_path / "power", "power"),
        asyncio.to_thread(kill_again_and_again, tmp_path / "process", "process"),
    )


async def test_a_second_process_is_refused_until_the_first_is_gone(tmp_path):
    folder = tmp_path / "journal"
    first = start(folder, mode="hold")
    try:
        assert first.stdout.readline() == "open\n"
        second = start(folder)
        output, _ = second.communicate(timeout=30)
        assert second.returncode == 3
        assert output.startswith(f"locked journal.path: {folder} is in use by another process")
        with pytest.raises(JournalLocked):
            SqliteJournal(folder, "process", 2**20)
    finally:
        end(first)
    journal = SqliteJournal(folder, "process", 2**20)
    await journal.aclose()
