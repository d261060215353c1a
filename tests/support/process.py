"""Child processes of tests: started with a free port, waited for, killed, their output kept.

::

    with Process("evaluator", [...], tmp_path) as process:
        await process.wait_ready(port_open(4317))
        process.kill()
"""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

LOOPBACK = "127.0.0.1"
_LIBC = ctypes.CDLL(None)


def _end_with_parent() -> None:
    """Have the kernel kill this process when the one that started it dies, however it dies."""
    set_death_signal = 1  # PR_SET_PDEATHSIG
    _LIBC.prctl(set_death_signal, signal.SIGKILL)


class NotReady(AssertionError):
    """The process ended, or did not become ready in time; the message ends with its output."""


def free_ports(count: int) -> list[int]:
    """Ports nobody listened on a moment ago, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind((LOOPBACK, 0))
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()


def port_open(port: int) -> Callable[[], bool]:
    """True once something accepts connections there."""

    def check() -> bool:
        with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), 0.5):
            return True
        return False

    return check


def http_ok(url: str) -> Callable[[], bool]:
    """True once a GET answers 200."""

    def check() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    return check


def eventually(check: Callable[[], bool], seconds: float, what: str) -> None:
    """Poll until ``check`` holds; AssertionError that says what did not happen."""
    until = time.monotonic() + seconds
    while not check():
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(0.05)


class Process:
    """One child process in a process group of its own; output goes to files in ``directory``."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        directory: Path,
        *,
        environment: Mapping[str, str] | None = None,
        core: int | None = None,
    ) -> None:
        self.name = name
        self.command = [str(part) for part in command]
        if core is not None:
            self.command = ["taskset", "-c", str(core), *self.command]
        self.directory = directory
        # Compiled modules are kept: a process is started a hundred times.
        self.environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", **(environment or {})}
        self.starts = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._process is not None, f"{self.name} is not started"
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> Path:
        """Output of the latest start."""
        return self.directory / f"{self.name}-{self.starts}.log"

    def output(self) -> str:
        """What the latest start has printed so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def start(self) -> Self:
        """Start it, or start it again after it ended."""
        assert not self.running, f"{self.name} is running"
        self.starts += 1
        self.directory.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                self.command,
                cwd=self.directory,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            )
        return self

    def wait_ready(self, check: Callable[[], bool], seconds: float = 30.0) -> Self:
        """Wait until ``check`` holds; NotReady when the process ends first or time is up."""
        until = time.monotonic() + seconds
        while not check():
            if not self.running:
                raise NotReady(f"{self.name} ended with {self.returncode}:\n{self.tail()}")
            if time.monotonic() > until:
                self.kill()
                raise NotReady(f"{self.name} is not ready after {seconds:g} s:\n{self.tail()}")
            time.sleep(0.05)
        return self

    @property
    def returncode(self) -> int | None:
        return None if self._process is None else self._process.poll()

    def tail(self, lines: int = 40) -> str:
        """The last lines of its output."""
        return "\n".join(self.output().splitlines()[-lines:])

    def wait(self, seconds: float = 20.0) -> int:
        """Wait for its end; the exit code."""
        assert self._process is not None
        return self._process.wait(seconds)

    def pause(self) -> None:
        """SIGSTOP: the whole process group stands still."""
        self._signal_group(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        self._signal_group(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL for the whole process group: what kill -9 or the kernel's OOM killer does."""
        self._signal_group(signal.SIGKILL)
        if self._process is not None:
            self._process.wait(20)

    def stop(self, seconds: float = 20.0) -> int:
        """SIGTERM and wait; SIGKILL when that does not help. The exit code."""
        if self._process is None:
            return 0
        if self.running:
            self.resume()
            self._process.terminate()
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        self._signal_group(signal.SIGKILL)
        return self._process.wait(20)

    def _signal_group(self, number: int) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def __enter__(self) -> Self:
        return self if self.running else self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        if error is not None and not isinstance(error, NotReady):
            error.add_note(f"--- last output of {self.name} ---\n{self.tail()}")
