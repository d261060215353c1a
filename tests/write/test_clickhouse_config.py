"""``storage.clickhouse``: addresses, names and secrets."""

import pytest
from pydantic import ValidationError

from otel_evaluator.write.clickhouse import ClickHouseConfig
from otel_evaluator.write.clickhouse.config import parse_dsn

SECRET = "s3cret/with:odd@chars"


def test_a_server() -> None:
    target = ClickHouseConfig(dsn="clickhouse://me:p%40ss@db.example:9000/otel").target
    assert (target.host, target.port, target.secure) == ("db.example", 9000, False)
    assert (target.username, target.password, target.database) == ("me", "p@ss", "otel")


@pytest.mark.parametrize(
    ("dsn", "port", "secure"),
    [
        ("clickhouse://h", 8123, False),
        ("http://h/db", 8123, False),
        ("https://h", 8443, True),
        ("clickhouses://h:9440", 9440, True),
    ],
)
def test_default_ports(dsn: str, port: int, secure: bool) -> None:
    target = parse_dsn(dsn)
    assert (target.port, target.secure) == (port, secure)


@pytest.mark.parametrize(
    ("dsn", "path"),
    [("chdb://./data/clickhouse", "./data/clickhouse"), ("chdb:///var/lib/x", "/var/lib/x")],
)
def test_embedded(dsn: str, path: str) -> None:
    assert parse_dsn(dsn).path == path


@pytest.mark.parametrize("dsn", ["", "mysql://h", "chdb://", "clickhouse://", "clickhouse://h:x/"])
def test_impossible_addresses_are_refused_without_repeating_them(dsn: str) -> None:
    with pytest.raises(ValidationError) as failure:
        ClickHouseConfig.model_validate({"dsn": dsn})
    assert "chdb://<directory>" in failure.value.errors()[0]["msg"]


def test_the_password_may_stand_apart() -> None:
    target = ClickHouseConfig(dsn="clickhouse://h", username="me", password=SECRET).target
    assert (target.username, target.password) == ("me", SECRET)


def test_the_password_never_prints() -> None:
    config = ClickHouseConfig(dsn="clickhouse://me:hunter2@h:8123/db", password=SECRET)
    shown = f"{config} {config!r} {config.target} {config.target!r} {config.model_dump_json()}"
    assert "hunter2" not in shown
    assert SECRET not in shown


def test_a_refused_dsn_does_not_print_its_password() -> None:
    with pytest.raises(ValidationError) as failure:
        ClickHouseConfig.model_validate({"dsn": "mysql://me:hunter2@h"})
    assert "hunter2" not in failure.value.errors()[0]["msg"]


def test_database_comes_from_the_configuration_then_the_dsn_then_otel() -> None:
    assert ClickHouseConfig(dsn="clickhouse://h/a", database="b").target.database == "b"
    assert ClickHouseConfig(dsn="clickhouse://h/a").target.database == "a"
    assert ClickHouseConfig(dsn="clickhouse://h").target.database == "otel"


@pytest.mark.parametrize("name", ["a-b", "a.b", "a`b", "1a", "x; DROP TABLE y"])
def test_names_that_would_need_quoting_are_refused(name: str) -> None:
    for field in ("database", "traces_table", "logs_table", "prefix"):
        with pytest.raises(ValidationError):
            ClickHouseConfig.model_validate({field: name})


def test_an_empty_logs_table_means_none() -> None:
    assert ClickHouseConfig.model_validate({"logs_table": ""}).logs_table is None
