"""The lanes of the deployed stack, with IAM enforced: closed and opened by a pause and by sending hours.

That a breaker closes them is shown in `test_recovery.py`.
"""

import time
from datetime import UTC, datetime, timedelta

import pytest

from realtime_sms.outcomes.submission import iso
from tests.cli.fakes import run
from tests.stack.deployment import Deployment, request_body, until

pytestmark = pytest.mark.stack

NUMBER = "+56924900001"


def _promotional(request_id: str, **more: object) -> str:
    return request_body(request_id, NUMBER, **{"messageType": "promotional", **more})  # type: ignore[arg-type]


def test_a_paused_lane_is_not_read_until_it_is_resumed(deployed: Deployment) -> None:
    """The other lane goes on meanwhile."""
    assert run("pause", "--lane", "promotional", stack=deployed.found).code == 0
    assert deployed.invoke("MaintenanceFunctionName")["lanes"] == {"transactional": [], "promotional": ["paused"]}
    assert deployed.gates() == ["Enabled", "Disabled"]
    held, code = deployed.new_id("paused"), deployed.new_id("code")
    deployed.publish_promotional(_promotional(held))
    deployed.publish(request_body(code, NUMBER))
    assert deployed.outcome(code)["status"] == "submitted"
    assert deployed.items(held) == {}
    assert run("resume", stack=deployed.found).code == 0
    assert deployed.invoke("MaintenanceFunctionName")["lanes"] == {"transactional": [], "promotional": []}
    assert deployed.outcome(held)["status"] == "submitted"


def test_outside_its_hours_a_promotional_message_waits_or_expires(deployed: Deployment) -> None:
    """Then its lane is closed, and opened when the hours are over."""
    in_two_days = datetime.now(UTC) + timedelta(days=2)
    hours = {"PROMOTIONAL_HOURS": f"{in_two_days:%a} 09:00-19:00", "TIME_ZONE": "UTC"}
    opening = in_two_days.replace(hour=9, minute=0, second=0, microsecond=0)
    waiting, expired = deployed.new_id("hours"), deployed.new_id("hours")
    with deployed.variables("SendFunctionName", **hours), deployed.variables("MaintenanceFunctionName", **hours):
        deployed.publish_promotional(_promotional(waiting), _promotional(expired, expiresAt=iso(time.time() + 3600)))
        item = until(lambda: deployed.items(waiting).get(NUMBER), within=60, awaited="a message that waits")
        assert (item["status"], item["reason"]) == ("waiting", "outside_hours")
        assert iso(opening.timestamp()) <= item["dueAt"] <= iso(opening.timestamp() + 300)
        assert deployed.outcome(expired)["status"] == "expired"
        assert deployed.invoke("MaintenanceFunctionName")["lanes"]["promotional"] == ["outside_hours"]
        assert deployed.gates() == ["Enabled", "Disabled"]
    deployed.invoke("MaintenanceFunctionName")
    assert deployed.gates() == ["Enabled", "Enabled"]
