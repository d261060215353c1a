"""What tests build once and keep outside the checkout: the Collector, virtual environments."""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements"


def directory() -> Path:
    """``$XDG_CACHE_HOME/otel-evaluator`` or ``~/.cache/otel-evaluator``."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "otel-evaluator"


def digest(file: Path) -> str:
    """Names a cache entry by the content it was made from."""
    return hashlib.blake2b(file.read_bytes(), digest_size=6).hexdigest()


def environment(name: str) -> Path:
    """The interpreter of a virtual environment with ``requirements/{name}.txt`` installed.

    Made on first use; RuntimeError with pip's output when that fails.
    """
    requirements = REQUIREMENTS / f"{name}.txt"
    version = f"py{sys.version_info[0]}.{sys.version_info[1]}"
    home = directory() / f"{name}-{version}-{digest(requirements)}"
    python = home / "bin" / "python"
    complete = home / ".complete"
    if complete.exists():
        return python
    venv.create(home, with_pip=True, clear=True)
    done = subprocess.run(
        [python, REQUIREMENTS / "install.py", requirements],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"pip could not install {requirements.name}:\n{done.stderr[-2000:]}")
    complete.touch()
    return python
