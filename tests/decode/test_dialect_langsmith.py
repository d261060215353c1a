from dialect_support import cases, said


@cases("langsmith")
def test_captured_traces_say_what_was_said(case: str) -> None:
    found, wanted = said("langsmith", case)

    assert found == wanted
