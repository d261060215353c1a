"""JSON Schema without network, without backtracking, and without values in its messages."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec
from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from jsonschema.protocols import Validator
from referencing import Registry
from referencing.exceptions import Unresolvable

from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.linear import compile_linear

MAX_SHOWN = 40
"""Longest property name or choice that is quoted, in characters."""


def _pattern(validator: Any, pattern: str, value: Any, schema: Any) -> Iterator[ValidationError]:
    """``pattern`` by RE2: schemas come with traffic, and Python's engine can take forever."""
    if isinstance(value, str) and not _matches(pattern, value):
        yield ValidationError("pattern")


def _pattern_properties(
    validator: Any, patterns: Any, value: Any, schema: Any
) -> Iterator[ValidationError]:
    if not isinstance(value, dict):
        return
    for pattern, subschema in patterns.items():
        for key, item in value.items():
            if _matches(pattern, key):
                yield from validator.descend(item, subschema, path=key, schema_path=pattern)


def _matches(pattern: str, text: str) -> bool:
    """Patterns that RE2 cannot express are taken as matched."""
    compiled = _compiled(pattern)
    return compiled is None or compiled.search(encodable(text)) is not None


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> Any:
    try:
        return compile_linear(pattern)
    except ValueError:
        return None


_Linear = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"pattern": _pattern, "patternProperties": _pattern_properties}
)


def compile_schema(schema: Any) -> Validator:
    """A validator of JSON Schema 2020-12; ValueError when the schema itself is wrong."""
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise ValueError(
            f"not a valid JSON schema at {_path(error.path)}: {error.message}"
        ) from None
    except RecursionError:
        raise ValueError("the JSON schema is nested too deeply") from None
    for pattern in _patterns(schema):
        compile_linear(pattern)
    validator: Validator = _Linear(schema, registry=Registry())
    return validator


def compile_lenient(encoded: bytes) -> Validator | None:
    """As ``compile_schema`` for a schema found in traffic, as JSON; None when it is unusable."""
    try:
        schema = msgspec.json.decode(encoded)
        Draft202012Validator.check_schema(schema)
    except (SchemaError, RecursionError, msgspec.DecodeError):
        return None
    validator: Validator = _Linear(schema, registry=Registry())
    return validator


def first_problem(validator: Validator, value: Any) -> str:
    """The most telling violation in words, naming place and rule but no value; empty when valid."""
    try:
        if validator.is_valid(value):
            return ""
        error = best_match(validator.iter_errors(value))
    except (Unresolvable, RecursionError):
        return ""
    return "" if error is None else f"{_path(error.absolute_path)}: {_rule(error)}"


def _rule(error: ValidationError) -> str:
    keyword: str = str(error.validator)
    wanted: Any = error.validator_value
    if keyword == "required" and isinstance(error.instance, dict):
        missing = [name for name in wanted if name not in error.instance]
        return f"{_shown(missing[0])} is required" if missing else "a property is required"
    if keyword == "type":
        kinds = [wanted] if isinstance(wanted, str) else wanted
        return f"must be {' or '.join(map(str, kinds))}"
    if keyword in ("additionalProperties", "unevaluatedProperties"):
        return "has a property that is not declared"
    if keyword == "enum":
        return "is none of the allowed values"
    if isinstance(wanted, int | float) and not isinstance(wanted, bool):
        return f"violates {keyword} {wanted}"
    return f"violates {keyword}"


def _path(parts: Any) -> str:
    text = "$"
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{_shown(part)}"
    return text


def _shown(name: Any) -> str:
    """A property name when it looks like one: keys in traffic may be content."""
    text = str(name)
    plain = text.replace("-", "_").replace(".", "_").isidentifier()
    return text if plain and len(text) <= MAX_SHOWN else "(property)"


def _patterns(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"]
        if isinstance(schema.get("patternProperties"), dict):
            yield from schema["patternProperties"]
        for value in schema.values():
            yield from _patterns(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _patterns(value)
