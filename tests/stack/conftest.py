"""One deployed stack for the whole session: building and deploying is what takes long."""

from collections.abc import Iterator, Mapping

import pytest

from local.embedded_aws import PUBLISHERS, Stack, running_stack
from tests.stack.deployment import COPIES, Deployment, copied_to, request_body

SENDER = "96000"


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Yield the real template on the embedded AWS with IAM enforced, sending to the simulator."""
    with running_stack({"DefaultSender": SENDER, "OptInWords": "ALTA", **PUBLISHERS}) as running:
        yield running


@pytest.fixture(scope="session")
def deployed(stack: Stack) -> Deployment:
    """Give the stack with what tests do to it."""
    return Deployment(stack)


@pytest.fixture(scope="session", autouse=True)
def copied(deployed: Deployment) -> Mapping[int, str]:
    """Publish requests several times before all else: copies that meet wait for one another for a minute.

    All else begins when they are sent: a test that restarts the sender must not cut them off.
    """
    ids = {copies: deployed.new_id("copies") for copies in COPIES}
    for copies, request_id in ids.items():
        deployed.publish(*[request_body(request_id, *copied_to(copies))] * copies)
    for copies, request_id in ids.items():
        deployed.outcomes(request_id, len(copied_to(copies)), within=90)
    return ids
