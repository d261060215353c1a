from dialect_support import cases, said


@cases("openllmetry_indexed")
def test_captured_traces_say_what_was_said(case: str) -> None:
    found, wanted = said("openllmetry_indexed", case)

    assert found == wanted
