"""Following a path through pydantic models: which setting it names, and what stands beside it."""

import types
import typing
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from otel_evaluator.config.document import Path
from otel_evaluator.config.secret import Secret


@dataclass(frozen=True)
class Place:
    """Where an error location leads."""

    path: Path
    """The location without the parts that only name a member of a union."""
    owner: type[BaseModel] | None
    """The model that holds, or would hold, the last key."""
    description: str
    """The setting's documentation, when it is a known setting."""
    secret: bool
    """A Secret can stand here."""


def resolve(model: type[BaseModel], location: tuple[int | str, ...]) -> Place:
    """Follow a pydantic error location from ``model``."""
    path: list[int | str] = []
    annotations: list[Any] = [model]
    owner: type[BaseModel] | None = None
    field: FieldInfo | None = None
    for index, part in enumerate(location):
        models = [a for a in annotations if _is_model(a)]
        fitting = [m for m in models if field_named(m, part)]
        if fitting:
            owner, field = fitting[0], field_named(fitting[0], part)
            assert field is not None
            annotations = members(field.annotation)
        elif items := [i for a in annotations for i in _items(a, part)]:
            owner, field, annotations = None, None, items
        elif _names_member(annotations, part):
            # A union's member is not something users wrote.
            annotations = [a for a in annotations if _is_called(a, part)] or annotations
            continue
        elif models and index == len(location) - 1:
            owner, field, annotations = models[-1], None, []
        else:
            owner, field, annotations = None, None, []
        path.append(part)
    secret = any(annotation is Secret for annotation in annotations)
    return Place(tuple(path), owner, (field.description if field else None) or "", secret)


def names(model: type[BaseModel]) -> list[str]:
    """Keys users may write, in the order of the model."""
    return [field.alias or name for name, field in model.model_fields.items()]


def field_named(model: type[BaseModel], part: int | str) -> FieldInfo | None:
    """The field users call ``part``."""
    for name, field in model.model_fields.items():
        if part in (name, field.alias):
            return field
    return None


def members(annotation: Any) -> list[Any]:
    """The alternatives of an annotation; Annotated and unions are opened, None is left out."""
    if annotation is None or annotation is type(None):
        return []
    if get_origin(annotation) is Annotated:
        return members(get_args(annotation)[0])
    if get_origin(annotation) in (typing.Union, types.UnionType):
        return [m for argument in get_args(annotation) for m in members(argument)]
    return [annotation]


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _items(annotation: Any, part: int | str) -> list[Any]:
    """Alternatives of the items of a list, tuple or mapping that ``part`` can index."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (list, tuple, set, frozenset) and isinstance(part, int):
        if origin is tuple and arguments[-1:] != (...,):
            arguments = arguments[part : part + 1]
        return members(arguments[0]) if arguments else [Any]
    if isinstance(origin, type) and issubclass(origin, typing.Mapping) and len(arguments) == 2:
        return members(arguments[1]) or [Any]
    return []


def _names_member(annotations: list[Any], part: int | str) -> bool:
    if not isinstance(part, str):
        return False
    if any(_is_called(annotation, part) for annotation in annotations):
        return True
    # Members with validators around them: function-after[f(), str], list[str], literal['a'].
    return len(annotations) > 1 and ("[" in part or part in ("str", "int", "float", "bool"))


def _is_called(annotation: Any, part: int | str) -> bool:
    """Whether a union member goes by ``part``: its class name, or its discriminator's value."""
    if getattr(annotation, "__name__", str(annotation)) == part:
        return True
    return _is_model(annotation) and any(
        get_origin(field.annotation) is typing.Literal and part in get_args(field.annotation)
        for field in annotation.model_fields.values()
    )
