"""Several replicas: the same decisions, no row twice, nothing lost when one is killed."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fault.driver import Driver
from tests.fault.oracle import Oracle
from tests.fault.service import Service, visible
from tests.scale.broker import Broker
from tests.support.clickhouse_http import ClickHouseHttp
from tests.support.process import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.collector, pytest.mark.timeout(240)]
RETRY = {"enabled": True, "initial_interval": "200ms", "max_interval": "1s", "max_elapsed_time": 0}
ASSEMBLY = {"quiet": "1s", "incomplete_quiet": "3s"}


def balancing(*replicas: Service) -> dict[str, Any]:
    return {
        "load_balancing": {
            "routing_key": "traceID",
            "protocol": {
                "otlp": {
                    "tls": {"insecure": True},
                    "retry_on_failure": {"enabled": False},
                    "sending_queue": {"enabled": False},
                }
            },
            "resolver": {"static": {"hostnames": [f"127.0.0.1:{r.grpc_port}" for r in replicas]}},
            "retry_on_failure": RETRY,
            "sending_queue": {"enabled": True, "queue_size": 10_000},
        }
    }


async def send(port: int, oracle: Oracle, seconds: float, during: Callable[[], None]) -> None:
    """Send for some seconds; half way do something."""
    driver = Driver(oracle, port, senders=4, pause_s=0.02)
    sending = asyncio.create_task(driver.run())
    await asyncio.sleep(seconds / 2)
    await asyncio.to_thread(during)
    await asyncio.sleep(seconds / 2)
    driver.stop()
    await asyncio.wait_for(sending, 60)


def all_written(front: ClickHouseHttp, oracle: Oracle) -> Callable[[], bool]:
    return lambda: oracle.verdict(visible(front)).is_even


async def test_a_killed_replica_loses_and_doubles_nothing(replica, collector, front) -> None:
    replicas = [replica(assembly=ASSEMBLY).serve() for _ in range(2)]
    port = collector(balancing(*replicas))
    oracle = Oracle(211)

    def restart() -> None:
        replicas[1].kill()
        replicas[1].serve()

    await send(port, oracle, 8, restart)
    await asyncio.to_thread(eventually, all_written(front, oracle), 90, "every trace, once")
    assert oracle.verdict(visible(front)).is_even
    for each in replicas:
        assert each.total("spans_accepted_total") > 0, "both had work"


async def test_replicas_decide_as_one_does(replica, collector, front) -> None:
    sampling = {"base_rate": 0.5}
    alone = replica(assembly=ASSEMBLY, sampling=sampling)
    others = [replica(assembly=ASSEMBLY, sampling=sampling) for _ in range(2)]
    for each in (alone, *others):
        each.serve()
    exporters = balancing(*others)
    exporters["otlp_grpc/alone"] = {
        "endpoint": f"127.0.0.1:{alone.grpc_port}",
        "tls": {"insecure": True},
    }
    oracle = Oracle(223)
    await send(collector(exporters), oracle, 4, lambda: None)

    def settled() -> bool:
        each = [r.metrics() for r in (alone, *others)]
        return not any(m["spans_pending"] or m["outbox_outcomes"] for m in each)

    await asyncio.sleep(1)
    await asyncio.to_thread(eventually, settled, 60, "everything written")
    decided = [r.total("spans_finished_total") for r in (alone, *others)]
    assert min(decided) > 0
    rows = visible(front)
    # Written by both arms, visible once: the same traces under the same score ids.
    assert len(rows) == len({row.trace_id for row in rows})
    scored = [sum_of(r, "evaluations_total", 'outcome="scored"') for r in (alone, *others)]
    assert scored[0] == scored[1] + scored[2] == len(rows) > 0


def sum_of(service: Service, name: str, label: str) -> float:
    return sum(v for n, v in service.metrics().items() if n.startswith(name) and label in n)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = Broker(tmp_path / "broker", partitions=4)
    yield made.serve()
    made.kill()


async def test_a_killed_member_of_the_group_loses_and_doubles_nothing(
    replica, collector, front, broker: Broker
) -> None:
    kafka = {"brokers": [broker.address], "initial_offset": "earliest"}
    members = [replica(assembly=ASSEMBLY) for _ in range(2)]
    for each in members:
        otlp = each.config["receivers"]["otlp"]
        each.write(receivers={"otlp": otlp, "kafka": kafka})
    port = collector(
        {
            "kafka": {
                "brokers": [broker.address],
                "traces": {"topic": "otlp_spans", "encoding": "otlp_proto"},
                "partition_traces_by_id": True,
                "retry_on_failure": RETRY,
            }
        }
    )
    oracle = Oracle(227)
    await broker.create("otlp_spans")
    for each in members:
        each.serve()

    def restart() -> None:
        eventually(lambda: all(map(has_received, members)), 60, "a balanced group")
        members[1].kill()
        members[1].serve()

    await send(port, oracle, 8, restart)
    await asyncio.to_thread(eventually, all_written(front, oracle), 120, "every trace, once")
    assert oracle.verdict(visible(front)).is_even
    assert all(map(has_received, members))


def has_received(member: Service) -> bool:
    return sum_of(member, "spans_received_total", 'protocol="kafka"') > 0
