"""What users set about the journal."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from otel_evaluator.config.base import ComponentConfig, Size


class JournalConfig(ComponentConfig):
    """Where acknowledged spans are kept until their scores are written."""

    path: Path = Path("./data/journal")
    """Folder of the journal; created with mode 0700. One process owns it."""

    durability: Literal["power", "process", "none"] = "power"
    """What an acknowledged span survives: power loss (fsync before the answer), the death of
    the process, or nothing (memory only)."""

    max_size: Annotated[Size, Field(ge=2**20)] = 4 * 2**30
    """Bytes at which requests are refused with UNAVAILABLE until entries finish."""
