"""Group commit: many threads each ask for a write; up to `most` of them share one call.

The first of a group leads it. It waits a moment for others to join, makes the call in its own thread, and hands each
its answer. There is no thread of this module's own, and whoever is alone waits for nobody.
"""

from collections.abc import Callable, Sequence
from threading import BoundedSemaphore, Event, Lock

from realtime_sms.aws.telemetry import logger

_AT_ONCE = 2  # calls, so that one that hangs does not hold up all; while both are out, groups grow


class GroupCommit[Want, Answer]:
    """Calls `commit` with up to `most` of what several threads want, once nobody has joined for `patience` seconds.

    A group goes at once when it is full, and when every thread that is expected waits already; so a thread alone never
    waits. No two threads may want something of the same item at the same time.
    """

    def __init__(self, commit: Callable[[Sequence[Want]], Sequence[Answer]], *, most: int, patience: float) -> None:
        self._commit = commit
        self._most = most
        self._patience = patience
        self._at_once = BoundedSemaphore(_AT_ONCE)
        self._lock = Lock()
        self._open: _Group[Want, Answer] | None = None
        self._expected = 0
        self._waiting = 0

    def expect(self, more: int) -> None:
        """Expect so many more threads that may join, or fewer if it is below zero."""
        with self._lock:
            self._expected += more
            self._close_if_complete()

    def ask(self, wants: Sequence[Want]) -> Sequence[Answer]:
        """Return the answer to each, when there is one; raise what the call raises for these alone.

        A call that raises for a group is made again for each of its threads by itself, so that one thread's fault is
        not the others'. `commit` must bear that.
        """
        if not wants:
            return ()
        with self._lock:
            if self._open is not None and len(self._open.wants) + len(wants) > self._most:
                self._open.closed.set()
                self._open = None
            leads = self._open is None
            group = self._open = self._open or _Group()
            place = len(group.wants)
            group.wants += wants
            group.threads += 1
            self._waiting += 1
            self._close_if_complete()
        if leads:
            self._lead(group)
        else:
            with group.answered:  # until the leader has the answers
                pass
        if group.answers is None:  # the group's call raised
            return self._commit(wants)
        return group.answers[place : place + len(wants)]

    def _lead(self, group: "_Group[Want, Answer]") -> None:
        size = 0
        while size < len(group.wants) and not group.closed.wait(self._patience):  # while others come
            size = len(group.wants)
        with self._at_once:
            with self._lock:
                if self._open is group:
                    self._open = None
            try:
                group.answers = self._commit(group.wants)
            except Exception as error:  # noqa: BLE001 (a fault of ours; each thread of the group finds out if it is its own)
                logger.error("group failed", extra={"error": type(error).__name__, "wants": len(group.wants)})
            finally:
                with self._lock:
                    self._waiting -= group.threads
                group.answered.release()

    def _close_if_complete(self) -> None:
        if self._open and (len(self._open.wants) >= self._most or self._waiting >= self._expected):
            self._open.closed.set()
            self._open = None


class _Group[Want, Answer]:
    def __init__(self) -> None:
        self.wants: list[Want] = []
        self.answers: Sequence[Answer] | None = None
        self.threads = 0
        self.closed = Event()  # nobody else can join
        # Held by the leader until there are answers. An event would wake all threads at once, and they would contend.
        self.answered = Lock()
        self.answered.acquire()
