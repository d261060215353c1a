"""The ``clickhouse://`` path: real driver, real SQL and Native format, over HTTP."""

import datetime
import socket
import ssl

import msgspec
import pytest
import trustme
from collector_tables import TRACES
from pydantic import ValidationError

from otel_evaluator.errors import Held, Permanent, Retryable
from otel_evaluator.model.outcome import Sampling, Scored, Unscored
from otel_evaluator.write.clickhouse import ClickHouseConfig, ClickHouseWriter
from otel_evaluator.write.clickhouse.errors import (
    HELD_CODES,
    PERMANENT_CODES,
    RETRYABLE_CODES,
)
from tests.support.clickhouse_http import (
    ClickHouseHttp,
    commit_then_drop,
    fail_with,
    ok_with_exception,
    page,
    refuse,
)
from tests.support.outcomes import a_batch, a_sample, an_outcome, one_of_each

PASSWORD = "p@ss/w:rd"
SCORES = "otel_evaluator_scores_data"


@pytest.fixture
def server(engine):
    with ClickHouseHttp(str(engine.path), "me", PASSWORD) as front:
        yield front


@pytest.fixture
def remote(server, configure):
    def make(**settings) -> ClickHouseConfig:
        dsn = f"clickhouse://me@127.0.0.1:{server.port}"
        return configure(**{"dsn": dsn, "password": PASSWORD, **settings})

    return make


@pytest.fixture
async def writer(remote, clock):
    writer = ClickHouseWriter(remote(), clock)
    await writer.start()
    yield writer
    await writer.aclose()


async def test_tables_are_made_and_rows_arrive(engine, database, writer) -> None:
    await writer.write(a_batch(*one_of_each(), samples=(a_sample(),)))
    assert engine.value("SELECT count() FROM otel_evaluator_scores") == 3
    assert engine.value("SELECT count() FROM otel_traces") == 2
    assert engine.value("SELECT count() FROM otel_evaluator_samples") == 1
    assert engine.value("SELECT sum(n) FROM otel_evaluator_rollup") == 1


async def test_text_and_time_are_exact(engine, writer) -> None:
    text = "a\x00b 'q' \\ {{7*7}} 🙂"
    outcome = an_outcome(
        verdict=Scored(value=0.1, explanation=text), started_ns=1_767_225_600_123_456_789
    )
    await writer.write(a_batch(outcome))
    assert await writer.query(
        "SELECT Explanation, toUnixTimestamp64Nano(Timestamp), Value, Passed "
        "FROM otel_evaluator_scores"
    ) == [(text, 1_767_225_600_123_456_789, 0.1, None)]
    assert (await writer.scores())[0]["Timestamp"] == "2026-01-01 00:00:00.123456789"


async def test_sums_of_an_evaluators_scores(engine, writer) -> None:
    weighted = [(1.0, True, 1.0), (0.5, False, 0.25), (0.0, False, 0.5)]
    outcomes = [
        an_outcome(n, verdict=Scored(value, "", passed), sampling=Sampling("base", probability))
        for n, (value, passed, probability) in enumerate(weighted)
    ]
    later = msgspec.structs.replace(
        outcomes[2], score_id="f" * 32, subject_revision=1, verdict=Scored(1.0, "", True)
    )
    missing = an_outcome(9, verdict=Unscored("uncertain"))
    await writer.write(a_batch(*outcomes, later, missing))
    (found,) = await writer.quality()
    assert (found.scored, found.missing) == (3, 1)
    # Weights 1, 4 and 2; the third subject counts with its later revision alone.
    assert (found.w, found.wy, found.wyy) == (7.0, 1 + 2 + 2, 1 + 1 + 2)
    assert (found.ww, found.wwy, found.wwyy) == (21.0, 1 + 8 + 4, 1 + 4 + 4)
    assert (found.passes_w, found.passes_ww) == (7.0, 21.0)
    assert (found.passed_w, found.passed_ww) == (3.0, 5.0)
    assert await writer.quality("nobody") == []
    assert await writer.quality(since_ns=2**62) == []


async def test_every_insert_says_what_it_relies_on(server, writer) -> None:
    await writer.write(a_batch(batch_id="b-1"))
    (insert,) = server.inserts(SCORES)
    assert insert.settings["async_insert"] == "0"
    assert insert.settings["insert_deduplication_token"] == f"b-1:{SCORES}"
    assert insert.settings["deduplicate_blocks_in_dependent_materialized_views"] == "1"
    assert not any("session_id" in request.settings for request in server.requests)


async def test_a_lost_answer_leaves_one_row(engine, database, server, writer) -> None:
    batch = a_batch(an_outcome(0), an_outcome(1))
    for table in ("otel_traces", SCORES):
        server.on(f"INSERT INTO `{database}`.`{table}`", commit_then_drop)
        with pytest.raises(Retryable):
            await writer.write(batch)
    await writer.write(batch)
    assert len(server.inserts(SCORES)) == 2  # the driver repeated nothing by itself
    assert engine.value("SELECT count() FROM otel_evaluator_scores_data") == 2
    assert engine.value("SELECT count() FROM otel_traces") == 2
    assert engine.value("SELECT sum(n) FROM otel_evaluator_rollup") == 2


async def test_a_lost_answer_of_a_table_without_memory(
    engine, database, server, remote, clock
) -> None:
    engine.run(TRACES["generation 2"].format(db=database))
    writer = ClickHouseWriter(remote(), clock)
    server.on(f"INSERT INTO `{database}`.`otel_traces`", commit_then_drop)
    with pytest.raises(Retryable):
        await writer.write(a_batch())
    await writer.write(a_batch())
    assert len(server.inserts("otel_traces")) == 1
    assert engine.value("SELECT count() FROM otel_traces") == 1
    await writer.aclose()


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        *((fail_with(code), Retryable) for code in sorted(RETRYABLE_CODES)),
        *((fail_with(code), Held) for code in sorted(HELD_CODES)),
        *((fail_with(code), Permanent) for code in sorted(PERMANENT_CODES)),
        (fail_with(1002), Held),  # of no table: nothing is dropped for a surprise
        (refuse(503), Retryable),
        (refuse(502), Retryable),
        (refuse(401), Held),
        (ok_with_exception(27), Permanent),
        (ok_with_exception(252), Retryable),
        (page(502, b"<html>" + b"x" * 100 * 2**20), Retryable),
        (page(502, b"\x00\xff" * 1000), Retryable),
        (page(200, b"x" * 100 * 2**20), Retryable),
        (page(503, b"cut", Content_Length="100"), Retryable),
        (page(200, b"", Content_Length="100"), Retryable),
    ],
)
@pytest.mark.fault("C6", "C7")
async def test_faults_get_their_class(engine, server, writer, fault, expected) -> None:
    server.on(SCORES, fault)
    with pytest.raises(expected):
        await writer.write(a_batch())
    await writer.write(a_batch())
    assert engine.value("SELECT count() FROM otel_evaluator_scores") == 1
    assert engine.value("SELECT count() FROM otel_traces") == 1


@pytest.mark.fault("C5")
async def test_retry_after_is_passed_on(server, writer) -> None:
    server.on(SCORES, refuse(503, Retry_After="7"))
    with pytest.raises(Retryable) as failure:
        await writer.write(a_batch())
    assert failure.value.retry_after_s == 7


async def test_a_wrong_password_waits_for_someone_and_is_not_shown(remote, clock) -> None:
    writer = ClickHouseWriter(remote(password="wrong-s3cret"), clock)
    with pytest.raises(Held, match="516") as failure:
        await writer.start()
    assert "wrong-s3cret" not in str(failure.value)
    await writer.aclose()


async def test_a_closed_port_is_retried(remote, clock) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    writer = ClickHouseWriter(remote(dsn=f"clickhouse://127.0.0.1:{port}"), clock)
    with pytest.raises(Retryable):
        await writer.write(a_batch())
    await writer.aclose()


@pytest.mark.fault("C2")
async def test_a_silent_server_costs_one_deadline(remote, clock) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        dsn = f"clickhouse://127.0.0.1:{silent.getsockname()[1]}"
        writer = ClickHouseWriter(remote(dsn=dsn, timeout="1s"), clock)
        with pytest.raises(Retryable):
            await writer.start()
        await writer.aclose()


async def test_a_server_that_comes_back_gets_the_batch(engine, server, remote, clock) -> None:
    server.on("SELECT version()", *[refuse(503)] * 2)
    writer = ClickHouseWriter(remote(), clock)
    for _ in range(2):
        with pytest.raises(Retryable):
            await writer.write(a_batch())
    await writer.write(a_batch())
    assert engine.value("SELECT count() FROM otel_evaluator_scores") == 1
    await writer.aclose()


@pytest.mark.fault("C14")
async def test_tls(engine, configure, clock, tmp_path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with ClickHouseHttp(str(engine.path), tls=context) as front:
        dsn = f"clickhouses://localhost:{front.port}"
        trusting = ClickHouseWriter(configure(dsn=dsn, ca_file=str(tmp_path / "ca.pem")), clock)
        await trusting.write(a_batch())
        await trusting.aclose()
        doubting = ClickHouseWriter(configure(dsn=dsn), clock)
        with pytest.raises(Retryable):
            await doubting.start()
        await doubting.aclose()
    assert engine.value("SELECT count() FROM otel_evaluator_scores") == 1


@pytest.mark.fault("C14")
@pytest.mark.parametrize("wrong", ["expired", "other host"])
async def test_a_certificate_that_is_put_right_is_taken_without_a_restart(
    engine, configure, clock, tmp_path, wrong
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    bad = (
        authority.issue_cert("localhost", not_after=past)
        if wrong == "expired"
        else authority.issue_cert("elsewhere.example")
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    bad.configure_cert(context)
    with ClickHouseHttp(str(engine.path), tls=context) as front:
        dsn = f"clickhouses://localhost:{front.port}"
        writer = ClickHouseWriter(configure(dsn=dsn, ca_file=str(tmp_path / "ca.pem")), clock)
        with pytest.raises(Retryable):
            await writer.write(a_batch())
        assert not front.requests, "nothing was told to a server that could be anyone"
        authority.issue_cert("localhost").configure_cert(context)
        await writer.write(a_batch())
        await writer.aclose()
    assert engine.value("SELECT count() FROM otel_evaluator_scores") == 1


async def test_what_exists_is_not_created_again(server, remote, writer, clock) -> None:
    server.requests.clear()
    again = ClickHouseWriter(remote(), clock)
    await again.start()
    assert not [r.sql for r in server.requests if "CREATE" in r.sql]
    await again.aclose()


async def test_settings_a_server_does_not_know_are_not_sent(server, writer) -> None:
    del writer._client._client.server_settings["distributed_foreground_insert"]
    await writer.write(a_batch())
    (insert,) = server.inserts(SCORES)
    assert "distributed_foreground_insert" not in insert.settings
    assert insert.settings["async_insert"] == "0"


async def test_without_create_schema_no_ddl_is_sent(engine, server, remote, writer, clock) -> None:
    server.requests.clear()
    reader = ClickHouseWriter(remote(create_schema=False), clock)
    await reader.start()
    assert not [r.sql for r in server.requests if r.sql.startswith(("CREATE", "--"))]
    await reader.aclose()


def test_options_of_the_dsn_are_not_secrets_in_errors() -> None:
    with pytest.raises(ValidationError) as failure:
        ClickHouseConfig(dsn="clickhouse://me:hunter2@host:port/")
    assert "hunter2" not in failure.value.errors()[0]["msg"]
