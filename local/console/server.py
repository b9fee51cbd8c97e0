"""The console's server: the page, the API behind it, and what changes, on loopback."""

import asyncio
import json
from asyncio import StreamReader, StreamWriter
from dataclasses import asdict, replace
from http import HTTPStatus
from pathlib import Path
from typing import Final

import urllib3
from botocore.exceptions import BotoCoreError, ClientError

from local.console.answering import write_back
from local.console.api import Api
from local.console.guard import HEADERS, refusal_of
from local.console.numbers import groups
from local.console.preview import preview
from local.console.watching import News, Watch
from local.embedded_aws import Stack
from local.fake_realtime.exchange import Answer, Request, json_answer
from local.fake_realtime.http1 import head_of
from local.fake_realtime.listening import Listening

_PAGE: Final = Path(__file__).with_name("page")
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_FILES: Final = {f"/{file.name}": file for file in _PAGE.iterdir()} | {"/": _PAGE / "index.html"}
_POLL_SECONDS: Final = 0.4  # neither table nor inbox has an event to wait for
_SHARE: Final = 4  # times as long as a look took is waited before the next, however large the table has become


class Console(Listening):
    """The page over a running stack; it answers nobody but that page."""

    def __init__(self, stack: Stack, *, port: int = 0) -> None:
        super().__init__("console", port=port)
        self._stack = stack
        self._api = Api(stack)

    async def _exchange(self, request: Request, reader: StreamReader, writer: StreamWriter) -> bool:
        refused = refusal_of(request, self.port)
        if refused is None and (request.method, request.path) == ("GET", "/news"):
            await self._follow(reader, writer)
            return False
        answer = await asyncio.to_thread(self._answer, request) if refused is None else refused
        whole = replace(answer, headers={**HEADERS, **answer.headers})
        writer.write(head_of(whole, keep_alive=request.keep_alive) + whole.body)
        await writer.drain()
        return request.keep_alive

    def _answer(self, request: Request) -> Answer:
        match request.method, request.path:
            case "GET", "/numbers":
                return json_answer(groups())
            case "GET", path if path in _FILES:
                file = _FILES[path]
                return Answer(HTTPStatus.OK, file.read_bytes(), {"Content-Type": _TYPES[file.suffix]})
            case "POST", "/preview" | "/messages" | "/answers":
                return self._post(request)
            case _:
                return Answer(HTTPStatus.NOT_FOUND)

    def _post(self, request: Request) -> Answer:
        try:
            body = json.loads(request.body)
        except (ValueError, RecursionError):
            return Answer(HTTPStatus.BAD_REQUEST)
        if request.path == "/preview":
            return json_answer(preview(self._api, body))
        if request.path == "/answers":
            return json_answer(asdict(write_back(self._stack, body)))
        # In an envelope: a browser calls every refusal on its console an error, and here it is an everyday answer.
        return json_answer(asdict(self._api.post("/messages", body)))

    async def _follow(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Tell what changes, as server-sent events, until the page is closed or the stack is gone."""
        writer.write(_head_of_events())
        watch = Watch(self._stack)
        clock = asyncio.get_running_loop().time
        while not reader.at_eof():
            began = clock()
            try:
                news = await asyncio.to_thread(watch.news)
            except (urllib3.exceptions.HTTPError, BotoCoreError, ClientError):
                return  # the page says so, and asks again by itself
            writer.write(b"".join(map(_event, news)) or b":\n\n")
            await writer.drain()
            await asyncio.sleep(max(_POLL_SECONDS, _SHARE * (clock() - began)))


def _head_of_events() -> bytes:
    lines = ["HTTP/1.1 200 OK", "Content-Type: text/event-stream", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in HEADERS.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _event(news: News) -> bytes:
    name, data = news
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()
