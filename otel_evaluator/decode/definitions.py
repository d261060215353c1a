"""Reads tool definitions and retrieved documents of every shape that emitters use."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from otel_evaluator.decode.values import json_text, mapping, number, structured
from otel_evaluator.model.genai import Document, ToolDefinition

_CACHED_SIZE = 65_536
_SCHEMAS = ("parameters", "input_schema", "inputSchema", "parameters_json_schema", "json_schema")


def tool_definitions(value: Any) -> tuple[ToolDefinition, ...]:
    """Definitions in a list, a mapping by name, or JSON text of either.

    Agents send the same definitions with every call: their text is parsed once.
    """
    if isinstance(value, str) and len(value) <= _CACHED_SIZE:
        return _tool_definitions_text(value)
    return _tool_definitions(value)


@lru_cache(maxsize=128)
def _tool_definitions_text(value: str) -> tuple[ToolDefinition, ...]:
    return _tool_definitions(value)


def _tool_definitions(value: Any) -> tuple[ToolDefinition, ...]:
    decoded = structured(value)
    if isinstance(decoded, dict):
        decoded = decoded.get("tools", decoded.get("function_tools", [decoded]))
    if not isinstance(decoded, list):
        return ()
    found = (tool_definition(item) for item in decoded)
    return tuple(item for item in found if item is not None)


def tool_definition(value: Any) -> ToolDefinition | None:
    """One definition, flat or in OpenAI's nested form; None when it names no tool."""
    if isinstance(value, str) and len(value) <= _CACHED_SIZE:
        return _tool_definition_text(value)
    return _tool_definition(value)


@lru_cache(maxsize=512)
def _tool_definition_text(value: str) -> ToolDefinition | None:
    return _tool_definition(value)


def _tool_definition(value: Any) -> ToolDefinition | None:
    value = structured(value)
    if not isinstance(value, dict):
        return None
    inner = value.get("function")
    function = inner if isinstance(inner, dict) else value
    name = function.get("name")
    if not isinstance(name, str) or not name:
        return None
    description = function.get("description")
    schema = None
    for key in _SCHEMAS:
        found = structured(function.get(key))
        if isinstance(found, dict):
            schema = found.get("jsonSchema", found)
            break
    return ToolDefinition(
        name=name,
        description=description if isinstance(description, str) else "",
        parameters=schema if isinstance(schema, dict) else None,
    )


def is_schema(value: Any) -> bool:
    """Whether the value describes parameters rather than being arguments."""
    return (
        isinstance(value, dict)
        and value.get("type") == "object"
        and isinstance(value.get("properties"), dict)
    )


_RETRIEVING = ("retriev", "vector_search", "similarity_search", "search_passages", "rag_search")


def is_retrieval_name(name: str) -> bool:
    """Whether a function's name says that it retrieves documents."""
    name = name.lower()
    return any(word in name for word in _RETRIEVING)


def documents(value: Any) -> tuple[Document, ...]:
    """Retrieved documents in a list, or under a key of a mapping, or JSON text of either."""
    decoded = structured(value)
    if isinstance(decoded, dict):
        for key in ("documents", "results", "matches", "passages", "outputs", "output", "hits"):
            if isinstance(decoded.get(key), list):
                decoded = decoded[key]
                break
    if not isinstance(decoded, list):
        return ()
    return tuple(_present(document(item) for item in decoded))


def _present(found: Iterable[Document | None]) -> list[Document]:
    return [d for d in found if d is not None and (d.content or d.id)]


def document(value: Any) -> Document | None:
    """One document: a text, or a mapping with an id, a text or a score in any spelling."""
    value = structured(value)
    if isinstance(value, str):
        return Document(content=value) if value else None
    if not isinstance(value, dict):
        return None
    inner = value.get("document", value)
    if isinstance(inner, str):
        inner = {"content": inner}
    elif "lc" in value and isinstance(value.get("kwargs"), dict):
        inner = value["kwargs"]
    elif not isinstance(inner, dict):
        inner = value
    content = _first(inner, ("content", "page_content", "text", "pageContent", "chunk"))
    metadata = mapping(inner.get("metadata"))
    score = number(_first(value, ("score", "relevance_score", "similarity")))
    if score is None:
        score = number(_first(inner, ("score", "relevance_score")))
    if score is None:
        score = number(_first(metadata, ("score", "relevance_score")))
    identity = _first(inner, ("id", "document_id", "doc_id"))
    if identity is None or "lc" in value:
        identity = _first(metadata, ("id", "document_id", "doc_id", "source"))
    if content is None and identity is None and score is None:
        return None
    return Document(id=json_text(identity), content=json_text(content), score=score)


def _first(value: dict[str, Any], names: tuple[str, ...]) -> Any:
    for name in names:
        found = value.get(name)
        if found is not None:
            return found
    return None
