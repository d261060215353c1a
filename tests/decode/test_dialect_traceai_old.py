from dialect_support import cases, said


@cases("traceai_old")
def test_captured_traces_say_what_was_said(case: str) -> None:
    found, wanted = said("traceai_old", case)

    assert found == wanted
