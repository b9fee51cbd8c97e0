"""Jitter in environments that begin with one snapshot: Python's own generator begins in each with the same state."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from realtime_sms.aws.rate_limit import Rate, RateLimit
from realtime_sms.aws.table import Table
from send.admission import Clock
from tests.fakes.aws.models import Checked
from tests.fakes.lambda_context import Context


def _of_the_clock() -> float:
    return Clock(Context()).jitter()


class Failing:
    """A table that counts nothing."""

    def update_item(self, **_: object) -> None:
        """Fail."""
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "UpdateItem")


def _of_the_rate_limit() -> float:
    client: Any = Checked("dynamodb", Failing())
    return RateLimit(Table(client, "outcomes"), Rate(10), now=lambda: 0.0).take(1).ask_again


@pytest.mark.parametrize("draw", [_of_the_clock, _of_the_rate_limit])
def test_environments_of_one_snapshot_do_not_draw_alike(draw: Callable[[], float]) -> None:
    """Else what failed together would return together, which is what jitter is against."""
    state = random.getstate()
    first = draw()
    random.setstate(state)
    assert draw() != first
