"""Every dependency has its line of reason."""

import re
import tomllib

from tests.support.cache import ROOT

NAME = re.compile(r"[A-Za-z0-9_.-]+")


def reasons() -> set[str]:
    """Package names in the first column of the page's tables."""
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| ")]
    return {name.lower() for row in rows for name in re.split(r",\s*|\s*\(", row.strip())}


def names(requirements: list[str]) -> set[str]:
    return {NAME.match(each)[0].lower() for each in requirements}


def test_every_dependency_has_a_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = names(project["project"]["dependencies"])
    needed |= names(project["project"]["optional-dependencies"]["embedded"])
    needed |= {n for n in names(project["dependency-groups"]["dev"]) if not n.startswith("types-")}
    assert needed - reasons() == set()


def test_requirements_are_hashed_and_name_no_index() -> None:
    for file in (ROOT / "requirements").glob("*.txt"):
        text = file.read_text(encoding="utf-8")
        assert "://" not in text, file.name
        entries = re.findall(r"^[a-z0-9][^\n]*", text, re.MULTILINE)
        assert entries, file.name
        assert all("==" in entry and entry.endswith("\\") for entry in entries), file.name


def test_every_declared_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for file, needed in (
        ("runtime.txt", project["project"]["dependencies"]),
        ("dev.txt", project["dependency-groups"]["dev"]),
    ):
        text = (ROOT / "requirements" / file).read_text(encoding="utf-8")
        pinned = {line.split("==")[0].lower() for line in text.splitlines() if "==" in line}
        assert names(needed) - pinned == set(), file
