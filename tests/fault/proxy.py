"""A TCP proxy whose connections can be made to stall, crawl or break; the kernel has no netem."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, Literal, Self

Mode = Literal["pass", "stall", "crawl", "cut", "refuse"]
_PIECE = 64 * 1024
CRAWL_BYTES = 512
"""Bytes that pass in each 50 ms while it crawls."""


class Proxy:
    """Listens on a port of its own, in a thread of its own; ``mode`` may change at any time.

    ``stall``: connections open and nothing passes. ``crawl``: 10 KB/s. ``cut``: requests pass,
    and the connection is reset when the answer comes. ``refuse``: nobody listens.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._mode: Mode = "pass"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.connections = 0
        self.port = 0

    @property
    def mode(self) -> Mode:
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self._mode = mode
        self._run(self._listen() if mode != "refuse" else self._close())

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0.05)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            onward, back = await asyncio.open_connection("127.0.0.1", self._target)
            self._writers.add(back)
            await asyncio.gather(
                self._pump(reader, back, is_answer=False),
                self._pump(onward, writer, is_answer=True),
            )
        except OSError:
            pass
        finally:
            writer.transport.abort()
            self._writers.discard(writer)

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, is_answer: bool
    ) -> None:
        while piece := await source.read(_PIECE):
            while self._mode == "stall":
                await asyncio.sleep(0.05)
            if self._mode == "cut" and is_answer:
                raise ConnectionResetError
            for start in range(0, len(piece), CRAWL_BYTES if self._mode == "crawl" else _PIECE):
                crawls = self._mode == "crawl"
                end = start + (CRAWL_BYTES if crawls else _PIECE)
                sink.write(piece[start:end])
                await sink.drain()
                if crawls:
                    await asyncio.sleep(0.05)
        sink.write_eof()
