"""Option tables of the documentation, from the configuration models.

``python -m otel_evaluator.evaluators._docs docs/evaluators`` writes them into the pages, between
the lines ``<!-- options -->`` and ``<!-- end -->``.
"""

import sys
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from otel_evaluator.api.evaluator import EvaluatorConfig
from otel_evaluator.api.plugins import load_evaluators
from otel_evaluator.config.base import parse_duration

START, END = "<!-- options -->\n", "<!-- end -->\n"
COMMON_PAGE = "README"
_WORDS = {str: "text", int: "whole number", float: "number", bool: "true or false", dict: "mapping"}


def option_table(model: type[BaseModel], without: type[BaseModel] | None = None) -> str:
    """A Markdown table of a model's options, leaving out those it inherits from ``without``."""
    inherited = without.model_fields if without else {}
    rows = [_row(name, f) for name, f in model.model_fields.items() if name not in inherited]
    if not rows:
        return "It has no options of its own.\n"
    head = "| option | value | default | what it does |\n|---|---|---|---|\n"
    return head + "".join(rows)


def _row(name: str, field: FieldInfo) -> str:
    text = " ".join((field.description or "").split()).replace("|", "\\|")
    return f"| `{field.alias or name}` | {_field_type(field)} | {_default(field)} | {text} |\n"


def _field_type(field: FieldInfo) -> str:
    return "duration" if _is_duration(field.metadata) else _type(field.annotation)


def _is_duration(metadata: Any) -> bool:
    return any(isinstance(m, BeforeValidator) and m.func is parse_duration for m in metadata)


def _type(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return "duration" if _is_duration(arguments[1:]) else _type(arguments[0])
    if origin is Literal:
        return " or ".join(f"`{choice}`" for choice in arguments)
    if origin in (Union, UnionType):
        return " or ".join(_type(a) for a in arguments if a is not NoneType)
    if origin is tuple:
        return f"list of {_type(arguments[0])}"
    return _WORDS.get(origin or annotation, "anything")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`[{', '.join(map(str, value))}]`"
    if isinstance(value, float) and _field_type(field) == "duration":
        return f"`{value:g}s`"
    return f"`{value}`"


def with_tables(page: str, table: str) -> str:
    """The page with the table between its two marks; ValueError when it has none."""
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ValueError(f"the page needs the lines {START.strip()} and {END.strip()}")
    return before + start + table + end + after


def tables() -> dict[str, str]:
    """The table of every page: one for each built-in evaluator and one of common options."""
    pages = {
        kind.name: option_table(kind.config_type, EvaluatorConfig)
        for kind in load_evaluators(allowed=())
    }
    return {COMMON_PAGE: option_table(EvaluatorConfig), **pages}


def main(folder: Path) -> None:
    """Rewrite the tables of all pages in a folder."""
    for name, table in tables().items():
        page = folder / f"{name}.md"
        page.write_text(with_tables(page.read_text("utf-8"), table), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
