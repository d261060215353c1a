"""Build the OpenTelemetry Collector of ``builder.yaml``: ``python -m tests.collector.build``.

The binary is kept outside the checkout under the hash of the manifest, so that it is built
once a machine: three minutes from an empty module cache on two cores, half a minute after that.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support import cache

MANIFEST = Path(__file__).with_name("builder.yaml")
BUILDER = "go.opentelemetry.io/collector/cmd/builder@v0.161.0"
WITHOUT_GO = "the Collector is built with Go, and there is no `go` on the PATH"


def binary() -> Path:
    """Where the built Collector is, or will be."""
    return cache.directory() / f"collector-{cache.digest(MANIFEST)}" / "otelcol"


def go() -> str | None:
    """The Go command: on the PATH, or where its installer puts it."""
    return shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")


def why_not() -> str | None:
    """Why there is no Collector to test with; None when there is one."""
    if binary().exists():
        return None
    if go() is None:
        return WITHOUT_GO
    return "the Collector is not built; run `make collector`"


def run(command: list[str], directory: Path, environment: dict[str, str]) -> None:
    """Run a build step; SystemExit with the end of its output when it fails."""
    done = subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        print((done.stdout + done.stderr)[-4000:], file=sys.stderr)
        raise SystemExit(f"`{' '.join(command)}` failed with exit code {done.returncode}")


def build() -> Path:
    """Build it where that has not been done; the binary."""
    target = binary()
    command = go()
    if target.exists():
        return target
    if command is None:
        raise SystemExit(WITHOUT_GO)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        work = Path(scratch)
        environment = {**os.environ, "GOBIN": str(work), "GOFLAGS": "-modcacherw"}
        environment["PATH"] = f"{Path(command).parent}{os.pathsep}{environment['PATH']}"
        print("Building the Collector; this takes up to four minutes the first time.", flush=True)
        run([command, "install", BUILDER], work, environment)
        shutil.copy(MANIFEST, work)
        run([str(work / "builder"), "--config", MANIFEST.name], work, environment)
        (work / "build" / "otelcol").replace(target)
    return target


def main() -> None:
    """Build, or say why not; a machine without Go is no failure."""
    if not binary().exists() and go() is None:
        print(f"Skipped: {WITHOUT_GO}. Tests that need it will be skipped too.")
        return
    print(build())


if __name__ == "__main__":
    main()
