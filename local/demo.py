"""`make demo`: publish messages to the queue as another system would, and show what became of each.

Exits with 0 only if every outcome and every handset is as expected.
"""

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from local import demo_reports
from local.embedded_aws import Items, Stack, running_stack
from local.events import Event, differences, events_of
from realtime_sms.aws.table import REJECTED

type Inbox = list[dict[str, Any]]

_WIDTH = 200  # columns, where the output is no terminal
_SHOWN = 60  # characters of a text
_TEXT: Final = "the handset shows"
_COLUMNS: Final = ("event", "recipient", "outcome", "reason", "charset", "segments", _TEXT)
_LEFT_OUT: Final = ((), ("charset", "segments"), ("charset", "segments", _TEXT))  # in narrower terminals
_LEAST_TEXT = 20  # columns for a text, or none
_WHOLE = "(all)"  # in place of a recipient
_GAP = 2  # columns beside each column's own
_NOT_SHOWN = (
    "waiting-no-balance",
    "waiting-forbidden",
    "waiting-wrong-address",
)  # each opens a breaker: all would wait


def main() -> int:
    """Run the demo; return the exit code."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    events = shown_events()
    console.print("Starting the embedded AWS and the RealTime simulator; building and deploying template.yaml …")
    with running_stack() as stack:
        console.print(f"Deployed. Publishing {len(events)} messages to {stack.outputs['SendQueueUrl']}")
        found = publish_and_wait(stack, events, console)
        inbox = inbox_of(stack)
        console.print("RealTime now reports on five more SMS, and one recipient answers BAJA …")
        reported = demo_reports.follow(stack)
    wrong = [problem for event in events for problem in compare(event, found[event.name], inbox)]
    wrong += demo_reports.compare(reported)
    console.print("\nThe messages in events/send, each with the outcome that its name says:")
    console.print(table_of(rows_of(events, found, inbox), console.width))
    console.print("Delivery reports, and a send to the recipient who answered BAJA:")
    console.print(demo_reports.table_of(reported))
    for problem in wrong:
        console.print(f"[red]not as expected[/red] {problem}")
    console.print(f"{len(events) + len(reported)} messages, {len(wrong)} not as expected")
    return 1 if wrong else 0


def shown_events() -> list[Event]:
    """Return the events that can be shown together."""
    return [event for event in events_of("send") if event.name not in _NOT_SHOWN]


def publish_and_wait(stack: Stack, events: list[Event], console: Console) -> dict[str, Items]:
    """Publish every event's message and wait for the outcomes; return them by the event's name."""
    sqs = stack.aws.session().client("sqs")
    ids = {}
    for event in events:
        reply = sqs.send_message(QueueUrl=stack.outputs["SendQueueUrl"], MessageBody=event.body)
        ids[event.name] = event.request_id(reply["MessageId"])
    with console.status("") as status:
        found = stack.await_outcomes(
            {ids[event.name]: partial(_settled, event) for event in events},
            lambda ended: status.update(f"{ended} of {len(events)} have their outcome"),
        )
    return {name: found[request_id] for name, request_id in ids.items()}


def _settled(event: Event, items: Items) -> bool:
    if event.expected.rejected is not None:
        return REJECTED in items
    wanted = event.expected.outcomes
    return all(key in items and items[key]["status"] == told["status"] for key, told in wanted.items())


def inbox_of(stack: Stack) -> Inbox:
    """Return what the handsets show."""
    messages: Inbox = stack.simulator("inbox")["messages"]
    return messages


def compare(event: Event, items: Items, inbox: Inbox) -> list[str]:
    """Return a line for everything about an event that is not as expected."""
    expected = event.expected
    rejected = {REJECTED: {"reason": expected.rejected}} if expected.rejected else {}
    wrong = differences({**expected.outcomes, **rejected}, items)
    for number in {*expected.outcomes, *expected.handsets}:
        shown = [message["text"] for message in inbox if message["recipient"] == number]
        text = expected.handsets.get(number)
        if text is None and shown:
            wrong.append(f"{number}: the handset must show nothing")
        elif text is not None and shown.count(text) != 1:
            wrong.append(f"{number}: the handset shows {shown}, expected once: {text!r}")
    return [f"{event.name}: {one}" for one in wrong]


def rows_of(events: list[Event], found: Mapping[str, Items], inbox: Inbox) -> list[tuple[str, ...]]:
    """Return a row for each recipient, with a cell for each column."""
    shown = {message["recipient"]: message["text"] for message in inbox}
    rows = []
    for event in events:
        for number, (key, item) in enumerate(found[event.name].items()):
            facts = [str(item.get(name, "")) for name in ("status", "reason", "charset", "segments")]
            name, recipient = event.name if number == 0 else "", _WHOLE if key == REJECTED else key
            rows.append((name, recipient, *facts, _shortened(shown.get(key, ""))))
    return rows


def table_of(rows: Sequence[tuple[str, ...]], width: int) -> Table:
    """Return a table that fits the terminal: a narrow one has fewer columns, but no outcome is cut."""
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
