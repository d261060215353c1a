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
    yield from calls_in(ast.parse(file.read_text()))


def calls_in(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in METHODS
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id in LOGGERS
        ):
            yield node


FILES = sorted(PACKAGE.rglob("*.py"))
by_file = pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))


@by_file
def test_events_are_constant(file: Path):
    for call in calls(file):
        event = call.args[0] if call.args else None
        where = f"{file.name}:{call.lineno}"
        # A name stands for one of several constants; text put together does not.
        assert isinstance(event, ast.Constant | ast.Name), f"{where}: the event must be constant"
        assert len(call.args) == 1, f"{where}: facts go under keys"


@by_file
def test_text_under_a_key_would_not_be_withheld(file: Path):
    for call in calls(file):
        for keyword in call.keywords:
            if keyword.arg in SAFE_KEYS | PASSED or keyword.arg is None:
                continue
            assert not is_text(keyword.value), (
                f"{file.name}:{call.lineno}: {keyword.arg} would be withheld; use a safe key"
            )


def is_text(value: ast.expr) -> bool:
    if isinstance(value, ast.Constant):
        return isinstance(value.value, str)
    if isinstance(value, ast.Call):
        return getattr(value.func, "id", "") in ("str", "repr")
    return isinstance(value, ast.JoinedStr)


@by_file
def test_texts_of_foreign_exceptions_are_not_logged(file: Path):
    """``except Exception as error`` … ``error=str(error)`` could quote what was choked on."""
    for handler in ast.walk(ast.parse(file.read_text())):
        if not isinstance(handler, ast.ExceptHandler) or not handler.name:
            continue
        caught = ast.unparse(handler.type) if handler.type else ""
        if not any(name in caught for name in ("Exception", "ValueError", "TypeError", "KeyError")):
            continue
        for call in calls_in(handler):
            for keyword in call.keywords:
                told = ast.unparse(keyword.value)
                assert told not in (handler.name, f"str({handler.name})"), (
                    f"{file.name}:{call.lineno}: log the type of {handler.name}, not its text"
                )
