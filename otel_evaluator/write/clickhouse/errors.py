"""Which error class a failed call belongs to.

Two questions decide: can the same batch succeed later by itself (Retryable), or only after
someone acted (Held), or never (Permanent)? The server's text may quote row content, so only
texts of Held errors, which name tables and columns, are passed on.
"""

import re

from clickhouse_connect.driver.exceptions import (
    DataError,
    Error,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
)

from otel_evaluator.errors import Held, Permanent, Retryable, SinkError

# Names as in ClickHouse's errorCodeToName().
RETRYABLE_CODES = frozenset(
    {
        159,  # TIMEOUT_EXCEEDED
        202,  # TOO_MANY_SIMULTANEOUS_QUERIES
        203,  # NO_FREE_CONNECTION
        209,  # SOCKET_TIMEOUT
        210,  # NETWORK_ERROR
        241,  # MEMORY_LIMIT_EXCEEDED
        242,  # TABLE_IS_READ_ONLY
        252,  # TOO_MANY_PARTS
        279,  # ALL_CONNECTION_TRIES_FAILED
        285,  # TOO_FEW_LIVE_REPLICAS
        286,  # UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
        319,  # UNKNOWN_STATUS_OF_INSERT
        394,  # QUERY_WAS_CANCELLED
        425,  # SYSTEM_ERROR
        999,  # KEEPER_EXCEPTION
    }
)
PERMANENT_CODES = frozenset(
    {
        6,  # CANNOT_PARSE_TEXT
        26,  # CANNOT_PARSE_QUOTED_STRING
        27,  # CANNOT_PARSE_INPUT_ASSERTION_FAILED
        38,  # CANNOT_PARSE_DATE
        41,  # CANNOT_PARSE_DATETIME
        53,  # TYPE_MISMATCH
        70,  # CANNOT_CONVERT_TYPE
        72,  # CANNOT_PARSE_NUMBER
        117,  # INCORRECT_DATA
        321,  # VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
        349,  # CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
        469,  # VIOLATED_CONSTRAINT
    }
)
HELD_CODES = frozenset(
    {
        16,  # NO_SUCH_COLUMN_IN_TABLE
        47,  # UNKNOWN_IDENTIFIER
        48,  # NOT_IMPLEMENTED
        60,  # UNKNOWN_TABLE
        62,  # SYNTAX_ERROR
        81,  # UNKNOWN_DATABASE
        115,  # UNKNOWN_SETTING
        164,  # READONLY
        192,  # UNKNOWN_USER
        193,  # WRONG_PASSWORD
        201,  # QUOTA_EXCEEDED
        243,  # NOT_ENOUGH_SPACE
        497,  # ACCESS_DENIED
        516,  # AUTHENTICATION_FAILED
    }
)
"""Also every code that is in none of the three tables: nothing is dropped for a surprise."""

RETRYABLE_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})

_CODE = re.compile(r"\bCode:\s*(\d+)")
_STATUS = re.compile(r"HTTP status (\d{3})")
_TEXT_LIMIT = 300


def classify(error: BaseException, sink: str, what: str) -> SinkError:
    """The SinkError for an exception of clickhouse-connect, urllib3 or the encoder.

    ``sink`` says where the call went, without credentials; ``what`` what it was, such as
    ``insert into otel_traces``.
    """
    where = f"{sink}: {what}"
    if isinstance(error, SinkError):
        return error
    if isinstance(error, Error):
        return _from_driver(error, where)
    if isinstance(error, OSError):
        return Retryable(f"{where}: {type(error).__name__}")
    if what.startswith("insert"):
        # What the encoder raises for a value that does not fit its column.
        return Permanent(f"{where}: a value does not fit its column ({type(error).__name__})")
    return Held(f"{where}: {type(error).__name__}")


def _from_driver(error: Error, where: str) -> SinkError:
    text = str(error)
    code = error.code or _first_int(_CODE, text)
    if code is None:
        return _without_code(error, text, where)
    summary = f"{where}: ClickHouse error {code}{f' {error.name}' if error.name else ''}"
    if code in PERMANENT_CODES:
        return Permanent(summary)
    if code in RETRYABLE_CODES:
        return Retryable(summary)
    return Held(f"{summary}: {_cut(text)}" if code in HELD_CODES else summary)


def _without_code(error: Error, text: str, where: str) -> SinkError:
    status = _first_int(_STATUS, text)
    if status is not None:
        summary = f"{where}: HTTP status {status}"
        return Retryable(summary) if status in RETRYABLE_STATUS else Held(summary)
    if isinstance(error, DataError):
        return Permanent(f"{where}: a value does not fit its column")
    if isinstance(error, ProgrammingError | NotSupportedError) and not isinstance(
        error, OperationalError
    ):
        return Held(f"{where}: {_cut(text)}")
    return Retryable(f"{where}: no answer ({type(error).__name__})")


def _first_int(pattern: re.Pattern[str], text: str) -> int | None:
    match = pattern.search(text)
    return int(match[1]) if match else None


def _cut(text: str) -> str:
    line = text.split("\n", 1)[0]
    return line if len(line) <= _TEXT_LIMIT else line[:_TEXT_LIMIT] + "…"
