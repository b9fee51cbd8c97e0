"""Single histories, drawn at random from a seed: for worlds too large to be tried whole."""

from collections.abc import Sequence
from random import Random

from local.model_checker.steps import Step, Steps
from local.model_checker.world import World

_LONGEST = 2000  # steps; a queue that has not drained by then never will
_DARING = 0.3  # how readily something goes wrong


def walk(steps: Steps, random: Random) -> tuple[int, ...]:
    """Take steps until there is none; give the choices of a history that broke a promise, or nothing."""
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
    """Draw a step, and draw again if something would go wrong, mostly: else all would go wrong at the beginning."""
    while True:
        choice = random.randrange(len(ways))
        after = ways[choice][1]()
        if after.left == world.left or random.random() < _DARING:
            return choice, after
