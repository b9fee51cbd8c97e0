"""The end of `make demo`: RealTime reports what became of messages, and somebody who answers BAJA gets no more."""

import json
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

import urllib3
from rich import box
from rich.table import Table

from local.callback_setup import callbacks_url
from local.embedded_aws import Stack

REPORTED: Final = "reported"  # the request of which each recipient's delivery is told
REFUSED: Final = "opted-out"  # the request to who answered
_TIMEOUT_SECONDS: Final = 60  # the callback function's first call takes seconds on a busy machine
_ANSWERED: Final = "+56900006001"
_EXPECTED: Final[Mapping[str, Mapping[str, tuple[str | None, ...]]]] = {
    REPORTED: {  # the simulator's magic numbers choose what is reported: docs/simulator.md
        "+56900006001": ("submitted", "accepted", "delivered", None),
        "+56900006002": ("submitted", "accepted", "rejected", "bad_number"),
        "+56900006003": ("submitted", "accepted", "undelivered", "network"),
        "+56900006004": ("submitted", "accepted", "pending", None),
        "+56900006005": ("submitted", "accepted", "expired", None),
    },
    REFUSED: {_ANSWERED: ("failed", "opted_out", None, None)},
}
_MEMBERS: Final = ("status", "reason", "delivery", "deliveryReason")

type Items = Mapping[str, Mapping[str, Any]]  # by recipient
type Wait = Callable[[str, Iterable[str]], Items]  # until these recipients of a request have their end


class UnexpectedReplyError(RuntimeError):
    """A callback was not answered with 200."""


def follow(stack: Stack, wait: Wait) -> dict[str, Items]:
    """Send to several, report on each, let one answer BAJA, send to that one again; give the outcomes by request."""
    callbacks = callbacks_url(stack)
    _publish(stack, REPORTED, "Su pedido va en camino.")
    sent = wait(REPORTED, _EXPECTED[REPORTED])
    ids = [item["submissionId"] for item in sent.values() if "submissionId" in item]
    _post(f"{stack.realtime_url}/_simulator/deliver", {"callbackUrl": f"{callbacks}/reports", "submissionIds": ids})
    _post(f"{callbacks}/inbound", {"phone": _ANSWERED.removeprefix("+"), "originator": "96000", "message": "Baja"})
    _publish(stack, REFUSED, "¿Conforme con su pedido?")
    return {name: wait(name, _EXPECTED[name]) for name in (REPORTED, REFUSED)}


def compare(found: Mapping[str, Items]) -> list[str]:
    """Name every outcome that is not as expected."""
    return [
        f"{name}: {recipient} {_told(found[name].get(recipient, {}))}, expected {wanted}"
        for name, recipients in _EXPECTED.items()
        for recipient, wanted in recipients.items()
        if _told(found[name].get(recipient, {})) != wanted
    ]


def table_of(found: Mapping[str, Items]) -> Table:
    """Make a table with a row for each recipient."""
    table = Table("request", "recipient", "outcome", "reason", "delivery", "why", box=box.SIMPLE_HEAD, pad_edge=False)
    for name, items in found.items():
        for number, (recipient, item) in enumerate(items.items()):
            table.add_row(name if number == 0 else "", recipient, *(one or "" for one in _told(item)))
    return table


def _told(item: Mapping[str, Any]) -> tuple[str | None, ...]:
    return tuple(item.get(name) for name in _MEMBERS)


def _publish(stack: Stack, name: str, text: str) -> None:
    body = {"requestId": name, "recipients": list(_EXPECTED[name]), "sender": "96000", "message": {"text": text}}
    stack.aws.session().client("sqs").send_message(
        QueueUrl=stack.outputs["SendQueueUrl"], MessageBody=json.dumps(body, ensure_ascii=False)
    )


def _post(url: str, body: object) -> None:
    reply = urllib3.request("POST", url, json=body, timeout=_TIMEOUT_SECONDS, retries=False)
    if reply.status != HTTPStatus.OK:
        raise UnexpectedReplyError(f"{url.partition('/callbacks')[0]}: HTTP {reply.status}, expected 200")
