from dialect_support import cases, read, said, span


@cases("mcp")
def test_captured_traces_say_what_was_said(case: str) -> None:
    found, wanted = said("mcp", case)

    assert found == wanted


def test_tool_call_with_content() -> None:
    attributes = {
        "mcp.method.name": "tools/call",
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "weather",
        "gen_ai.tool.call.arguments": '{"city": "Paris"}',
        "gen_ai.tool.call.result": '{"sky": "grey"}',
    }

    found = read(span(attributes, name="tools/call weather"))

    assert (found.kind, found.tool_name) == ("tool", "weather")
    assert (found.arguments, found.result) == ({"city": "Paris"}, '{"sky": "grey"}')


def test_transport_of_a_request_is_no_execution() -> None:
    attributes = {"mcp.method.name": "tools/call", "jsonrpc.request.id": "2"}

    found = read(span(attributes, name="MCP send tools/call weather", scope="mcp-python-sdk"))

    assert found.kind == "chain"


def test_other_methods_are_no_operations() -> None:
    assert read(span({"mcp.method.name": "tools/list"})).kind == "chain"


def test_transport_session_is_no_conversation() -> None:
    found = read(span({"mcp.method.name": "tools/call", "mcp.session.id": "t"}))

    assert found.conversation_id == ""
