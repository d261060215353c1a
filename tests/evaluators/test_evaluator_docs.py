import re
import sys
import types
from pathlib import Path

import pytest

from otel_evaluator.api.plugins import parse_evaluators
from otel_evaluator.config.document import Lines, parse
from otel_evaluator.evaluators._docs import START, option_table, tables, with_tables
from otel_evaluator.testing import a_subject
from tests.support import autoevals

PAGES = Path(__file__).parents[2] / "docs" / "evaluators"
TABLES = tables()


def blocks(name: str, language: str) -> list[str]:
    page = (PAGES / f"{name}.md").read_text("utf-8")
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def test_every_evaluator_has_a_page_and_no_page_is_left_over(registry):
    assert {page.stem for page in PAGES.glob("*.md")} == {*registry.names(), "README"}
    overview = (PAGES / "README.md").read_text("utf-8")
    assert all(f"[{name}]({name}.md)" in overview for name in registry.names())


@pytest.mark.parametrize("name", TABLES)
def test_option_tables_are_those_of_the_models(name):
    page = (PAGES / f"{name}.md").read_text("utf-8")
    assert with_tables(page, TABLES[name]) == page, (
        "run python -m otel_evaluator.evaluators._docs docs/evaluators"
    )


@pytest.mark.parametrize("name", sorted(TABLES.keys() - {"README"}))
def test_examples_run(name, registry, monkeypatch):
    module = types.ModuleType("my_checks")
    for code in blocks(name, "python"):
        exec(code, module.__dict__)
    monkeypatch.setitem(sys.modules, "my_checks", module)
    monkeypatch.setitem(sys.modules, "autoevals", autoevals.module())
    examples = blocks(name, "yaml")
    assert examples
    for example in examples:
        configured = parse_evaluators(parse(example, Lines())["evaluators"], registry)
        assert name in {kind.name for kind, _ in configured}
        for kind, config in configured:
            kind.build(config)(a_subject(kind=config.on))


def test_every_option_is_described(registry):
    for kind in registry:
        for name, field in kind.config_type.model_fields.items():
            assert field.description, f"{kind.name}.{name} has no docstring"


def test_the_plugin_example_runs():
    (code,) = blocks("README", "python")
    module = types.ModuleType("example")
    sys.modules["example"] = module
    try:
        exec(code, module.__dict__)
    finally:
        del sys.modules["example"]
    kind = module.polite
    config = kind.config_type(name="polite", type="polite")
    assert kind.build(config)(a_subject("Thank you!")).passed
    assert "| `words` | list of text | `[please, thank you]` |" in option_table(kind.config_type)


def test_a_page_without_marks_is_refused():
    with pytest.raises(ValueError, match=START.strip()):
        with_tables("# page\n", "table")
