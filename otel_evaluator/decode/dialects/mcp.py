"""Model Context Protocol spans: ``mcp.method.name``.

Source: semantic-conventions v1.41 ``docs/gen-ai/mcp.md``; fastmcp 4.1 and mcp 2.3.
"""

from otel_evaluator.decode.reading import Reading
from otel_evaluator.decode.values import text
from otel_evaluator.model.span import Span

_METHOD = "mcp.method.name"


class MCP:
    """Client and server spans of MCP requests."""

    name = "mcp"

    def matches(self, span: Span) -> bool:
        return _METHOD in span.attributes

    def read(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        if not reading.kind:
            # The SDK's own spans name no tool: they record the transport of a request.
            called = attributes[_METHOD] == "tools/call" and "gen_ai.tool.name" in attributes
            reading.kind = "tool" if called else "chain"
        # mcp.session.id is a transport session, never a conversation.
        if reading.kind == "tool" and not reading.tool_name:
            reading.tool_name = text(attributes.get("gen_ai.tool.name"))

    def content(self, span: Span, reading: Reading) -> None:
        return
