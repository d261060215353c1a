"""Evaluators for fault tests: one that notes its calls, one that hangs, one that is slow."""

import os
import time


def count(outputs: str, log: str) -> float:
    """The answer's length; every call leaves a line."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(descriptor, b"called\n")
    os.close(descriptor)
    return float(len(outputs))


def hang(outputs: str) -> float:
    """Does not come back."""
    time.sleep(3600)
    return 0.0


def slow(outputs: str, seconds: float = 0.5) -> float:
    """Comes back late."""
    time.sleep(seconds)
    return float(len(outputs))


def raises(outputs: str) -> float:
    """Breaks."""
    raise RuntimeError("on purpose")


def exits(outputs: str) -> float:
    """Takes its process along."""
    os._exit(3)


def forks(outputs: str) -> float:
    """Leaves a child behind, for a moment."""
    if not os.fork():
        os._exit(0)
    os.wait()
    return 1.0


def prints(outputs: str) -> float:
    """Talks a lot."""
    print("x" * 100_000)
    return 1.0


def nonsense(outputs: str) -> object:
    """Gives something that is no score."""
    return object()


def blocks(outputs: str) -> float:
    """Does not let go."""
    while True:
        pass
