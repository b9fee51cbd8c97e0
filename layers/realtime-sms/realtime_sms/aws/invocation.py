"""The time, and how much of it an invocation has left."""

import random
import time
from typing import Protocol

chance = random.SystemRandom()  # `random` itself begins alike in all environments of one snapshot


class Invocation(Protocol):
    """What the Lambda runtime tells about the invocation under way."""

    def get_remaining_time_in_millis(self) -> int:
        """Give the milliseconds until the runtime ends it."""


class Clock:
    """Wall time in epoch seconds, what remains of one invocation, and the jitter of delays."""

    def __init__(self, invocation: Invocation) -> None:
        self._ends = time.monotonic() + invocation.get_remaining_time_in_millis() / 1000

    def now(self) -> float:
        """Give the epoch seconds."""
        return time.time()

    def remaining(self) -> float:
        """Give the seconds until the runtime ends the invocation."""
        return self._ends - time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let the thread that calls this wait."""
        time.sleep(seconds)

    def jitter(self) -> float:
        """Give a fraction in [0, 1) by which a delay is changed, so that what failed together does not return so."""
        return chance.random()
