"""The way from Docker's containers to servers that listen on this machine's loopback.

Containers know the machine as `host.docker.internal`. Docker Desktop leads that name to loopback by itself. Docker on
Linux leads it to its bridge, where nothing of ours listens, so a relay does: on the bridge's address and nowhere else.
"""

import asyncio
import fcntl
import socket
import struct
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Final

_LOOPBACK: Final = "127.0.0.1"
_BRIDGE: Final = b"docker0"
_SIOCGIFADDR: Final = 0x8915  # Linux: ask for an interface's address (netdevice(7))
_IFREQ: Final = struct.Struct("16s24x")  # its name; the answer has a sockaddr_in behind it
_ADDRESS: Final = slice(20, 24)  # past name, family and port
_CHUNK: Final = 65_536


def bridge_address(interface: bytes = _BRIDGE) -> str | None:
    """Give the address of Docker's bridge, or None where there is none: without Docker, or with Docker Desktop."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            told = fcntl.ioctl(asked, _SIOCGIFADDR, _IFREQ.pack(interface))
        except OSError:  # no such interface, or no Linux
            return None
    return socket.inet_ntoa(told[_ADDRESS])


@contextmanager
def relayed(address: str | None, ports: Collection[int]) -> Iterator[None]:
    """Lead what connects to `address` on one of `ports` to the same port on loopback, until the end of the block.

    Where there is no address, nothing is to be done. Raises `OSError` when a port is taken on that address.
    """
    if address is None:
        yield
        return
    started: Future[Callable[[], object]] = Future()
    thread = threading.Thread(target=asyncio.run, args=(_listen(address, ports, started),), name="relay", daemon=True)
    thread.start()
    with ExitStack() as running:
        running.callback(thread.join)
        running.callback(started.result())
        yield


async def _listen(address: str, ports: Collection[int], started: Future[Callable[[], object]]) -> None:
    """Listen until told to end; `started` gets what to call for that, or the error."""
    ended = asyncio.Event()
    joined: set[asyncio.Task[None]] = set()  # asyncio itself keeps no hold of a connection that it opened

    def join(port: int, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.create_task(_join(port, reader, writer))
        joined.add(task)
        task.add_done_callback(joined.discard)

    with ExitStack() as listening:
        try:
            for port in ports:
                server = await asyncio.start_server(partial(join, port), address, port)
                listening.callback(server.abort_clients)
                listening.callback(server.close)
        except OSError as error:
            started.set_exception(error)
            return
        started.set_result(partial(asyncio.get_running_loop().call_soon_threadsafe, ended.set))
        await ended.wait()


async def _join(port: int, near_reader: StreamReader, near_writer: StreamWriter) -> None:
    """Join one connection with one to loopback; where either end breaks off, so does the other."""
    with ExitStack() as ends:
        ends.callback(near_writer.close)
        try:
            far_reader, far_writer = await asyncio.open_connection(_LOOPBACK, port)
            ends.callback(far_writer.close)
            async with asyncio.TaskGroup() as both:
                both.create_task(_copy(near_reader, far_writer))
                both.create_task(_copy(far_reader, near_writer))
        except* OSError:
            pass


async def _copy(source: StreamReader, sink: StreamWriter) -> None:
    """Copy until the source says that it has no more, and say so to the sink."""
    while chunk := await source.read(_CHUNK):
        sink.write(chunk)
        await sink.drain()
    sink.write_eof()
