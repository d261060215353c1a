"""Writes the measured tables into docs/performance.md: ``python -m tests.bench.page``.

Takes what the last runs left below bench-results/; a scenario that has not been run keeps the
table it had.
"""

import json
import re
import sys
from collections.abc import Mapping
from typing import Any

from tests.bench.report import RESULTS
from tests.support.cache import ROOT

PAGE = ROOT / "docs" / "performance.md"
BLOCK = "<!-- measured: {name} -->"


def table(found: Mapping[str, Any]) -> str:
    """A scenario's rows and promises as Markdown."""
    lines: list[str] = []
    if found["rows"]:
        lines.append("| " + " | ".join(found["columns"]) + " |")
        lines.append("|" + "---|" * len(found["columns"]))
        lines += ["| " + " | ".join(row) + " |" for row in found["rows"]]
        lines.append("")
    for target in found["targets"]:
        bound = "≥" if target["at_least"] else "≤"
        measured, wanted = target["measured"], target["wanted"]
        kept = measured >= wanted if target["at_least"] else measured <= wanted
        lines.append(
            f"- {target['what']}: **{measured:,.3g}** (wanted {bound} {wanted:,.3g};"
            f" {'kept' if kept else 'missed'})"
        )
    lines += [f"- {note}" for note in found["notes"]]
    machine = found["machine"]
    lines.append(
        f"- measured {found['measured_at'][:10]} on {machine['processor']}, Python"
        f" {machine['python']}, load average {found['machine'].get('load', 0):.1f} before the run"
    )
    return "\n".join(lines)


def insert(page: str, name: str, body: str) -> str:
    """The page with the block of one scenario replaced."""
    mark = re.escape(BLOCK.format(name=name))
    end = re.escape(BLOCK.format(name="end"))
    return re.sub(
        f"({mark}\n).*?({end})",
        lambda match: f"{match[1]}{body}\n{match[2]}",
        page,
        flags=re.DOTALL,
    )


def main() -> int:
    """Replace the tables of all scenarios that have results."""
    page = PAGE.read_text(encoding="utf-8")
    for file in sorted(RESULTS.glob("*.json")):
        page = insert(page, file.stem, table(json.loads(file.read_text(encoding="utf-8"))))
    PAGE.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
