"""Jitter in environments that begin with one snapshot: Python's own generator begins in each with the same state."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from realtime_sms.aws.invocation import Clock
from realtime_sms.aws.rate import Rate
from realtime_sms.aws.rate_limit import RateLimit
from tests.fakes.lambda_context import Context
from tests.proof.rate_limit.test_turns import Counters


def _of_the_clock() -> float:
    return Clock(Context()).jitter()


def _of_the_pace() -> float:
    counters = Counters()
    counters.failing = True
    client: Any = counters
    return RateLimit(client, "outcomes", Rate(10), now=lambda: 0.0).take(1).ask_again


@pytest.mark.parametrize("draw", [_of_the_clock, _of_the_pace])
def test_environments_of_one_snapshot_do_not_draw_alike(draw: Callable[[], float]) -> None:
    """Else what failed together would return together, which is what jitter is against."""
    state = random.getstate()
    first = draw()
    random.setstate(state)
    assert draw() != first
