"""Every row of the matrix has a test, and every marked test a row."""

import re
from pathlib import Path

from tests.fault.matrix import PROMISES, ROWS

TESTS = Path(__file__).parents[1]


def marked():
    """Rows by the files whose tests are marked with them."""
    found = {}
    for file in TESTS.rglob("test_*.py"):
        for names in re.findall(r"mark\.fault\(([^)]*)\)", file.read_text()):
            for row in re.findall(r'"([^"]+)"', names):
                found.setdefault(row, set()).add(file.name)
    return found


def test_every_row_has_a_test():
    assert not ROWS.keys() - marked().keys()


def test_every_mark_names_a_row():
    assert marked().keys() - ROWS.keys() == {"self"}


def test_every_promise_is_tested_and_every_tested_promise_made():
    assert {promise for row in ROWS.values() for promise in row.promises} == PROMISES.keys()
