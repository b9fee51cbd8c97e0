"""A stack with SnapStart: the queue's messages meet the version of the last deployment, whatever that changed.

The embedded AWS publishes versions and makes an environment of each; it takes no snapshots.
"""

import json
import subprocess
from collections.abc import Iterator

import pytest

from local.embedded_aws import running_stack
from local.embedded_aws.running import STACK_NAME
from local.embedded_aws.sam import deploy
from rtsms.doctor.checks import check_event_sources
from rtsms.doctor.findings import Level
from tests.docs.page import pages
from tests.stack.deployment import Deployment, until
from tests.stack.examples import environment
from tests.stack.function_log import lines

pytestmark = [pytest.mark.stack, pytest.mark.embedded]


def _sender_shown(deployed: Deployment, recipient: str) -> str:
    """Send without a sender; return the one that the phone shows."""
    request_id = deployed.new_id("version")
    deployed.publish(json.dumps({"requestId": request_id, "recipients": [recipient], "message": {"text": "hello"}}))
    assert deployed.outcome(request_id)["status"] == "submitted"
    (message,) = deployed.simulator("GET", f"inbox?recipient={recipient.replace('+', '%2B')}")["messages"]
    return str(message["sender"])


def _has_run(deployed: Deployment, version: int) -> None:
    """Wait for Lambda's START line, which names the version."""
    function = deployed.outputs["SendFunctionName"]

    def measure_current() -> bool | None:
        started = [line for line in lines(deployed.session, function) if line.startswith("START ")]
        return any(line.rstrip().endswith(f"Version: {version}") for line in started) or None

    until(measure_current, within=30, awaited=f"an invocation of version {version}")


@pytest.fixture(scope="module")
def updated() -> Iterator[Deployment]:
    """Yield a stack with SnapStart, updated to another sender after its first version sent a message."""
    with running_stack({"SnapStart": "On", "DefaultSender": "96000"}) as stack:
        deployed = Deployment(stack)
        assert _sender_shown(deployed, "+56924000001") == "96000"
        _has_run(deployed, 1)
        deploy(stack.aws, STACK_NAME, {"DefaultSender": "97000"}, stack.template)
        yield deployed


def test_messages_meet_the_version_of_the_last_deployment(updated: Deployment) -> None:
    """A changed parameter makes a new version, which runs."""
    assert _sender_shown(updated, "+56924000002") == "97000"
    _has_run(updated, 2)


def test_what_is_left_behind_is_named_and_the_pages_command_deletes_it(updated: Deployment) -> None:
    """The version in use stays."""
    *lanes, left = check_event_sources(updated.found(STACK_NAME))
    assert [one.level for one in (*lanes, left)] == [Level.GOOD, Level.GOOD, Level.DOUBT]
    assert left.said.endswith("version 1")
    (page,) = (one for one in pages() if str(one) == "docs/deploy.md")
    (script,) = (block for block in page.tested_shell if "delete-function" in block)
    subprocess.run(["bash", "-euo", "pipefail", "-c", script], env=environment(updated), check=True, timeout=60)
    assert [one.level for one in check_event_sources(updated.found(STACK_NAME))] == [Level.GOOD, Level.GOOD]
    published = updated.functions.list_versions_by_function(FunctionName=updated.outputs["SendFunctionName"])
    assert [one["Version"] for one in published["Versions"]] == ["$LATEST", "2"]
