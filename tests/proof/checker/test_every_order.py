"""The delivery promise, held against every order of events that the bounds allow."""

import time
from collections.abc import Callable
from random import Random

import pytest

from local.model_checker.explorer import ENDLESS, explore, quiet, retell
from local.model_checker.scenario import SCENARIOS, Bounds, Scenario, Sent
from local.model_checker.steps import Steps
from tests.proof.checker.walks import WALKED, walk

WALKS = 300  # of each scenario, by seeds from 0
type Tell = Callable[[str, object], None]


def _named(scenarios: tuple[Scenario, ...]) -> list[object]:
    return [pytest.param(scenario, id=scenario.name) for scenario in scenarios]


@pytest.mark.parametrize("scenario", _named(SCENARIOS))
def test_no_order_of_crashes_duplicates_and_faults_breaks_the_promise(
    scenario: Scenario, record_property: Tell
) -> None:
    """Every state was reached, from each every step was taken, the queue drains, and no promise is broken."""
    explored = explore(scenario)
    record_property("tried", str(explored))
    assert explored.broken == ()
    assert explored.whole


def test_a_submission_of_a_newer_version_is_left_alone_and_its_message_kept() -> None:
    """Whatever the order: nobody writes to it, calls for it or acknowledges its message; so the queue never drains."""
    numbers = ("+56911111111", "+56922222222")
    newer = Scenario("newer", (Sent(numbers),), bounds=Bounds(1, 1, 1, 0), unreadable=frozenset(numbers[:1]))
    explored = explore(newer)
    assert explored.whole
    assert explored.broken == (ENDLESS,)


@pytest.mark.parametrize("scenario", _named(WALKED))
def test_no_seeded_walk_through_a_larger_world_breaks_the_promise(scenario: Scenario, record_property: Tell) -> None:
    """More recipients, workers, crashes, duplicates and faults than can be tried whole, along seeded ways."""
    begun = time.process_time()
    steps = Steps(scenario)
    with quiet():
        for seed in range(WALKS):
            broken = walk(steps, Random(seed))
            assert not broken, "\n".join(retell(scenario, broken))
    bounds = "/".join(map(str, scenario.bounds))
    record_property("tried", f"{scenario.name} ({bounds}): {WALKS} walks, {time.process_time() - begun:.1f} s")
