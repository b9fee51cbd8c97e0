"""Whole replies, the bytes that asked for them, and connections that are kept alive."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from realtime_sms.provider.calls import Call, Reply, balance
from tests.provider.calls import CALL, TOKEN
from tests.provider.conftest import Bench
from tests.provider.servers import Peer, Script, after_request, chunked, reply, sending, serving


class Clock:
    """A clock that goes only when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Tell the time in seconds."""
        return self.now


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param(serving(reply(200, b"{}")), Reply(200, b"{}"), id="with a length"),
        pytest.param(serving(chunked(200, b"{", b"}")), Reply(200, b"{}"), id="in chunks"),
        pytest.param(after_request(sending(b"HTTP/1.0 200 OK\r\n\r\n{}")), Reply(200, b"{}"), id="until the close"),
        pytest.param(serving(reply(401)), Reply(401), id="without a body"),
        pytest.param(serving(b"HTTP/1.1 204 None\r\n\r\n"), Reply(204), id="204 has no body"),
        pytest.param(serving(reply(100)[:-21] + b"\r\n" + reply(200)), Reply(200), id="after 100-continue"),
        pytest.param(serving(reply(200, b"x" * 65536)), Reply(200, b"x" * 65536), id="as large as may be"),
        pytest.param(serving(chunked(200, b"x" * 65536)), Reply(200, b"x" * 65536), id="as large as may be, in chunks"),
        pytest.param(serving(reply(429, b"", "Retry-After: 7")), Reply(429, b"", 7.0), id="with Retry-After"),
        pytest.param(serving(reply(429, b"", "Retry-After: soon")), Reply(429), id="with a bad Retry-After"),
        pytest.param(serving(reply(599, b"?")), Reply(599, b"?"), id="with a status unheard of"),
    ],
)
def test_a_whole_reply_comes_back_as_it_is(bench: Bench, script: Script, expected: Reply) -> None:
    """Status, body and the wait that was asked for; judging them is not the client's business."""
    server = bench.serve(script)
    assert bench.realtime(server.url).perform(CALL) == expected
    assert server.posts == 1


@pytest.mark.parametrize("status", range(301, 309))
def test_a_redirect_is_a_reply_and_never_followed(bench: Bench, status: int) -> None:
    """Neither the request nor the token goes where a reply points to."""
    target = bench.serve(serving(reply(200)))
    server = bench.serve(serving(reply(status, b"", f"Location: {target.url}/api/sms")))
    assert bench.realtime(server.url).perform(CALL) == Reply(status)
    assert (server.posts, target.connections) == (1, 0)


@pytest.mark.parametrize(
    ("call", "head"),
    [
        pytest.param(
            CALL,
            "POST /v2/api/sms HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: identity\r\nUser-Agent: realtime-sms\r\n"
            f"Content-Length: {len(CALL.body or b'')}\r\n"
            f"Content-Type: application/json\r\nAuthorization: Bearer {TOKEN}",
            id="POST",
        ),
        pytest.param(
            balance(TOKEN),
            "GET /v2/api/balance HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: identity\r\nUser-Agent: realtime-sms\r\n"
            f"Content-Type: application/json\r\nAuthorization: Bearer {TOKEN}",
            id="GET",
        ),
        pytest.param(
            Call("POST", "/x", {}),
            "POST /v2/x HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: identity\r\nUser-Agent: realtime-sms\r\n"
            "Content-Length: 0",
            id="POST without a body",
        ),
    ],
)
def test_a_request_goes_out_as_its_call_says(bench: Bench, call: Call, head: str) -> None:
    """The path under the base address, the call's headers and body, and nothing that was not asked for."""
    server = bench.serve(serving(lambda body: reply(200, body)))
    assert bench.realtime(server.url + "/v2/").perform(call) == Reply(200, call.body or b"")
    assert [sent.decode() for sent in server.heads] == [head.format(host=f"127.0.0.1:{server.port}")]


def test_proxies_from_the_environment_are_not_used(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token goes to RealTime and to nobody between."""
    proxy = bench.serve(serving(reply(502)))
    server = bench.serve(serving(reply(200)))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv(name.upper(), proxy.url)
    assert bench.realtime(server.url).perform(CALL) == Reply(200)
    assert proxy.connections == 0


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(replace(CALL, headers={"Authorization": f"Bearer {TOKEN}\r\nX: y"}), id="a line break in a value"),
        pytest.param(replace(CALL, headers={"Authorization": f"Bearer {TOKEN}ñ"}), id="a value beyond ASCII"),
        pytest.param(replace(CALL, headers={f"X {TOKEN}": "y"}), id="a space in a name"),
        pytest.param(replace(CALL, path=f"/api/sms/{TOKEN} HTTP/1.1"), id="a space in the path"),
        pytest.param(replace(CALL, path=f"{TOKEN}"), id="a path without a root"),
    ],
)
def test_what_http_cannot_carry_is_refused_before_anything_is_sent(bench: Bench, call: Call) -> None:
    """It is the caller's mistake; the error repeats nothing that was given."""
    server = bench.serve(serving(reply(200)))
    with pytest.raises(ValueError, match="not printable ASCII") as refused:
        bench.realtime(server.url).perform(call)
    assert TOKEN not in str(refused.value)
    assert server.connections == 0


@pytest.mark.parametrize(
    "answer", [reply(200, b"{}"), chunked(200, b"{}"), reply(500)], ids=["length", "chunks", "500"]
)
def test_a_connection_is_kept_alive(bench: Bench, answer: bytes) -> None:
    """Ten calls in a row need one connection."""
    server = bench.serve(serving(answer))
    client = bench.realtime(server.url)
    assert len({client.perform(CALL) for _ in range(10)}) == 1
    assert (server.posts, server.connections) == (10, 1)


@pytest.mark.parametrize("leave", [lambda _: None, Peer.reset], ids=["close", "reset"])
def test_a_connection_that_the_server_left_is_replaced(bench: Bench, leave: Callable[[Peer], None]) -> None:
    """A server may drop an idle connection whenever it likes; that costs no call."""
    server = bench.serve(after_request(sending(reply(200)), leave))
    client = bench.realtime(server.url)
    for calls in range(1, 4):
        assert client.perform(CALL) == Reply(200)
        assert server.finished.acquire(timeout=5)
        assert (server.posts, server.connections) == (calls, calls)


@pytest.mark.parametrize(
    "answer",
    [reply(200, b"", "Connection: close"), b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", reply(200) + reply(500)],
    ids=["Connection: close", "HTTP/1.0", "more than one reply"],
)
def test_a_connection_that_cannot_be_trusted_further_is_not_kept(bench: Bench, answer: bytes) -> None:
    """Least of all one on which a stray reply waits: the next call would take it for its own."""
    server = bench.serve(serving(answer))
    client = bench.realtime(server.url)
    assert [client.perform(CALL) for _ in range(3)] == [Reply(200)] * 3
    assert (server.posts, server.connections) == (3, 3)


def test_a_connection_idle_for_too_long_is_not_used(bench: Bench) -> None:
    """After a freeze nobody knows what became of a connection."""
    clock = Clock()
    server = bench.serve(serving(reply(200)))
    client = bench.realtime(server.url, idle_limit=2, clock=clock)
    for idle, connections in ((0.0, 1), (2.0, 1), (2.1, 2)):
        clock.now += idle
        assert client.perform(CALL) == Reply(200)
        assert server.connections == connections
    assert server.posts == 3


def test_a_closed_gateway_starts_afresh(bench: Bench) -> None:
    """Closing lets go of idle connections and of nothing else."""
    server = bench.serve(serving(reply(200)))
    client = bench.realtime(server.url)
    for _ in range(2):
        assert client.perform(CALL) == Reply(200)
        client.close()
        assert server.finished.acquire(timeout=5)
    assert (server.posts, server.connections) == (2, 2)


def test_fifty_threads_get_their_own_replies(bench: Bench) -> None:
    """Each call gets the reply to its own request, over no more connections than there are threads."""
    server = bench.serve(serving(lambda body: reply(200, body)))
    client = bench.realtime(server.url, deadline=30)
    together = threading.Barrier(50)

    def calls(thread: int) -> bool:
        together.wait()
        bodies = [b"%d/%d" % (thread, n) for n in range(4)]
        return all(client.perform(replace(CALL, body=body)) == Reply(200, body) for body in bodies)

    with ThreadPoolExecutor(50) as threads:
        assert all(threads.map(calls, range(50)))
    assert server.posts == 200
    assert server.connections <= 50
