"""Worlds that are too large to be tried whole, and seeded ways through them."""

from collections.abc import Sequence
from random import Random

from local.model_checker.provider import EVERY
from local.model_checker.scenario import OTHER, THREE, TOGETHER, TWO, Bounds, Scenario, Sent
from local.model_checker.steps import Step, Steps
from local.model_checker.world import World

_BEYOND = Bounds(crashes=5, duplicates=4, faults=6, pauses=3)
_LONGEST = 2000  # steps of a walk; a queue that has not drained by then never will
_DARING = 0.3  # how readily something goes wrong in a walk

WALKED = (
    Scenario(
        "three recipients, and two that expire; two workers and the sweeper",
        (Sent(THREE), Sent(OTHER, "b", "q", expires_after=40)),
        bounds=_BEYOND,
        answers=TOGETHER,
        recipients_per_call=2,
        sweeps=True,
    ),
    Scenario(
        "three recipients and one, resending; three workers",
        (Sent(THREE, resend=True), Sent(OTHER[:1], "b", "q", resend=True)),
        workers=3,
        bounds=_BEYOND,
        answers=EVERY,
    ),
    Scenario(
        "two texts for two recipients under one id; three workers",
        (Sent(TWO), Sent(TWO, "b")),
        workers=3,
        bounds=_BEYOND,
        answers=EVERY,
    ),
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
