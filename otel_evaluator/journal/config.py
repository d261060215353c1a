"""What users set about the journal."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from otel_evaluator.config.base import ComponentConfig, Size

Overflow = Literal["block", "drop_oldest", "drop_newest"]


class JournalConfig(ComponentConfig):
    """Where acknowledged spans are kept until their scores are written."""

    path: Path = Path("./data/journal")
    """Folder of the journal; created with mode 0700. One process owns it."""

    durability: Literal["power", "process", "none"] = "power"
    """What an acknowledged span survives: power loss (fsync before the answer), the death of
    the process, or nothing (memory only)."""

    max_size: Annotated[Size, Field(ge=4 * 2**20)] = 4 * 2**30
    """Bytes on disk that spans and outcomes may take together; the files never exceed it."""

    overflow: Overflow = "block"
    """At `max_size`: refuse requests with UNAVAILABLE until sinks have taken scores (block), give
    up the oldest outcomes and traces (drop_oldest), or the new request (drop_newest). What is
    dropped is counted."""
