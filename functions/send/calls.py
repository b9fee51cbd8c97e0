"""Calls in flight: a pool of threads, each of which makes one call at a time."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from queue import Empty, SimpleQueue

from realtime_sms.aws.logging import logger
from realtime_sms.provider.verdict import Kind, Verdict
from realtime_sms.vocabulary import Reason
from send.ports import Finished, Unit

_LINGER = 0.01  # seconds to wait for more that is over, so that one write carries several outcomes


class ThreadedCalls:
    """Up to so many calls at once; the threads outlive an invocation, the calls do not."""

    def __init__(self, workers: int) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="call")
        self._over: SimpleQueue[Finished] = SimpleQueue()
        self._in_flight = 0
        self.submit: Callable[[Unit], Sequence[Verdict] | None] = lambda _unit: None

    def start(self, unit: Unit) -> None:
        """Make the call as soon as one of those in flight is over."""
        self._in_flight += 1
        self._pool.submit(self._run, unit, self._over)

    def finished(self, most: int, within: float | None = None) -> Sequence[Finished]:
        """Wait until at least one call is over, or `within` seconds, and give up to `most` of those that are."""
        try:
            over = [self._over.get(timeout=within)]
        except Empty:
            return []
        wanted = min(most, self._in_flight)
        while len(over) < wanted:
            time.sleep(_LINGER)  # once for all that end meanwhile: to be woken by each of them costs more CPU
            more = list(islice(self._ready(), wanted - len(over)))
            if not more:
                break
            over += more
        self._in_flight -= len(over)
        return over

    def _ready(self) -> Iterator[Finished]:
        """Give what is over, without waiting."""
        with suppress(Empty):
            while True:
                yield self._over.get_nowait()

    def forget(self) -> None:
        """End a wave: of one that failed, what it has begun is told to nobody, and what it has not is never begun.

        The next invocation may come when the leases of that wave are over, which its clock, stopped meanwhile, belies.
        """
        self._over, self._in_flight = SimpleQueue(), 0

    def _run(self, unit: Unit, over: SimpleQueue[Finished]) -> None:
        if over is not self._over:
            return
        try:
            over.put(Finished(unit, self.submit(unit)))
        except Exception as error:  # noqa: BLE001 (a fault of ours after which nobody knows whether the call was made)
            logger.error("call failed in our own code", extra={"error": type(error).__name__})
            over.put(Finished(unit, [Verdict(Kind.OPEN, Reason.NO_WHOLE_REPLY)] * len(unit.drafts)))
