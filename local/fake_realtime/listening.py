"""A small HTTP server on a socket: one event loop in a thread of its own, started and stopped by a `with`."""

import asyncio
import ssl
import threading
from abc import ABC, abstractmethod
from asyncio import StreamReader, StreamWriter
from concurrent.futures import Future
from contextlib import suppress
from types import TracebackType
from typing import Self

from local.fake_realtime.exchange import Answer, Request
from local.fake_realtime.http1 import HEAD_LIMIT, UnreadableError, head_of, read_request

_BACKLOG = 2048
_Running = tuple[asyncio.AbstractEventLoop, asyncio.Event, int]


class Listening(ABC):
    """Reads requests off a real socket and hands each to `_exchange`; it logs nothing."""

    def __init__(self, name: str, *, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self._host, self._wanted_port, self._tls = host, port, tls
        self._running: Future[_Running] = Future()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @abstractmethod
    async def _exchange(self, request: Request, reader: StreamReader, writer: StreamWriter) -> bool:
        """Answer one request; say whether the connection is fit for another."""

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._running.result()[2]

    @property
    def url(self) -> str:
        """The base address, as a client wants it."""
        return f"{'https' if self._tls else 'http'}://{self._host}:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._running.result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        loop, stop, _ = self._running.result()
        loop.call_soon_threadsafe(stop.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._listen())
        except OSError as error:
            self._running.set_exception(error)

    async def _listen(self) -> None:
        server = await asyncio.start_server(
            self._serve, self._host, self._wanted_port, limit=HEAD_LIMIT, backlog=_BACKLOG, ssl=self._tls
        )
        stop = asyncio.Event()
        self._running.set_result((asyncio.get_running_loop(), stop, server.sockets[0].getsockname()[1]))
        await stop.wait()
        server.close()
        server.abort_clients()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        # A client that breaks off is an everyday thing here, and no news.
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            try:
                while request := await read_request(reader, writer):
                    if not await self._exchange(request, reader, writer):
                        break
            except UnreadableError as error:
                writer.write(head_of(Answer(error.status), keep_alive=False))
                await writer.drain()
            finally:
                writer.close()
