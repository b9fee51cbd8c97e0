"""Limit the time that one part of a run takes, so that the other parts can run too."""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

SECONDS: Final = 8.0  # of the function's timeout: three such shares and one call of RealTime's longest deadline fit


class TimeBudget:
    """A number of seconds from now; `cut` is True if they were too few."""

    def __init__(self, seconds: float = SECONDS, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._ends = monotonic() + seconds
        self.cut = False

    def of[T](self, things: Iterable[T]) -> Iterator[T]:
        """Yield items while there is time; `cut` is set if some are left for the next run."""
        for thing in things:
            if self._monotonic() >= self._ends:
                self.cut = True
                return
            yield thing


UNLIMITED: Final = TimeBudget(math.inf)
