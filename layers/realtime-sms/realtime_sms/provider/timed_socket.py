"""A connected socket, seen for the length of one exchange: one deadline, and one bound on what may be read.

A socket's own timeout starts anew with every `recv`, so a server that drips a byte a second would never meet it. Here
each step waits only for what is left of the whole.
"""

import io
import socket
import ssl
from collections.abc import Buffer, Callable
from dataclasses import dataclass
from typing import Literal, cast


class OversizeError(Exception):
    """The reply is larger than what may be read of it."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment of `clock`, in seconds, by which something must be over."""

    at: float
    clock: Callable[[], float]

    @classmethod
    def after(cls, seconds: float, clock: Callable[[], float]) -> "Deadline":
        """Start counting now."""
        return cls(clock() + seconds, clock)

    def within(self, seconds: float) -> "Deadline":
        """Give the part that must be over `seconds` from now, or with the whole if that comes first."""
        return Deadline(min(self.at, self.clock() + seconds), self.clock)

    def left(self) -> float:
        """Give the seconds that are left, always more than 0; raise TimeoutError when there are none."""
        left = self.at - self.clock()
        if left <= 0:
            raise TimeoutError
        return left


class TimedSocket(io.RawIOBase):
    """One exchange over a connected socket, plain or TLS; it does not own the socket and never closes it.

    `limit` bounds the bytes of the reply, head and framing included: `OversizeError` comes instead of a read past it.
    Every wait ends with a TimeoutError at the deadline.
    """

    def __init__(self, sock: socket.socket, deadline: Deadline, limit: int) -> None:
        self._sock = sock
        self._deadline = deadline
        self._left = limit
        self._read_out = False
        self.ended = False  # the other side has closed
        self.surplus = False  # more came than the reply

    def send(self, request: bytes) -> None:
        """Send the whole request; in one system call and one TLS record where it fits."""
        unsent = memoryview(request)
        while unsent:
            # Not sendall: over TLS its timeout starts anew with every record.
            self._sock.settimeout(self._deadline.left())
            unsent = unsent[self._sock.send(unsent) :]

    def readable(self) -> bool:
        """Say yes, as `io.BufferedReader` asks."""
        return True

    def readinto(self, buffer: Buffer) -> int:
        """Read what has come, waiting for it until the deadline; 0 when the other side has closed."""
        if self._read_out:
            return 0
        if self._left <= 0:
            raise OversizeError
        self._sock.settimeout(self._deadline.left())
        count = self._sock.recv_into(buffer)
        self._left -= count
        self.ended = not count
        return count

    def makefile(self, _mode: Literal["rb"]) -> io.BufferedReader:
        """Give the buffered reader that `http.client.HTTPResponse` asks a socket for."""
        return _ReplyFile(self)

    def as_socket(self) -> socket.socket:
        """Pass as a socket where only `makefile` is used, which the type of `http.client.HTTPResponse` cannot say."""
        return cast("socket.socket", self)

    def finish(self, reply: io.BufferedReader) -> None:
        """Note whether bytes beyond the reply are here already: a later call would take them for its own reply."""
        self._read_out = True
        decrypted = self._sock.pending() if isinstance(self._sock, ssl.SSLSocket) else 0
        self.surplus = bool(decrypted or reply.peek(1))


class _ReplyFile(io.BufferedReader):
    """The reader that `http.client` closes as soon as it has read a whole reply."""

    def __init__(self, source: TimedSocket) -> None:
        super().__init__(source)
        self._source = source

    def close(self) -> None:
        if not self.closed:
            self._source.finish(self)
        super().close()
