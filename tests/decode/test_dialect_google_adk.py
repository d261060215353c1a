from dialect_support import cases, said


@cases("google_adk")
def test_captured_traces_say_what_was_said(case: str) -> None:
    found, wanted = said("google_adk", case)

    assert found == wanted
