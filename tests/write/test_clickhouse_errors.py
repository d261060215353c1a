"""Which ClickHouse failure is retried, held or cut out of the batch."""

import pytest
from clickhouse_connect.driver.exceptions import (
    DatabaseError,
    OperationalError,
    ProgrammingError,
)

from otel_evaluator.errors import Held, Permanent, Retryable, SinkError
from otel_evaluator.write.clickhouse.errors import classify

RETRY = [159, 202, 209, 210, 241, 242, 252, 319, 999]
HOLD = [16, 60, 81, 243, 497, 516]
BAD_ROW = [6, 27, 53, 117]

CONTENT = "my card is 4111 1111 1111 1111"


def fail(error: BaseException) -> SinkError:
    return classify(error, "http://db:8123", "insert into t")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        *((c, Retryable) for c in RETRY),
        *((c, Held) for c in HOLD),
        *((c, Permanent) for c in BAD_ROW),
    ],
)
@pytest.mark.fault("C6")
def test_by_code(code: int, expected: type[SinkError]) -> None:
    assert type(fail(DatabaseError("text", code=code, name="NAME"))) is expected
    assert type(fail(DatabaseError(f"Code: {code}. DB::Exception: text"))) is expected


@pytest.mark.parametrize("code", [1, 49, 999_999])
def test_an_unknown_code_loses_nothing(code: int) -> None:
    assert type(fail(DatabaseError("text", code=code))) is Held


@pytest.mark.parametrize(
    ("status", "expected"),
    [(408, Retryable), (429, Retryable), (502, Retryable), (503, Retryable), (504, Retryable),
     (401, Held), (404, Held)],
)  # fmt: skip
@pytest.mark.fault("C5")
def test_by_status_where_there_is_no_code(status: int, expected: type[SinkError]) -> None:
    error = DatabaseError(f"HTTP driver received HTTP status {status}, server response: busy")
    assert type(fail(error)) is expected


@pytest.mark.parametrize(
    "error", [OperationalError("Error executing HTTP request"), ConnectionError(), TimeoutError()]
)
def test_no_answer_is_retried(error: BaseException) -> None:
    assert type(fail(error)) is Retryable


@pytest.mark.parametrize("error", [TypeError(CONTENT), ValueError(CONTENT), OverflowError()])
def test_what_cannot_be_encoded_is_a_bad_row(error: BaseException) -> None:
    assert type(fail(error)) is Permanent


def test_a_refusal_of_the_driver_waits_for_someone() -> None:
    assert type(fail(ProgrammingError("Unrecognized column 'x' in table t"))) is Held


@pytest.mark.parametrize("code", [*RETRY, *BAD_ROW, 1])
def test_content_is_not_repeated(code: int) -> None:
    error = DatabaseError(f"Code: {code}. Cannot parse input: before '{CONTENT}'", code=code)
    assert CONTENT not in str(fail(error))
    assert CONTENT not in str(fail(ValueError(CONTENT)))


def test_a_person_is_told_what_is_missing() -> None:
    error = fail(DatabaseError("Code: 60. Table otel.x does not exist", code=60))
    assert "otel.x does not exist" in str(error)
    assert "http://db:8123" in str(error)
