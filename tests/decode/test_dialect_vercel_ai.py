from dialect_support import cases, said


@cases("vercel_ai")
def test_captured_traces_say_what_was_said(case: str) -> None:
    found, wanted = said("vercel_ai", case)

    assert found == wanted
