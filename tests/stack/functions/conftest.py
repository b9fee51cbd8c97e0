"""What the tests of the functions need long before they look at it."""

from collections.abc import Mapping

import pytest

from tests.stack.deployment import COPIES, Deployment, copied_to, request_body


@pytest.fixture(scope="session", autouse=True)
def copied(deployed: Deployment) -> Mapping[int, str]:
    """Publish requests several times before any other test: functions that meet one wait a minute for each other."""
    ids = {copies: deployed.new_id("copies") for copies in COPIES}
    for copies, request_id in ids.items():
        deployed.publish(*[request_body(request_id, *copied_to(copies))] * copies)
    for copies, request_id in ids.items():
        deployed.outcomes(request_id, len(copied_to(copies)), within=90)
    return ids
