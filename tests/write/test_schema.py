"""DDL for servers and clusters that no test machine has, checked by the engine's own parser."""

import re

import pytest

from otel_evaluator.write.clickhouse.config import ClickHouseConfig
from otel_evaluator.write.clickhouse.schema import Schema, parse_version

SETTINGS = [
    {},
    {"ttl": 0, "rollup_ttl": 0},
    {"cluster": "main"},
    {"replicated": True},
    {"cluster": "main", "replicated": True, "replica_path": "/clickhouse/tables/{shard}/{table}"},
    {"cluster": "{cluster}", "replicated": True, "distributed": True},
    {"distributed": True, "prefix": "evals_", "database": "quality", "traces_table": "spans"},
]


def statements(version: tuple[int, ...] = (26, 5), **settings) -> list[str]:
    schema = Schema(ClickHouseConfig(dsn="clickhouse://h", **settings), version)
    made = [*schema.create_traces(), *schema.create_scores()]
    return [schema.create_database(), *(statement.sql for statement in made)]


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("version", [(26, 5), (24, 8), ()])
def test_every_statement_parses(engine, settings, version) -> None:
    for statement in statements(version, **settings):
        assert engine.client.command(f"EXPLAIN AST {statement}")


def test_every_statement_creates_what_it_is_named_after() -> None:
    schema = Schema(ClickHouseConfig(dsn="clickhouse://h", distributed=True))
    for name, sql in [*schema.create_traces(), *schema.create_scores()]:
        assert re.search(rf"IF NOT EXISTS `otel`\.`{name}`\s", sql)


def test_on_cluster_is_in_every_statement() -> None:
    assert all("ON CLUSTER 'main'" in sql for sql in statements(cluster="main"))
    assert not any("ON CLUSTER" in sql for sql in statements())


def test_replicated_engines() -> None:
    text = "\n".join(statements(replicated=True))
    assert "ENGINE = ReplicatedMergeTree()" in text
    assert "ENGINE = ReplicatedReplacingMergeTree(Timestamp)" in text
    assert "ENGINE = ReplicatedAggregatingMergeTree()" in text
    assert "replicated_deduplication_window = 10000" in text
    assert "non_replicated_deduplication_window" not in text


def test_a_replica_path_is_passed_through() -> None:
    text = "\n".join(statements(replicated=True, replica_path="/t/{shard}/{table}"))
    assert "ReplicatedReplacingMergeTree('/t/{shard}/{table}', '{replica}', Timestamp)" in text


def test_distributed_tables_stand_before_local_ones() -> None:
    text = "\n".join(statements(cluster="main", distributed=True))
    for table, key in [
        ("otel_evaluator_scores_data", "cityHash64(ScoreId)"),
        ("otel_evaluator_samples_data", "cityHash64(SubjectKey)"),
        ("otel_evaluator_rollup", "cityHash64(Evaluator)"),
        ("otel_traces", "cityHash64(TraceId)"),
    ]:
        assert f"CREATE TABLE IF NOT EXISTS `otel`.`{table}_local`" in text
        assert f"Distributed('main', 'otel', '{table}_local', {key})" in text
    assert "TO `otel`.`otel_evaluator_rollup_local`" in text
    assert "FROM `otel`.`otel_evaluator_scores_data_local`" in text


def test_text_indexes_need_a_new_server() -> None:
    assert "text(tokenizer" in "\n".join(statements((26, 2)))
    assert "text(tokenizer" not in "\n".join(statements((26, 1)))


@pytest.mark.parametrize(
    ("text", "version"), [("26.5.1.1", (26, 5)), ("24.8", (24, 8)), ("", ()), ("x.y", ())]
)
def test_versions(text, version) -> None:
    assert parse_version(text) == version


def test_a_prefix_and_other_names() -> None:
    text = "\n".join(statements(prefix="evals_", database="quality", traces_table="spans"))
    assert "`quality`.`evals_scores`" in text
    assert "`quality`.`spans_trace_id_ts`" in text
    assert "otel_evaluator_" not in text


def test_quotes_in_a_replica_path_are_refused() -> None:
    with pytest.raises(ValueError):
        ClickHouseConfig(replica_path="/x'); DROP TABLE y; --")
