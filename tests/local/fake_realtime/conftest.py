"""A simulator on loopback for each test, a caller for it, and a customer to whom it posts."""

import threading
from collections.abc import Iterator

import pytest

from local.fake_realtime import Settings, Simulator
from tests.local.fake_realtime.caller import Caller
from tests.local.fake_realtime.customer import Customer


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """Yield a running simulator whose drips are fast enough for a test."""
    with Simulator(Settings(drip_seconds=0.001)) as running:
        yield running


@pytest.fixture
def caller(simulator: Simulator) -> Caller:
    """Return a caller of that simulator."""
    return Caller(simulator.port)


@pytest.fixture
def customer() -> Iterator[Customer]:
    """Yield a running customer."""
    with Customer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
