"""A TCP server with one thread for each connection, used by the simulator and by the relay of SAM local."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self


class Listening:
    """Serves connections inside a `with` block; the end of the block shuts them down and waits for their threads.

    Raises OSError if the port is taken.
    """

    def __init__(self, address: str, port: int, serve: Callable[[socket.socket], None], name: str) -> None:
        self._serve, self._stopping = serve, False
        self._listener = socket.create_server((address, port), backlog=1024)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._listen, name=name, daemon=True)
        self._lines: dict[socket.socket, threading.Thread] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stopping = True
        with self._listener:
            socket.create_connection(self._listener.getsockname()).close()  # wakes the thread that accepts
            self._thread.join()
        for line, thread in list(self._lines.items()):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            thread.join()

    def _listen(self) -> None:
        while not self._stopping:
            line, _ = self._listener.accept()
            self._lines[line] = threading.Thread(target=self._run, args=(line,), daemon=True)
            self._lines[line].start()

    def _run(self, line: socket.socket) -> None:
        with suppress(OSError), line:  # a client that breaks off is ordinary here
            self._serve(line)
        del self._lines[line]
