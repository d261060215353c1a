from dialect_support import cases, said


@cases("openlit")
def test_captured_traces_say_what_was_said(case: str) -> None:
    found, wanted = said("openlit", case)

    assert found == wanted
