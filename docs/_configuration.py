"""configuration.md from the pydantic models."""

import types
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from otel_evaluator.api.evaluator import EvaluatorConfig
from otel_evaluator.api.plugins import load_evaluators
from otel_evaluator.config.base import parse_duration, parse_size
from otel_evaluator.config.fields import members
from otel_evaluator.config.secret import Secret
from otel_evaluator.pipeline.schema import RootConfig

DOCS = Path(__file__).parent

CONFIGURATION = """# Configuration

One YAML file. `otel-evaluator validate --config FILE` builds everything it describes without
starting it; every problem is one line with the path, the line, the reason and what would be right.

- **Unknown keys are errors**, with the nearest known spelling.
- **Durations** take units: `500ms`, `10s`, `5m`, `1h30m`, `30d`. **Sizes** too: `64MiB`, `4GB`.
- **Booleans** are `true` and `false`. `no`, `on` and `yes` are text wherever text is meant
  (YAML 1.2), so `languages: [no, en]` is Norwegian and English, and `on: trace` is a key like any
  other.
- **References** stand in values only, and what they bring in is never looked at again:
  `${env:NAME}` (an error when unset or empty), `${env:NAME:-default}`, `${file:/path/to/secret}`
  (relative paths start at the configuration file). `$${` is a literal `${`. Newlines at the end
  are dropped.
- Duplicate keys, tags such as `!!python/object`, tabs and files above 1 MiB are refused. Anchors,
  aliases and `<<` work within bounds.

Runnable files are in [`config/`](../config).
"""


def configuration() -> str:
    """The page of all settings."""
    parts = [CONFIGURATION]
    for name, field in RootConfig.model_fields.items():
        parts.append(f"\n## {name}\n\n{_sentence(field.description)}\n")
        model = _model(field)
        if model is None:
            parts.append(_own_row(name, field))
        else:
            parts.extend(_sections(model, name))
        if name == "evaluators":
            parts.extend(_evaluators())
    return "".join(parts)


def _own_row(name: str, field: FieldInfo) -> str:
    return f"\n{_type(field)}; default: {_default(field)}\n"


def _sections(model: type[BaseModel], path: str) -> Iterator[str]:
    """The table of a model, then those of the models inside it."""
    yield _table(model, path)
    for name, field in model.model_fields.items():
        inner = _model(field)
        if inner is None:
            continue
        inner_path = f"{path}.{name}" + (
            "[]" if get_origin(_bare(field.annotation)) is tuple else ""
        )
        yield f"\n### {inner_path}\n\n{_sentence(inner.__doc__)}\n"
        yield from _sections(inner, inner_path)


def _table(model: type[BaseModel], path: str, skip: frozenset[str] = frozenset()) -> str:
    rows = [
        f"| `{field.alias or name}` | {_type(field)} | {_default(field)} | {_meaning(field)} |\n"
        for name, field in model.model_fields.items()
        if name not in skip
    ]
    if not rows:
        return "\nNo settings of its own.\n"
    return "\n| setting | value | default | meaning |\n|---|---|---|---|\n" + "".join(rows)


def _evaluators() -> Iterator[str]:
    yield "\n### Settings of every evaluator\n"
    yield _table(EvaluatorConfig, "evaluators[]")
    yield "\n`when` conditions and tiers are CEL; see [concepts](concepts.md#conditions).\n"
    common = frozenset(EvaluatorConfig.model_fields)
    for kind in load_evaluators():
        page = DOCS / "evaluators" / f"{kind.name}.md"
        link = f" [More](evaluators/{kind.name}.md)." if page.exists() else ""
        yield f"\n### type: {kind.name}\n\n{_sentence(kind.summary)}{link}\n"
        changed = {
            name
            for name, field in kind.config_type.model_fields.items()
            if name in common and field.default != EvaluatorConfig.model_fields[name].default
        }
        yield _table(kind.config_type, "", common - changed)


def _bare(annotation: Any) -> Any:
    found = members(annotation)
    return found[0] if len(found) == 1 else annotation


def _model(field: FieldInfo) -> type[BaseModel] | None:
    """The model inside a field: itself, optional, or the items of a list."""
    for annotation in members(field.annotation):
        if get_origin(annotation) is tuple:
            annotation = get_args(annotation)[0]
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return annotation
    return None


def _meaning(field: FieldInfo) -> str:
    inner = _model(field)
    return _sentence(field.description or (inner.__doc__ if inner else ""))


def _sentence(text: str | None) -> str:
    return " ".join((text or "").replace("``", "`").replace("|", "\\|").split())


def _type(field: FieldInfo) -> str:
    return _words(field.annotation, field.metadata)


def _words(annotation: Any, metadata: Any = ()) -> str:
    """The type in the words of a user."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return _words(inner, [*metadata, *_flat(more)])
    functions = {getattr(item, "func", None) for item in metadata}
    if parse_duration in functions:
        return "duration" + _bounds(metadata)
    if parse_size in functions:
        return "size" + _bounds(metadata, _size)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if origin in (typing.Union, types.UnionType):
        kinds = [_words(a, metadata) for a in arguments if a is not type(None)]
        return " or ".join(dict.fromkeys(kinds))
    if origin in (tuple, list):
        return f"list of {_words(arguments[0])}" if arguments else "list"
    if annotation is Secret:
        return "text (secret)"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "mapping"
    names = {str: "text", bool: "true or false", int: "integer", float: "number", Path: "path"}
    if annotation in names:
        return names[annotation] + _bounds(metadata)
    return "mapping" if origin is dict or annotation is dict else "any value"


def _flat(metadata: Any) -> list[Any]:
    return [
        m for item in metadata for m in (item.metadata if isinstance(item, FieldInfo) else [item])
    ]


def _bounds(metadata: Any, shown: Callable[[Any], str] = str) -> str:
    words = {"gt": "above {}", "ge": "at least {}", "lt": "below {}", "le": "at most {}"}
    found = [
        text.format(shown(getattr(item, name)))
        for item in metadata
        for name, text in words.items()
        if getattr(item, name, None) is not None
    ]
    return f", {', '.join(found)}" if found else ""


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    value = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, BaseModel):
        return "see below"
    functions = {getattr(item, "func", None) for item in _metadata(field)}
    if parse_duration in functions and isinstance(value, float | int):
        return f"`{_duration(float(value))}`"
    if parse_size in functions and isinstance(value, int):
        return f"`{_size(value)}`"
    if isinstance(value, Secret):
        value = value.reveal()
    if value is None or value is PydanticUndefined or value in ("", (), {}):
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`[{', '.join(str(item) for item in value)}]`"
    return f"`{value}`"


def _metadata(field: FieldInfo) -> list[Any]:
    found = list(field.metadata)
    pending = [field.annotation]
    while pending:
        annotation = pending.pop()
        if get_origin(annotation) is Annotated:
            found += _flat(get_args(annotation)[1:])
        if get_origin(annotation) in (Annotated, typing.Union, types.UnionType):
            pending += get_args(annotation)
    return found


def _duration(seconds: float) -> str:
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("m", 60.0)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"


def _size(value: int) -> str:
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if value >= size and value % size == 0:
            return f"{value // size}{unit}"
    return f"{value}B"
