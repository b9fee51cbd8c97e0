"""Every history of a scenario: first those in which least goes wrong, and of these the shorter ones.

So a broken promise is shown with as little going wrong as can break it. A state is met first with the most that may
still go wrong; it is passed over when it is met again with less. For scenarios with too many states there are walks.
"""

import gc
import logging
import time
from array import array
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from random import Random

from local.model_checker.scenario import Bounds, Scenario
from local.model_checker.steps import Step, Steps
from local.model_checker.table import fields
from local.model_checker.world import World

ENDLESS = "a history without an end"
type Path = tuple["Path", int] | None
type Progress = Callable[[int, int], None]

_TELL_EVERY = 50_000  # states
_LONGEST = 2000  # steps of a walk; a queue that has not drained by then never will
_DARING = 0.3  # how readily something goes wrong in a walk
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
    begun = time.process_time()
    steps = Steps(scenario)
    states = _States()
    waiting = _Waiting()
    first = steps.initial()
    waiting.put(first, states.find(first)[0], None)
    broken: Path = None
    taken = 0
    with quiet():
        while waiting and broken is None and (most_states is None or len(states) < most_states):
            world, state, path = waiting.take()
            states.open(state)
            goes_on = world.drained
            for choice, (_, take) in enumerate(steps.after(world)):
                after = take()
                taken += 1
                if after.broken:
                    broken = (path, choice)
                    break
                number, new = states.find(after)
                if after.left == world.left:
                    states.lead(number)
                    goes_on = True
                if new:
                    waiting.put(after, number, (path, choice))
            if not goes_on:
                broken = broken or path
            if progress and states.opened % _TELL_EVERY == 0:
                progress(states.opened, len(waiting))
        choices = _unrolled(broken)
        told = retell(scenario, choices) if broken else ()
    whole = not waiting and broken is None
    if whole and states.circular():
        told = (ENDLESS,)
    return Explored(
        name=scenario.name,
        bounds=scenario.bounds,
        states=len(states),
        steps=taken,
        seconds=time.process_time() - begun,
        whole=whole,
        harms=scenario.bounds.harms - (waiting.most_left + 1 if waiting else 0),
        broken=told,
        choices=choices,
    )


def walk(steps: Steps, random: Random) -> tuple[int, ...]:
    """Take random steps until there is none; return the choices of a history that broke a promise, or nothing."""
    world = steps.initial()
    choices: list[int] = []
    while len(choices) < _LONGEST:
        ways = list(steps.after(world))
        if not ways:
            return ()
        choice, world = _choose(world, ways, random)
        choices.append(choice)
        if world.broken:
            return tuple(choices)
    return tuple(choices)


def _choose(world: World, ways: Sequence[Step], random: Random) -> tuple[int, World]:
    """Draw a step, and mostly draw again if something would go wrong: else all would go wrong at the beginning."""
    while True:
        choice = random.randrange(len(ways))
        after = ways[choice][1]()
        if after.left == world.left or random.random() < _DARING:
            return choice, after


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


class _Waiting:
    """The states whose steps are still to be taken: first those of histories in which least went wrong."""

    def __init__(self) -> None:
        self._by_left: dict[int, deque[tuple[World, int, Path]]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def most_left(self) -> int:
        """Return how much may still go wrong in the next one."""
        return max(self._by_left)

    def put(self, world: World, number: int, path: Path) -> None:
        """Add a state, by its number, with the way to it."""
        self._by_left.setdefault(world.left.harms, deque()).append((world, number, path))
        self._count += 1

    def take(self) -> tuple[World, int, Path]:
        """Remove and return the next; there must be one."""
        most = self.most_left
        queue = self._by_left[most]
        taken = queue.popleft()
        if not queue:
            del self._by_left[most]
        self._count -= 1
        return taken


class _States:
    """The states met, numbered as they were, and which leads to which with nothing going wrong."""

    def __init__(self) -> None:
        self._met: dict[int, tuple[int, ...]] = {}  # by core: slack and number of each that was met
        self._count = 0
        self._sources = array("I")  # states in the order in which they were considered,
        self._begins = array("Q")  # where the targets of each begin,
        self._targets = array("I")  # and those

    def __len__(self) -> int:
        return self._count

    @property
    def opened(self) -> int:
        """Return how many states were considered, with the present one."""
        return len(self._sources)

    def find(self, world: World) -> tuple[int, bool]:
        """Return the number of a state that stands for this one, and whether that is new."""
        slack, core = world.slack(), hash(world.core())
        alike = self._met.get(core, ())
        for other in alike:
            if ((other >> _NUMBER | _GUARDS) - slack) & _GUARDS == _GUARDS:
                return other & (1 << _NUMBER) - 1, False
        self._met[core] = (*alike, slack << _NUMBER | self._count)
        self._count += 1
        return self._count - 1, True

    def open(self, state: int) -> None:
        """Begin to consider a state."""
        self._sources.append(state)
        self._begins.append(len(self._targets))

    def lead(self, target: int) -> None:
        """Note that the state under consideration leads to this one."""
        self._targets.append(target)

    def circular(self) -> bool:
        """Return True if there is a circle in which nothing goes wrong: then the queue would never drain."""
        ends = [*self._begins[1:], len(self._targets)]
        ways = dict(zip(self._sources, zip(self._begins, ends, strict=True), strict=True))
        leading = array("I", bytes(4 * self._count))
        for target in self._targets:
            leading[target] += 1
        ready = [state for state, count in enumerate(leading) if not count]
        passed = 0
        while ready:
            state = ready.pop()
            passed += 1
            for target in self._targets[slice(*ways[state])]:
                leading[target] -= 1
                if not leading[target]:
                    ready.append(target)
        return passed < self._count
