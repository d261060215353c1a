"""``otel-evaluator journal``: look, take out, repair."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from otel_evaluator.api.journal import Done
from otel_evaluator.cli.app import app
from otel_evaluator.cli.otlp_files import read_file
from otel_evaluator.journal.sqlite import SqliteJournal
from otel_evaluator.testing.builders import an_export_request


def run(*arguments):
    return CliRunner().invoke(app, ["journal", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three entries and one batch that no sink has."""

    async def fill() -> None:
        journal = SqliteJournal(tmp_path / "journal", "process", 2**24)
        await journal.outbox(["clickhouse"])
        for number in range(3):
            body = an_export_request(2, first=2 * number)
            await journal.append("traces", body, 1_767_225_600_000_000_000 + number, "cafe")
        kept = await journal.finish(Done(rows=b"rows", outcomes=1))
        await journal.freeze("batch", kept.row)
        await journal.aclose()

    asyncio.run(fill())
    return tmp_path / "journal"


def test_a_sound_journal_is_described(folder):
    ran = run("check", folder)
    assert ran.exit_code == 0, ran.output
    assert "clickhouse: 1 batches to deliver" in ran.output
    assert "2026-01-01T00:00:00" in ran.output
    told = json.loads(run("check", folder, "--format", "json").output)
    assert told["sound"]
    assert told["records"]["entry"] == 3


def test_a_running_service_does_not_keep_one_from_looking(folder):
    async def look() -> None:
        journal = SqliteJournal(folder, "process", 2**24)
        try:
            assert (await asyncio.to_thread(run, "check", folder)).exit_code == 0
            refused = await asyncio.to_thread(run, "repair", folder)
            assert refused.exit_code == 1
            assert "is in use by another process" in refused.output
        finally:
            await journal.aclose()

    asyncio.run(look())


def test_spans_are_taken_out_as_replay_reads_them(folder, tmp_path):
    ran = run("dump", folder)
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [line["sequence"] for line in lines] == [1, 2, 3]
    assert lines[0]["configuration"] == "cafe"
    ran = run("dump", folder, "--to", tmp_path / "spans.otlp")
    assert ran.exit_code == 0, ran.output
    requests = list(read_file(tmp_path / "spans.otlp"))
    assert [request.body for request in requests] == [
        an_export_request(2, first=2 * number) for number in range(3)
    ]
    assert run("dump", folder, "--to", tmp_path / "spans.otlp").exit_code == 1, "not overwritten"


def test_damage_is_found_and_repaired(folder):
    file = folder / "journal.db"
    content = file.read_bytes()
    at = content.index(b"POST /chat")
    file.write_bytes(content[:at] + b"POST /ch\xff\xff" + content[at + 10 :])
    found = run("check", folder)
    assert found.exit_code == 1
    assert "journal repair" in found.output
    ran = run("repair", folder)
    assert ran.exit_code == 0, ran.output
    assert "1 records could not be read" in ran.output
    assert (folder / "quarantine" / "damaged-1" / "journal.db").exists()
    told = json.loads(run("check", folder, "--format", "json").output)
    assert (told["sound"], told["records"]["entry"], told["set_aside"]) == (True, 2, 1)
    assert told["waiting"] == {"clickhouse": 1}


def test_what_is_no_journal_is_said(tmp_path):
    for command in ("check", "dump", "repair"):
        ran = run(command, tmp_path / "nowhere")
        assert ran.exit_code == 1
        assert "nowhere" in ran.output
