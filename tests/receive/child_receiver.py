"""A receiver in a process of its own, so that its memory can be measured.

Prints its ports as one line of JSON and runs until its standard input closes.
"""

import asyncio
import json
import sys

import uvloop

from tests.receive.receiving import WireIntake, receiving


class Forgetful(WireIntake):
    """Keeps no requests."""

    async def _take(self, signal: str, body: bytes, protocol: str) -> object:
        receipt = await super()._take(signal, body, protocol)
        self.requests.clear()
        return receipt


async def main() -> None:
    sections = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    async with receiving(Forgetful(), **sections) as running:
        print(json.dumps(running.receiver.ports), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(main())
