"""Power loss: writes after the last sync are dropped, reordered and torn at random.

The journal's real system calls are recorded, with its acknowledgements among them in order.
From the record the files are built as a disk may hold them at any moment: what was synced is
there, of later writes any subset in any order, each torn between sectors.
"""

import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from promises import Promises

WORKLOAD = Path(__file__).parent / "workload.py"
ROOT = Path(__file__).parents[2]
SECTOR = 512
IMAGES = int(os.environ.get("FAULT_IMAGES") or 200)

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


class Call(NamedTuple):
    """One recorded call; ``what``: write, truncate, sync or unlink of a file, names or said.

    ``names`` is the sync of the folder, ``said`` a line of acknowledgement.
    """

    what: str
    file: str
    offset: int = 0
    data: bytes = b""


CALL = re.compile(
    rb"(?:\d+ +)?(?P<name>pwrite64|ftruncate|fdatasync|fsync|write|unlink)\("
    rb'(?:(?P<fd>\d+)<(?P<path>[^>]*)>|"(?P<gone>[^"]*)")'
    rb'(?:, "(?P<data>(?:\\x[0-9a-f]{2})*)", \d+(?:, (?P<offset>\d+))?|, (?P<size>\d+))?\) += \d'
)


def record(folder: Path) -> list[Call]:
    """The workload's calls on the journal's files, and its lines."""
    trace = folder.parent / "trace"
    subprocess.run(
        [
            *("strace", "-f", "-qq", "-y", "-xx", "-s", "20000000", "-o", trace),
            *("-e", "trace=pwrite64,ftruncate,fdatasync,fsync,write,unlink"),
            *("-e", "signal=none", sys.executable, WORKLOAD, folder, "12"),
        ],
        check=True,
        timeout=60,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": ""},
    )
    return list(parsed(whole_lines(trace.read_bytes().splitlines()), folder))


def whole_lines(lines: list[bytes]) -> Iterator[bytes]:
    """Calls that another thread interrupted, put together again where they ended."""
    begun: dict[bytes, bytes] = {}
    for line in lines:
        thread, _, rest = line.partition(b" ")
        if line.endswith(b" <unfinished ...>"):
            begun[thread] = rest.strip().removesuffix(b"<unfinished ...>").rstrip()
        elif b" resumed>" in line:
            yield begun.pop(thread, b"") + rest.partition(b" resumed>")[2]
        else:
            yield rest.strip()


def parsed(lines: Iterator[bytes], folder: Path) -> Iterator[Call]:
    for line in lines:
        found = CALL.match(line)
        if found is None:
            continue
        data = bytes.fromhex((found["data"] or b"").replace(b"\\x", b"").decode())
        path = plain(found["path"] or found["gone"] or b"")
        if found["name"] == b"write":
            if found["fd"] == b"1":
                yield Call("said", "", 0, data)
            continue
        if path == str(folder):
            yield Call("names", "")
        elif Path(path).parent != folder or path.endswith(("-shm", "reserve", "lock")):
            continue
        else:
            yield on_file(found, Path(path).name, data)


def on_file(found: re.Match[bytes], name: str, data: bytes) -> Call:
    if found["name"] == b"pwrite64":
        return Call("write", name, int(found["offset"]), data)
    if found["name"] == b"ftruncate":
        return Call("truncate", name, int(found["size"]))
    return Call("unlink" if found["name"] == b"unlink" else "sync", name)


def plain(text: bytes) -> str:
    """A path as strace shows it under -xx."""
    return re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), text).decode()


def image(
    calls: list[Call], moment: int, source: random.Random, share: float = 0.6
) -> tuple[dict[str, bytes], list[str]]:
    """Files as a disk may hold them after a power loss at ``moment``, and the lines before it.

    ``share``: how many of the calls that were not synced reached the disk.
    """
    durable: dict[str, bytearray] = {}
    pending: dict[str, list[Call]] = {}
    said = b""
    for call in calls[:moment]:
        if call.what == "said":
            said += call.data
        elif call.what == "sync":
            for each in pending.pop(call.file, ()):
                apply(durable, each)
            durable.setdefault(call.file, bytearray())
        elif call.what == "names":
            for file, waiting in list(pending.items()):
                if any(each.what == "unlink" for each in waiting):
                    del pending[file]
                    durable.pop(file, None)
        else:
            pending.setdefault(call.file, []).append(call)
    for waiting in pending.values():
        kept = [call for call in waiting if source.random() < share]
        source.shuffle(kept)
        for call in kept:
            apply(durable, torn(call, source))
    return {name: bytes(content) for name, content in durable.items()}, said.decode().splitlines()


def torn(call: Call, source: random.Random) -> Call:
    """Some of the write's sectors: from some point on, or up to one."""
    if call.what != "write" or source.random() < 0.5:
        return call
    sectors = -(-len(call.data) // SECTOR)
    cut = source.randint(0, sectors) * SECTOR
    if source.random() < 0.5:
        return call._replace(data=call.data[:cut])
    return call._replace(offset=call.offset + cut, data=call.data[cut:])


def apply(files: dict[str, bytearray], call: Call) -> None:
    if call.what == "unlink":
        files.pop(call.file, None)
        return
    content = files.setdefault(call.file, bytearray())
    if call.what == "truncate":
        del content[call.offset :]
        content.extend(bytes(call.offset - len(content)))
        return
    content.extend(bytes(max(0, call.offset - len(content))))
    content[call.offset : call.offset + len(call.data)] = call.data


async def survive(tmp_path: Path, images: int, seed: int) -> int:
    """Check that many images; how many acknowledgements they were held to."""
    folder = tmp_path / "recorded" / "journal"
    folder.parent.mkdir()
    calls = record(folder)
    opened = next(i for i, call in enumerate(calls) if call.data.startswith(b"open"))
    # Where all of a transaction is written and none of it synced, most can go wrong.
    unsynced = [i for i in range(opened, len(calls)) if calls[i].what == "sync"]
    source, promised = random.Random(seed), 0
    for number in range(images):
        anywhere = source.randint(opened, len(calls))
        moment = source.choice(unsynced) if number % 2 else anywhere
        files, lines = image(calls, moment, source, source.choice((0.3, 0.6, 0.9)))
        crashed = tmp_path / "image"
        crashed.mkdir(mode=0o700)
        for name, content in files.items():
            (crashed / name).write_bytes(content)
        promises = Promises(lines)
        promised += len(promises.entries)
        try:
            await promises.check(crashed)
        except AssertionError as error:
            error.add_note(f"image {number} of seed {seed}")
            raise
        shutil.rmtree(crashed)
    return promised


@pytest.mark.fault("A3")
async def test_what_was_acknowledged_survives_power_loss(tmp_path, record_property):
    promised = await survive(tmp_path, IMAGES, 5)
    record_property("images", IMAGES)
    record_property("acknowledged", promised)
    assert promised > 5 * IMAGES


@pytest.mark.nightly
@pytest.mark.fault("A3")
@pytest.mark.timeout(3000)
async def test_what_was_acknowledged_survives_power_loss_at_length(tmp_path, record_property):
    for seed in range(10):
        (tmp_path / str(seed)).mkdir()
        await survive(tmp_path / str(seed), 1000, seed)
    record_property("images", 10_000)
