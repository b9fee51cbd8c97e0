"""What breaks after the first byte of a request left: one POST, an open fate, and over within the deadline."""

from dataclasses import replace

import pytest

from realtime_sms.provider.calls import ReplyLost, ReplyLostCause
from tests.provider.calls import CALL, timed
from tests.provider.conftest import Bench
from tests.provider.servers import Peer, Script, after_request, chunked, dripping, reply, sending

DEADLINE = 0.3
SLACK = 0.5  # what a call may take beyond its deadline

WHOLE = reply(200, b'{"submissions": []}')
CHUNKED = chunked(200, b'{"submissions"', b": []}")
CHUNKED_HEAD = CHUNKED.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
ENDLESS = b"x" * 10_000_000
INTERIM = b"HTTP/1.1 100 Continue\r\nX: " + ENDLESS[:20_000] + b"\r\n\r\n"


def _broken(name: str, cause: ReplyLostCause, *steps: Script) -> object:
    return pytest.param(after_request(*steps), cause, id=name)


@pytest.mark.parametrize(
    ("script", "cause"),
    [
        _broken("reset", "reset", Peer.reset),
        _broken("reset in the head", "reset", sending(WHOLE[:20]), Peer.reset),
        _broken("closed before the reply", "closed"),
        _broken("closed in the status line", "closed", sending(b"HTTP/1.1 20")),
        _broken("closed in the head", "closed", sending(b"HTTP/1.1 200 OK\r\nContent-Type: text")),
        _broken("closed at the end of a header line", "closed", sending(b"HTTP/1.1 200 OK\r\nServer: x\r\n")),
        _broken("a length that is not met", "closed", sending(WHOLE[:-1])),
        _broken("a length of which nothing comes", "closed", sending(WHOLE[:-19])),
        _broken("cut in a chunk", "closed", sending(CHUNKED[:-12])),
        _broken("cut between chunks", "closed", sending(CHUNKED[:-5])),
        _broken("cut in the last chunk's end", "closed", sending(CHUNKED[:-2])),
        _broken("silence", "timeout", Peer.hold),
        _broken("silence after the head", "timeout", sending(WHOLE[:-19]), Peer.hold),
        _broken("a head that drips", "timeout", dripping(WHOLE, 0.1)),
        _broken("a body that drips", "timeout", sending(WHOLE[:-19]), dripping(WHOLE[-19:], 0.1)),
        _broken("chunks that drip", "timeout", sending(CHUNKED_HEAD), dripping(b"1\r\nx\r\n" * 9, 0.1)),
        _broken("no HTTP", "garbled", sending(b"220 mail.example ESMTP\r\n"), Peer.hold),
        _broken("another protocol version", "garbled", sending(b"HTTP/2 200\r\n\r\n"), Peer.hold),
        _broken("an interim reply that nobody asked for", "garbled", sending(reply(103)), Peer.hold),
        _broken(
            "a header line without end", "garbled", sending(b"HTTP/1.1 200 OK\r\nX: " + ENDLESS[:70_000]), Peer.hold
        ),
        _broken("101 headers", "garbled", sending(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 101), Peer.hold),
        _broken("a chunk size that is no number", "garbled", sending(CHUNKED_HEAD + b"zz\r\n"), Peer.hold),
        _broken("two lengths", "garbled", sending(reply(200, b"{}", "Content-Length: 1")), Peer.hold),
        _broken("a length that is no number", "garbled", sending(b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\n{}")),
        _broken("ten megabytes declared", "oversize", sending(reply(200, ENDLESS))),
        _broken("ten megabytes declared and held back", "oversize", sending(reply(200, ENDLESS)[:100]), Peer.hold),
        _broken("ten megabytes in chunks", "oversize", sending(chunked(200, *[ENDLESS[:50_000]] * 200))),
        _broken("ten megabytes until the close", "oversize", sending(b"HTTP/1.1 200 OK\r\n\r\n" + ENDLESS)),
        _broken("ten megabytes in a negative chunk", "oversize", sending(CHUNKED_HEAD + b"-1\r\n" + ENDLESS)),
        _broken(
            "ten megabytes of headers",
            "oversize",
            sending(b"HTTP/1.1 200 OK\r\n" + b"X: %b\r\n" % ENDLESS[:60_000] * 90),
        ),
        _broken("ten megabytes of interim replies", "oversize", sending(INTERIM * 500)),
    ],
)
def test_a_call_that_breaks_is_made_once_and_ends_in_time(bench: Bench, script: Script, cause: ReplyLostCause) -> None:
    """Whatever the server does after the request, it saw one POST and the outcome says how the call broke."""
    server = bench.serve(script)
    outcome, seconds = timed(bench.realtime(server.url, deadline=DEADLINE))
    assert outcome == ReplyLost(cause)
    assert seconds < DEADLINE + SLACK
    assert (server.posts, server.connections) == (1, 1)


@pytest.mark.parametrize("bench", ["tls"], indirect=True)
@pytest.mark.parametrize("steps", [(), (sending(WHOLE[:30]),)], ids=["instead of the reply", "in the head"])
def test_a_garbled_record_after_the_request_is_not_a_failed_handshake(bench: Bench, steps: tuple[Script, ...]) -> None:
    """An SSLError once the request has left leaves the fate open."""
    server = bench.serve(after_request(*steps, lambda peer: peer.send_raw(b"no TLS record at all"), Peer.hold))
    outcome, seconds = timed(bench.realtime(server.url, deadline=DEADLINE))
    assert outcome == ReplyLost("garbled")
    assert seconds < DEADLINE + SLACK
    assert (server.posts, server.connections) == (1, 1)


def test_a_request_that_the_server_does_not_read_ends_in_time(bench: Bench) -> None:
    """The deadline holds for sending too, and over as many TLS records as the request needs."""
    server = bench.serve(lambda peer: peer.server.stopped.wait())
    client = bench.realtime(server.url, deadline=DEADLINE)
    outcome, seconds = timed(client, replace(CALL, body=ENDLESS))
    assert outcome == ReplyLost("timeout")
    assert seconds < DEADLINE + SLACK
    assert server.connections == 1


def test_a_broken_connection_is_not_used_again(bench: Bench) -> None:
    """After a break the next call goes out on a connection of its own."""
    server = bench.serve(after_request(sending(b"nonsense\r\n"), Peer.hold), after_request(sending(WHOLE), Peer.hold))
    client = bench.realtime(server.url)
    assert timed(client)[0] == ReplyLost("garbled")
    assert not isinstance(timed(client)[0], ReplyLost)
    assert (server.posts, server.connections) == (2, 2)
