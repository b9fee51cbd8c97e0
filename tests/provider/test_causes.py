"""Every error that a phase can raise is one outcome; errors of our own surface while nothing was sent."""

import http.client
import io
import socket
import ssl
from collections.abc import Buffer, Callable, Iterator
from types import ModuleType
from typing import cast

import pytest
import urllib3.exceptions
from urllib3.connection import HTTPConnection

from realtime_sms.provider.calls import Call, NotSent, NotSentCause, Reply, ReplyLost, ReplyLostCause
from realtime_sms.provider.client import RealTimeClient
from realtime_sms.provider.connect import Connector, Left
from tests.provider.calls import CALL
from tests.provider.servers import reply

MODULES: tuple[ModuleType, ...] = (socket, ssl, http.client, urllib3.exceptions)
OURS = [TypeError, AttributeError, KeyError, RuntimeError, MemoryError]


def _below(kind: type[BaseException]) -> Iterator[type[BaseException]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _below(child)


def _network() -> list[type[Exception]]:
    """List what the network's libraries can raise: every OSError that is loaded, and each library's own errors."""
    roots = (OSError, http.client.HTTPException, urllib3.exceptions.HTTPError)
    named = {kind for module in MODULES for kind in vars(module).values() if isinstance(kind, type)}
    loaded = {kind for root in roots for kind in _below(root) if kind.__module__ in {"builtins", "ssl", "socket"}}
    kinds = {kind for kind in named | loaded if issubclass(kind, roots)}
    return sorted(kinds, key=lambda kind: (kind.__module__, kind.__qualname__))


def _bare(kind: type[Exception]) -> Exception:
    """Make an error without its arguments: only its class may count."""
    return kind.__new__(kind)


class FakeSocket:
    """A socket that takes a request and gives a reply, except where it is told to fail."""

    def __init__(self, *, sending: BaseException | None = None, receiving: BaseException | None = None) -> None:
        self._errors = {"send": sending, "recv": receiving}
        self._reply = io.BytesIO(reply(200))
        self.closed = False

    def settimeout(self, seconds: float) -> None:
        """Take a timeout, which must be one that waits."""
        assert seconds > 0

    def send(self, data: Buffer) -> int:
        """Take all, or fail."""
        self._fail("send")
        return len(memoryview(data))

    def recv_into(self, buffer: Buffer) -> int:
        """Read into the buffer what there is, or fail."""
        self._fail("recv")
        return self._reply.readinto(buffer)

    def close(self) -> None:
        """Note that it was closed."""
        self.closed = True

    def _fail(self, phase: str) -> None:
        error = self._errors[phase]
        if error is not None:
            raise error


class FakeConnection(HTTPConnection):
    """A connection to nowhere."""

    def __init__(self, sock: FakeSocket, connecting: BaseException | None = None) -> None:
        super().__init__("127.0.0.1", 9)
        self.sock = sock
        self._error = connecting

    def connect(self) -> None:
        """Connect, or fail."""
        if self._error is not None:
            raise self._error


class FakeContext:
    """A TLS context whose handshake fails."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def wrap_socket(self, _sock: object, *, server_hostname: str) -> None:
        """Fail."""
        assert server_hostname == "name.invalid"
        raise self._error


def _client(dial: Callable[[Left], HTTPConnection | NotSent]) -> RealTimeClient:
    return RealTimeClient("http://name.invalid", deadline=5, dial=dial)


def _talking(sock: FakeSocket) -> RealTimeClient:
    return _client(lambda _: FakeConnection(sock))


def _found(*_: object, **__: object) -> list[tuple[object, ...]]:
    return [(0, 0, 0, "", ("127.0.0.1", 9))]


def _looking_up(error: BaseException) -> Connector:
    def lookup(*_: object, **__: object) -> list[tuple[object, ...]]:
        raise error

    return Connector("name.invalid", 9, lookup=lookup)


def _connecting(error: BaseException) -> Connector:
    connection = lambda *_, **__: FakeConnection(FakeSocket(), error)  # noqa: E731  as the class that it stands for
    return Connector("name.invalid", 9, lookup=_found, connection=connection)


def _shaking_hands(error: BaseException, sock: FakeSocket) -> Connector:
    context = cast("ssl.SSLContext", FakeContext(error))
    connection = lambda *_, **__: FakeConnection(sock)  # noqa: E731  as the class that it stands for
    return Connector("name.invalid", 9, lambda: context, _found, connection)


def _refused() -> Exception:
    error = _bare(urllib3.exceptions.NewConnectionError)
    error.__cause__ = ConnectionRefusedError()
    return error


@pytest.mark.parametrize("kind", [kind for kind in _network() if issubclass(kind, OSError)])
def test_no_error_of_a_lookup_or_a_handshake_escapes(kind: type[Exception]) -> None:
    """Which error it was does not matter, only the phase; the half-made connection is closed."""
    sock = FakeSocket()
    assert _client(_looking_up(_bare(kind))).perform(CALL) == NotSent("dns")
    assert _client(_shaking_hands(_bare(kind), sock)).perform(CALL) == NotSent("tls")
    assert sock.closed


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (_refused(), "refused"),
        (_bare(urllib3.exceptions.NewConnectionError), "connect"),
        (_bare(urllib3.exceptions.ConnectTimeoutError), "connect_timeout"),
        (ConnectionRefusedError(), "refused"),
        (TimeoutError(), "connect_timeout"),
        (OSError(), "connect"),
    ],
    ids=repr,
)
def test_a_connection_that_fails_says_how(error: Exception, cause: NotSentCause) -> None:
    """urllib3 derives a failed connection from a connect timeout; they are told apart all the same."""
    assert _client(_connecting(error)).perform(CALL) == NotSent(cause)


@pytest.mark.parametrize("kind", [kind for kind in _network() if not issubclass(kind, http.client.HTTPException)])
def test_no_error_of_connecting_escapes(kind: type[Exception]) -> None:
    """All that urllib3 and the socket can raise while connecting means that nothing was sent."""
    assert isinstance(_client(_connecting(_bare(kind))).perform(CALL), NotSent)


CAUSES: list[tuple[type[Exception], ReplyLostCause]] = [
    (TimeoutError, "timeout"),
    (ConnectionResetError, "reset"),
    (ConnectionAbortedError, "reset"),
    (BrokenPipeError, "reset"),
    (OSError, "reset"),
    (http.client.RemoteDisconnected, "closed"),
    (ssl.SSLEOFError, "closed"),
    (ssl.SSLZeroReturnError, "closed"),
    (ssl.SSLError, "garbled"),
    (ssl.SSLCertVerificationError, "garbled"),
    (http.client.BadStatusLine, "garbled"),
    (http.client.IncompleteRead, "garbled"),
    (http.client.LineTooLong, "garbled"),
    (ValueError, "garbled"),
]


@pytest.mark.parametrize(("kind", "cause"), CAUSES)
def test_a_broken_call_says_how(kind: type[Exception], cause: ReplyLostCause) -> None:
    """The same error means the same whether the request or the reply was under way."""
    for sock in (FakeSocket(sending=_bare(kind)), FakeSocket(receiving=_bare(kind))):
        assert _talking(sock).perform(CALL) == ReplyLost(cause)
        assert sock.closed


@pytest.mark.parametrize("kind", [*_network(), *OURS])
def test_no_error_escapes_once_the_request_may_have_left(kind: type[Exception]) -> None:
    """Not even a mistake of our own: an exception would lose that the vendor may have accepted."""
    for sock in (FakeSocket(sending=_bare(kind)), FakeSocket(receiving=_bare(kind))):
        assert isinstance(_talking(sock).perform(CALL), ReplyLost)
        assert sock.closed


@pytest.mark.parametrize("kind", OURS)
def test_a_mistake_of_our_own_surfaces_while_nothing_was_sent(kind: type[Exception]) -> None:
    """It is no network trouble, and hiding it would try again for ever."""
    sock = FakeSocket()
    for dial in (_looking_up(_bare(kind)), _connecting(_bare(kind)), _shaking_hands(_bare(kind), sock)):
        with pytest.raises(kind):
            _client(dial).perform(CALL)
    assert sock.closed


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_call_leaves_no_connection_behind(kind: type[BaseException]) -> None:
    """Who stops the process is not answered with a value; the half-used connection is closed."""
    sock = FakeSocket(receiving=kind())
    with pytest.raises(kind):
        _talking(sock).perform(CALL)
    assert sock.closed


def test_the_fake_connection_works_where_it_is_not_told_to_fail() -> None:
    """Else the tests above would prove nothing."""
    sock = FakeSocket()
    gateway = _talking(sock)
    assert gateway.perform(CALL) == Reply(200)
    assert not sock.closed
    gateway.close()
    assert sock.closed


def test_no_outcome_shows_what_was_sent() -> None:
    """Neither call nor outcome nor gateway has text, token or number in its repr."""
    gateway = _talking(FakeSocket(receiving=OSError("canary")))
    shown: list[Call | ReplyLost | object] = [CALL, gateway.perform(CALL), gateway]
    assert "canary" not in repr(shown)
    assert "56900000123" not in repr(shown)
