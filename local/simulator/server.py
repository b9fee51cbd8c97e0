"""The simulator on a socket: one event loop in a thread of its own, started and stopped by a `with`."""

import asyncio
import ssl
import threading
from asyncio import StreamReader, StreamWriter
from concurrent.futures import Future
from contextlib import suppress
from http import HTTPStatus
from types import TracebackType
from typing import Self

from local.simulator.control import PREFIX, control, is_loopback
from local.simulator.exchange import Answer, Request, refusal
from local.simulator.http1 import HEAD_LIMIT, UnreadableError, head_of, pause, read_request, write_answer
from local.simulator.magic import Manner
from local.simulator.realtime import RealTime
from local.simulator.settings import Settings

_BACKLOG = 2048
_Running = tuple[asyncio.AbstractEventLoop, asyncio.Event, int]


class Simulator(RealTime):
    """RealTime on a real socket: by default on loopback and a free port, over TLS where a context is given.

    Everything that `RealTime` can be told, it can be told while it serves. It logs nothing.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(settings)
        self._host, self._wanted_port, self._tls = host, port, tls
        self._running: Future[_Running] = Future()
        self._thread = threading.Thread(target=self._run, name="realtime-simulator", daemon=True)

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

    async def _exchange(self, request: Request, reader: StreamReader, writer: StreamWriter) -> bool:
        if request.path.startswith(PREFIX):
            answer = await self._control(request, writer)
        else:
            answer = await self._answer_in_time(request, reader)
        return await write_answer(answer, reader, writer, self.settings, keep_alive=request.keep_alive)

    async def _answer_in_time(self, request: Request, reader: StreamReader) -> Answer:
        counters = self.counters
        sends = request.method == "POST" and request.path == "/api/sms"
        if sends:
            counters.enter()
        try:
            answer = self.answer(request)
            if latency := self.settings.latency_ms:
                await asyncio.sleep(latency / 1000)
            if answer.manner is Manner.SLOW:
                await pause(reader, self.settings.slow_seconds)
            return answer
        finally:
            # Before a byte of the reply is out: the caller's next call must not be counted beside this one.
            if sends:
                counters.leave()

    async def _control(self, request: Request, writer: StreamWriter) -> Answer:
        if not is_loopback(writer.get_extra_info("peername")[0]):
            return refusal(HTTPStatus.FORBIDDEN, "from loopback only")
        return await asyncio.to_thread(control, self, request)
