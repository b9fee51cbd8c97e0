"""A simulator on loopback for each test, and a caller for it."""

from collections.abc import Iterator

import pytest

from local.simulator import Settings, Simulator
from tests.simulator.caller import Caller


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """Give a running simulator whose drips are fast enough for a test."""
    with Simulator(Settings(drip_seconds=0.001)) as running:
        yield running


@pytest.fixture
def caller(simulator: Simulator) -> Caller:
    """Give a caller of that simulator."""
    return Caller(simulator.port)
