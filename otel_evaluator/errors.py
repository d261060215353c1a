"""Every error a caller may want to tell apart.

::

    EvaluatorError
    ├── ConfigError              the configuration is wrong; path, problem and suggestion
    ├── PluginError              a plugin could not be loaded; names the package
    ├── Refused                  this request is not taken
    │   ├── Malformed            → INVALID_ARGUMENT / 400          do not retry
    │   ├── TooLarge             → RESOURCE_EXHAUSTED / 413        do not retry
    │   ├── Unauthenticated      → UNAUTHENTICATED / 401           do not retry
    │   └── Busy                 → UNAVAILABLE + RetryInfo / 503   retry after n seconds
    ├── SinkError                a batch was not written
    │   ├── Retryable            try the same batch again; may say when
    │   ├── Held                 wait for a human; try slowly
    │   └── Permanent            this batch can never be written as it is
    ├── JudgeError               a judge gave no answer that can be used
    │   ├── Unavailable          no answer now: try again; may say when
    │   ├── Misconfigured        the endpoint, key or model is wrong; someone must act
    │   ├── ContentRefused       the model would not judge this content
    │   └── TooLong              the question does not fit the model
    └── JournalError             the journal cannot keep its promise
        ├── JournalFull          becomes Busy
        └── JournalLocked        another process owns the folder
"""


class EvaluatorError(Exception):
    """Base of all errors of this package."""


class ConfigError(EvaluatorError):
    """The configuration is wrong.

    ``problems`` are complete lines of the form ``path: what is wrong; what would be right``.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class PluginError(EvaluatorError):
    """A plugin could not be loaded."""


class Refused(EvaluatorError):
    """A request that is not taken. ``reason`` labels ``spans_refused_total``."""

    reason = "refused"


class Malformed(Refused):
    """The bytes are not a valid OTLP request."""

    reason = "malformed"


class TooLarge(Refused):
    """The request exceeds a size limit, before or after inflation, or its span limit."""

    reason = "too_large"


class Unauthenticated(Refused):
    """No valid bearer token or client certificate."""

    reason = "unauthenticated"


class Busy(Refused):
    """Overload: the sender should retry after ``retry_after_s`` seconds."""

    reason = "overload"

    def __init__(self, message: str, retry_after_s: float = 1.0, reason: str = "overload") -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.reason = reason


class SinkError(EvaluatorError):
    """A batch was not written."""


class Retryable(SinkError):
    """Try the same batch again, after ``retry_after_s`` seconds when the sink said so."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Held(SinkError):
    """Someone must act (missing table, wrong password, full disk); the batch is kept."""


class Permanent(SinkError):
    """This batch can never be written as it is: a row in it is bad."""


class JudgeError(EvaluatorError):
    """A judge gave no answer that can be used; asking the same again may give another."""


class Unavailable(JudgeError):
    """No answer now: try again, after ``retry_after_s`` seconds when the endpoint said so.

    ``is_limit``: the endpoint asks for fewer calls. ``is_failure``: it was asked and is broken,
    which is tried so many times only.
    """

    def __init__(
        self,
        message: str,
        retry_after_s: float | None = None,
        *,
        is_limit: bool = False,
        is_failure: bool = True,
    ) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.is_limit = is_limit
        self.is_failure = is_failure and not is_limit


class Misconfigured(JudgeError):
    """The endpoint, the key or the model is wrong: no call can succeed until someone acts."""


class ContentRefused(JudgeError):
    """The model or its provider would not judge this content."""


class TooLong(JudgeError):
    """The question does not fit the model."""


class JournalError(EvaluatorError):
    """The journal cannot keep its promise."""


class JournalFull(JournalError):
    """The journal is at its configured maximum."""


class JournalLocked(JournalError):
    """Another process owns the journal folder."""
