"""A relay from Docker's containers to servers that listen on this machine's loopback.

Containers reach the machine as `host.docker.internal`. With Docker Desktop that name leads to loopback. With Docker on
Linux it leads to Docker's bridge, so the relay listens on the bridge's address, and nowhere else.
"""

import fcntl
import select
import socket
import struct
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Final

from local.listening import Listening

_LOOPBACK: Final = "127.0.0.1"
_BRIDGE: Final = b"docker0"
_SIOCGIFADDR: Final = 0x8915  # Linux: ask for an interface's address (netdevice(7))
_IFREQ: Final = struct.Struct("16s24x")  # the interface's name; the answer has a sockaddr_in behind it
_ADDRESS: Final = slice(20, 24)  # behind name, family and port
_CHUNK: Final = 65_536


def bridge_address(interface: bytes = _BRIDGE) -> str | None:
    """Return the address of Docker's bridge; None without Docker and with Docker Desktop."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            told = fcntl.ioctl(asked, _SIOCGIFADDR, _IFREQ.pack(interface))
        except OSError:  # no such interface, or not Linux
            return None
    return socket.inet_ntoa(told[_ADDRESS])


@contextmanager
def relayed(address: str | None, ports: Collection[int]) -> Iterator[None]:
    """Relay connections to `address`, on each of `ports`, to the same port on loopback, inside the block.

    Without an address there is nothing to do. Raises OSError if a port is taken on that address.
    """
    with ExitStack() as running:
        for port in ports if address else ():
            running.enter_context(Listening(str(address), port, partial(_join, port), "relay"))
        yield


def _join(port: int, near: socket.socket) -> None:
    """Join one connection with one to loopback, until both have ended or either breaks."""
    with socket.create_connection((_LOOPBACK, port)) as far:
        ways = {near.fileno(): (near, far), far.fileno(): (far, near)}
        poll, unfinished = select.poll(), len(ways)
        for end in ways:
            poll.register(end, select.POLLIN)
        while unfinished:
            for end, events in poll.poll():
                source, sink = ways[end]
                if not events & select.POLLIN:
                    return  # broken, or the block has ended
                if chunk := source.recv(_CHUNK):
                    sink.sendall(chunk)
                else:
                    sink.shutdown(socket.SHUT_WR)
                    poll.modify(end, 0)  # reports only that the connection broke
                    unfinished -= 1
