"""A journal alone at work: appends, finishes, freezes and delivers, and says what is durable.

Arguments: folder, steps. Every line is written at once: ``entry N``, ``row N``, ``batch ID LAST``
once it was acknowledged; ``finishing N`` and ``delivering ID`` before it is asked for, after
which it may be there or not.
"""

import asyncio
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from otel_evaluator.api.journal import Closed, Done
from otel_evaluator.errors import JournalError
from otel_evaluator.journal.sqlite import SqliteJournal


def body(number: int) -> bytes:
    """What entry or row ``number`` holds; some need overflow pages."""
    return b"%d:" % number + b"x" * (number * 977 % 9000)


def say(text: str) -> None:
    os.write(1, text.encode() + b"\n")


async def append(journal: SqliteJournal, number: int) -> int:
    try:
        sequence = await journal.append("traces", body(number), number, "c")
    except JournalError as error:
        say(f"refused {number} {type(error).__name__}")
        return 0
    say(f"entry {sequence} {number}")
    return sequence


async def main(folder: str, steps: int) -> None:
    journal = SqliteJournal(Path(folder), "power", 2**26)
    await journal.outbox(["sink"])
    say("open")
    for step in range(steps):
        numbers = range(step * 3, step * 3 + 3)
        sequences = [s for s in await asyncio.gather(*(append(journal, n) for n in numbers)) if s]
        if not sequences:
            continue
        say(f"finishing {sequences[0]}")
        closed = Closed("trace", f"{step:032x}", 0, b"seen", b"story")
        done = Done(entries=sequences[:1], rows=body(step), outcomes=1, closed=closed)
        kept = await journal.finish(done)
        say(f"row {kept.row} {step}")
        if step % 3 == 2:
            batch = await journal.freeze(f"batch-{step}", kept.row)
            say(f"batch {batch.id} {batch.last}")
            if step % 2:
                say(f"delivering {batch.last}")
                journal.delivered("sink", batch.number)
    await journal.aclose()
    say("closed")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
