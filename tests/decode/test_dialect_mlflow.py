from dialect_support import cases, said


@cases("mlflow")
def test_captured_traces_say_what_was_said(case: str) -> None:
    found, wanted = said("mlflow", case)

    assert found == wanted
