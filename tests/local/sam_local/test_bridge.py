"""The relay, with a second loopback address in the place of Docker's bridge."""

import gc
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from local import sam_local
from local.sam_local import bridge_address, relayed, relayed_from_bridge

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="needs 127.0.0.2 and lo, which Linux has; so does the need"
)

BRIDGE = "127.0.0.2"
MEGABYTE = bytes(range(256)) * 4096


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Yield a server on loopback, as MiniStack and the simulator are."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        yield server


@pytest.fixture
def port(listener: socket.socket) -> Iterator[int]:
    """Yield the listener's port, relayed from the bridge."""
    number = listener.getsockname()[1]
    with relayed(BRIDGE, [number]):
        yield number


def connected(port: int, address: str = BRIDGE) -> socket.socket:
    """Connect as a container would."""
    return socket.create_connection((address, port), timeout=10)


def everything(connection: socket.socket) -> bytes:
    """Read until the other side has no more."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def test_both_ways_carry_all_of_it(listener: socket.socket, port: int) -> None:
    """A megabyte goes out, the end of it is seen, and a megabyte comes back on the half that is still open."""

    def answer() -> None:
        near, _ = listener.accept()
        with near:
            near.sendall(everything(near)[::-1])

    server = threading.Thread(target=answer)
    server.start()
    with connected(port) as container:
        container.sendall(MEGABYTE)
        container.shutdown(socket.SHUT_WR)
        assert everything(container) == MEGABYTE[::-1]
    server.join()


@pytest.mark.parametrize("ways", [1, 20], ids=["one", "twenty"])
def test_connections_are_kept_apart(listener: socket.socket, port: int, ways: int) -> None:
    """Each of several connections gets its own server's words."""
    containers = [connected(port) for _ in range(ways)]
    for number, container in enumerate(containers):
        container.sendall(bytes([number]))
    for _ in range(ways):
        server, _ = listener.accept()
        with server:
            server.sendall(server.recv(1))
    for number, container in enumerate(containers):
        with container:
            assert everything(container) == bytes([number])


def test_a_server_that_breaks_off_breaks_off_for_the_container(listener: socket.socket, port: int) -> None:
    """A reset on loopback ends the container's connection: no call may wait for a reply that will not come."""
    with connected(port) as container:
        server, _ = listener.accept()
        server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        server.close()
        assert container.recv(1) == b""


def test_a_container_that_breaks_off_breaks_off_for_the_server(listener: socket.socket, port: int) -> None:
    """A container that is killed leaves no connection behind."""
    container = connected(port)
    server, _ = listener.accept()
    container.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    container.close()
    with server:
        server.settimeout(10)
        assert server.recv(1) == b""


def test_a_late_answer_arrives_although_garbage_was_collected(listener: socket.socket, port: int) -> None:
    """Nothing in asyncio holds what waits for a half-closed connection: the relay must."""
    with connected(port) as container:
        container.shutdown(socket.SHUT_WR)
        server, _ = listener.accept()
        with server:
            assert server.recv(1) == b""
            with connected(port):  # by the time that this one is through, the relay has nothing left to do
                listener.accept()[0].close()
            gc.collect()
            server.sendall(b"late")
        assert everything(container) == b"late"


def test_a_server_that_is_gone_ends_the_connection(listener: socket.socket, port: int) -> None:
    """Where nothing listens any more, the container is told at once."""
    listener.close()
    with connected(port) as container:
        assert container.recv(1) == b""


def test_it_listens_on_the_bridge_alone(port: int) -> None:
    """No other address of the machine leads to the servers."""
    with pytest.raises(ConnectionRefusedError):
        connected(port, "127.0.0.3")


def test_the_end_of_the_block_ends_connections_and_listening(listener: socket.socket) -> None:
    """Nothing is left of it: neither what was connected nor the port."""
    number = listener.getsockname()[1]
    with relayed(BRIDGE, [number]):
        container = connected(number)
        listener.accept()[0].close()
    with closing(container), pytest.raises(ConnectionRefusedError):
        connected(number)


@pytest.mark.parametrize("looks", [0, 3], ids=["before", "after"])
def test_docker_may_start_before_or_after(listener: socket.socket, looks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bridge is there once Docker runs."""
    monkeypatch.setattr(sam_local, "_LOOK_SECONDS", 0.01)
    number, found, asked = listener.getsockname()[1], threading.Event(), [None] * looks

    def find() -> str | None:
        if asked:
            return asked.pop()
        found.set()
        return BRIDGE

    with relayed_from_bridge([number], find):
        assert found.wait(10)
        with closing(_reached(number)), listener.accept()[0] as server:
            server.sendall(b"here")
    with pytest.raises(ConnectionRefusedError):
        connected(number)


def test_without_docker_nothing_is_left_at_the_end(listener: socket.socket) -> None:
    """The thread that looks for the bridge ends with the block."""
    before = threading.active_count()
    with relayed_from_bridge([listener.getsockname()[1]], lambda: None):
        pass
    assert threading.active_count() == before


def _reached(number: int) -> socket.socket:
    """Connect as soon as the relay listens."""
    for _ in range(1000):
        with suppress(ConnectionRefusedError):
            return connected(number)
        time.sleep(0.01)
    raise AssertionError("nothing listens")


def test_a_port_that_is_taken_is_refused(listener: socket.socket) -> None:
    """The error names the address; what was opened before it is closed again."""
    free = listener.getsockname()[1]
    with socket.create_server((BRIDGE, 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(OSError, match=BRIDGE), relayed(BRIDGE, [free, taken]):
            pass
    with socket.create_server((BRIDGE, free)):
        pass


def test_without_a_bridge_there_is_nothing_to_do() -> None:
    """On Docker Desktop the name leads to loopback by itself."""
    with relayed(None, [1]):
        pass


def test_the_address_is_that_of_the_interface() -> None:
    """It is asked for by the interface's name; where there is no such interface there is no address."""
    assert bridge_address(b"lo") == "127.0.0.1"
    assert bridge_address(b"nosuch0") is None
