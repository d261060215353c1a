"""The answer is JSON that is valid against a schema."""

import json
import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from otel_evaluator.api import Check, EvaluatorConfig, Subject, Verdict, evaluator
from otel_evaluator.evaluators._answers import failed, no_output, passed
from otel_evaluator.evaluators._schema import compile_schema, first_problem

_FENCE = re.compile(r"\s*```[A-Za-z0-9]*[ \t]*\n(.*?)\n?[ \t]*```\s*", re.DOTALL)


def _valid(schema: dict[str, Any]) -> dict[str, Any]:
    for reference in _references(schema):
        if not reference.startswith("#"):
            raise ValueError(
                f"$ref {reference!r} leaves the schema; put the definition under $defs"
            )
    compile_schema(schema)
    return schema


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for item in value.values() for found in _references(item)]
    if isinstance(value, list):
        return [found for item in value for found in _references(item)]
    return []


class JsonSchemaConfig(EvaluatorConfig):
    """Settings of ``json_schema``."""

    schema_: Annotated[dict[str, Any], AfterValidator(_valid)] = Field(
        default_factory=dict, alias="schema"
    )
    """JSON schema (2020-12) of the answer; empty: any JSON value."""

    code_fence: bool = True
    """Whether the JSON may stand in one Markdown code fence."""


@evaluator("json_schema", version=1)
def json_schema(config: JsonSchemaConfig) -> Check:
    """The answer is JSON that is valid against a schema."""
    validator = compile_schema(config.schema_) if config.schema_ else None

    def check(subject: Subject) -> Verdict:
        missing = no_output(subject)
        if missing is not None:
            return missing
        text = subject.output
        if config.code_fence and "```" in text:
            fenced = _FENCE.fullmatch(text)
            text = fenced[1] if fenced else text
        try:
            value = json.loads(text, parse_constant=_refuse)
        except RecursionError:
            return failed("nested too deeply", "invalid_json")
        except json.JSONDecodeError as error:
            place = f"line {error.lineno} column {error.colno}"
            return failed(f"not JSON: {error.msg} at {place}", "invalid_json")
        except ValueError:
            return failed("not JSON: a number that JSON cannot hold", "invalid_json")
        problem = first_problem(validator, value) if validator is not None else ""
        return failed(problem, "invalid_schema") if problem else passed()

    return check


def _refuse(constant: str) -> Any:
    raise ValueError(constant)
