"""An OpenAI-shaped endpoint that fills in whatever structure it is asked for."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from tests.support.judge_server import JudgeServer, completion


def filled(schema: dict[str, Any], root: dict[str, Any] | None = None) -> Any:
    """The plainest value of a JSON schema: full marks, the first choice, one item."""
    root = root or schema
    if "$ref" in schema:
        return filled(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    for union in ("anyOf", "oneOf", "allOf"):
        if union in schema:
            return filled(schema[union][0], root)
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    match schema.get("type"):
        case "object":
            return {k: filled(each, root) for k, each in schema.get("properties", {}).items()}
        case "array":
            return [filled(schema.get("items", {}), root)]
        case "number" | "integer":
            return schema.get("maximum", 1)
        case "boolean":
            return True
    return "because"


def answer(body: dict[str, Any]) -> web.StreamResponse:
    """A tool call, or JSON by the schema asked for, or a plain score."""
    if body.get("tools"):
        function = body["tools"][0]["function"]
        arguments = json.dumps(filled(function["parameters"]))
        called = {"name": function["name"], "arguments": arguments}
        calls = [{"id": "1", "type": "function", "function": called}]
        return completion(None, message={"tool_calls": calls}, finish_reason="tool_calls")
    wanted = (body.get("response_format") or {}).get("json_schema")
    if wanted:
        return completion(json.dumps(filled(wanted["schema"])))
    schema = named_in(str(body["messages"]))
    return completion(json.dumps(filled(schema) if schema else {"score": 10, "reason": "because"}))


def named_in(text: str) -> dict[str, Any] | None:
    """The JSON schema that a prompt quotes, for want of a better way to ask for it."""
    text = text.encode().decode("unicode_escape", "replace")
    decoder = json.JSONDecoder(strict=False)
    for place, character in enumerate(text):
        if character == "{":
            try:
                found = decoder.raw_decode(text, place)[0]
            except ValueError:
                continue
            if "properties" in found:
                return dict(found)
    return None


@pytest.fixture
async def endpoint(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[JudgeServer]:
    """The endpoint, where every OpenAI client of this process finds it."""
    async with JudgeServer(then=answer) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-nothing")
        yield server
