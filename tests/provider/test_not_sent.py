"""What fails before the first byte of a request left: said as `NotSent`, within the deadline, with nothing sent."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from urllib3.connection import HTTPConnection

from realtime_sms.provider.calls import NotSent, Reply
from realtime_sms.provider.client import RealTimeClient
from realtime_sms.provider.connect import Connector, Left
from tests.provider.calls import CALL, timed
from tests.provider.conftest import Bench
from tests.provider.servers import Authority, Peer, Server, reply, sending, serving

DEADLINE = 0.3
SLACK = 0.5  # what a call may take beyond its deadline


@pytest.fixture
def refusing() -> Iterator[tuple[str, int]]:
    """Hold a port that refuses connections: bound, and nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()


@pytest.fixture
def unanswering() -> Iterator[tuple[str, int]]:
    """Hold a port whose queue of connections is full, so that no further one is answered."""
    with ExitStack() as ends:
        listener = ends.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            filler = ends.enter_context(socket.socket())
            filler.setblocking(False)  # noqa: FBT003  as the socket module has it
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()


def test_a_refused_connection_is_not_sent(bench: Bench, refusing: tuple[str, int]) -> None:
    """Nobody listens."""
    outcome, seconds = timed(bench.realtime(f"http://127.0.0.1:{refusing[1]}", deadline=DEADLINE))
    assert outcome == NotSent("refused")
    assert seconds < DEADLINE + SLACK


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_unknown_name_is_not_sent(scheme: str) -> None:
    """The top-level name `invalid` never resolves (RFC 2606)."""
    assert RealTimeClient(f"{scheme}://name.invalid", deadline=5).perform(CALL) == NotSent("dns")


@pytest.mark.parametrize(("deadline", "connecting"), [(DEADLINE, 30), (30, DEADLINE)], ids=["call", "connecting"])
def test_a_connection_that_is_not_answered_is_not_sent(
    unanswering: tuple[str, int], deadline: float, connecting: float
) -> None:
    """Connecting ends with its own limit or with the call's deadline, whichever comes first."""
    outcome, seconds = timed(
        RealTimeClient(f"http://127.0.0.1:{unanswering[1]}", deadline=deadline, connect_timeout=connecting)
    )
    assert outcome == NotSent("connect_timeout")
    assert seconds < DEADLINE + SLACK


@pytest.mark.parametrize(("deadline", "connecting"), [(DEADLINE, 30), (30, DEADLINE)], ids=["call", "connecting"])
def test_a_stalled_handshake_is_not_sent(authority: Authority, deadline: float, connecting: float) -> None:
    """The server takes the TCP connection and never answers the TLS hello."""
    with Server(Peer.hold) as server:
        gateway = RealTimeClient(
            f"https://127.0.0.1:{server.port}",
            ssl_context=authority.client(),
            deadline=deadline,
            connect_timeout=connecting,
        )
        outcome, seconds = timed(gateway)
    assert outcome == NotSent("tls")
    assert seconds < DEADLINE + SLACK
    assert server.connections == 1


@pytest.mark.parametrize(
    "script",
    [lambda _: None, sending(reply(200)), lambda peer: (peer.sock.recv(1), peer.reset())],
    ids=["close", "plain HTTP", "reset"],
)
def test_a_handshake_that_breaks_is_not_sent(authority: Authority, script: Callable[[Peer], object]) -> None:
    """What would be `reset` or `garbled` after the request is no more than a failed handshake before it."""
    with Server(script) as server:
        outcome, _ = timed(
            RealTimeClient(f"https://127.0.0.1:{server.port}", deadline=5, ssl_context=authority.client())
        )
    assert outcome == NotSent("tls")


YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda _: Authority().server(), id="an unknown authority"),
        pytest.param(lambda known: known.server("other.example"), id="the name of another host"),
        pytest.param(lambda known: known.server(until=YESTERDAY), id="expired"),
    ],
)
def test_a_bad_certificate_is_not_sent(authority: Authority, made: Callable[[Authority], ssl.SSLContext]) -> None:
    """No request goes to a server that cannot show who it is."""
    with Server(serving(reply(200)), context=made(authority)) as server:
        outcome, _ = timed(RealTimeClient(server.url, deadline=5, ssl_context=authority.client()))
    assert outcome == NotSent("tls")
    assert server.heads == []


def test_certificates_are_verified_by_default(authority: Authority) -> None:
    """A gateway that is given no context trusts what the system trusts, and no more."""
    with Server(serving(reply(200)), context=authority.server()) as server:
        assert RealTimeClient(server.url, deadline=5).perform(CALL) == NotSent("tls")
    assert server.heads == []


def test_a_dead_address_leaves_time_for_the_next(
    unanswering: tuple[str, int], refusing: tuple[str, int], bench: Bench
) -> None:
    """A name with several addresses is tried through, within one limit for them all."""
    server = bench.serve(serving(reply(200)))
    found = [(0, 0, 0, "", address) for address in (unanswering, refusing, ("127.0.0.1", server.port))]
    context = (lambda: bench.client_context) if bench.server_context else None
    dial = Connector("127.0.0.1", 0, context, lookup=lambda *_, **__: found)
    outcome, seconds = timed(bench.realtime(server.url, deadline=DEADLINE * 3, dial=dial))
    assert outcome == Reply(200)
    assert seconds < DEADLINE * 3
    assert server.posts == 1


def test_several_dead_addresses_share_one_limit(unanswering: tuple[str, int]) -> None:
    """Ten dead addresses take no longer than one."""
    dial = Connector("127.0.0.1", 0, lookup=lambda *_, **__: [(0, 0, 0, "", unanswering)] * 10)
    outcome, seconds = timed(RealTimeClient("http://name.invalid", deadline=DEADLINE, dial=dial))
    assert outcome == NotSent("connect_timeout")
    assert seconds < DEADLINE + SLACK


def test_a_lookup_beyond_the_deadline_ends_the_call() -> None:
    """A lookup cannot be interrupted, but nothing is sent after a late one."""
    now = [0.0]

    def late(*_: object, **__: object) -> list[tuple[object, ...]]:
        now[0] += 60
        return [(0, 0, 0, "", ("127.0.0.1", 9))]

    def left() -> float:
        if now[0] >= 1:
            raise TimeoutError
        return 1 - now[0]

    assert Connector("name.invalid", 80, lookup=late)(left) == NotSent("dns")


@pytest.mark.parametrize("kept_alive", [False, True], ids=["a new connection", "one that was kept"])
def test_a_call_that_came_too_late_is_not_sent(bench: Bench, *, kept_alive: bool) -> None:
    """The clock is read when the connection is there, directly before the request leaves.

    An environment may be frozen for an hour at any line before it; by then the submission is somebody else's.
    """
    server = bench.serve(serving(reply(200)))
    now = [1000.0]
    client = bench.realtime(server.url, now=lambda: now[0])
    if kept_alive:
        assert client.perform(CALL, latest=1001) == Reply(200)
    posts, now[0] = server.posts, 1001.0
    assert client.perform(CALL, latest=1001) == NotSent("late")
    assert server.posts == posts
    assert client.perform(CALL, latest=1001.001) == Reply(200)


def test_a_freeze_while_connecting_makes_a_call_late(bench: Bench) -> None:
    """It had the time when it began."""
    server = bench.serve(serving(reply(200)))
    now = [1000.0]
    context = (lambda: bench.client_context) if bench.server_context else None
    connect = Connector("127.0.0.1", server.port, context)

    def frozen(left: Left) -> HTTPConnection | NotSent:
        line = connect(left)
        now[0] += 3600
        return line

    client = bench.realtime(server.url, now=lambda: now[0], dial=frozen)
    assert client.perform(CALL, latest=1060) == NotSent("late")
    assert server.posts == 0


@pytest.mark.parametrize(
    "base_url",
    ["", "rti-sms.com", "ftp://rti-sms.com", "https://", "https://user:secret@rti-sms.com", "https://rti-sms.com?a=b"],
)
def test_a_base_address_that_is_none_is_refused(base_url: str) -> None:
    """The error shows an example, and not what was given: it might hold a password."""
    with pytest.raises(ValueError, match="not an address such as") as refused:
        RealTimeClient(base_url, deadline=1)
    assert "secret" not in str(refused.value)


def test_a_context_that_does_not_verify_is_refused() -> None:
    """TLS without a verified peer would hand the token to anybody."""
    context = ssl.create_default_context()
    context.check_hostname = False
    with pytest.raises(ValueError, match="must verify"):
        RealTimeClient("https://rti-sms.com", deadline=1, ssl_context=context)
