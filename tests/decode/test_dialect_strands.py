from dialect_support import cases, said


@cases("strands")
def test_captured_traces_say_what_was_said(case: str) -> None:
    found, wanted = said("strands", case)

    assert found == wanted
