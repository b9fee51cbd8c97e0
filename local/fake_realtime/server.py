"""The simulator on a socket: HTTP/1.1 by h11, with replies that break on demand."""

import os
import socket
import ssl
import struct
import time
from contextlib import ExitStack, suppress
from http import HTTPStatus
from typing import Final, Self

import h11

from local import guard
from local.fake_realtime.answers import Answer, Request, json_answer
from local.fake_realtime.control import PREFIX, control
from local.fake_realtime.magic import Manner
from local.fake_realtime.realtime import RealTime
from local.fake_realtime.settings import Settings
from local.listening import Listening

_HOST: Final = "127.0.0.1"
_NAMES: Final = (_HOST, "localhost", "host.docker.internal")  # the last is this machine, from a container
_CHUNK: Final = 65_536
_BODY_LIMIT: Final = 4_194_304
_GRACE_SECONDS: Final = 1
_NO_LINGER: Final = struct.pack("ii", 1, 0)  # a closed socket sends a reset
_PHRASES: Final = {status.value: status.phrase for status in HTTPStatus}


class Simulator(RealTime):
    """RealTime on a real socket: on loopback and a free port, over TLS if there is a context.

    Inside the `with` block it serves, and it posts reports and inbound SMS by itself. It logs nothing.
    """

    def __init__(self, settings: Settings | None = None, *, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(settings)
        self.port, self._tls = port, tls

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{_HOST}:{self.port}"

    def __enter__(self) -> Self:
        self._running = ExitStack()
        listening = Listening(_HOST, self.port, self._serve, "realtime-simulator")
        self.port = self._running.enter_context(listening).port
        self._postman.start()
        self._running.callback(self._postman.stop)
        return self

    def __exit__(self, *error: object) -> None:
        self._running.close()

    def _serve(self, line: socket.socket) -> None:
        if self._tls is None:
            return self._answer_all(line)
        with self._tls.wrap_socket(line.dup(), server_side=True, do_handshake_on_connect=False) as secured:
            try:
                self._answer_all(secured)
            finally:  # close TLS cleanly, without waiting for the client to do the same
                with suppress(OSError, ValueError):
                    secured.settimeout(0)
                    secured.unwrap()
        return None

    def _answer_all(self, line: socket.socket) -> None:
        """Answer one request after another, until either side ends the connection."""
        http = h11.Connection(h11.SERVER)
        try:
            while request := _read(line, http):
                _write(line, http, self._exchange(line, request), self.settings.drip_seconds)
                http.start_next_cycle()
        except h11.LocalProtocolError:
            pass  # the answer was the last of this connection
        except h11.RemoteProtocolError as error:
            _write(line, http, Answer(error.error_status_hint))
            line.shutdown(socket.SHUT_WR)
            line.settimeout(_GRACE_SECONDS)
            while line.recv(_CHUNK):  # closing with bytes unread would reset the connection
                pass

    def _exchange(self, line: socket.socket, request: Request) -> Answer:
        refused = guard.refusal(request.headers.get, _NAMES, self.port, "https" if self._tls else "http")
        if refused is not None:
            return json_answer({"error": refused.why}, refused.status)
        if request.path.startswith(PREFIX):
            return control(self, request)
        sends = request.method == "POST" and request.path == "/api/sms"
        counters = self.counters
        if sends:
            with self._lock:
                counters.enter()
        try:
            answer = self.answer(request)
            time.sleep(self.settings.latency_ms / 1000)
            if answer.manner is Manner.SLOW:
                _pause(line, self.settings.slow_seconds)
            return answer
        finally:
            # Before a byte of the reply is sent: the client's next call must not be counted beside this one.
            if sends:
                with self._lock:
                    counters.in_flight -= 1


def _read(line: socket.socket, http: h11.Connection) -> Request | None:
    """Read one whole request; return None if the client closed the connection."""
    head, body = h11.Request(method="GET", target="/", headers=[("Host", "-")]), b""
    while True:
        event = http.next_event()
        if isinstance(event, h11.Request):
            head = event
            if int(dict(head.headers).get(b"content-length", 0)) > _BODY_LIMIT:
                raise h11.RemoteProtocolError("too large", error_status_hint=HTTPStatus.CONTENT_TOO_LARGE)
            if http.they_are_waiting_for_100_continue:
                line.sendall(http.send(h11.InformationalResponse(status_code=100, headers=[], reason="Continue")))
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > _BODY_LIMIT:
                raise h11.RemoteProtocolError("too large", error_status_hint=HTTPStatus.CONTENT_TOO_LARGE)
        elif isinstance(event, h11.EndOfMessage):
            path, _, query = head.target.decode().partition("?")
            headers = {name.decode(): value.decode("latin-1") for name, value in head.headers}
            return Request(head.method.decode(), path, query, headers, body)
        elif isinstance(event, h11.ConnectionClosed):
            return None
        else:
            http.receive_data(line.recv(_CHUNK))


def _write(line: socket.socket, http: h11.Connection, answer: Answer, drip_seconds: float = 0) -> None:
    """Write an answer in its manner."""
    headers = [*answer.headers.items(), ("Content-Length", str(len(answer.body)))]
    if answer.manner not in {Manner.WHOLE, Manner.SLOW}:
        headers.append(("Connection", "close"))
    reason = _PHRASES.get(answer.status, "")
    head = http.send(h11.Response(status_code=answer.status, headers=headers, reason=reason)) or b""
    body = (http.send(h11.Data(data=answer.body)) or b"") + (http.send(h11.EndOfMessage()) or b"")
    match answer.manner:
        case Manner.WHOLE | Manner.SLOW:
            line.sendall(head + body)
        case Manner.RESET:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            line.close()
        case Manner.TRUNCATED:
            line.sendall(head + body[: len(body) // 2])
        case Manner.GARBLED:  # below TLS: a record that no client can decipher
            os.write(line.fileno(), b"\x17\x03\x03\x00\x20" + b"\xa5" * 32)
            line.close()
        case Manner.DRIP_HEAD:
            first = head.index(b"\r\n") + 2
            _drip(line, head[:first], head[first:] + body, drip_seconds)
        case Manner.DRIP_BODY:
            _drip(line, head, body, drip_seconds)


def _drip(line: socket.socket, at_once: bytes, slowly: bytes, interval_seconds: float) -> None:
    line.sendall(at_once)
    for byte in slowly:
        if _pause(line, interval_seconds):
            return
        line.sendall(bytes([byte]))


def _pause(line: socket.socket, seconds: float) -> bool:
    """Wait, but no longer than the client stays; return True if it left."""
    line.settimeout(seconds)
    try:
        return not line.recv(1)
    except (TimeoutError, BlockingIOError, ssl.SSLWantReadError):
        return False
    finally:
        line.settimeout(None)
