"""`make demo`: publish messages to the queue as another system would, and show what became of each.

Exits with 0 only if every outcome and every handset is as expected.
"""

import json
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import urllib3
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from local.console.api import cancel
from local.embedded_aws import Items, Stack, running_stack
from local.events import Event, differences, events_of
from realtime_sms.aws.table import REJECTED
from realtime_sms.vocabulary import FINAL

type Inbox = list[dict[str, Any]]

_WIDTH = 200  # columns, where the output is no terminal
_SHOWN = 60  # characters of a text
_TEXT: Final = "the handset shows"
_COLUMNS: Final = ("event", "recipient", "outcome", "reason", "charset", "segments", _TEXT)
_LEFT_OUT: Final = ((), ("charset", "segments"), ("charset", "segments", _TEXT))  # in narrower terminals
_LEAST_TEXT = 20  # columns for a text, or none
_WHOLE = "(all)"  # in place of a recipient
_GAP = 2  # columns beside each column's own
# Each opens a breaker, so that all others would wait.
_NOT_SHOWN = ("waiting-no-balance", "waiting-forbidden", "waiting-wrong-address")

# The second part: RealTime reports on messages, and a recipient who answers BAJA gets no more.
REPORTED: Final = "reported"  # the request whose recipients get a delivery report
REFUSED: Final = "opted-out"  # the request to the recipient who answered
_TIMEOUT_SECONDS: Final = 60  # the callbacks function's first call takes seconds on a busy machine
_ANSWERED: Final = "+56900006001"
_REPORT_COLUMNS: Final = ("status", "reason", "delivery", "deliveryReason")


def _outcome(*values: str | None) -> dict[str, str | None]:
    return dict(zip(_REPORT_COLUMNS, values, strict=True))


_EXPECTED: Final[Mapping[str, Items]] = {
    REPORTED: {  # the simulator's magic numbers choose the report: docs/simulator.md
        "+56900006001": _outcome("submitted", "accepted", "delivered", None),
        "+56900006002": _outcome("submitted", "accepted", "rejected", "bad_number"),
        "+56900006003": _outcome("submitted", "accepted", "undelivered", "network"),
        "+56900006004": _outcome("submitted", "accepted", "pending", None),
        "+56900006005": _outcome("submitted", "accepted", "expired", None),
    },
    REFUSED: {_ANSWERED: _outcome("failed", "opted_out", None, None)},
}

# The third part: a code overtakes a campaign, one message waits for its time, and one is cancelled while it waits.
CODE: Final = "code"
LATER: Final = "in-ten-seconds"
CANCELLED: Final = "tomorrow"
_CAMPAIGN: Final = "campaign"
_ADVERTS: Final = tuple(f"+569500{number:05}" for number in range(500))
_TRAFFIC: Final[Mapping[str, Items]] = {
    CODE: {"+56951000001": {"status": "submitted", "reason": "accepted"}},
    LATER: {"+56951000002": {"status": "submitted", "reason": "accepted"}},
    CANCELLED: {"+56951000003": {"status": "cancelled", "reason": "cancelled"}},
}
_WAIT: Final = {LATER: timedelta(seconds=10), CANCELLED: timedelta(days=1)}


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
        reported = follow_reports(stack)
        console.print(f"A campaign to {len(_ADVERTS)} numbers, a code after it, and two messages for later …")
        ordered, overtaken = order_traffic(stack)
    wrong = [problem for event in events for problem in compare(event, found[event.name], inbox)]
    wrong += compare_reports(reported) + compare_traffic(ordered, overtaken)
    console.print("\nThe messages in events/send, each with the outcome that its name says:")
    console.print(table_of(rows_of(events, found, inbox), console.width))
    console.print("Delivery reports, and a send to the recipient who answered BAJA:")
    console.print(reports_table(reported))
    console.print(f"The code overtook {overtaken} messages of the campaign; one message waited, one was cancelled:")
    console.print(reports_table(ordered))
    for problem in wrong:
        console.print(f"[red]not as expected[/red] {problem}")
    console.print(f"{len(events) + len(reported) + len(ordered) + 1} messages, {len(wrong)} not as expected")
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


def follow_reports(stack: Stack) -> dict[str, Items]:
    """Send, report, let one recipient answer BAJA, send to that one again; return the outcomes by request."""
    _publish(stack, REPORTED, "Su pedido va en camino.", _EXPECTED[REPORTED])
    sent = _await_final(stack, REPORTED)[REPORTED]
    ids = [item["submissionId"] for item in sent.values() if "submissionId" in item]
    stack.simulator("deliver", {"callbackUrl": f"{stack.callbacks_url}/reports", "submissionIds": ids})
    answer = {"phone": _ANSWERED.removeprefix("+"), "originator": "96000", "message": "Baja"}
    url = f"{stack.callbacks_url}/inbound"
    reply = urllib3.request("POST", url, json=answer, timeout=_TIMEOUT_SECONDS, retries=False)
    if reply.status != HTTPStatus.OK:
        raise RuntimeError(f"the stack answered an inbound SMS with HTTP {reply.status}, not 200")
    _publish(stack, REFUSED, "¿Conforme con su pedido?", _EXPECTED[REFUSED])
    return _await_final(stack, REPORTED, REFUSED)


def compare_reports(found: Mapping[str, Items]) -> list[str]:
    """Return a line for everything that is not as expected."""
    return differences(_EXPECTED, found)


def order_traffic(stack: Stack) -> tuple[dict[str, Items], int]:
    """Publish a campaign, a code after it, and two messages for later, one of which is cancelled.

    Return the outcomes by request, and how many messages of the campaign came after the code.
    """
    _publish(stack, _CAMPAIGN, "Oferta: 2x1 en zapatos.", _ADVERTS, messageType="promotional", campaign="zapatos")
    _publish(stack, CODE, "Su código es 4711.", list(_TRAFFIC[CODE]))
    for name, wait in _WAIT.items():
        at = (datetime.now(UTC) + wait).isoformat()
        _publish(stack, name, "Mañana a las 10:00: su cita.", list(_TRAFFIC[name]), sendAt=at)
    stack.await_outcomes({CANCELLED: partial(_all_are, ("waiting",), _TRAFFIC[CANCELLED])})
    cancel(stack, CANCELLED)
    wanted = {**{name: list(items) for name, items in _TRAFFIC.items()}, _CAMPAIGN: _ADVERTS}
    found = stack.await_outcomes({name: partial(_all_are, FINAL, numbers) for name, numbers in wanted.items()})
    order = [message["recipient"] for message in inbox_of(stack)]
    (code,) = _TRAFFIC[CODE]
    after = order[order.index(code) :] if code in order else []
    return {name: found[name] for name in _TRAFFIC}, len(set(after) & set(_ADVERTS))


def compare_traffic(found: Mapping[str, Items], overtaken: int) -> list[str]:
    """Return a line for everything that is not as expected."""
    late = [] if overtaken else [f"{CODE}: came after the whole campaign"]
    return differences(_TRAFFIC, found) + late


def reports_table(found: Mapping[str, Items]) -> Table:
    """Return a table with a row for each recipient, and what is known of its delivery."""
    titles = ("request", "recipient", "outcome", "reason", "delivery", "delivery reason")
    table = Table(*titles, box=box.SIMPLE_HEAD, pad_edge=False)
    for name, items in found.items():
        for number, (recipient, item) in enumerate(items.items()):
            table.add_row(name if number == 0 else "", recipient, *(item.get(column, "") for column in _REPORT_COLUMNS))
    return table


def _await_final(stack: Stack, *names: str) -> dict[str, Items]:
    return stack.await_outcomes({name: partial(_all_are, FINAL, _EXPECTED[name]) for name in names})


def _all_are(statuses: Collection[str], recipients: Iterable[str], items: Items) -> bool:
    return all(items.get(recipient, {}).get("status") in statuses for recipient in recipients)


def _publish(stack: Stack, name: str, text: str, numbers: Iterable[str], **more: str) -> None:
    body = {"requestId": name, "recipients": list(numbers), "sender": "96000", "message": {"text": text}, **more}
    queue = "PromotionalQueueUrl" if "campaign" in more else "SendQueueUrl"
    stack.aws.session().client("sqs").send_message(
        QueueUrl=stack.outputs[queue], MessageBody=json.dumps(body, ensure_ascii=False)
    )


if __name__ == "__main__":
    sys.exit(main())
