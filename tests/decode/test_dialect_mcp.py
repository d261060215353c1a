from dialect_support import cases, said


@cases("mcp")
def test_captured_traces_say_what_was_said(case: str) -> None:
    found, wanted = said("mcp", case)

    assert found == wanted
