"""What the user sets under ``storage.clickhouse``."""

from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import Field, field_validator

from otel_evaluator.config.base import ComponentConfig, Duration
from otel_evaluator.config.secret import Secret

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]
"""A database or table name that needs no quoting."""

DAY_S = 86_400.0
_SECURE = {"clickhouses", "https"}
_SCHEMES = {"chdb", "clickhouse", "http"} | _SECURE
_HINT = "write chdb://<directory> or clickhouse://user:password@host:8123/database"


@dataclass(frozen=True, repr=False)
class Target:
    """A DSN taken apart; ``path`` is set for the embedded engine, ``host`` for a server."""

    path: str = ""
    host: str = ""
    port: int = 0
    secure: bool = False
    username: str = ""
    password: str = ""
    database: str = ""
    options: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """Without the password and the options; fit for logs and error texts."""
        if self.host:
            return f"{'https' if self.secure else 'http'}://{self.host}:{self.port}"
        return f"chdb://{self.path}"

    def __repr__(self) -> str:
        return str(self)


class ClickHouseConfig(ComponentConfig):
    """A ClickHouse to write scores to."""

    dsn: Secret = Secret("chdb://./data/clickhouse")
    """``chdb://<directory>`` (embedded), ``clickhouse://user:password@host:8123/db``, or the same
    with ``clickhouses://`` for TLS."""

    username: str = ""
    """User name where the DSN has none."""

    password: Secret = Secret("")
    """Password where the DSN has none; any characters, nothing to escape."""

    database: Identifier | None = None
    """Database of all tables; default is that of the DSN, else ``otel``."""

    create_schema: bool = True
    """Create what is missing. Set it to false where an administrator runs the DDL."""

    traces_table: Identifier = "otel_traces"
    """Score spans go here; the Collector exporter's table, created when it does not exist."""

    logs_table: Identifier | None = None
    """An existing ``otel_logs`` that gets ``gen_ai.evaluation.result`` records as well."""

    prefix: Identifier = "otel_evaluator_"
    """First part of the names of our own tables."""

    ttl: Annotated[Duration, Field(ge=0)] = 30 * DAY_S
    """Age at which scores and created trace rows are deleted; 0 keeps them."""

    samples_ttl: Annotated[Duration, Field(ge=0)] | None = None
    """The same for transcripts; default is ``ttl``."""

    rollup_ttl: Annotated[Duration, Field(ge=0)] = 400 * DAY_S
    """The same for hourly sums."""

    cluster: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.{}-]*$")] = ""
    """Adds ``ON CLUSTER`` to all DDL."""

    replicated: bool = False
    """Use Replicated* engines."""

    replica_path: str = ""
    """Keeper path of Replicated* engines, with macros; empty takes the server's default."""

    distributed: bool = False
    """Keep rows in ``<table>_local`` and read and write through Distributed tables."""

    timeout: Annotated[Duration, Field(gt=0)] = 30.0
    """Deadline of one request to a server, in effect in whole seconds."""

    ca_file: str = ""
    """Certificate authority of the server, where the system's do not know it."""

    verify: bool = True
    """Check the server's certificate."""

    @field_validator("dsn")
    @classmethod
    def _check_dsn(cls, dsn: Secret) -> Secret:
        parse_dsn(dsn.reveal())
        return dsn

    @field_validator("logs_table", "database", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return value or None

    @field_validator("replica_path")
    @classmethod
    def _check_path(cls, path: str) -> str:
        if "'" in path or "\\" in path:
            raise ValueError("must not contain quotes or backslashes")
        return path

    @property
    def target(self) -> Target:
        """Where to connect, with ``username``, ``password`` and ``database`` filled in."""
        found = parse_dsn(self.dsn.reveal())
        return replace(
            found,
            username=found.username or self.username,
            password=found.password or self.password.reveal(),
            database=self.database or found.database or "otel",
        )


def parse_dsn(dsn: str) -> Target:
    """Take a DSN apart; ValueError never repeats the DSN because it may hold a password."""
    scheme, separator, rest = dsn.partition("://")
    if not separator or scheme not in _SCHEMES:
        raise ValueError(f"unknown kind of address; {_HINT}")
    if scheme == "chdb":
        path = rest.partition("?")[0]
        if not path or path in (":memory:", "memory"):
            raise ValueError(f"the embedded engine needs a directory; {_HINT}")
        return Target(path=path)
    parts = urlsplit(dsn)
    try:
        port, host = parts.port, parts.hostname
    except ValueError:
        raise ValueError(f"the port is not a number; {_HINT}") from None
    if not host:
        raise ValueError(f"the host is missing; {_HINT}")
    secure = scheme in _SECURE
    return Target(
        host=host,
        port=port or (8443 if secure else 8123),
        secure=secure,
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=unquote(parts.path.strip("/")),
        options=tuple((key, values[0]) for key, values in parse_qs(parts.query).items()),
    )
