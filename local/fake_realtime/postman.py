"""Posts to the customer's own addresses: once, or until they are taken, by the vendor's rule."""

import http.client
import sched
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import urlsplit

# The vendor's own, after each post that was not answered with 200; then it gives up.
POST_AGAIN_SECONDS: Final = (300, 900, 1_800, 3_600, 18_000, 86_400)
_TIMEOUT_SECONDS: Final = 30  # API Gateway itself gives up after 29


def post(url: str, body: bytes) -> int | None:
    """Post JSON once; give the status of the answer, None where there was none."""
    connection: http.client.HTTPConnection | None = None
    try:
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target or "/", body, {"Content-Type": "application/json"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError):  # the last one: an address that is none
        return None
    finally:
        if connection is not None:
            connection.close()


class Postman:
    """Makes posts when they are due, one after the other, in a thread of its own between `start` and `stop`."""

    def __init__(self) -> None:
        self._due = sched.scheduler(time.monotonic)
        self._stirred = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._work, name="realtime-postman", daemon=True)

    def hand_over(self, deliver: Callable[[], bool], waits: Sequence[float]) -> None:
        """Let it call `deliver` after the first wait (seconds), then after each next one, until it says True."""
        if waits:
            self._due.enter(waits[0], 0, self._deliver, (deliver, waits[1:]))
            self._stirred.set()

    def start(self) -> None:
        """Begin to work; what was handed over before is not lost."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the post that is being made, and make no other."""
        self._ended = True
        self._stirred.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._ended:
            self._stirred.wait(self._due.run(blocking=False))
            self._stirred.clear()

    def _deliver(self, deliver: Callable[[], bool], waits: Sequence[float]) -> None:
        if not self._ended and not deliver():
            self.hand_over(deliver, waits)
