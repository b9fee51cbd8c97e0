"""Virtual time for many threads of control: greenlets that sleep, of which the one that is due first goes on."""

import heapq
from collections.abc import Callable
from itertools import count

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]  # it has no types

START = 1_000_000_000.0  # epoch seconds


class Alarm:
    """Wakes one sleeper, unless somebody else did."""

    def __init__(self, sleeper: greenlet) -> None:
        self.sleeper: greenlet | None = sleeper


class Kernel:
    """The one true clock, and who is to wake when."""

    def __init__(self) -> None:
        self.now = START
        self._order = count()
        self._due: list[tuple[float, int, Alarm]] = []
        self._hub = getcurrent()

    def spawn(self, work: Callable[[], object], *, after: float = 0) -> None:
        """Begin something in a thread of its own."""
        self.wake(Alarm(greenlet(lambda _: work(), parent=self._hub)), after)

    def sleep(self, seconds: float) -> None:
        """Let time pass for whoever calls this."""
        self.wake(Alarm(getcurrent()), seconds)
        self.rest()

    def rest(self) -> None:
        """Stop until an alarm wakes whoever calls this."""
        self._hub.switch()

    def wake(self, alarm: Alarm, after: float = 0) -> None:
        """Set an alarm."""
        heapq.heappush(self._due, (self.now + max(0.0, after), next(self._order), alarm))

    def run(self) -> None:
        """Go on until nobody is to wake."""
        while self._due:
            at, _, alarm = heapq.heappop(self._due)
            if alarm.sleeper is not None:
                self.now, sleeper, alarm.sleeper = at, alarm.sleeper, None
                sleeper.switch(None)


class Mailbox[DeadLetter]:
    """Where one reads what others put there, and waits for it."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._letters: list[DeadLetter] = []
        self._reader: Alarm | None = None

    def put(self, letter: DeadLetter) -> None:
        """Leave something, and wake the reader."""
        self._letters.append(letter)
        if self._reader is not None:
            self._kernel.wake(self._reader)

    def take(self, most: int, within: float | None) -> list[DeadLetter]:
        """Wait until there is something, or so many seconds."""
        if not self._letters:
            self._reader = Alarm(getcurrent())
            if within is not None:
                self._kernel.wake(self._reader, within)
            self._kernel.rest()
            self._reader = None
        taken, self._letters = self._letters[:most], self._letters[most:]
        return taken
