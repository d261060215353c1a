from dialect_support import cases, said


@cases("litellm")
def test_captured_traces_say_what_was_said(case: str) -> None:
    found, wanted = said("litellm", case)

    assert found == wanted
