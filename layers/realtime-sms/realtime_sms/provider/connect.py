"""Do what happens before the first byte of a request can leave: name, TCP, TLS.

Any failure here is `NotSent`. The phase decides, not the class of the exception: an SSLError can come before the
request and after it (*Fate of a call*).
"""

import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError, NewConnectionError

from realtime_sms.provider.calls import NotSent, NotSentCause

type Left = Callable[[], float]  # seconds that are left, more than 0; raises TimeoutError when there are none
type Lookup = Callable[..., Sequence[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Connector:
    """Opens connections to one host; over TLS where there is a context, whose checks of the certificate apply.

    A name lookup cannot be interrupted: it ends by the resolver's own limit (`resolv.conf`), which may lie beyond the
    deadline; the call then ends at once, as `NotSent("dns")`.
    """

    host: str
    port: int
    context: Callable[[], ssl.SSLContext] | None = None
    lookup: Lookup = socket.getaddrinfo
    connection: Callable[..., HTTPConnection] = HTTPConnection

    def __call__(self, left: Left) -> HTTPConnection | NotSent:
        """Return a connection that is ready for a request, or why there is none."""
        try:
            found = self.lookup(self.host, self.port, type=socket.SOCK_STREAM)
            left()
        except OSError:
            return NotSent("dns")
        line = self._reach([(address[0], address[1]) for *_, address in found], left)
        if isinstance(line, NotSent) or self.context is None:
            return line
        return self._secure(line, self.context(), left)

    def _reach(self, addresses: Sequence[tuple[str, int]], left: Left) -> HTTPConnection | NotSent:
        """Try the addresses in turn, each for an even share of the time, so that a dead one leaves some to the next."""
        line: HTTPConnection | NotSent = NotSent("connect")
        for tried, address in enumerate(addresses):
            line = self._connect(address, left, share=len(addresses) - tried)
            if not isinstance(line, NotSent):
                break
        return line

    def _connect(self, address: tuple[str, int], left: Left, share: int) -> HTTPConnection | NotSent:
        try:
            line = self.connection(*address, timeout=left() / share)
            line.connect()
        except (HTTPError, OSError) as error:
            return NotSent(_unreached(error))
        return line

    def _secure(self, line: HTTPConnection, context: ssl.SSLContext, left: Left) -> HTTPConnection | NotSent:
        with ExitStack() as undo:
            undo.callback(line.close)
            try:
                line.sock.settimeout(left())
                line.sock = context.wrap_socket(line.sock, server_hostname=self.host)
            except OSError:
                return NotSent("tls")
            undo.pop_all()
            return line


def _unreached(error: HTTPError | OSError) -> NotSentCause:
    """Return the cause; `NewConnectionError` comes first, since urllib3 derives it from `ConnectTimeoutError`."""
    match error:
        case NewConnectionError(__cause__=ConnectionRefusedError()) | ConnectionRefusedError():
            return "refused"
        case NewConnectionError():
            return "connect"
        case HTTPError() | TimeoutError():
            return "connect_timeout"
        case _:
            return "connect"
