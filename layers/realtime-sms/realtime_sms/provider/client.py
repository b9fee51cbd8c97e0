"""The only place that makes HTTP calls to RealTime: each once, by phase, within one deadline.

A failure before the first byte of the request leaves is found by the `Connector`, and is `NotSent`. After the request
was handed to the socket, the result is a whole `Reply` or `ReplyLost`, because nobody can tell how much of it left.
Nothing is sent again, and no redirect is followed. Source: *Fate of a call*.
"""

import http.client
import io
import math
import re
import socket
import ssl
import threading
import time
from collections.abc import Buffer, Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import partial
from types import SimpleNamespace
from typing import Final, cast
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection

from realtime_sms.provider.calls import Call, CallResult, NotSent, Reply, ReplyLost, ReplyLostCause
from realtime_sms.provider.connect import Connector, Left

_HEADER: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\x20-\x7e]*")
_TARGET: Final = re.compile(r"/[\x21-\x7e]*")
_DELAY: Final = re.compile(r"-?[0-9]{1,9}")
_LENGTH: Final = re.compile(r"[0-9]{1,15}")
_HEAD_LIMIT: Final = 256 * 1024
"""Octets allowed beside the body; http.client's own bounds are 64 KiB a line and 100 headers, but no total."""


class RealTimeClient:
    """Blocking calls to one base address, from any number of threads, over connections that are kept alive.

    `deadline` is the time for a whole call in seconds, `connect_timeout` the part of it that name, TCP and TLS may
    take; only a name lookup can outlast them. A body beyond `reply_limit` octets is not read. A connection idle for
    longer than `idle_limit` seconds is not used again: a frozen Lambda environment cannot see that the other side
    closed. Certificates and host names are always verified. Proxies from the environment are not used.
    """

    def __init__(  # noqa: PLR0913  one of them is required, the others are bounds with a default
        self,
        base_url: str,
        *,
        deadline: float,
        connect_timeout: float = 5.0,
        reply_limit: int = 64 * 1024,
        ssl_context: ssl.SSLContext | None = None,
        idle_limit: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        dial: Callable[[Left], HTTPConnection | NotSent] | None = None,
    ) -> None:
        url = urlsplit(base_url)
        if url.scheme not in {"http", "https"} or not url.hostname or "@" in url.netloc or url.query or url.fragment:
            raise ValueError("base_url: not an address such as https://www.rti-sms.com")
        if ssl_context and not (ssl_context.check_hostname and ssl_context.verify_mode == ssl.CERT_REQUIRED):
            raise ValueError("ssl_context: must verify certificates and host names")
        tls = url.scheme == "https"
        self._host = url.netloc
        self._root = url.path.rstrip("/")
        self._dial = dial or Connector(url.hostname, url.port or (443 if tls else 80), self._context if tls else None)
        self._ssl_context = ssl_context
        self._deadline, self._connect_timeout, self._idle_limit = deadline, connect_timeout, idle_limit
        self._reply_limit = reply_limit
        self._clock = clock
        self._now = now
        self._lock = threading.Lock()
        self._idle: list[tuple[float, HTTPConnection]] = []

    def perform(self, call: Call, *, latest: float = math.inf) -> CallResult:
        """Make one call, once, and return what came back; network trouble is a value and never raised.

        Nothing is sent after `latest` (epoch seconds): an environment may be frozen for an hour at any line of this.

        ValueError for a path or header that HTTP cannot carry. Any error of our own before the first byte left is
        raised; after it, even that ends as `ReplyLost`, for an exception would lose that the verdict is open.
        """
        ends = self._clock() + self._deadline
        request = self._encode(call)
        line = self._take() or self._dial(partial(self._left, min(ends, self._clock() + self._connect_timeout)))
        if isinstance(line, NotSent):
            return line
        if self._now() >= latest:
            line.close()
            return NotSent("late")
        source = _Source(line.sock, partial(self._left, ends), self._reply_limit + _HEAD_LIMIT)
        reusable = False
        try:
            source.send(request)
            reply = _ReplyFile(source)
            only_makefile = cast("socket.socket", SimpleNamespace(makefile=lambda _mode: reply))  # is used of it
            with http.client.HTTPResponse(only_makefile, method=call.method) as response:
                result = self._receive(response, source)
                reusable = isinstance(result, Reply) and not (response.will_close or reply.has_surplus)
        except Exception as error:  # noqa: BLE001  see the docstring
            return ReplyLost(_cause(error, ended=source.ended))
        finally:
            if reusable:
                with self._lock:
                    self._idle.append((self._clock(), line))
            else:
                line.close()
        return result

    def close(self) -> None:
        """Close the idle connections, as when an environment was frozen; the client can still be used."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, line in idle:
            line.close()

    def _encode(self, call: Call) -> bytes:
        """Lay out the whole request, head and body, for a single send."""
        target = self._root + call.path
        if not _TARGET.fullmatch(target):
            raise ValueError("path: not printable ASCII that begins with '/'")
        lines = [f"{call.method} {target} HTTP/1.1", f"Host: {self._host}"]
        lines += ["Accept-Encoding: identity", "User-Agent: realtime-sms"]
        if call.method == "POST" or call.body is not None:
            lines.append(f"Content-Length: {len(call.body or b'')}")
        for name, value in call.headers.items():
            line = f"{name}: {value}"
            if not _HEADER.fullmatch(line):
                raise ValueError("headers: a name or value is not printable ASCII")  # names none: it may hold a token
            lines.append(line)
        return "\r\n".join((*lines, "", "")).encode("ascii") + (call.body or b"")

    def _receive(self, response: http.client.HTTPResponse, source: "_Source") -> Reply | ReplyLost:
        """Read a reply to its end; http.client takes a head or a chunked body that was cut off for a whole one."""
        response.begin()
        if source.ended:
            return ReplyLost("closed")
        lengths = {length.strip() for length in response.headers.get_all("Content-Length", [])}
        framed_once = len(lengths) <= 1 and all(map(_LENGTH.fullmatch, lengths))  # else it could end at several places
        if response.status < http.client.OK or not framed_once:
            return ReplyLost("garbled")
        if (response.length or 0) > self._reply_limit or len(
            body := response.read(self._reply_limit + 1)
        ) > self._reply_limit:
            return ReplyLost("oversize")
        if response.length or (response.chunked and source.ended):
            return ReplyLost("closed")
        after = response.headers.get("Retry-After")
        if after is None:
            return Reply(response.status, body)
        return Reply(response.status, body, retry_after(after, response.headers.get("Date"), now=time.time()))

    def _take(self) -> HTTPConnection | None:
        """Return the connection used last, if it is fresh and the other side neither closed it nor sent anything."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                since, line = self._idle.pop()
            if self._clock() - since <= self._idle_limit and line.is_connected:
                return line
            line.close()

    def _left(self, ends: float) -> float:
        """Return the seconds that are left, always more than 0; raise TimeoutError when there are none."""
        left = ends - self._clock()
        if left <= 0:
            raise TimeoutError
        return left

    def _context(self) -> ssl.SSLContext:
        """Make the context once and late: reading the trusted certificates takes longer than a call."""
        with self._lock:
            if self._ssl_context is None:
                self._ssl_context = ssl.create_default_context()
            return self._ssl_context


class _OversizeError(Exception):
    """The reply is larger than what may be read of it."""


class _Source(io.RawIOBase):
    """One exchange over a connected socket, plain or TLS; it does not own the socket and never closes it.

    Every wait ends with a TimeoutError at the deadline: a socket's own timeout starts anew with every `recv`, so a
    server that drips a byte a second would never meet it. `limit` bounds the bytes of the reply,
    head and framing included.
    """

    def __init__(self, sock: socket.socket, left: Left, limit: int) -> None:
        self.sock = sock
        self._left = left
        self._limit = limit
        self.is_read_out = False
        self.ended = False  # the other side has closed

    def send(self, request: bytes) -> None:
        """Send the whole request; in one system call and one TLS record where it fits."""
        unsent = memoryview(request)
        while unsent:
            # Not sendall: over TLS its timeout starts anew with every record.
            self.sock.settimeout(self._left())
            unsent = unsent[self.sock.send(unsent) :]

    def readable(self) -> bool:
        """Return True, as `io.BufferedReader` asks."""
        return True

    def readinto(self, buffer: Buffer) -> int:
        """Read what has come, waiting for it until the deadline; return 0 when the other side has closed."""
        if self.is_read_out:
            return 0
        if self._limit <= 0:
            raise _OversizeError
        self.sock.settimeout(self._left())
        count = self.sock.recv_into(buffer)
        self._limit -= count
        self.ended = not count
        return count


class _ReplyFile(io.BufferedReader):
    """The reader that `http.client` closes as soon as it has read a whole reply."""

    has_surplus = False  # more came than the reply: a later call would take it for its own reply

    def __init__(self, source: _Source) -> None:
        super().__init__(source)
        self._source = source

    def close(self) -> None:
        if not self.closed:
            self._source.is_read_out = True
            sock = self._source.sock
            decrypted = sock.pending() if isinstance(sock, ssl.SSLSocket) else 0
            self.has_surplus = bool(decrypted or self.peek(1))
        super().close()


def retry_after(value: str | None, date: str | None, now: float) -> float | None:
    """Return a `Retry-After` in seconds, at least 0; None if it is neither whole seconds nor a date (RFC 9110 §10.2.3).

    A date counts from the reply's own `date`, whose clock it was taken from, else from `now` in epoch seconds.
    """
    if value is None:
        return None
    if _DELAY.fullmatch(value.strip()):
        return max(0.0, float(value))
    until, since = _epoch(value), _epoch(date)
    return None if until is None else max(0.0, until - (now if since is None else since))


def _epoch(date: str | None) -> float | None:
    if date is None:
        return None
    try:
        moment = parsedate_to_datetime(date)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


_CAUSES: Final[tuple[tuple[type[Exception], ReplyLostCause], ...]] = (
    (TimeoutError, "timeout"),
    (http.client.RemoteDisconnected, "closed"),
    (ssl.SSLEOFError, "closed"),
    (ssl.SSLZeroReturnError, "closed"),
    (ssl.SSLError, "garbled"),
    (OSError, "reset"),
    (_OversizeError, "oversize"),
)
"""What an error after the first byte means, first match first; anything else is `garbled`."""


def _cause(error: Exception, *, ended: bool) -> ReplyLostCause:
    """Return what broke a call whose first byte had left."""
    if ended and isinstance(error, http.client.HTTPException):
        return "closed"
    return next((cause for kind, cause in _CAUSES if isinstance(error, kind)), "garbled")
