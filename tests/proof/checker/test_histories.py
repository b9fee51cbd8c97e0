"""Histories that hypothesis makes up: deliveries, faults and time in any order, shrunk to the least that matters."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from local.model_checker.explorer import quiet
from local.model_checker.scenario import Scenario
from local.model_checker.steps import Step, Steps
from local.model_checker.world import World
from tests.proof.checker.walks import WALKED

HISTORIES = 1500
_STEPS = {scenario: Steps(scenario) for scenario in WALKED}  # they remember where the code has been, for all histories
_DRAINED_AFTER = 2000  # steps with nothing going wrong

made = Counter[str]()


class Deliveries(RuleBasedStateMachine):
    """A world in which work goes on, something goes wrong, and time passes, as drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.world: World | None = None

    @initialize(scenario=st.sampled_from(WALKED))
    def begin(self, scenario: Scenario) -> None:
        """Choose the world."""
        self.steps = _STEPS[scenario]
        self.world = self.steps.initial()
        made["histories"] += 1

    @precondition(lambda self: self.world is not None and not self.world.broken)
    @rule(draw=st.integers(0, 255), times=st.integers(1, 8))
    def work(self, draw: int, times: int) -> None:
        """Take steps with nothing going wrong."""
        for _ in range(times):
            self._take(draw, harm=False)

    @precondition(lambda self: self.world is not None and not self.world.broken)
    @rule(draw=st.integers(0, 255))
    def harm(self, draw: int) -> None:
        """Let something go wrong, if there is a way."""
        self._take(draw, harm=True)

    @invariant()
    def promise(self) -> None:
        """No promise is broken."""
        assert self.world is None or not self.world.broken, self.world.broken

    def teardown(self) -> None:
        """Let the queue drain; nobody is forgotten."""
        if self.world is None:
            return
        for _ in range(_DRAINED_AFTER):
            if self.world.broken or not self._take(0, harm=False):
                break
        assert not self.world.broken, self.world.broken
        assert all(message.gone for message in self.world.messages)

    def _take(self, draw: int, *, harm: bool) -> bool:
        """Take the first step of the wanted kind from the drawn one on, if there is one; all of them, round in turn."""
        assert self.world is not None
        for after in _made(_from(list(self.steps.after(self.world)), draw)):
            if (after.left != self.world.left) is harm:
                self.world = after
                made["steps"] += 1
                return True
        return False


def _from(ways: Sequence[Step], draw: int) -> Sequence[Step]:
    start = draw % len(ways) if ways else 0
    return [*ways[start:], *ways[:start]]


def _made(ways: Sequence[Step]) -> Iterator[World]:
    for _, take in ways:
        yield take()


def test_no_made_up_history_breaks_the_promise(record_property: Callable[[str, object], None]) -> None:
    """Whatever is delivered, goes wrong or takes time: the promise holds at each step, and the queue drains."""
    checks = settings(
        max_examples=HISTORIES,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )
    with quiet():
        run_state_machine_as_test(Deliveries, settings=checks)
    record_property("tried", f"made up: {made['histories']:,} histories, {made['steps']:,} steps")
    assert made["histories"] >= HISTORIES
