"""Every log call of the package: a constant event name, and text only under safe keys."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import otel_evaluator
from otel_evaluator.expose.log import SAFE_KEYS

PACKAGE = Path(otel_evaluator.__file__).parent
METHODS = {"debug", "info", "warning", "error", "exception", "critical"}
LOGGERS = {"log", "_log", "logger", "_logger", "LOG"}
PASSED = {"exc_info"}


def calls(file: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(file.read_text())):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in METHODS
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id in LOGGERS
        ):
            yield node


@pytest.mark.parametrize(
    "file", sorted(PACKAGE.rglob("*.py")), ids=lambda f: str(f.relative_to(PACKAGE))
)
def test_events_are_constant_names(file: Path):
    for call in calls(file):
        event = call.args[0] if call.args else None
        where = f"{file.name}:{call.lineno}"
        assert isinstance(event, ast.Constant), f"{where}: the event name must be a constant"
        assert str(event.value).replace("_", "").isalnum(), f"{where}: write the event as a_name"


@pytest.mark.parametrize(
    "file", sorted(PACKAGE.rglob("*.py")), ids=lambda f: str(f.relative_to(PACKAGE))
)
def test_text_under_a_key_would_not_be_withheld(file: Path):
    for call in calls(file):
        for keyword in call.keywords:
            if keyword.arg in SAFE_KEYS | PASSED or keyword.arg is None:
                continue
            texts = [n for n in ast.walk(keyword.value) if isinstance(n, ast.JoinedStr)]
            literal = isinstance(keyword.value, ast.Constant) and isinstance(
                keyword.value.value, str
            )
            calls_str = isinstance(keyword.value, ast.Call) and getattr(
                keyword.value.func, "id", ""
            ) in ("str", "repr")
            withheld = bool(texts) or literal or calls_str
            assert not withheld, (
                f"{file.name}:{call.lineno}: {keyword.arg} would be withheld; use a safe key"
            )
