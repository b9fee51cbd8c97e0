"""One invocation of the send function: production code in greenlets that stop wherever it waits for the world."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]  # it has no types

from local.model_checker.request import Answer, Collect, Fine, Post, Request, Secret
from send.ports import Finished, Unit

if TYPE_CHECKING:
    from realtime_sms.provider.verdict import Verdict

type Program = Callable[["Invocation"], tuple[str, ...]]


class Invocation:
    """Production code at work; it stops at each request, and goes on with the answer.

    It is its own clock (`send.ports.Time`) and makes its calls (`send.ports.Calls`), each in a greenlet of its own:
    several requests can be under way at once. An invocation that is dropped has crashed: whatever its `finally` blocks
    would still ask of the world is never answered.
    """

    def __init__(self, program: Program, *, now: float, ends: float, calls_in_flight: int) -> None:
        self.requests: dict[int, Request] = {}
        self.kept: tuple[str, ...] | None = None
        self.error: Exception | None = None
        self.submit: Callable[[Unit], Sequence[Verdict] | None] = lambda _unit: None
        self._now = now
        self._ends = ends
        self._room = calls_in_flight
        self._asked = 0
        self._parked: dict[int, greenlet] = {}
        self._waiting: deque[Unit] = deque()
        self._over: list[Finished] = []
        self._driver = getcurrent()
        greenlet(self._run).switch(program)
        self._go_on()

    def answer(self, number: int, answer: Answer, now: float) -> None:
        """Let the code go on that asked this request; `now` in epoch seconds."""
        self._now = now
        self._driver = getcurrent()
        del self.requests[number]
        parked = self._parked.pop(number)
        parked.parent = self._driver
        parked.switch(answer)
        self._go_on()

    def ask(self, request: Request) -> Answer:
        """Stop until the world answers."""
        number, self._asked = self._asked, self._asked + 1
        self.requests[number] = request
        self._parked[number] = getcurrent()
        answer: Answer = self._driver.switch()
        return answer

    def now(self) -> float:
        """Give the epoch seconds at which the world last answered."""
        return self._now

    def remaining(self) -> float:
        """Give the seconds until the invocation ends."""
        return self._ends - self._now

    def jitter(self) -> float:
        """Give none: time is the world's to choose."""
        return 0

    def start(self, unit: Unit) -> None:
        """Make a call as soon as there is room."""
        self._waiting.append(unit)

    def sleep(self, seconds: float) -> None:
        """Let none pass, likewise."""

    def finished(self, most: int, within: float | None = None) -> Sequence[Finished]:
        """Wait until calls are over, one or several."""
        assert within is None
        self.ask(Collect())
        over, self._over = self._over[:most], self._over[most:]
        return over

    @property
    def collectable(self) -> bool:
        """Say whether a call is over of which the wave does not know yet."""
        return bool(self._over)

    @property
    def runnable(self) -> bool:
        """Say whether the world can do anything for the code that waits."""
        return self.collectable or any(not isinstance(request, Collect) for request in self.requests.values())

    def _run(self, program: Program) -> None:
        try:
            self.kept = program(self)
        except Exception as error:  # noqa: BLE001 (whatever it is, the explorer reports it)
            self.error = error

    def _call(self, unit: Unit) -> None:
        try:
            verdicts = self.submit(unit)  # during which the list may be replaced
            self._over.append(Finished(unit, verdicts))
        except Exception as error:  # noqa: BLE001 (as above)
            self.error = error

    def _go_on(self) -> None:
        """Start the calls for which there is room; wake the wave when there is nothing else to wait for."""
        while True:
            posts = sum(isinstance(request, Post | Secret) for request in self.requests.values())
            if self._waiting and posts < self._room:
                greenlet(self._call).switch(self._waiting.popleft())
            elif (collect := self._collect()) is not None and self._over and not posts:
                del self.requests[collect]
                self._parked.pop(collect).switch(Fine())
            else:
                return

    def _collect(self) -> int | None:
        return next((number for number, request in self.requests.items() if isinstance(request, Collect)), None)
