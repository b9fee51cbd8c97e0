"""One invocation of a function: production code whose threads are greenlets, which stop wherever they wait.

Production code does the same whenever it is given the same answers. So a place in it is known by the answers so far,
and is reached once, however often the explorer comes by.
"""

import importlib.util
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import count
from types import SimpleNamespace
from typing import Any

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]  # it has no types

from local.model_checker.clients import Answer, Ask, Request
from realtime_sms.aws import group_commit

type Program = Callable[["Invocation"], tuple[str, ...]]
type Answered = tuple[int, Answer, float, float]  # the request's number, the answer, and both times of the answer

_serial = count()


class Invocation:
    """Production code at work; it stops when each of its threads waits, and goes on with the answer to a request.

    It is its own clock, and the pool of its threads. An invocation that is dropped has crashed: whatever its `finally`
    blocks would still ask is never answered.
    """

    def __init__(self, program: Program, *, now: float, ends: float) -> None:
        self.requests: dict[int, Request] = {}
        self.kept: tuple[str, ...] | None = None
        self.error: Exception | None = None
        self.slept = 0.0  # seconds
        self._now = now
        self.ends = ends
        self._numbers = count()
        self._asking: dict[int, greenlet] = {}
        self._ready: deque[greenlet] = deque()
        self._driver = getcurrent()
        self.start(lambda: self._run(program))
        self._go_on()

    def answer(self, number: int, answer: Answer, now: float, ends: float) -> None:
        """Answer a request, and let the code go on; `now` and the end of the invocation in epoch seconds."""
        self._now, self.ends = now, ends
        self._driver = getcurrent()
        del self.requests[number]
        self._switch(self._asking.pop(number), answer)
        self._go_on()

    # ---- what its threads call

    def ask(self, request: Request) -> Any:  # noqa: ANN401 (by what is asked)
        number = next(self._numbers)
        self.requests[number] = request
        self._asking[number] = getcurrent()
        return self.park()

    def withdraw(self, request: Request) -> None:
        """Wake the thread that asked, without an answer."""
        number = next(number for number, one in self.requests.items() if one is request)
        del self.requests[number]
        self.wake(self._asking.pop(number))

    def park(self) -> Any:  # noqa: ANN401 (what the thread is woken with)
        """Wait until another thread calls `wake`."""
        return self._driver.switch()

    def wake(self, thread: greenlet) -> None:
        self._ready.append(thread)

    def start(self, work: Callable[[], object]) -> None:
        thread = greenlet(work)
        thread.invocation = self
        self._ready.append(thread)

    def submit(self, work: Callable[..., object], *arguments: object) -> "_Task":
        return _Task(self, lambda: work(*arguments))

    def now(self) -> float:
        """Return the epoch seconds at which the world last answered."""
        return self._now

    def remaining(self) -> float:
        """Return the seconds until the invocation ends."""
        return self.ends - self._now

    def sleep(self, seconds: float) -> None:
        """Return at once: the world lets time pass."""
        self.slept += seconds

    def jitter(self) -> float:
        """Return 0: the world chooses the times."""
        return 0

    def _run(self, program: Program) -> None:
        with suppress(Exception), reported():
            self.kept = program(self)

    def _go_on(self) -> None:
        while self._ready:
            self._switch(self._ready.popleft())

    def _switch(self, thread: greenlet, *answer: Answer) -> None:
        thread.parent = self._driver  # it comes back here also when it ends
        thread.switch(*answer)


class Course:
    """One place in an invocation: what it waits for, or what it came to; `fault` is what is wrong with the code."""

    def __init__(self, begin: Callable[[], Invocation], past: tuple[Answered, ...], run: Invocation) -> None:
        self.serial = next(_serial)
        self.requests = dict(run.requests)
        self.kept = run.kept
        self.over = run.kept is not None
        self.fault = f"the code failed: {run.error!r}" if run.error is not None else None
        if not (self.fault or self.over or self.requests):
            self.fault = "the code waits for ever"
        self._begin = begin
        self._past = past
        self._run: Invocation | None = run
        self._next: dict[Answered, Course] = {}

    def after(self, event: Answered) -> "Course":
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


@contextmanager
def reported() -> Iterator[None]:
    """Note an error of production code, which itself may only log it."""
    try:
        yield
    except Exception as error:
        getcurrent().invocation.error = error
        raise


# ---- what threads wait for, in the place of `threading`


class _Event:
    """`threading.Event`; the world says when a timeout is over."""

    def __init__(self) -> None:
        self._set = False
        self._parked: list[greenlet] = []
        self._joining: Request | None = None

    def set(self) -> None:
        self._set = True
        invocation: Invocation = getcurrent().invocation
        for thread in self._parked:
            invocation.wake(thread)
        if self._joining is not None:
            invocation.withdraw(self._joining)
        self._parked, self._joining = [], None

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set, or the timeout is over; return True if it is set."""
        invocation: Invocation = getcurrent().invocation
        if not self._set and timeout is not None:
            self._joining = Request(Ask.JOIN)
            invocation.ask(self._joining)
            self._joining = None
        elif not self._set:
            self._parked.append(getcurrent())
            invocation.park()
        return self._set


class _Task:
    """A thread of a pool, as whoever waits for its result sees it."""

    def __init__(self, invocation: Invocation, work: Callable[[], object]) -> None:
        self._over = _Event()
        self.result = self._over.wait
        self._work = work
        invocation.start(self._run)

    def _run(self) -> None:
        with suppress(Exception), reported():
            self._work()
        self._over.set()


class Semaphore:
    """`threading.BoundedSemaphore`, and with one place `threading.Lock`."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._parked: deque[greenlet] = deque()

    def acquire(self) -> None:
        while not self._places:
            self._parked.append(getcurrent())
            getcurrent().invocation.park()
        self._places -= 1

    def release(self) -> None:
        self._places += 1
        if self._parked:
            getcurrent().invocation.wake(self._parked.popleft())

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class Callers:
    """The threads that make calls: no more at once than there are places, each in the thread that waits for it."""

    def __init__(self, places: int) -> None:
        self._places = Semaphore(places)

    def submit(self, send: Callable[..., object], *given: object) -> Any:  # noqa: ANN401 (a future)
        with self._places:
            sent = send(*given)
        return SimpleNamespace(result=lambda: sent)


def _group_commit() -> Any:  # noqa: ANN401 (the class of a module that is loaded once more)
    """Return the production class `GroupCommit` over these greenlets."""
    spec = importlib.util.find_spec(group_commit.__name__)
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.Event, module.BoundedSemaphore, module.Lock = _Event, Semaphore, partial(Semaphore, 1)
    return module.GroupCommit


GroupCommit = _group_commit()
