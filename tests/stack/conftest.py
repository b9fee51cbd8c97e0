"""One deployed stack for all tests of a folder: building and deploying is what takes long."""

from collections.abc import Iterator

import pytest

from local.embedded_aws import PUBLISHERS, Stack, running_stack
from tests.stack.deployment import Deployment

SENDER = "96000"
PARAMETERS = {"DefaultSender": SENDER, "OptInWords": "ALTA", "AllowedPrefixes": "+56,+34,+49", **PUBLISHERS}


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Yield the real template on the embedded AWS with IAM enforced, sending to the simulator."""
    with running_stack(PARAMETERS) as running:
        yield running


@pytest.fixture(scope="session")
def deployed(stack: Stack) -> Deployment:
    """Return the stack with what tests do to it."""
    return Deployment(stack)
