"""The files in events/, on the real template: each through its function, to what it is named for."""

import json
from collections.abc import Iterator

import pytest
from rich.console import Console

from local.demo import compare, inbox_of, publish_and_wait, shown_events
from local.events import EVENTS, FUNCTIONS, Event, events_of, returned
from realtime_sms.vocabulary import Status
from tests.stack.caused import brought_about, problems
from tests.stack.deployment import Deployment, until

pytestmark = [pytest.mark.stack, pytest.mark.embedded]

SHOWN = {event.name for event in shown_events()}
ALONE = [event for event in events_of("send") if event.name not in SHOWN]
INVOKED = [event for function in ("api", "refresh", "maintenance") for event in events_of(function)]


@pytest.fixture
def own_breakers(deployed: Deployment) -> Iterator[None]:
    """Close all breakers at the end, and restart the environments that saw them open."""
    yield
    deployed.forget_breakers()
    deployed.restart_sender()


def test_every_file_is_expected_to_cause_something_and_nothing_else_is_expected() -> None:
    """Each file has an expectation, and each expectation a file."""
    told = json.loads((EVENTS / "expected.json").read_text(encoding="utf-8"))
    assert {name: {event.name for event in events_of(name)} for name in FUNCTIONS} == {
        name: set(events) for name, events in told.items()
    }


def test_every_event_comes_to_what_it_is_named_for(deployed: Deployment) -> None:
    """Each message gets its outcome or rejection; a waiting one is sent at the end."""
    stack = deployed.stack
    events = shown_events()
    found = publish_and_wait(stack, events, Console(quiet=True))
    inbox = inbox_of(stack)
    assert [problem for event in events for problem in compare(event, found[event.name], inbox)] == []
    for event in events:
        for recipient, told in event.expected.outcomes.items():
            if told["status"] == Status.WAITING:
                deployed.simulator("POST", "outcomes", {recipient: "submitted"})
    deployed.settle(*(event.body for event in events))
    waited = [event for event in events if event.name.startswith("waiting")]
    assert [deployed.outcome(event.name)["status"] for event in waited] == [Status.SUBMITTED] * len(waited)


@pytest.mark.usefixtures("own_breakers")
@pytest.mark.parametrize("event", ALONE, ids=lambda event: event.name)
def test_a_message_that_opens_a_breaker_waits(deployed: Deployment, event: Event) -> None:
    """The function keeps it on the queue, with an outcome that has the reason."""
    (record,) = event.payload["Records"]
    kept = [{"itemIdentifier": record["messageId"]}]
    assert deployed.invoke("SendFunctionName", event.payload) == {"batchItemFailures": kept}
    assert problems(deployed, event) == []


@pytest.mark.parametrize("event", INVOKED, ids=lambda event: f"{event.function}/{event.name}")
def test_a_function_makes_of_an_event_what_it_is_named_for(deployed: Deployment, event: Event) -> None:
    """With the event's preconditions, the function returns what is expected, and the table holds it."""
    with brought_about(deployed.stack, event.given) as letters:
        reply = deployed.invoke(f"{event.function.title()}FunctionName", event.payload)
        assert returned(event, reply) == []
        until(lambda: not problems(deployed, event) or None, within=70, awaited=f"what {event.name} must cause")
        for message_id in letters if event.expected.rejected else ():
            assert deployed.note(event.request_id(message_id))["reason"] == event.expected.rejected
