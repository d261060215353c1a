from dialect_support import cases, said


@cases("langfuse")
def test_captured_traces_say_what_was_said(case: str) -> None:
    found, wanted = said("langfuse", case)

    assert found == wanted
