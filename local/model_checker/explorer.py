"""Every history of a scenario: first those in which least goes wrong, and of these the shorter ones.

So a broken promise is shown with as little going wrong as can break it. A state is met first with the most that may
still go wrong; it is passed over when it is met again with less.
"""

import gc
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush
from itertools import islice

from local.model_checker.scenario import Bounds, Scenario
from local.model_checker.steps import Steps
from local.model_checker.table import fields
from local.model_checker.world import World

ENDLESS = "a history without an end"
type Path = tuple["Path", int] | None
type Progress = Callable[[int, int], None]

_TELL_EVERY = 50_000  # states
_NUMBER = 32  # bits for the number of a state, below those of its slack
_GUARDS = int("8" * 16, 16)  # the bit between, of each part of a slack


@dataclass(frozen=True, slots=True)
class Explored:
    """The result: `seconds` of the processor; `broken`, the history that broke a promise, in words.

    If it is not whole, every state was considered of the histories in which at most `harms` things go wrong.
    """

    name: str
    bounds: Bounds
    states: int
    steps: int
    seconds: float
    whole: bool
    harms: int
    broken: tuple[str, ...] = ()
    choices: tuple[int, ...] = ()

    def __str__(self) -> str:
        so_far = f"not all, but every one with up to {self.harms} of those"
        what = "every state" if self.whole else "broken" if self.broken else so_far
        bounds = "/".join(map(str, self.bounds))
        return f"{self.name} ({bounds}): {what}, {self.states:,} states, {self.steps:,} steps, {self.seconds:.1f} s"


@contextmanager
def quiet() -> Iterator[None]:
    """Switch off logging, for production code runs thousands of times, and the garbage collector, for speed."""
    disabled, collecting = logging.root.manager.disable, gc.isenabled()
    logging.disable(logging.CRITICAL)
    gc.disable()
    try:
        yield
    finally:
        logging.disable(disabled)
        if collecting:
            gc.enable()


def explore(scenario: Scenario, *, progress: Progress | None = None, most_states: int | None = None) -> Explored:
    """Take every step there is from every state that can be reached, until a promise is broken or none is left.

    A state is passed over when the same was met with as much, or more, that may still go wrong.
    """
    search = _Search(scenario)
    with quiet():
        while search.waiting and search.broken is None and (most_states is None or search.states < most_states):
            search.take_next()
            if progress and search.considered % _TELL_EVERY == 0:
                progress(search.considered, len(search.waiting))
        return search.result()


class _Search:
    """The states met, numbered as they were, and those among them whose steps are still to be taken."""

    def __init__(self, scenario: Scenario) -> None:
        self.waiting: list[tuple[int, int, World, Path]] = []  # a heap: minus the harms left, the state's number
        self.broken: Path = None
        self.states = self.considered = self._taken = 0
        self._begun = time.process_time()
        self._scenario, self._steps = scenario, Steps(scenario)
        self._met: dict[int, tuple[int, ...]] = {}  # by core: slack and number of each that was met
        self._leads: TopologicalSorter[int] = TopologicalSorter()  # which state to which with nothing going wrong
        self._add(self._steps.initial(), None)

    def take_next(self) -> None:
        """Take every step from the next state, until one breaks a promise."""
        _, state, world, path = heappop(self.waiting)
        self.considered += 1
        goes_on = world.drained
        for choice, (_, take) in enumerate(self._steps.after(world)):
            after = take()
            self._taken += 1
            if after.broken:
                self.broken = (path, choice)
                return
            number = self._add(after, (path, choice))
            if after.left == world.left:
                self._leads.add(state, number)
                goes_on = True
        if not goes_on:
            self.broken = path

    def _add(self, world: World, path: Path) -> int:
        """Return the number of a state that stands for this one; let this one wait if there is none yet."""
        slack, core = world.slack(), hash(world.core())
        alike = self._met.get(core, ())
        for other in alike:
            if ((other >> _NUMBER | _GUARDS) - slack) & _GUARDS == _GUARDS:
                return other & (1 << _NUMBER) - 1
        number, self.states = self.states, self.states + 1
        self._met[core] = (*alike, slack << _NUMBER | number)
        heappush(self.waiting, (-world.left.harms, number, world, path))
        return number

    def result(self) -> Explored:
        choices = _unrolled(self.broken)
        told = retell(self._scenario, choices) if self.broken else ()
        whole = not self.waiting and self.broken is None
        if whole and self._circular():
            told = (ENDLESS,)
        bounds, seconds = self._scenario.bounds, time.process_time() - self._begun
        harms = bounds.harms + self.waiting[0][0] - 1 if self.waiting else bounds.harms
        return Explored(
            self._scenario.name, bounds, self.states, self._taken, seconds, whole, harms, broken=told, choices=choices
        )

    def _circular(self) -> bool:
        """Return True if there is a circle in which nothing goes wrong: then the queue would never drain."""
        try:
            self._leads.prepare()
        except CycleError:
            return True
        return False


def retell(scenario: Scenario, choices: Sequence[int]) -> tuple[str, ...]:
    """Take these choices again; return each step in words, and at the end the promise that is broken."""
    steps, said = Steps(scenario), []
    world = steps.initial()
    for choice in choices:
        words, take = next(islice(steps.after(world), choice, None))
        after = take()
        said.append(words + _changes(world, after))
        world = after
    return (*said, f"=> {world.broken or 'nothing more happens by itself'}")


def _changes(before: World, after: World) -> str:
    if not after.busy:  # then times and names may be new, which is no change
        return ""
    new = [fields(item) for key, item in after.items.items() if before.items.get(key) != item]
    return "".join(f"; {one['recipient']} is {one.get('status', 'open')} ({one.get('attempt')})" for one in new)


def _unrolled(path: Path) -> tuple[int, ...]:
    choices: list[int] = []
    while path is not None:
        path, choice = path
        choices.append(choice)
    return tuple(reversed(choices))
