"""A process that appends to a journal and says so, until it is killed.

Arguments: folder, durability. Prints ``sequence number`` for every acknowledged entry;
with ``hold`` as third argument it only opens the journal and waits.
"""

import asyncio
import sys
from pathlib import Path

from otel_evaluator.errors import JournalLocked
from otel_evaluator.journal.sqlite import SqliteJournal


def body(number: int) -> bytes:
    """What entry ``number`` holds; sizes cross the database's page size."""
    return b"%d:" % number + b"x" * (number * 37 % 9000)


async def append(journal: SqliteJournal, first: int, step: int) -> None:
    number = first
    while True:
        sequence = await journal.append("traces" if number % 2 else "logs", body(number), number)
        sys.stdout.write(f"{sequence} {number}\n")
        sys.stdout.flush()
        if number % 5 == 0:
            journal.release([sequence])
            sys.stdout.write(f"finished {sequence}\n")
            sys.stdout.flush()
        number += step


async def main(folder: str, durability: str, mode: str = "append") -> int:
    try:
        journal = SqliteJournal(Path(folder), durability, 2**30)  # type: ignore[arg-type]
    except JournalLocked as error:
        sys.stdout.write(f"locked {error}\n")
        return 3
    sys.stdout.write("open\n")
    sys.stdout.flush()
    if mode == "hold":
        await asyncio.sleep(60)
    await asyncio.gather(*(append(journal, first, 4) for first in range(1, 5)))
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
