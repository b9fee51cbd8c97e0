"""HTTP/1.1 on a stream: whole requests read, answers written, well or badly as their manner wants.

Hand-written because no server library can be made to misbehave, and because a load test wants it light.
"""

import asyncio
import os
import socket
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from local.fake_realtime.exchange import Answer, Request
from local.fake_realtime.magic import Manner
from local.fake_realtime.settings import Settings

HEAD_LIMIT: Final = 65_536
BODY_LIMIT: Final = 4_194_304
_NO_LINGER: Final = struct.pack("ii", 1, 0)
_PHRASES: Final = {status.value: status.phrase for status in HTTPStatus}


class UnreadableError(Exception):
    """The bytes are no HTTP request that this server reads; the connection is of no further use."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


async def read_request(reader: StreamReader, writer: StreamWriter) -> Request | None:
    """Read one whole request; None where the client closed in order before the next one."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise UnreadableError(HTTPStatus.BAD_REQUEST) from None
        return None
    except asyncio.LimitOverrunError:
        raise UnreadableError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE) from None
    start, *lines = head[:-4].decode("latin-1").split("\r\n")
    method, target, version = _start_line(start)
    headers = _headers(lines)
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = await _body(reader, headers)
    path, _, query = target.partition("?")
    keep_alive = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
    return Request(method, path, query, headers, body, keep_alive)


def _start_line(line: str) -> tuple[str, str, str]:
    match line.split(" "):
        case [method, target, ("HTTP/1.0" | "HTTP/1.1") as version] if target.startswith("/"):
            return method, target, version
        case _:
            raise UnreadableError(HTTPStatus.BAD_REQUEST)


def _headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise UnreadableError(HTTPStatus.BAD_REQUEST)
        headers[name.lower()] = value.strip(" \t")
    return headers


async def _body(reader: StreamReader, headers: Mapping[str, str]) -> bytes:
    if "transfer-encoding" in headers:
        return await _chunked(reader, headers["transfer-encoding"])
    length = _size(headers.get("content-length", "0"), 10)
    return await reader.readexactly(length) if length else b""


async def _chunked(reader: StreamReader, coding: str) -> bytes:
    if coding.lower() != "chunked":
        raise UnreadableError(HTTPStatus.NOT_IMPLEMENTED)
    chunks = bytearray()
    while size := _size((await reader.readuntil(b"\r\n")).split(b";")[0].strip().decode("latin-1"), 16):
        chunks += await reader.readexactly(size)
        await reader.readexactly(2)
        if len(chunks) > BODY_LIMIT:
            raise UnreadableError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass
    return bytes(chunks)


def _size(digits: str, base: int) -> int:
    if not digits.isalnum() or not digits.isascii():
        raise UnreadableError(HTTPStatus.BAD_REQUEST)
    try:
        size = int(digits, base)
    except ValueError:
        raise UnreadableError(HTTPStatus.BAD_REQUEST) from None
    if size > BODY_LIMIT:
        raise UnreadableError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return size


def head_of(answer: Answer, *, keep_alive: bool) -> bytes:
    """Give status line and headers, which always announce the whole body."""
    lines = [f"HTTP/1.1 {answer.status} {_PHRASES.get(answer.status, '')}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    lines += [f"Content-Length: {len(answer.body)}", f"Connection: {'keep-alive' if keep_alive else 'close'}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def write_answer(
    answer: Answer, reader: StreamReader, writer: StreamWriter, settings: Settings, *, keep_alive: bool
) -> bool:
    """Write an answer in its manner; say whether the connection is fit for another request."""
    stays = keep_alive and answer.manner is Manner.WHOLE
    head = head_of(answer, keep_alive=stays)
    match answer.manner:
        case Manner.WHOLE | Manner.SLOW:
            writer.write(head + answer.body)
        case Manner.RESET:
            _linger_not(writer)
            writer.transport.abort()
        case Manner.CLOSE:
            pass
        case Manner.TRUNCATED:
            writer.write(head + answer.body[: len(answer.body) // 2])
        case Manner.GARBLED:
            # Below TLS, where there is any: a record that no client can decipher.
            os.write(writer.get_extra_info("socket").fileno(), b"\x17\x03\x03\x00\x20" + b"\xa5" * 32)
            writer.transport.abort()
        case Manner.DRIP_HEAD:
            line = head.index(b"\r\n") + 2
            await _drip(head[:line], head[line:] + answer.body, reader, writer, settings.drip_seconds)
        case Manner.DRIP_BODY:
            await _drip(head, answer.body, reader, writer, settings.drip_seconds)
    if answer.manner not in {Manner.RESET, Manner.GARBLED}:
        await writer.drain()
    return stays


def _linger_not(writer: StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)


async def _drip(
    at_once: bytes, slowly: bytes, reader: StreamReader, writer: StreamWriter, interval_seconds: float
) -> None:
    writer.write(at_once)
    for place in range(len(slowly)):
        await writer.drain()
        if await pause(reader, interval_seconds):
            return
        writer.write(slowly[place : place + 1])


async def pause(reader: StreamReader, seconds: float) -> bool:
    """Wait, but no longer than the client stays; say whether it left. The connection is used for nothing more."""
    try:
        async with asyncio.timeout(seconds):
            return not await reader.read(1)
    except TimeoutError:
        return False
