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


class Event:
    """`threading.Event` in virtual time."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._is_set = False
        self._waiting: list[Alarm] = []

    def set(self) -> None:
        """Wake all who wait."""
        self._is_set = True
        for alarm in self._waiting:
            self._kernel.wake(alarm)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set, or so many seconds; return whether it is."""
        if not self._is_set:
            alarm = Alarm(getcurrent())
            self._waiting.append(alarm)
            if timeout is not None:
                self._kernel.wake(alarm, timeout)
            self._kernel.rest()
        return self._is_set


class Semaphore:
    """`threading.Semaphore`, and with one place `threading.Lock`, in virtual time; first come, first served."""

    def __init__(self, kernel: Kernel, value: int) -> None:
        self._kernel = kernel
        self._left = value
        self._waiting: list[Alarm] = []

    def acquire(self) -> None:
        """Take a place, and wait for one if there is none."""
        if self._left:
            self._left -= 1
            return
        self._waiting.append(Alarm(getcurrent()))
        self._kernel.rest()  # whoever leaves hands its place over

    def release(self) -> None:
        """Hand a place over to whoever waits first, or free it."""
        if self._waiting:
            self._kernel.wake(self._waiting.pop(0))
        else:
            self._left += 1

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class Pool:
    """As much of an executor as a batch needs."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def submit(self, work: Callable[..., object], *arguments: object) -> "_Over":
        """Begin something in a thread of its own; return that which waits for its end."""
        over = _Over(self._kernel)

        def run() -> None:
            work(*arguments)
            over.set()

        self._kernel.spawn(run)
        return over


class _Over(Event):
    def result(self) -> None:
        self.wait()
