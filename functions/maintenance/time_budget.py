"""The time that a part of a run may take, so that however much one finds to do, the others have their turn."""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

SECONDS: Final = 8.0  # of the function's timeout: three such shares and one call of RealTime's longest deadline fit


class TimeBudget:
    """Some seconds from now, and whether they were too few."""

    def __init__(self, seconds: float = SECONDS, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._ends = monotonic() + seconds
        self.cut = False

    def of[T](self, things: Iterable[T]) -> Iterator[T]:
        """Give things while there is time, and leave the rest for the next run; `cut` says whether there is a rest."""
        for thing in things:
            if self._monotonic() >= self._ends:
                self.cut = True
                return
            yield thing


ALL: Final = TimeBudget(math.inf)
