"""Tools are called by a known name, with arguments that fit their schema."""

from functools import lru_cache
from typing import Any, Literal

import msgspec
import re2
from jsonschema.protocols import Validator
from pydantic import Field

from otel_evaluator.api import Check, EvaluatorConfig, Scored, Skipped, Subject, Verdict, evaluator
from otel_evaluator.evaluators._answers import NO_CONTENT, passed
from otel_evaluator.evaluators._schema import compile_lenient, first_problem
from otel_evaluator.evaluators.actions.rejections import answered, identity
from otel_evaluator.model.genai import ToolCall
from otel_evaluator.text.encodable import encodable

NO_TOOL_CALL = Skipped("not_applicable", "no tool was called")
NO_DEFINITION = Skipped("not_applicable", "no definition of the called tools was recorded")
MAX_SHOWN = 60
"""Longest tool name that is quoted, in characters."""

_PLACEHOLDER = re2.compile(
    r"(?i)\s*(?:n/?a|none|null|nil|unknown|undefined|not (?:available|provided|specified|given)|"
    r"tbd|todo|x{3,}|string|placeholder|example|dummy|\?+|-+|\.{3}|<[^<>]*>|\{\{?[^{}]*\}?\}|"
    r"your[_ -]\w+|insert[_ -]\w+)\s*"
)
"""What a model writes where it has to write something and knows nothing."""

Schemas = dict[str, dict[str, Any] | None]
"""JSON schema of the arguments by tool name, None where only the name is known."""


class ToolCallsConfig(EvaluatorConfig):
    """Settings of ``tool_calls``."""

    tools: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """JSON schemas of arguments by tool name, for tools whose definition is not recorded."""

    measure: Literal["both", "function_name_match", "parameter_validation"] = "both"
    """What makes a call valid: a known name, arguments that fit the schema, or both."""

    ignore: tuple[str, ...] = ()
    """Names of tools that are not checked, such as those that run at the provider."""


@evaluator("tool_calls", version=4)
def tool_calls(config: ToolCallsConfig) -> Check:
    """Share of tool calls with a known name and arguments that fit the declared schema."""
    configured: Schemas = dict(config.tools)
    ignored = frozenset(config.ignore)

    def check(subject: Subject) -> Verdict:
        checked = valid = 0
        label = explanation = ""
        requested = _requested(subject, configured)
        by_tools = answered(subject) if requested else {}
        for number, (call, schemas) in enumerate(requested, 1):
            if call.name in ignored:
                continue
            found = _problem(call, schemas)
            if by_tools and config.measure != "function_name_match":
                found = _with_answer(call, found, by_tools)
            if found is None:
                continue
            if config.measure != "both" and found[0]:
                is_name = found[0] == "unknown_tool"
                if is_name != (config.measure == "function_name_match"):
                    if is_name:
                        continue  # arguments of an unknown tool fit no schema, nor miss one
                    found = "", ""
            checked += 1
            if not found[0]:
                valid += 1
            elif not label:
                label, problem = found
                explanation = f"tool call {number} {call.name[:MAX_SHOWN]!r}: {problem}"
        if checked == 0:
            if not subject.has_content:
                return NO_TOOL_CALL if subject.tools and not requested else NO_CONTENT
            return NO_DEFINITION if requested else NO_TOOL_CALL
        if valid == checked:
            return passed()
        return Scored(valid / checked, label, False, explanation)

    return check


def _requested(subject: Subject, configured: Schemas) -> list[tuple[ToolCall, Schemas]]:
    """Tool calls the model made in this subject, each once, with the tools it knew."""
    shared: Schemas | None = None
    found: list[tuple[ToolCall, Schemas]] = []
    seen: set[str] = set()
    for call in subject.calls:
        requested = [t for message in call.output for t in message.tool_calls]
        if not requested:
            continue
        if call.tool_definitions:
            schemas = _schemas(call.tool_definitions) | configured
        else:
            if shared is None:
                shared = _schemas(subject.tool_definitions) | configured
            schemas = shared
        for tool in requested:
            if tool.id and tool.id in seen:
                continue
            seen.add(tool.id)
            found.append((tool, schemas))
    if subject.kind != "span":
        _add_replayed(subject, configured, seen, found)
    return found


def _add_replayed(
    subject: Subject, configured: Schemas, seen: set[str], found: list[tuple[ToolCall, Schemas]]
) -> None:
    """Calls that ran and that only a later request to the model tells of, as after a stream.

    Calls that did not run may be examples in a prompt.
    """
    replayed = [call for m in subject.messages[subject.history :] for call in m.tool_calls]
    if len(replayed) <= len(found):
        return
    schemas = _schemas(subject.tool_definitions) | configured
    known = {identity(call.name, call.arguments) for call, _ in found}
    ran = {identity(each.name, each.arguments) for each in subject.tools}
    ran_ids = {each.call_id for each in subject.tools if each.call_id}
    for call in replayed:
        same = identity(call.name, call.arguments)
        if call.id in seen or same in known or not (same in ran or call.id in ran_ids):
            continue
        known.add(same)
        found.append((call, schemas))


def _with_answer(
    call: ToolCall, found: tuple[str, str] | None, by_tools: dict[str, bool]
) -> tuple[str, str] | None:
    """What the tool's own answer adds where no definition finds a problem."""
    if found is not None and found[0]:
        return found
    refused = by_tools.get(identity(call.name, call.arguments))
    if refused:
        return "rejected_arguments", "the tool itself did not take the arguments"
    return found if refused is None else ("", "")


def _schemas(definitions: Any) -> Schemas:
    return {definition.name: definition.parameters for definition in definitions}


def _problem(call: ToolCall, schemas: Schemas) -> tuple[str, str] | None:
    """Label and problem of one call, empty when it is valid; None when nothing can be told."""
    if call.malformed:
        return "malformed_arguments", "the arguments are not JSON"
    if not schemas:
        return None
    if call.name not in schemas:
        return "unknown_tool", "no tool of this name was offered"
    schema = schemas[call.name]
    validator = None if schema is None else _validator(msgspec.json.encode(schema))
    if validator is None:
        return "", ""
    arguments = {} if call.arguments is None else call.arguments
    problem = first_problem(validator, arguments)
    if problem:
        return "invalid_arguments", problem
    name = _made_up(arguments, schema or {})
    if name:
        problem = f"{name[:MAX_SHOWN]}: required, and filled with a placeholder"
        return "placeholder_argument", problem
    return "", ""


def _made_up(arguments: Any, schema: dict[str, Any]) -> str:
    """A required free text that says nothing; empty when there is none."""
    properties, required = schema.get("properties"), schema.get("required")
    if not (isinstance(properties, dict) and isinstance(required, list)):
        return ""
    if not isinstance(arguments, dict):
        return ""
    for name in (name for name in required if isinstance(name, str)):
        value, declared = arguments.get(name), properties.get(name)
        if isinstance(value, str) and isinstance(declared, dict):
            is_free = not {"enum", "const", "default", "examples"} & declared.keys()
            if is_free and _PLACEHOLDER.fullmatch(encodable(value)):
                return name
    return ""


@lru_cache(maxsize=512)
def _validator(encoded: bytes) -> Validator | None:
    """Compiled once for each schema: checking a schema costs fifty times a validation."""
    return compile_lenient(encoded)
