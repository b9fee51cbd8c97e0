"""Servers on loopback that play a script on each connection, plain or over TLS, and count what reached them.

    with Server(after_request(sending(reply(200, b"{}")[:-1]))) as server: ...

A script gets the `Peer`, which is the server's side of one connection, and the connection is closed when it returns.
"""

import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Self

import trustme

type Script = Callable[[Peer], object]


class Peer:
    """The server's side of one connection."""

    def __init__(self, sock: socket.socket, server: "Server") -> None:
        self.sock = sock
        self.server = server
        self._unread = b""

    def request(self) -> bytes | None:
        """Read one whole request, count it and give its body; None when the client has closed."""
        while b"\r\n\r\n" not in self._unread:
            if not self._more():
                return None
        head, _, self._unread = self._unread.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        while len(self._unread) < length:
            if not self._more():
                return None
        body, self._unread = self._unread[:length], self._unread[length:]
        self.server.heads.append(head)
        return body

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.sock.sendall(data)

    def send_raw(self, data: bytes) -> None:
        """Send bytes past the TLS layer, where they are no valid record."""
        os.write(self.sock.fileno(), data)

    def reset(self) -> None:
        """Close so that the client gets a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def hold(self) -> None:
        """Say nothing until the client closes, or the test ends."""
        while self._more():
            pass

    def _more(self) -> bool:
        data = self.sock.recv(65536)
        self._unread += data
        return bool(data)


class Server:
    """Plays `scripts[n]` on connection n, and the last one on all further connections, each in its own thread."""

    def __init__(self, *scripts: Script, context: ssl.SSLContext | None = None) -> None:
        self._scripts = scripts
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self._faults: list[Exception] = []
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"
        self.stopped = threading.Event()
        self.finished = threading.Semaphore(0)  # released each time that a connection was closed from this side
        self.connections = 0
        self.heads: list[bytes] = []

    @property
    def posts(self) -> int:
        """Count the whole POST requests that came, on all connections."""
        return sum(head.startswith(b"POST ") for head in self.heads)

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopped.set()
        with suppress(ConnectionError):  # a client's connection that was still to be accepted has done it
            socket.create_connection(("127.0.0.1", self.port)).close()  # wakes the accept
        self._threads[0].join()
        for sock in list(self._open):
            _hang_up(sock)
        for thread in self._threads:
            thread.join()
        if self._faults and error is None:
            raise self._faults[0]

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with self._listener:
            while True:
                sock, _ = self._listener.accept()
                if self.stopped.is_set():
                    sock.close()
                    return
                script = self._scripts[min(self.connections, len(self._scripts) - 1)]
                self.connections += 1
                self._open.add(sock)
                self._start(self._play, sock, script)

    def _play(self, sock: socket.socket, script: Script) -> None:
        served = sock
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context:
                served = self._context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
                self._open.add(served)
                served.do_handshake()
            script(Peer(served, self))
        except OSError:
            pass  # the client went away, as many scripts make it do
        except Exception as fault:  # noqa: BLE001  a script's own mistake belongs to the test that wrote it
            self._faults.append(fault)
        finally:
            self._open -= {sock, served}
            served.close()
            self.finished.release()


class Authority:
    """A certificate authority for one test run, with contexts for both sides."""

    def __init__(self) -> None:
        self._ca = trustme.CA()

    def server(self, name: str = "127.0.0.1", *, until: datetime | None = None) -> ssl.SSLContext:
        """Make a context that shows a certificate for `name`, valid `until` then (default: for long)."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(name, not_after=until).configure_cert(context)
        return context

    def client(self) -> ssl.SSLContext:
        """Make a context that trusts this authority and verifies as the default one does."""
        context = ssl.create_default_context()
        self._ca.configure_trust(context)
        return context


def reply(status: int, body: bytes = b"", *headers: str) -> bytes:
    """Lay out a whole reply with its Content-Length."""
    lines = (f"HTTP/1.1 {status} Reason", *headers, f"Content-Length: {len(body)}", "", "")
    return "\r\n".join(lines).encode() + body


def chunked(status: int, *chunks: bytes) -> bytes:
    """Lay out a whole reply in chunks."""
    head = f"HTTP/1.1 {status} Reason\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    return head + b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))


def serving(answer: bytes | Callable[[bytes], bytes]) -> Script:
    """Answer every request on a connection that is kept alive; `answer` may be made from the request's body."""

    def script(peer: Peer) -> None:
        while (body := peer.request()) is not None:
            peer.send(answer if isinstance(answer, bytes) else answer(body))

    return script


def after_request(*steps: Script) -> Script:
    """Read one whole request, take the steps, and close."""

    def script(peer: Peer) -> None:
        if peer.request() is not None:
            for step in steps:
                step(peer)

    return script


def sending(data: bytes) -> Script:
    """Send bytes as they are."""
    return lambda peer: peer.send(data)


def dripping(data: bytes, every: float) -> Script:
    """Send a byte every so many seconds, until the client or the test has enough."""

    def step(peer: Peer) -> None:
        for byte in data:
            peer.send(bytes([byte]))
            if peer.server.stopped.wait(every):
                return

    return step


def _hang_up(sock: socket.socket) -> None:
    """Wake whoever waits on the socket; the plain method, for TLS has state that another thread is using."""
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
