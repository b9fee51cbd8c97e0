"""A rate: how many turns a second has, when each of them comes, and which of them a block that was reserved brings."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """So many turns a second, evenly spread: number n of a second comes n/`most` after the second begins.

    Times are epoch seconds, and a second is named by the whole number that it begins with.
    """

    most: int

    def first(self, second: int, earliest: float) -> int:
        """Give the number of a second's first turn at or after `earliest`; `most` where there is none."""
        return min(self.most, max(0, math.ceil((earliest - second) * self.most)))

    def turns(self, second: int, begin: int, end: int) -> list[float]:
        """Give the times of those of a second's turns `begin` up to `end` that it has."""
        return [second + number / self.most for number in range(begin, min(end, self.most))]
