"""Exchanges that break, over plain sockets and over TLS: each in both flavours, accepted and not."""

import http.client
import ssl
from collections.abc import Iterator

import pytest
import trustme

from local.fake_realtime import Settings, Simulator
from local.fake_realtime.magic import BY_NAME
from tests.local.fake_realtime.caller import Caller

QUICK = Settings(drip_seconds=0, slow_seconds=0, oversize_bytes=300_000)
BREAKS = {
    "reset": (ConnectionResetError,),
    "close": (http.client.RemoteDisconnected, ssl.SSLEOFError),
    "truncated": (http.client.IncompleteRead, ssl.SSLEOFError),
    "garbled": (http.client.BadStatusLine, ssl.SSLError),
}
READABLE = ["slow", "drip_head", "drip_body", "oversize", "garbage", "too_few", "too_many"]
FLAVOURS = [pytest.param(False, id="not accepted"), pytest.param(True, id="accepted")]


def flavoured(name: str, *, accepted: bool) -> str:
    """Return the magic number of a break, accepted before it or not."""
    return BY_NAME[f"{name}_accepted" if accepted else name].number


@pytest.fixture(params=["plain", "tls"])
def line(request: pytest.FixtureRequest) -> Iterator[tuple[Simulator, Caller]]:
    """Yield a simulator and its caller, on a plain socket and over TLS."""
    server = client = None
    if request.param == "tls":
        authority = trustme.CA()
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(server)
        client = ssl.create_default_context()
        authority.configure_trust(client)
    with Simulator(QUICK, tls=server) as simulator:
        yield simulator, Caller(simulator.port, client)


def test_the_same_server_serves_plain_and_tls(line: tuple[Simulator, Caller]) -> None:
    """An ordinary call works on either line, and the address says which it is."""
    simulator, caller = line
    assert caller.send().words == ["submitted"]
    assert simulator.url.startswith("http" if caller.tls is None else "https")


@pytest.mark.parametrize("accepted", FLAVOURS)
@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_exchange_hides_whether_it_was_accepted(
    line: tuple[Simulator, Caller], name: str, *, accepted: bool
) -> None:
    """The caller sees the same break either way; only the handset knows."""
    simulator, caller = line
    number = flavoured(name, accepted=accepted)
    with pytest.raises(BREAKS[name]):
        caller.send(number)
    assert len(simulator.inbox(number)) == accepted
    assert simulator.counters.posts == 1


@pytest.mark.parametrize("accepted", FLAVOURS)
@pytest.mark.parametrize("name", READABLE)
def test_a_patient_caller_reads_an_odd_reply_to_its_end(
    line: tuple[Simulator, Caller], name: str, *, accepted: bool
) -> None:
    """What is slow, large or wrong is still whole HTTP, and again hides what the handset knows."""
    simulator, caller = line
    number = flavoured(name, accepted=accepted)
    came = caller.send(number)
    assert came.status == 200
    assert len(simulator.inbox(number)) == accepted
    match name:
        case "garbage":
            with pytest.raises(ValueError, match="decode"):
                came.json  # noqa: B018 - reading it is the claim
        case "oversize":
            assert len(came.body) == 300_000
        case "too_few":
            assert came.words == []
        case "too_many":
            assert came.words == ["submitted", "submitted"]
        case _:
            assert came.words == ["submitted"]


def test_a_caller_who_gives_up_is_let_go() -> None:
    """The server notices that the caller left, and forgets the call long before it would have ended."""
    with Simulator(Settings(slow_seconds=3600)) as simulator:
        caller = Caller(simulator.port)
        with caller.begin(flavoured("slow", accepted=True)):
            caller.await_that(lambda: simulator.counters.in_flight == 1)
        caller.await_that(lambda: simulator.counters.in_flight == 0)
        assert len(simulator.inbox()) == 1


@pytest.mark.parametrize("name", ["slow", "drip_head", "drip_body"])
def test_a_caller_must_give_up_by_itself(name: str) -> None:
    """Without a deadline of its own a caller would wait for as long as the settings say."""
    with Simulator(Settings(drip_seconds=3600, slow_seconds=3600)) as simulator:
        with pytest.raises(TimeoutError):
            Caller(simulator.port, timeout=0.2).send(flavoured(name, accepted=False))
        Caller(simulator.port).await_that(lambda: simulator.counters.posts == 1)
        assert simulator.inbox() == ()


def test_a_redirect_that_is_followed_is_seen(simulator: Simulator, caller: Caller) -> None:
    """The redirect's target counts its visitors, so that a test can prove there was none."""
    came = caller.send("+56900000307")
    assert simulator.counters.redirect_hits == 0
    caller.post(came.headers["Location"], {})
    assert simulator.counters.redirect_hits == 1


def test_stopping_ends_what_still_hangs() -> None:
    """A test that leaves a call hanging does not hang itself."""
    with Simulator(Settings(slow_seconds=3600)) as simulator:
        caller = Caller(simulator.port)
        line = caller.begin(flavoured("slow", accepted=True))
        caller.await_that(lambda: simulator.counters.in_flight == 1)
    with line:
        assert line.recv(1) == b""
