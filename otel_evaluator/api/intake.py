"""The door between the network edge and the pipeline."""

from typing import Protocol

import msgspec


class Receipt(msgspec.Struct, frozen=True):
    """What became of one request; ``rejected`` and ``message`` make a partial success."""

    rejected: int = 0
    message: str = ""


class Intake(Protocol):
    """Takes the protobuf bytes of one export request that admission let in.

    Returns only when what it keeps is as durable as the configuration promises. Raises
    Malformed, TooLarge or Busy; nothing was kept then.
    """

    async def traces(self, body: bytes, protocol: str) -> Receipt:
        """Take an ExportTraceServiceRequest; ``protocol`` is grpc or http."""
        ...

    async def logs(self, body: bytes, protocol: str) -> Receipt:
        """Take an ExportLogsServiceRequest."""
        ...
