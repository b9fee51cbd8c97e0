"""The messages in events/send, on the real template."""

import pytest
from rich.console import Console

from local.demo import compare, inbox_of, publish, shown_events, wait
from realtime_sms.transition import Status
from tests.stack.deployment import Deployment

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


def test_every_event_comes_to_what_it_is_named_for(deployed: Deployment) -> None:
    """Published as another system would, each message has its outcome or rejection; what waits is sent in the end."""
    stack = deployed.stack
    events = shown_events()
    found = wait(stack, events, publish(stack, events), Console(quiet=True))
    inbox = inbox_of(stack)
    assert [problem for event in events for problem in compare(event, found[event.name], inbox)] == []
    for event in events:
        for recipient, told in event.expected.outcomes.items():
            if told["status"] == Status.WAITING:
                deployed.simulator("POST", "outcomes", {recipient: "submitted"})
    deployed.settle()
    waited = [event for event in events if event.name.startswith("waiting")]
    assert [deployed.outcome(event.name)["status"] for event in waited] == [Status.SUBMITTED] * len(waited)
