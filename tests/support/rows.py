"""Query an embedded ClickHouse directory in a process of its own.

The engine can be opened once in a process and by one process at a time: run this when the
evaluator has ended. ``rows(directory, sql)`` gives a list of dicts.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.cache import ROOT


def rows(directory: Path, sql: str) -> list[dict[str, Any]]:
    """The rows of a query as dicts."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.rows", directory, sql],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"the query failed:\n{done.stderr[-3000:]}"
    return [json.loads(line) for line in done.stdout.splitlines() if line]


def main() -> None:
    """Print the rows of a query, one JSON object a line."""
    import chdb

    directory, sql = sys.argv[1:]
    connection = chdb.connect(directory)
    print(connection.query(sql, "JSONEachRow").bytes().decode(), end="")


if __name__ == "__main__":
    main()
