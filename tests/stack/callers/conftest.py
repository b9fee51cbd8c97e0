"""What the tests of the callers need long before they look at it."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.stack.deployment import Deployment, request_body

ENDED = "+56925400001"  # of a letter that names no request id
AGAIN = "+56925400002"  # of a letter whose request was submitted


@dataclass(frozen=True)
class Letters:
    """The request ids of two dead letters, and the outcome of the second before it became one."""

    ended: str
    again: str
    submitted: dict[str, Any]


@pytest.fixture(scope="session", autouse=True)
def letters(deployed: Deployment) -> Letters:
    """Put two dead letters on the queue before any other test.

    The maintenance function hides for 45 seconds what it looked at; its schedule is off, so that it does so once.
    """
    deployed.stop_schedules()
    again = deployed.new_id("again")
    deployed.publish(request_body(again, AGAIN))
    submitted = deployed.outcome(again)
    ended, _ = deployed.put_dead(request_body(None, ENDED), request_body(again, AGAIN))
    deployed.invoke("MaintenanceFunctionName")
    return Letters(ended, again, submitted)
