"""RealTime with somebody watching: a call-back at the n-th *Send SMS* that it reads."""

from collections.abc import Callable

from local.fake_realtime import Settings, Simulator
from local.fake_realtime.answers import Answer, Request


class WatchedSimulator(Simulator):
    """A simulator that calls back, in its own thread, right before or right after it takes the n-th call."""

    def __init__(self, settings: Settings) -> None:
        self._left = 0
        self._act: Callable[[], None] = lambda: None
        self._before = False
        super().__init__(settings)

    def at_call(self, number: int, act: Callable[[], None], *, before: bool) -> None:
        """Call back at the n-th call from now, counted from 1, before it is accepted or after; once."""
        self._left, self._act, self._before = number, act, before

    def answer(self, request: Request) -> Answer:
        """Answer as RealTime does, and call back if this is the call."""
        self._left -= request.path == "/api/sms"
        now = self._left == 0 and request.path == "/api/sms"
        if now and self._before:
            self._act()
        answer = super().answer(request)
        if now and not self._before:
            self._act()
        return answer
