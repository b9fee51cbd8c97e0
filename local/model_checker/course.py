"""Where invocations stand: a tree of everything that production code was answered, each place reached once.

Production code does the same whenever it is told the same, so a place in its course is known by what it was told. The
explorer passes most places very often; the code runs through each once, or again where it turned off elsewhere.
"""

from collections.abc import Callable, Mapping
from itertools import count

from local.model_checker.invocation import Invocation
from local.model_checker.request import Answer, Collect, Request

type Event = tuple[int, Answer, float]

_serial = count()


class Course:
    """One place in the course of an invocation: what it waits for, or what it came to."""

    __slots__ = ("_begin", "_next", "_past", "_run", "fault", "kept", "requests", "serial")

    def __init__(self, begin: Callable[[], Invocation], past: tuple[Event, ...], run: Invocation) -> None:
        self.serial = next(_serial)
        self.requests: Mapping[int, Request] = {
            number: request
            for number, request in run.requests.items()
            if run.collectable or not isinstance(request, Collect)
        }
        self.kept = run.kept
        self.fault = _fault(run)
        self._begin = begin
        self._past = past
        self._run: Invocation | None = run
        self._next: dict[Event, Course] = {}

    @property
    def over(self) -> bool:
        """Say whether the code has come to its end."""
        return self.kept is not None

    def after(self, number: int, answer: Answer, now: float) -> "Course":
        """Give the place that the code comes to when this request is answered so at this time."""
        event = (number, answer, now)
        if event not in self._next:
            run, self._run = self._run or self._again(), None
            run.answer(*event)
            self._next[event] = Course(self._begin, (*self._past, event), run)
        return self._next[event]

    def _again(self) -> Invocation:
        run = self._begin()
        for event in self._past:
            run.answer(*event)
        return run


def _fault(run: Invocation) -> str | None:
    """Say what is wrong with code that can neither go on nor has come to its end."""
    if run.error is not None:
        return f"the code failed: {run.error!r}"
    return "the code waits for ever" if run.kept is None and not run.runnable else None
