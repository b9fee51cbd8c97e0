"""The server as HTTP: what any client's library may do."""

import socket
from contextlib import ExitStack

import pytest

from local.fake_realtime import Simulator
from tests.local.fake_realtime.caller import Caller

HEAD = (
    b"GET /api/balance HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer local-token\r\n"
)


def talk(port: int, *parts: bytes) -> bytes:
    """Send bytes as they are, but for the host, say that no more come, and read to the end."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        for part in parts:
            line.sendall(part.replace(b"Host: x\r\n", b"Host: 127.0.0.1:%d\r\n" % port))
        line.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: line.recv(65_536), b""))


def test_a_connection_serves_one_call_after_another(simulator: Simulator) -> None:
    """Keep-alive is the default, and pipelined requests are answered in order."""
    assert talk(simulator.port, HEAD + b"\r\n", HEAD + b"\r\n").count(b"HTTP/1.1 200 OK\r\n") == 2


def test_a_caller_may_ask_for_the_last_call(simulator: Simulator) -> None:
    """After `Connection: close` nothing more is read."""
    assert talk(simulator.port, HEAD + b"Connection: close\r\n\r\n" + HEAD + b"\r\n").count(b"HTTP/1.1") == 1


def test_a_chunked_body_is_read_whole(simulator: Simulator) -> None:
    """Node.js sends the vendor's sample in chunks."""
    head = HEAD.replace(b"GET /api/balance", b"POST /api/sms") + b"Transfer-Encoding: chunked\r\n\r\n"
    body = b'{"recipients": ["+56911112222"], "sender": "96000", "message": {"text": "hi"}}'
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:7], body[7:]))
    assert b'"submitted"' in talk(simulator.port, head, chunks, b"0\r\nTrailer: x\r\n\r\n")


def test_a_caller_may_wait_to_be_told_to_continue(simulator: Simulator) -> None:
    """Curl asks before a long body."""
    reply = talk(simulator.port, HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n", b"{}")
    assert reply.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        pytest.param(b"\x16\x03\x01\x02\x00\r\n\r\n", 400, id="TLS on a plain port"),
        pytest.param(b"GET /\r\n\r\n", 400, id="no version"),
        pytest.param(b"GET / HTTP/1.1\r\nnonsense\r\n\r\n", 400, id="no header"),
        pytest.param(HEAD + b"Content-Length: -1\r\n\r\n", 400, id="negative length"),
        pytest.param(HEAD + b"Content-Length: 99999999999\r\n\r\n", 413, id="huge length"),
        pytest.param(HEAD + b"Transfer-Encoding: gzip\r\n\r\n", 501, id="unknown coding"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, id="no chunk size"),
        pytest.param(HEAD + b"X: " + b"x" * 70_000 + b"\r\n\r\n", 431, id="endless header"),
    ],
)
def test_what_is_no_request_is_refused(simulator: Simulator, request_bytes: bytes, status: int) -> None:
    """One error, then the connection ends."""
    assert talk(simulator.port, request_bytes).startswith(b"HTTP/1.1 %d " % status)


def test_calls_in_flight_are_counted_at_their_most(simulator: Simulator, caller: Caller) -> None:
    """The high-water mark shows how many calls a client really had open, also when they are over."""
    with ExitStack() as lines:
        for _ in range(8):
            lines.enter_context(caller.begin("+56900003005"))
        caller.await_that(lambda: simulator.counters.in_flight == 8)
    caller.await_that(lambda: simulator.counters.in_flight == 0)
    assert simulator.counters.in_flight_most == 8


def test_nothing_is_printed(simulator: Simulator, caller: Caller, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither a good call, nor a bad one, nor a broken one leaves a line."""
    caller.send()
    caller.send(sender="")
    talk(simulator.port, b"nonsense\r\n\r\n")
    talk(simulator.port, HEAD)
    assert capfd.readouterr() == ("", "")
