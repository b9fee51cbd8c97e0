"""`make demo`: the main job, shown: publish to the queue as another system would, and see what came of each message.

Ends with 0 only when every outcome and every handset is as expected.
"""

import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import urllib3
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from local import demo_reports
from local.embedded_aws import Stack, running_stack
from local.events import Event, events_of
from realtime_sms.aws.submissions import REJECTED
from realtime_sms.vocabulary import FINAL

_PATIENCE = 120  # seconds for all outcomes together
_WIDTH = 200  # columns, where the output is no terminal
_SHOWN = 60  # characters of a text
_TEXT: Final = "the handset shows"
_COLUMNS: Final = ("event", "recipient", "outcome", "reason", "charset", "segments", _TEXT)
_LEFT_OUT: Final = ((), ("charset", "segments"), ("charset", "segments", _TEXT))  # in ever narrower terminals
_LEAST_TEXT = 20  # columns for a text, or none
_GAP = 2  # columns beside each column's own
_POLL = 0.2  # seconds between looks at the table, which has no event to wait for
_NOT_SHOWN = ("waiting-no-balance", "waiting-forbidden")  # each opens a breaker, which stops all the others


def main() -> int:
    """Run the demo; give the exit code."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    events = shown_events()
    console.print("Starting the embedded AWS and the RealTime simulator; building and deploying template.yaml …")
    with running_stack() as stack:
        console.print(f"Deployed. Publishing {len(events)} messages to {stack.outputs['SendQueueUrl']}")
        request_ids = publish(stack, events)
        found = wait(stack, events, request_ids, console)
        inbox = inbox_of(stack)
        console.print("RealTime reports on messages, and one phone answers BAJA …")
        later = demo_reports.follow(stack, partial(await_ends, stack))
    wrong = [problem for event in events for problem in compare(event, found[event.name], inbox)]
    wrong += demo_reports.compare(later)
    console.print(table_of(rows_of(events, found, inbox), console.width))
    console.print(demo_reports.table_of(later))
    for problem in wrong:
        console.print(f"[red]not as expected[/red] {problem}")
    console.print(f"{len(events) + len(later)} messages, {len(wrong)} not as expected")
    return 1 if wrong else 0


def shown_events() -> list[Event]:
    """Give the events that can be shown together."""
    return [event for event in events_of("send") if event.name not in _NOT_SHOWN]


def publish(stack: Stack, events: list[Event]) -> dict[str, str]:
    """Publish every event's message; give the request id of each event by its name."""
    sqs = stack.aws.session().client("sqs")
    sent = {}
    for event in events:
        reply = sqs.send_message(QueueUrl=stack.outputs["SendQueueUrl"], MessageBody=event.body)
        sent[event.name] = event.request_id(reply["MessageId"])
    return sent


def wait(
    stack: Stack, events: list[Event], request_ids: Mapping[str, str], console: Console
) -> dict[str, dict[str, dict[str, Any]]]:
    """Wait until every event has the outcomes that it must have, or patience ends."""
    table = _table(stack)
    found: dict[str, dict[str, dict[str, Any]]] = {event.name: {} for event in events}
    until = time.monotonic() + _PATIENCE
    with console.status("") as status:
        open_events = list(events)
        while open_events and time.monotonic() < until:
            for event in list(open_events):
                found[event.name] = _outcomes(table, request_ids[event.name])
                if _settled(event, found[event.name]):
                    open_events.remove(event)
            status.update(f"{len(events) - len(open_events)} of {len(events)} have their outcome")
            time.sleep(_POLL)
    return found


def await_ends(stack: Stack, request_id: str, recipients: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Wait until these recipients of a request have a final outcome, or patience ends; give what there is."""
    table, until = _table(stack), time.monotonic() + _PATIENCE
    while True:
        found = _outcomes(table, request_id)
        ended = all(found.get(recipient, {}).get("status") in FINAL for recipient in recipients)
        if ended or time.monotonic() > until:
            return found
        time.sleep(_POLL)


def _table(stack: Stack) -> Any:  # noqa: ANN401 (boto3's resources are made at run time)
    return stack.aws.session().resource("dynamodb").Table(stack.outputs["OutcomesTableName"])


def _outcomes(table: Any, request_id: str) -> dict[str, dict[str, Any]]:  # noqa: ANN401 (likewise)
    items = table.query(
        KeyConditionExpression="requestId = :id",
        ExpressionAttributeValues={":id": request_id},
        ConsistentRead=True,
    )["Items"]
    return {str(item["recipient"]): dict(item) for item in items}


def _settled(event: Event, items: Mapping[str, Mapping[str, Any]]) -> bool:
    if event.expected.rejected is not None:
        return REJECTED in items
    wanted = event.expected.outcomes
    return all(key in items and items[key]["status"] == told["status"] for key, told in wanted.items())


def inbox_of(stack: Stack) -> list[dict[str, Any]]:
    """Give what the handsets show."""
    messages: list[dict[str, Any]] = urllib3.request("GET", f"{stack.realtime_url}/_simulator/inbox").json()["messages"]
    return messages


def compare(event: Event, items: Mapping[str, Mapping[str, Any]], inbox: list[dict[str, Any]]) -> list[str]:
    """Name everything about an event that is not as expected."""
    wrong = []
    for key, told in event.expected.outcomes.items():
        got = {name: items.get(key, {}).get(name) for name in told}
        if got != dict(told):
            wrong.append(f"{event.name}: outcome {got}, expected {dict(told)}")
    if event.expected.rejected is not None and items.get(REJECTED, {}).get("reason") != event.expected.rejected:
        wrong.append(f"{event.name}: not rejected as {event.expected.rejected}")
    for number, text in event.expected.handsets.items():
        shown = [message["text"] for message in inbox if message["recipient"] == number]
        if shown.count(text) != 1:
            wrong.append(f"{event.name}: the handset shows {shown}, expected once: {text!r}")
    silent = set(event.expected.outcomes) - set(event.expected.handsets)
    wrong += [f"{event.name}: a handset that must stay silent" for one in inbox if one["recipient"] in silent]
    return wrong


def rows_of(
    events: list[Event], found: Mapping[str, Mapping[str, Any]], inbox: list[dict[str, Any]]
) -> list[tuple[str, ...]]:
    """Give a row for each recipient, with a cell for each column."""
    shown = {message["recipient"]: message["text"] for message in inbox}
    return [
        (
            event.name if number == 0 else "",
            key,
            item["status"],
            str(item.get("reason", "")),
            str(item.get("charset", "")),
            str(item.get("segments", "")),
            _shortened(shown.get(key, "")),
        )
        for event in events
        for number, (key, item) in enumerate(found[event.name].items())
    ]


def table_of(rows: Sequence[tuple[str, ...]], width: int) -> Table:
    """Make a table that fits a terminal: a narrow one lacks columns, but no outcome is cut."""
    longest = {name: max(map(cell_len, (name, *cells))) for name, *cells in zip(_COLUMNS, *rows, strict=True)}
    needed = {**longest, _TEXT: _LEAST_TEXT}
    choices = [[name for name in _COLUMNS if name not in left_out] for left_out in _LEFT_OUT]
    fitting = (names for names in choices if sum(needed[name] + _GAP for name in names) <= width)
    shown = next(fitting, choices[-1])
    room = width - sum(longest[name] + _GAP for name in shown if name != _TEXT) - _GAP
    table = Table(box=box.SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    for name in shown:
        table.add_column(name, no_wrap=True, width=min(longest[name], room) if name == _TEXT else longest[name])
    for row in rows:
        table.add_row(*(cell for name, cell in zip(_COLUMNS, row, strict=True) if name in shown))
    return table


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


if __name__ == "__main__":
    sys.exit(main())
