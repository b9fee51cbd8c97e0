"""The simulator on a socket."""

import asyncio
import ssl
from asyncio import StreamReader, StreamWriter
from http import HTTPStatus
from types import TracebackType
from typing import Self

from local.fake_realtime.control import PREFIX, control, is_loopback
from local.fake_realtime.exchange import Answer, Request, refusal
from local.fake_realtime.http1 import pause, write_answer
from local.fake_realtime.listening import Listening
from local.fake_realtime.magic import Manner
from local.fake_realtime.realtime import RealTime
from local.fake_realtime.settings import Settings


class Simulator(RealTime, Listening):
    """RealTime on a real socket: by default on loopback and a free port, over TLS where a context is given.

    Everything that `RealTime` can be told, it can be told while it serves. While it serves, it also posts what it was
    told to post later. It logs nothing.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        RealTime.__init__(self, settings)
        Listening.__init__(self, "realtime-simulator", host=host, port=port, tls=tls)

    def __enter__(self) -> Self:
        super().__enter__()
        self._postman.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._postman.stop()
        super().__exit__(kind, error, trace)

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
